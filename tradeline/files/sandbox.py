"""Run the reader in a child process with limits on memory, processor and wall time."""

from __future__ import annotations

import json
import mmap
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradeline import errors
from tradeline.errors import FileFault, HostileFile, TradelineError
from tradeline.files.runs import file_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl
    import pyarrow as pa

FILE_BYTES_MAX: Final = 512 * 1024**2
WALL_S_MAX: Final = 120
LIMITS: Final[Mapping[str, int]] = {
    "memory_bytes": 2 * 1024**3,
    "cpu_s": 60,
    "output_bytes": 2 * 1024**3,
}
_LONG_ROWS: Final = 10_000  # below, a look at the bytes saves nothing
_ROOT: Final = str(Path(__file__).resolve().parents[2])
_BOOT: Final = "import sys; sys.path[:] = {path!r}; from tradeline.files.child import main; main()"
# Few malloc arenas: each reserves address space, which the memory limit counts. Large pages and
# a heap that is not given back spare the page faults of a million small cells (a tenth of the
# time). Where the C library is another one, the variable says nothing to it.
_MALLOC: Final = {
    "arena_max": 2,
    "hugetlb": 1,
    "top_pad": 64 * 1024**2,
    "mmap_threshold": 1024**3,
    "trim_threshold": 2 * 1024**3 - 1,
}
_ENVIRONMENT: Final = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _MALLOC.items()),
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """A table as the file has it: columns named `0`, `1`, ...; nothing converted."""

    table: pa.Table
    about: Mapping[str, Any]
    pages: mmap.mmap | None = None  # what the table's columns lie in

    def let_go(self) -> None:
        """Give the memory of the mapped file back; what is still looked at comes from the file."""
        if self.pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.pages.madvise(mmap.MADV_DONTNEED)

    @property
    def headers(self) -> list[str]:
        """Return the headers, made distinct, in the order of the columns."""
        return list(self.about["headers"])

    @cached_property
    def clean(self) -> dict[int, bool]:
        """Return which long text columns hold no text that needs cleaning."""
        import pyarrow as pa

        from tradeline.files import cells

        if self.table.num_rows < _LONG_ROWS:
            return {}
        return {
            index: cells.all_clean(column)
            for index, column in enumerate(self.table.columns)
            if column.type in {pa.string(), pa.large_string()}
        }

    def as_it_is(self, index: int, texts: pl.Series) -> pa.ChunkedArray | None:
        """Return the Arrow column when these clean texts are all its rows, unchanged."""
        if not self.clean.get(index) or len(texts) != self.table.num_rows:
            return None
        column = self.table.column(index)
        return column.cast("string") if column.null_count == texts.null_count() else None


class Reading:
    """A child at work; `result` waits for it, so the parent may prepare meanwhile."""

    def __init__(
        self, path: Path, request: Mapping[str, Any], limits: Mapping[str, int] = LIMITS
    ) -> None:
        self._path, self._name = path, path.name
        self._folder = tempfile.TemporaryDirectory(prefix="tradeline-")
        self._output = Path(self._folder.name) / "table.arrow"
        full = {**request, "path": str(path), "output": str(self._output), "limits": dict(limits)}
        self._child = _start(full)

    def result(self, words: Sequence[str]) -> RawTable:
        """Return the table; raises FileFault or HostileFile with the file's name."""
        try:
            sha256 = file_hash(self._path)  # while the child works
            answer = self._answer(words)
            about = {**answer, "sha256": sha256}
            pages = _mapped(self._output)
            return RawTable(table=_table(pages), about=about, pages=pages)
        finally:
            self._folder.cleanup()

    def stop(self) -> None:
        """End the child if it still runs, and remove what it wrote; a mapped table stays valid."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.communicate()
        self._folder.cleanup()

    def _answer(self, words: Sequence[str]) -> dict[str, Any]:
        try:
            out, _ = self._child.communicate(json.dumps(list(words)) + "\n", timeout=WALL_S_MAX)
        except subprocess.TimeoutExpired as fault:
            self._child.kill()
            self._child.wait()
            raise _hostile(self._name, f"took longer than {WALL_S_MAX} s") from fault
        try:
            answer: dict[str, Any] = json.loads(out)
        except ValueError as fault:
            code = self._child.returncode
            why = f"asked for more memory or time than is allowed (its reader ended with {code})"
            raise _hostile(self._name, why) from fault
        if not answer["ok"]:
            raise _rebuilt(answer, self._name)
        return answer


def _start(request: Mapping[str, Any]) -> subprocess.Popen[str]:
    path = [_ROOT, *(entry for entry in sys.path if entry and entry != _ROOT)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _BOOT.format(path=path), json.dumps(request)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=_ENVIRONMENT,
    )


def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _table(pages: mmap.mmap) -> pa.Table:
    import pyarrow as pa
    import pyarrow.ipc

    return pa.ipc.open_file(pa.py_buffer(pages)).read_all()


def _hostile(name: str, why: str) -> HostileFile:
    return HostileFile(
        f"The file was refused: it {why}.",
        where=name,
        mend="Open it in its own program and export the needed sheet again, without the rest.",
    )


def _rebuilt(answer: Mapping[str, str], name: str) -> TradelineError:
    kind = getattr(errors, answer["kind"], FileFault)
    where = ", ".join(part for part in (name, answer["where"]) if part)
    mend = answer["mend"] or "Export the needed sheet again, without the rest."
    error: TradelineError = kind(answer["what"], where=where, mend=mend)
    return error
