"""The child process that opens a stranger's file: limits first, then one reader by magic bytes.

Started by `sandbox`; it imports only what the format needs and answers with one line of JSON on
its output and the raw table as an Arrow IPC file. It converts nothing: cells come as the file
has them, text as text.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def main() -> None:
    """Read the request from the arguments and the word list from the input; answer in JSON."""
    request: dict[str, Any] = json.loads(sys.argv[1])
    _limit(request["limits"])
    try:
        answer = _reader(request["format"])(request, _words)
        answer["ok"] = True
    except BaseException as fault:  # noqa: BLE001  a Rust panic is a BaseException
        answer = _refusal(fault, request)
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # freeing a million cells one by one would only take time


def _limit(limits: dict[str, int]) -> None:
    try:
        import resource
    except ImportError:  # Windows: the wall clock of the parent remains
        return
    if not limits:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"],) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def warm_arrow() -> None:
    """Import Arrow beside the reader, which is not Python and leaves the interpreter free."""
    threading.Thread(target=_warm, daemon=True).start()


def _warm() -> None:
    with contextlib.suppress(BaseException):  # the reader's own import says what is wrong
        import pyarrow.ipc  # noqa: F401


def _words() -> list[str]:
    words: list[str] = json.loads(sys.stdin.readline())
    return words


def _reader(form: str) -> Callable[..., dict[str, Any]]:
    if form == "csv":
        from tradeline.files.child_csv import read
    elif form == "parquet":
        from tradeline.files.child_parquet import read
    else:
        from tradeline.files.child_book import read
    return read


def _refusal(fault: BaseException, request: dict[str, Any]) -> dict[str, Any]:
    from tradeline.errors import TradelineError

    if isinstance(fault, TradelineError):
        words = (type(fault).__name__, fault.what, fault.where, fault.mend)
    elif isinstance(fault, MemoryError) or "memory" in str(fault).lower():
        words = ("HostileFile", "The file asks for more memory than any honest one.", "", "")
    else:
        reason = (str(fault).splitlines() or [type(fault).__name__])[0][:300]
        reason = reason.replace(request["path"], "the file")  # no folders in messages
        what = f"The file cannot be read as {request['format'].upper()}: {reason}"
        words = ("FileFault", what, "", "Open it in its own program and save it again.")
    return {"ok": False, **dict(zip(("kind", "what", "where", "mend"), words, strict=True))}


def write_table(table: Any, path: str) -> None:
    """Write the raw table as an uncompressed Arrow IPC file, which the parent maps."""
    write_tables([table], path)


def write_tables(tables: Iterable[Any], path: str) -> int:
    """Write parts of one table, at least one, to the same end; return how many rows they have."""
    import pyarrow as pa
    import pyarrow.ipc

    parts = iter(tables)
    first = next(parts)
    rows = 0
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, first.schema) as writer:
        for part in chain([first], parts):
            writer.write(part)
            rows += part.num_rows
    return rows
