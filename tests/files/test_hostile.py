"""Files made to break a reader end as clear errors, inside limits that bite."""

from __future__ import annotations

import itertools
import re
import struct
import sys
import zipfile
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradeline.errors import FileFault, HostileFile
from tradeline.files import child_csv, sandbox
from tradeline.files.sandbox import LIMITS, Reading

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "customer_no,credit_limit,outstanding,ageing_bucket"
WORKBOOK = (
    '<?xml version="1.0"?>{dtd}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="AR" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
ROOT = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
SHEET = (
    '<?xml version="1.0"?>{dtd}<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
    '2006/main"><sheetData>{rows}</sheetData></worksheet>'
)
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"/>'
)


def book(path: Path, *, dtd: str = "", rows: str = "", sheet: bytes | None = None) -> Path:
    """Write the least workbook, with what is given put inside."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as box:
        box.writestr("[Content_Types].xml", TYPES)
        box.writestr("_rels/.rels", ROOT)
        box.writestr("xl/workbook.xml", WORKBOOK.format(dtd=dtd))
        box.writestr("xl/_rels/workbook.xml.rels", RELATIONS)
        box.writestr("xl/worksheets/sheet1.xml", sheet or SHEET.format(dtd=dtd, rows=rows))
    return path


def test_zip_bomb(desk):
    """A part that unpacks to hundreds of megabytes is refused by the directory alone."""
    blanks = b" " * (450 * 1024**2)
    path = book(desk.folder / "bomb.xlsx", sheet=blanks)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(HostileFile) as caught:
        desk.read(path, currency="INR")
    assert "unpacks to" in caught.value.what


def test_ratio_bomb(desk):
    """Forty megabytes out of forty kilobytes is no workbook."""
    path = book(desk.folder / "bomb.xlsx", sheet=b" " * (40 * 1024**2))
    with pytest.raises(HostileFile) as caught:
        desk.read(path, currency="INR")
    assert "times its size" in caught.value.what


def test_lying_directory(desk):
    """A directory that states a small size does not get a bomb past the check."""
    path = book(desk.folder / "bomb.xlsx", sheet=b" " * (30 * 1024**2))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 1000)
    path.write_bytes(data)
    with pytest.raises(FileFault):
        desk.read(path, currency="INR")


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_entities_are_refused(desk, dtd):
    """Entity expansion and external entities: no document type is accepted."""
    with pytest.raises(HostileFile) as caught:
        desk.read(book(desk.folder / "x.xlsx", dtd=dtd), currency="INR")
    assert "document type" in caught.value.what


def test_overlapping_parts(desk):
    """Two directory entries over the same bytes."""
    path = book(desk.folder / "x.xlsx")
    data = bytearray(path.read_bytes())
    last = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, last + 42, 0)
    path.write_bytes(data)
    with pytest.raises(FileFault):
        desk.read(path, currency="INR")


def test_cell_far_away(desk):
    """One cell in the last corner asks for a grid of seventeen billion cells."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row>'
    rows += '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(FileFault):
        desk.read(book(desk.folder / "x.xlsx", rows=rows), currency="INR")


def test_million_empty_rows(desk):
    """A million rows without a cell are no rows; the table above them is read."""
    rows = (
        '<row r="1">'
        + "".join(
            f'<c r="{c}1" t="inlineStr"><is><t>{h}</t></is></c>'
            for c, h in zip("ABCD", HEAD.split(","), strict=True)
        )
        + '</row><row r="2"><c r="A2" t="inlineStr"><is><t>C1</t></is></c>'
        + '<c r="B2"><v>9</v></c><c r="C2"><v>5</v></c></row>'
    )
    rows += "".join(f'<row r="{r}" spans="1:4"/>' for r in range(3, 1_048_577))
    path = book(desk.folder / "x.xlsx", rows=rows)
    assert desk.read(path, currency="INR").master.num_rows == 1


def test_million_empty_lines(desk):
    """Blank lines of a CSV are passed over."""
    path = desk.csv((f"{HEAD}\nC1,9,5,0-30\n" + "\n" * 1_000_000 + "C2,9,5,0-30\n").encode())
    table = desk.read(path, currency="INR").master
    assert table["source_row"].to_pylist() == [2, 1_000_003]


@pytest.mark.parametrize("head", ["", f"{HEAD}\n"])
def test_endless_line(desk, head):
    """A line of 64 MB, as the header or below it."""
    with pytest.raises(HostileFile) as caught:
        desk.read(desk.csv(head.encode() + b"x" * (64 * 1024**2)), currency="INR")
    assert "longer than" in caught.value.what


def test_the_first_long_line_is_found_where_it_begins(monkeypatch):
    """Leaping from line end to line end finds what a search byte by byte finds."""
    monkeypatch.setattr(child_csv, "LINE_BYTES_MAX", 4)
    for length in range(9):
        for marks in itertools.product(b"a\n\r", repeat=length):
            body = bytes(marks)
            found = re.search(rb"[^\r\n]{4}", body)
            assert child_csv._long_line(body) == (found.start() if found else None), body


def test_gigabyte_file_is_refused_unread(desk, monkeypatch):
    """Beyond the cap no child is started."""
    path = desk.folder / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(1024**3)
    with path.open("r+b") as stream:
        stream.write(b"a,b")
    monkeypatch.setattr(sandbox, "_start", None)
    with pytest.raises(HostileFile) as caught:
        desk.read(path, currency="INR")
    assert "1,073,741,824 bytes" in caught.value.what


