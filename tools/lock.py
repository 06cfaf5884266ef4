"""Resolve the dependencies into lock files with hashes and without index addresses.

Needs `uv` on the path. Versions are resolved for every platform and Python from 3.11.
"""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = ("hatchling>=1.27", "editables>=0.5")  # installing the project itself needs no network


def main() -> None:
    """Write requirements.lock and requirements-spark.lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"]
    develop = project["dependency-groups"]["dev"]
    spark = project["project"]["optional-dependencies"]["spark"]
    _resolve([*runtime, *develop, *BUILD], ROOT / "requirements.lock")
    _resolve(spark, ROOT / "requirements-spark.lock")


def _resolve(wanted: list[str], lock: Path) -> None:
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate",
               "--no-strip-extras")  # what others ask for with an extra is pinned with it
    quiet = ("--no-header", "--no-emit-index-url", "--quiet")
    subprocess.run(
        ["uv", "pip", "compile", *options, *quiet, "--output-file", str(lock), "-"],
        input="\n".join(wanted),
        text=True,
        check=True,
        cwd=ROOT,
    )


if __name__ == "__main__":
    main()
