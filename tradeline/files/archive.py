"""Judge a zip container by its directory before anything is unpacked.

Source: house rules c8. Python's zipfile stops at the declared size, so a directory that lies
about a size does not get past this check unseen; the parser's own limits follow behind.
"""

from __future__ import annotations

import itertools
import re
import zipfile
from typing import Final

from tradeline.errors import FileFault, HostileFile

ENTRIES_MAX: Final = 1_000
TOTAL_BYTES_MAX: Final = 400 * 1024**2
RATIO_MAX: Final = 100
_SMALL_BYTES: Final = 10 * 1024**2
_HEAD_BYTES: Final = 4_096
_FIRST_ROW: Final = re.compile(
    rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"[^>]*>.*?<(?:\w+:)?(?:v|t)\b", re.DOTALL
)


def check(path: str) -> None:
    """Refuse a container that is damaged, encrypted, a bomb, or holds a document type."""
    try:
        with zipfile.ZipFile(path) as box:
            _check_directory(box.infolist())
            _check_parts(box)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as fault:
        raise FileFault(
            f"The workbook's container is damaged: {fault}.",
            mend="Open it in its own program and save it again.",
        ) from fault


def _check_directory(entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries) or 1
    names = [entry.filename for entry in entries]
    if len(entries) > ENTRIES_MAX:
        raise _hostile(f"holds {len(entries):,} parts; the most accepted is {ENTRIES_MAX:,}")
    if total > TOTAL_BYTES_MAX:
        raise _hostile(f"unpacks to {total:,} bytes; the most accepted is {TOTAL_BYTES_MAX:,}")
    if total > _SMALL_BYTES and total > RATIO_MAX * packed:
        raise _hostile(f"unpacks to {total // packed:,} times its size")
    if len(set(names)) < len(names) or _overlap(entries):
        raise _hostile("has parts that share a name or a place")
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileFault("The workbook is encrypted.", mend="Save it without a password.")


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Return whether two parts lie over each other, as in a bomb without nesting."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    return any(
        before.header_offset + 30 + before.compress_size > after.header_offset
        for before, after in itertools.pairwise(ordered)
    )


def _check_parts(box: zipfile.ZipFile) -> None:
    for entry in box.infolist():
        if entry.filename.lower().endswith((".xml", ".rels")):
            with box.open(entry) as part:
                head = part.read(_HEAD_BYTES)
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head or b"\0<\0!\0D" in head:
                raise _hostile("holds a document type, which can expand without end")


def _hostile(why: str) -> HostileFile:
    return HostileFile(
        f"The workbook {why}.",
        mend="Open it in its own program and save the needed sheet as a new file.",
    )


def kind(path: str) -> str:
    """Return `xlsx` or `ods`, told from the parts; raises FileFault for another container."""
    with zipfile.ZipFile(path) as box:
        names = set(box.namelist())
    if "xl/workbook.xml" in names or any(name.startswith("xl/") for name in names):
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise FileFault("The file is a zip archive, not a workbook.", mend="Unpack it first.")


def rows_start_at_one(path: str) -> bool:
    """Return whether every sheet's first row is row 1 and holds a value.

    Only then does the fast way of loading, which skips leading blank rows, keep row numbers true.
    """
    try:
        with zipfile.ZipFile(path) as box:
            sheets = [n for n in box.namelist() if re.match(r"xl/worksheets/[^/]+\.xml$", n)]
            return bool(sheets) and all(_starts_at_one(box, name) for name in sheets)
    except (zipfile.BadZipFile, OSError):
        return False


def _starts_at_one(box: zipfile.ZipFile, name: str) -> bool:
    with box.open(name) as part:
        head = part.read(16_384)
    found = _FIRST_ROW.search(head)
    return found is not None and found[1] == b"1" and b"</row" not in found[0]