def lying_parquet(path: Path) -> Path:
    """Write a small file whose footer states four billion rows."""
    pq.write_table(
        pa.table({"customer_no": pa.array([7] * 10, pa.int64())}), path, compression="none"
    )
    data = path.read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = bytearray(data[-8 - length : -8])
    small, large = bytes([0x16, 20]), bytes([0x16]) + _varint(2 * 4_000_000_000)
    changed = footer.replace(small, large)
    path.write_bytes(data[: -8 - length] + changed + struct.pack("<I", len(changed)) + b"PAR1")
    return path


def _varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def test_parquet_that_asks_for_billions(desk):
    """A footer that states four billion rows is refused before a page is read."""
    with pytest.raises(FileFault):
        desk.read(lying_parquet(desk.folder / "x.parquet"), currency="INR")


def test_parquet_header_of_four_gigabytes(desk):
    """A footer length beyond the file."""
    path = desk.csv(b"PAR1" + b"\0" * 100 + struct.pack("<I", 0xFFFFFF00) + b"PAR1", "x.parquet")
    with pytest.raises(FileFault):
        desk.read(path, currency="INR")


@pytest.mark.parametrize("name", ["x.xlsx", "x.xls", "x.parquet", "x.ods"])
def test_only_magic_bytes(desk, name):
    """The right first bytes and nothing behind them."""
    magic = {
        "x.xlsx": b"PK\x03\x04", "x.ods": b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument",
        "x.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x.parquet": b"PAR1",
    }[name]  # fmt: skip
    with pytest.raises(FileFault):
        desk.read(desk.csv(magic + b"\0" * 600, name), currency="INR")


def swollen(folder: Path) -> Path:
    """Return an honest-looking Parquet file of 100 kB that unpacks to half a gigabyte."""
    path = folder / "swollen.parquet"
    text = pa.array(["x" * 1000]).dictionary_encode()
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 120_000, pa.int32()), text.dictionary)
    names = HEAD.split(",")
    pq.write_table(pa.table([column, column, column, column], names=names), path)
    return path


def test_memory_limit_ends_the_child(desk):
    """What passes every check but needs more memory than allowed is refused."""
    path = swollen(desk.folder)
    assert path.stat().st_size < 2_000_000
    tight = {**LIMITS, "memory_bytes": 640 * 1024**2}
    with pytest.raises(HostileFile):
        Reading(path, {"format": "parquet"}, limits=tight).result([])
    honest = desk.folder / "honest.parquet"
    pq.write_table(pa.table({"customer_no": ["C1"]}), honest)
    assert Reading(honest, {"format": "parquet"}, limits=tight).result([]).table.num_rows == 1


@pytest.mark.slow
def test_without_the_limit_the_same_file_is_read(desk):
    """Positive control: it is the limit that ends it, not the file."""
    table = Reading(swollen(desk.folder), {"format": "parquet"}, limits={}).result([]).table
    assert table.num_rows == 120_000


def busy(monkeypatch, code: str) -> None:
    """Make the child run other code after its limits are set."""
    boot = (
        "import sys, json; sys.path[:] = {path!r}; from tradeline.files import child; "
        "child._limit(json.loads(sys.argv[1])['limits']); " + code
    )
    monkeypatch.setattr(sandbox, "_BOOT", boot)


def test_processor_limit_ends_the_child(desk, monkeypatch):
    """A reader that never ends is stopped by the kernel."""
    busy(monkeypatch, "exec('while True: pass')")
    path = desk.csv(HEAD)
    with pytest.raises(HostileFile) as caught:
        Reading(path, {"format": "csv"}, limits={**LIMITS, "cpu_s": 1}).result([])
    assert "ended with -" in caught.value.what


def test_wall_limit_ends_the_child(desk, monkeypatch):
    """A reader that sleeps is stopped by the parent."""
    busy(monkeypatch, "import time; time.sleep(60)")
    monkeypatch.setattr(sandbox, "WALL_S_MAX", 1)
    with pytest.raises(HostileFile) as caught:
        Reading(desk.csv(HEAD), {"format": "csv"}).result([])
    assert "longer than 1 s" in caught.value.what


def test_child_leaves_nothing_behind(desk, monkeypatch, tmp_path):
    """The folder of the raw table is gone after reading and after an error."""
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    desk.read(desk.csv(f"{HEAD}\nC1,9,5,0-30"), currency="INR")
    with pytest.raises(FileFault):
        desk.read(desk.csv(f"{HEAD}\nC\0,9,5,0-30".encode()), currency="INR")
    assert list((tmp_path / "t").iterdir()) == []


def test_child_does_not_see_the_environment(desk, monkeypatch):
    """Secrets of the parent's environment do not reach the child."""
    monkeypatch.setenv("SECRET_OF_PARENT", "x")
    busy(monkeypatch, "import os; print(json.dumps(dict(ok=True, env=sorted(os.environ))))")
    monkeypatch.setattr(sandbox, "_mapped", lambda path: None)
    monkeypatch.setattr(sandbox, "_table", lambda pages: None)
    raw = Reading(desk.csv(HEAD), {"format": "csv"}).result([])
    assert "SECRET_OF_PARENT" not in raw.about["env"]
    assert sys.platform
