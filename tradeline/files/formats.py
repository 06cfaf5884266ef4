"""Tell a file's format from its first bytes, never from its ending."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tradeline.errors import FileFault, HostileFile
from tradeline.files.sandbox import FILE_BYTES_MAX

if TYPE_CHECKING:
    from pathlib import Path

Format = Literal["xlsx", "xls", "ods", "csv", "parquet"]
_REFUSED: Final = {
    b"%PDF": "a PDF", b"\x89PNG": "a picture", b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a gzip archive", b"{\\rtf": "a text document", b"7z\xbc\xaf": "a 7z archive",
    b"<?xml": "XML", b"<html": "a web page", b"<!DOC": "a web page", b"MZ": "a program",
}  # fmt: skip


def detect(path: Path) -> Format:
    """Return the format; raises FileFault when the file is none of those that can be read."""
    head = _head(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "ods" if b"opendocument" in head[:200] else "xlsx"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "xls"
    for magic, name in _REFUSED.items():
        if head.lstrip()[:5].lower().startswith(magic.lower()):
            raise FileFault(
                f"The file is {name}, not a table.",
                where=path.name,
                mend="Give XLSX, XLS, ODS, CSV or Parquet.",
            )
    return "csv"


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as fault:
        raise FileFault(
            f"The file cannot be opened: {fault.strerror}.",
            where=path.name,
            mend="Check the name and the permissions.",
        ) from fault
    if size > FILE_BYTES_MAX:
        raise HostileFile(
            f"The file has {size:,} bytes; the most accepted is {FILE_BYTES_MAX:,}.",
            where=path.name,
            mend="Split it, or give Parquet.",
        )
    if not head:
        raise FileFault("The file is empty.", where=path.name, mend="Export it again.")
    return head
