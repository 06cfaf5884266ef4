"""Formats by their first bytes; encodings, delimiters, sheets, types; nothing shifted or lost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradeline.errors import FileFault, HostileFile, QuestionForUser

HEAD = "customer_no,customer_name,credit_limit,outstanding,ageing_bucket"


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252"),
     ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)  # fmt: skip
def test_encoding_is_detected_and_shown(desk, encoding, shown):
    """The name arrives whole and the report names the encoding."""
    path = desk.csv(f"{HEAD}\nC1,Müller & Söhne,9,5,0-30\n".encode(encoding))
    intake = desk.read(path, currency="EUR")
    assert intake.master["customer_name"].to_pylist() == ["Müller & Söhne"]
    assert intake.reports[0].encoding == shown


def test_assumed_encoding_is_a_finding(desk):
    """Single-byte text proves no encoding: the assumption is stated with its remedy."""
    path = desk.csv(f"{HEAD}\nC1,Müller,9,5,0-30\n".encode("cp1252"))
    found = desk.read(path, currency="EUR").findings.to_pylist()
    notes = [f for f in found if f["code"] == "ENCODING_ASSUMED"]
    assert len(notes) == 1
    assert "--encoding" in notes[0]["message"]
    assert desk.read(path, currency="EUR", encoding="cp1252").reports[0].encoding == "cp1252"


def test_wrong_encoding_is_an_error(desk):
    """A named encoding that does not fit, or does not exist, is refused."""
    path = desk.csv(f"{HEAD}\nC1,Müller,9,5,0-30\n".encode("cp1252"))
    for name in ("utf-8", "klingon"):
        with pytest.raises(FileFault) as caught:
            desk.read(path, currency="EUR", encoding=name)
        assert "--encoding" in caught.value.mend


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiter_is_detected_and_shown(desk, mark):
    """Comma, semicolon, tab and bar."""
    text = HEAD.replace(",", mark) + "\n" + mark.join(["C1", "Acme", "9", "5", "0-30"])
    intake = desk.read(desk.csv(text.encode()), currency="INR")
    assert (intake.master.num_rows, intake.reports[0].delimiter) == (1, mark)


def test_ending_does_not_matter(desk):
    """A CSV that is called XLSX is read as what it is, and the report says so."""
    path = desk.csv(f"{HEAD}\nC1,Acme,9,5,0-30", "ar.xlsx")
    assert desk.read(path, currency="INR").reports[0].format == "csv"


def test_rows_of_another_width_are_quarantined(desk):
    """Never shifted: each such row is a finding with its line; the others keep their lines."""
    path = desk.csv(f"{HEAD}\nC1,Acme,9,5,0-30\nC2,Be,ta,9,5,0-30\n\nC3,Gamma\nC4,Delta,9,5,0-30")
    intake = desk.read(path, currency="INR")
    assert intake.master["customer_no"].to_pylist() == ["C1", "C4"]
    assert intake.master["source_row"].to_pylist() == [2, 6]
    bad = [f for f in intake.findings.to_pylist() if f["code"] == "WRONG_FIELD_COUNT"]
    assert [(f["source_row"], f["severity"]) for f in bad] == [(3, "QUARANTINE"), (5, "QUARANTINE")]


@pytest.mark.parametrize(
    "body",
    [
        'C1,"Acme,9,5,0-30\nC2,Beta,9,5,0-30',
        'C1,"Acme,9,5,0-30\nC2,Be,9,5,0-30\nC3,"Gamma,9,5,0-30',
    ],
)
def test_open_quotation_mark(desk, body):
    """One or two lost quotation marks: an error, not one long cell."""
    with pytest.raises(FileFault) as caught:
        desk.read(desk.csv(f"{HEAD}\n{body}"), currency="INR")
    assert "quotation mark" in caught.value.what


def test_quoted_fields(desk):
    """Delimiters, quotation marks and line breaks inside quotes belong to the text."""
    path = desk.csv(f'{HEAD}\nC1,"Acme, ""the"" Forge\nLtd",9,5,0-30')
    assert desk.read(path, currency="INR").master["customer_name"].to_pylist() == [
        'Acme, "the" Forge Ltd'
    ]


def test_carriage_returns(desk):
    """Old line ends are line ends."""
    path = desk.csv(f"{HEAD}\rC1,Acme,9,5,0-30\r".encode())
    assert desk.read(path, currency="INR").master.num_rows == 1


def test_nul_byte_has_a_position(desk):
    """A NUL byte is refused with its place."""
    with pytest.raises(HostileFile) as caught:
        desk.read(desk.csv(f"{HEAD}\nC1,Ac\0me,9,5,0-30".encode()), currency="INR")
    assert "row 2" in caught.value.where


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.7", b"\x89PNG", b"<html>", b"<?xml version='1.0'?>"]
)
def test_no_table(desk, data):
    """An empty file, a PDF, a picture and a web page are refused by name."""
    with pytest.raises(FileFault):
        desk.read(desk.csv(data))


def test_missing_file(desk):
    """A file that is not there is named without its folder."""
    with pytest.raises(FileFault) as caught:
        desk.read(desk.folder / "none.csv")
    assert caught.value.where == "none.csv"


def test_spreadsheet_errors_are_faults(desk):
    """#N/A is no blank: it could not be read."""
    path = desk.xlsx(
        [
            ["customer_no", "credit_limit", "outstanding", "ageing_bucket", "last_payment_date"],
            ["C1", "#N/A", 5.25, "0-30", date(2026, 5, 1)],
            ["C2", 9, "#REF!", "0-30", "#VALUE!"],
        ]
    )
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert rows[0]["credit_limit_fault"] == "#N/A"
    assert (rows[1]["outstanding_fault"], rows[1]["last_payment_date_fault"]) == (
        "#REF!",
        "#VALUE!",
    )
    assert (rows[0]["outstanding_minor"], rows[1]["credit_limit_minor"]) == (525, 900)
    assert rows[0]["last_payment_date"] == date(2026, 5, 1)


