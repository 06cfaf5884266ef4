"""Exports: the columns of other systems, safe cells, and a record of each in the audit trail."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from tradeline.errors import ArgumentFault
from tradeline.files.export_schema import FIELDS, PRESETS, find_profile, parse_profile
from tradeline.files.exports import ExportRow, to_bytes

DAY = date(2026, 6, 30)
EVIL = '=HYPERLINK("x")'
OWN = """\
name: ours
file:
  delimiter: "|"
  decimal_mark: ","
  date_format: "%d/%m/%Y"
columns:
  - {header: Who, field: customer_name}
  - {header: Over, field: headroom}
  - {header: Use, field: utilisation_pct, digits: 1}
  - {header: On, field: as_of}
"""


def row(**given):
    """Return a row with figures in every field."""
    values = dict.fromkeys(FIELDS, Decimal("-1234.50"))
    texts = dict.fromkeys(("customer_no", "entity", "currency", "status"), "x")
    return ExportRow(
        currency="USD", values={**values, **texts, "customer_name": EVIL, "as_of": DAY, **given}
    )


def lines(content, **options):
    """Return the rows of a CSV."""
    return list(csv.reader(io.StringIO(content.decode()), **options))


def test_the_own_profile_decides_columns_marks_and_dates():
    """Order, headers, delimiter, decimal mark, digits and dates are the profile's."""
    content = to_bytes([row(utilisation_pct=Decimal("110.05"))], parse_profile(OWN, "o"), as_of=DAY)
    assert lines(content, delimiter="|") == [
        ["Who", "Over", "Use", "On"], ["'" + EVIL, "-1234,50", "110,1", "30/06/2026"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_writes_both_formats_the_same_each_time(name):
    """Presets can be used; equal rows give equal bytes."""
    from dataclasses import replace

    for form in ("csv", "xlsx"):
        profile = replace(find_profile(name), format=form)
        assert to_bytes([row()], profile, as_of=DAY) == to_bytes([row()], profile, as_of=DAY)


def test_a_workbook_holds_text_and_numbers_and_no_formula():
    """A name that begins like a formula stays a text; figures are numbers; unknown is blank."""
    profile = find_profile("dynamics")
    book = openpyxl.load_workbook(io.BytesIO(to_bytes([row(limit=None)], profile, as_of=DAY)))
    cells = {c.value: d for c, d in zip(book.active[1], book.active[2], strict=True)}
    assert (cells["Name"].data_type, cells["Name"].value) == ("s", EVIL)
    assert (cells["Balance"].data_type, cells["Balance"].value) == ("n", -1234.5)
    assert cells["Credit Limit"].value is None


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("field: headroom", "field: hedroom", 8, "did you mean headroom?"),
        ('decimal_mark: ","', 'decimal_mark: "x"', 4, "allowed: ., ,"),
        ("delimiter:", "delimeter:", 3, "did you mean delimiter?"),
        ('"%d/%m/%Y"', '"%Q"', 5, "date_format"),
        ("header: Who", 'header: "=1+1"', 7, "formula"),
        ("digits: 1", "digits: 9", 9, "0 to 4"),
        ("name: ours", "name:", 1, "name is missing"),
        ("  - {header: Who", "  - {header: [", 7, "YAML"),
    ],
)
def test_a_faulty_profile_is_refused_by_line(old, new, line, words):
    """Each fault names its line and what is allowed there."""
    with pytest.raises(ArgumentFault) as found:
        parse_profile(OWN.replace(old, new), "ours.yaml")
    assert f"ours.yaml, line {line}" in str(found.value)
    assert words in str(found.value)


def test_a_text_that_the_encoding_lacks_is_an_error_not_a_question_mark():
    """No letter is replaced in silence."""
    with pytest.raises(ArgumentFault, match="windows-1252"):
        to_bytes([row(customer_name="株式会社")], find_profile("sap"), as_of=DAY)


def test_an_export_is_written_and_recorded(terminal, tmp_path):
    """The file's hash is the one that is told; whoever may not export gets no file."""
    out = tmp_path / "list.csv"
    told = terminal.json("export", "exposure", "--profile", "sap", "--out", out, "--user", "anna")
    assert told["rows"] == 39
    assert hashlib.sha256(out.read_bytes()).hexdigest() == told["sha256"]
    rows = list(csv.reader(io.StringIO(out.read_text("windows-1252")), delimiter=";"))
    assert rows[1][:2] == ["C-1042", "Cascade Restaurant Group Inc."]
    refused = terminal.run(
        "export", "exposure", "--out", tmp_path / "no.csv", "--user", "sam"
    )
    assert refused.returncode == 2
    assert not (tmp_path / "no.csv").exists()
    assert events(terminal.data, told["sha256"]) == [("EXPORTED", 39, "sap")]


def events(data, digest):
    """Return action, rows and profile of the audit events that name a file's hash."""
    import json

    import psycopg
    from psycopg.conninfo import make_conninfo

    from tradeline.database import embedded_url

    with psycopg.connect(make_conninfo(embedded_url(data), dbname="tradeline")) as connection:
        found = connection.execute("SELECT action, body FROM audit_event").fetchall()
    bodies = [(action, json.loads(bytes(body))["after"]) for action, body in found]
    return [(action, after["rows"], after["profile"]) for action, after in bodies
            if after.get("sha256") == digest and action == "EXPORTED"]  # fmt: skip
