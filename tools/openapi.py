"""The description of the API, as a page of the reference.

It is made in a process of its own: the framework is set up for one database, and this needs none.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def openapi_page() -> str:
    """Return the OpenAPI document as text."""
    nowhere = {f"TRADELINE_{name}_KEY": "00" * 32 for name in ("CONTEXT", "SECRET", "AUDIT")}
    environment = {**os.environ, **nowhere, "DATABASE_URL": "postgresql://nobody@localhost/none",
                   "PYTHONPATH": str(ROOT)}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tools.openapi"], check=True, capture_output=True, text=True,
        env=environment, cwd=ROOT,
    )  # fmt: skip
    return done.stdout


def main() -> None:
    """Print the document."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tradeline.settings"
    import django

    django.setup()
    from tradeline.api.routes import description

    print(json.dumps(description(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