def test_the_sheet_with_the_table_is_found(desk):
    """A cover sheet and a hidden one are passed by; an option names another."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active["A1"] = "Receivables review"
    hidden = book.create_sheet("Old")
    for page, number in (
        (hidden, "H1"),
        (book.create_sheet("Data"), "C1"),
        (book.create_sheet("More"), "M1"),
    ):
        page.append(["customer_no", "credit_limit", "outstanding", "ageing_bucket"])
        page.append([number, 9, 5, "0-30"])
    hidden.sheet_state = "hidden"
    path = desk.folder / "book.xlsx"
    book.save(path)
    found = desk.read(path, currency="INR")
    assert (found.master["customer_no"].to_pylist(), found.reports[0].sheet) == (["C1"], "Data")
    named = desk.read(path, currency="INR", sheet="More")
    assert named.master["customer_no"].to_pylist() == ["M1"]
    with pytest.raises(FileFault) as caught:
        desk.read(path, currency="INR", sheet="Nope")
    assert "Data" in caught.value.what


def test_header_row_option(desk):
    """The option names the row as the user counts."""
    rows = [["customer_no", "credit_limit", "outstanding", "ageing_bucket"]] * 2 + [
        ["C1", 9, 5, "0-30"]
    ]
    for path in (desk.xlsx(rows), desk.csv("\n".join(",".join(map(str, row)) for row in rows))):
        intake = desk.read(path, currency="INR", header_row=2)
        assert intake.master["source_row"].to_pylist() == [3]


def test_parquet_with_types(desk):
    """Typed columns pass through: decimals exactly, timestamps as days, dictionaries as text."""
    path = desk.folder / "ar.parquet"
    late = datetime.fromisoformat("2026-04-01 23:59")
    table = pa.table(
        {
            "customer_no": pa.array([1001, 1002], pa.int32()),
            "credit_limit": pa.array(
                [Decimal("9.05"), Decimal("12345678901.25")], pa.decimal128(38, 18)
            ),
            "outstanding": pa.array([0.29, -50.0]),
            "ageing_bucket": pa.array(["0-30", ">90"]).dictionary_encode(),
            "last_payment_date": pa.array([late, None], pa.timestamp("ns")),
            "disputed": [True, None],
            "track_record": pa.array([50, 49], pa.int8()),
        }
    )
    pq.write_table(table, path)
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert [r["customer_no"] for r in rows] == ["1001", "1002"]
    assert [r["credit_limit_minor"] for r in rows] == [905, 1234567890125]
    assert [r["outstanding_minor"] for r in rows] == [29, -5000]
    assert [r["ageing_bucket"] for r in rows] == ["0-30", "90+"]
    assert [r["last_payment_date"] for r in rows] == [date(2026, 4, 1), None]
    assert [r["disputed"] for r in rows] == [True, None]
    assert [r["track_record_x100"] for r in rows] == [5000, 4900]


def test_large_decimals_and_integers_are_exact(desk):
    """Amounts near the maximum keep every paisa, whatever type brings them."""
    path = desk.folder / "ar.parquet"
    values = [Decimal("8999999999999.99"), Decimal("1234567890123.01"), Decimal("9000000000000.01")]
    pl.DataFrame(
        {"customer_no": ["a", "b", "c"], "credit_limit": [9, 9000000000000, 9000000000001],
         "outstanding": values, "ageing_bucket": ["0-30"] * 3}
    ).write_parquet(path)  # fmt: skip
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert [r["outstanding_minor"] for r in rows] == [899999999999999, 123456789012301, None]
    assert [r["credit_limit_minor"] for r in rows] == [900, 900000000000000, None]
    assert rows[2]["outstanding_fault"] == "9000000000000.01"


def test_nested_parquet_is_refused(desk):
    """A list is no cell."""
    path = desk.folder / "ar.parquet"
    pq.write_table(pa.table({"customer_no": [["a"]]}), path)
    with pytest.raises(FileFault):
        desk.read(path, currency="INR")


def test_question_names_file_without_folder(desk):
    """Where a question sits is told by name only."""
    path = desk.csv(f"{HEAD}\nC1,Acme,9,5,0-30")
    with pytest.raises(QuestionForUser) as caught:
        desk.read(path)
    assert str(desk.folder) not in str(caught.value)


def test_progress_is_told(desk):
    """Each file is announced, then the end."""
    seen = []
    path = desk.csv(f"{HEAD}\nC1,Acme,9,5,0-30")
    from tradeline.files.intake import ReadOptions, Source, read_sources
    from tradeline.policy.schema import Policy

    read_sources(
        [Source(path=path)], ReadOptions(currency="INR"), policy=Policy(), as_of=date(2026, 6, 30),
        on_progress=lambda *step: seen.append(step),
    )  # fmt: skip
    assert seen == [("ar.csv", 0, 1), ("ar.csv", 1, 1)]


ODS = (
    '<?xml version="1.0"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    '<office:body><office:spreadsheet><table:table table:name="AR">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def ods_cell(value):
    """Return a cell of an ODS sheet."""
    kind = "string" if isinstance(value, str) else "float"
    stated = "" if isinstance(value, str) else f' office:value="{value}"'
    return (
        f'<table:table-cell office:value-type="{kind}"{stated}><text:p>{value}</text:p>'
        "</table:table-cell>"
    )


def test_ods(desk):
    """The office format of the other suite."""
    import zipfile

    rows = [["Title"], HEAD.split(","), ["C1", "Acme", 9.5, 5, "0-30"]]
    cells = (f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    path = desk.folder / "ar.ods"
    mime = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as box:
        box.writestr("mimetype", mime)
        box.writestr("META-INF/manifest.xml", f'<manifest media-type="{mime}"/>')
        box.writestr("content.xml", ODS.format(rows="".join(cells)))
    intake = desk.read(path, currency="INR")
    assert intake.master["credit_limit_minor"].to_pylist() == [950]
    assert (intake.reports[0].format, intake.reports[0].header_row) == ("ods", 2)
    assert intake.master["source_row"].to_pylist() == [3]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize("odd", [None, "", " C9", "C9 ", "C\u200b9", "C\t9"])
def test_long_text_columns_are_clean_whatever_brings_them(desk, kind, odd):
    """Columns that pass as they are and columns with one text to clean give the same accounts."""
    numbers = [f"C{i}" for i in range(12_000)]
    numbers[9] = odd
    table = pa.table(
        {
            "customer_no": pa.array(numbers, kind),
            "customer_name": pa.array([f"N{i}" for i in range(12_000)], kind),
            "credit_limit": pa.array([9.5] * 12_000),
            "outstanding": pa.array([5] * 12_000),
            "ageing_bucket": pa.array(["0-30"] * 12_000, kind),
        }
    )
    path = desk.folder / "ar.parquet"
    pq.write_table(table, path)
    master = desk.read(path, currency="INR").master
    wanted = {None: None, "": None, "C\t9": "C 9"}.get(odd, "C9")
    assert master["customer_no"].to_pylist() == [*numbers[:9], wanted, *numbers[10:]]
    assert master["customer_name"].to_pylist()[-1] == "N11999"
    assert master["source_file"].to_pylist() == ["ar.parquet"] * 12_000
    assert master["credit_limit_minor"].to_pylist() == [950] * 12_000
