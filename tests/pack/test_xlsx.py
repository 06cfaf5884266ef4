"""The workbook, opened again by an independent reader and compared with the tables."""

from __future__ import annotations

import re
import zipfile
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pytest
from portfolio import portfolio

from tradeline.engine import tables as forms
from tradeline.engine.results import ReviewTables
from tradeline.files import pack_cells, pack_formats, pack_xlsx
from tradeline.files.pack_input import PackInput
from tradeline.files.pack_xlsx import write_xlsx

SHEETS = [
    "Summary",
    "Recommendations",
    "Exceptions",
    "Portfolio",
    "Quarantine",
    "Policy",
    "Identity",
]


@pytest.fixture
def opened(tmp_path, given):
    """The workbook of two hundred accounts in rupees."""
    return _open(tmp_path, given)


def _open(folder, given):
    write_xlsx(folder / "pack.xlsx", PackInput(**given))
    return openpyxl.load_workbook(folder / "pack.xlsx")


def _rows(sheet) -> list[dict]:
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def _live(tables) -> list[dict]:
    return [row for row in tables.accounts.to_pylist() if row["status"] != "quarantined"]


def test_sheets(opened):
    """Every part of the pack has its sheet, decisions first."""
    assert opened.sheetnames == SHEETS


def test_portfolio_agrees_with_the_table(opened, small):
    """Row by row and in order: names, money, counts; nothing where nothing is known."""
    rows = _rows(opened["Portfolio"])
    for row, given in zip(rows, _live(small), strict=True):
        assert row["Customer"] == given["customer_name"]
        assert row["Number"] == given["customer_no"]
        assert row["Band"] == (given["band"] or "Not assessed")
        assert _cents(row["Limit"]) == given["credit_limit_minor"]
        assert _cents(row["Outstanding"]) == given["outstanding_minor"]
        assert _cents(row["Proposed limit"]) == given["recommended_limit_minor"]
        assert _cents(row["DSO, days"]) == given["dso_days_x100"]
        assert row["Days since payment"] == given["days_since_payment"]
        assert _cents(row["Used, % of limit"]) == _cents(given["ar_utilisation_pct"])
        assert (row["Disputed"] == "Yes") == given["disputed"]


def _cents(value) -> int | None:
    return None if value is None else round(Decimal(str(value)) * 100)


def test_exceptions_are_one_row_per_finding(opened, small):
    """Checks not passed, and errors in the data, of accounts that are not quarantined."""
    live = {(r["entity"], r["customer_no"]) for r in _live(small)}
    poor = [
        (r["customer_no"], r["comment"])
        for r in small.checks.to_pylist()
        if r["status"] in {"FAIL", "WARNING", "NOT_EVALUATED"}
        and (r["entity"], r["customer_no"]) in live
    ]
    errors = [
        (r["customer_no"], r["message"])
        for r in small.findings.to_pylist()
        if r["severity"] == "ERROR"
    ]
    rows = [(r["Number"], r["Comment"]) for r in _rows(opened["Exceptions"])]
    assert sorted(rows) == sorted(poor + errors)


def test_exceptions_follow_the_portfolio(opened):
    """The worst account's findings stand first."""
    order = {row["Number"]: at for at, row in enumerate(_rows(opened["Portfolio"]))}
    places = [order[row["Number"]] for row in _rows(opened["Exceptions"])]
    assert places == sorted(places)


def test_unassessed_accounts_are_never_lost(tmp_path, pack_arguments):
    """An account that no check and no finding speaks of still has a row."""
    tables = portfolio(3, status="not_assessed")
    mute = ReviewTables(
        accounts=tables.accounts,
        checks=forms.CHECK_ROWS.empty_table(),
        findings=forms.FINDINGS.empty_table(),
    )
    rows = _rows(_open(tmp_path, pack_arguments(mute, "USD"))["Exceptions"])
    assert [row["Comment"] for row in rows] == ["The account could not be assessed."] * 3


def test_quarantine_stands_apart(opened, small):
    """Quarantined accounts are listed with their provisional band, and nowhere else."""
    apart = {r["customer_no"] for r in small.accounts.to_pylist() if r["status"] == "quarantined"}
    rows = _rows(opened["Quarantine"])
    assert {row["Number"] for row in rows} == apart
    assert all(row["Provisional band"] for row in rows)
    for name in ("Portfolio", "Exceptions", "Recommendations"):
        assert not apart & {row["Number"] for row in _rows(opened[name])}


def test_rows_in_conflict_are_both_listed(tmp_path, pack_arguments):
    """Two rows of one name: each with its own amounts, and with both source rows."""
    one = portfolio(1, status="quarantined")
    amounts = pa.array([100, 250], pa.int64())
    at = forms.ACCOUNTS.get_field_index("outstanding_minor")
    accounts = pa.concat_tables([one.accounts] * 2).set_column(at, "outstanding_minor", amounts)
    rows = pa.array([7, 12], pa.int64())
    at = forms.FINDINGS.get_field_index("source_row")
    findings = pa.concat_tables([one.findings] * 2).set_column(at, "source_row", rows)
    tables = ReviewTables(accounts=accounts, checks=one.checks, findings=findings)
    got = _rows(_open(tmp_path, pack_arguments(tables, "USD"))["Quarantine"])
    assert [_cents(row["Outstanding, as read"]) for row in got] == [100, 250]
    source = "ar_march.xlsx, AR, 7; ar_march.xlsx, AR, 12"
    assert {row["Source: file, sheet, row"] for row in got} == {source}


def test_recommendations(opened, small):
    """Assessed accounts with a change or something to do; the change is proposed less present."""
    wanted = [
        r["customer_no"] for r in _live(small)
        if r["status"] == "assessed" and (r["limit_action"] != "RETAIN" or r["account_actions"])
    ]  # fmt: skip
    rows = _rows(opened["Recommendations"])
    assert [row["Number"] for row in rows] == wanted
    for row in rows:
        assert _cents(row["Change"]) == _cents(row["Proposed limit"]) - _cents(row["Present limit"])


def test_no_cell_is_a_formula_or_a_link(opened):
    """Names that look like formulas or addresses are text in every sheet."""
    for sheet in opened:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
    names = {row["Customer"] for row in _rows(opened["Portfolio"])}
    assert {'=HYPERLINK("http://example.invalid","click")', "+1 Supplies", "@x Logistics"} <= names


def test_numbers_with_leading_zeros_stay_text(opened):
    """Customer 00000000 is not 0."""
    assert "00000000" in {row["Number"] for row in _rows(opened["Portfolio"])}


def test_frames(opened):
    """Lists have a frozen heading, a filter over all rows, colours for bands, a printed run."""
    for name in ("Recommendations", "Exceptions", "Portfolio", "Quarantine"):
        sheet = opened[name]
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.conditional_formatting
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert re.search(r"Run [0-9a-f]{64}", sheet.oddFooter.left.text)


def test_summary_has_four_charts_with_descriptions(tmp_path, given):
    """The charts are native, and each says what it shows."""
    write_xlsx(tmp_path / "pack.xlsx", PackInput(**given))
    with zipfile.ZipFile(tmp_path / "pack.xlsx") as package:
        drawing = package.read("xl/drawings/drawing1.xml").decode()
        charts = [name for name in package.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 4
    assert len(re.findall(r'descr="[^"]+"', drawing)) == 4


def test_summary_figures(opened, small):
    """The first figure is what is owed outside quarantine."""
    cells = {row[0].value: row[1].value for row in opened["Summary"].iter_rows(max_col=2)}
    owed = sum(max(r["outstanding_minor"], 0) for r in _live(small))
    assert _cents(cells["Outstanding"]) == owed


def test_policy_and_identity(opened, given):
    """The policy's sentences and the identity of the run are printed whole."""
    policy = [row[0] for row in opened["Policy"].iter_rows(values_only=True)]
    assert "=Items over 90 days late fail." in policy
    facts = dict(opened["Identity"].iter_rows(min_row=3, max_col=2, values_only=True))
    assert facts["Run"] == given["identity"].run_id
    assert facts["Input: ar_march.xlsx"] == "ab" * 32


@pytest.mark.parametrize(("backstop", "said"), [(False, True), (True, False)])
def test_rebuttal_is_printed(tmp_path, small, pack_arguments, backstop, said):
    """Without the 30-day backstop the pack says that the presumption is rebutted."""
    given = pack_arguments(small, "INR", stages={"sicr_30dpd_backstop": backstop})
    text = str(list(_open(tmp_path, given)["Summary"].values))
    assert ("IFRS 9 5.5.11" in text) == said
    assert "never changes the loss allowance" in text


@pytest.mark.parametrize(
    ("currency", "form"), [("JPY", "#,##0"), ("USD", "#,##0.00"), ("KWD", "#,##0.000")]
)
def test_number_formats_have_the_currencys_digits(tmp_path, pack_arguments, currency, form):
    """Yen without digits, dollars with two, dinars with three."""
    book = _open(tmp_path, pack_arguments(portfolio(20, currency=currency), currency))
    column = [c.value for c in book["Portfolio"][1]].index("Limit") + 1
    assert book["Portfolio"].cell(2, column).number_format == form


@pytest.mark.parametrize(
    ("minor", "form"),
    [
        (-1, "#,##0.00"),
        (-1_00_000_00, r"##\,##\,##0.00;-##\,##\,##0.00"),
        (-99_99_999_99, r"##\,##\,##0.00;-##\,##\,##0.00"),
        (-1_00_00_000_00, r"##\,##\,##\,##0.00;-##\,##\,##\,##0.00"),
        (1_00_00_00_000_00, r"##\,##\,##\,##\,##0.00"),
    ],
)
def test_lakh_grouping_of_any_size(tmp_path, pack_arguments, minor, form):
    """Negative and very large rupees are grouped by lakh and crore too."""
    tables = portfolio(2, currency="INR", status="assessed")
    at = forms.ACCOUNTS.get_field_index("outstanding_minor")
    amounts = pa.array([minor, minor], pa.int64())
    accounts = tables.accounts.set_column(at, "outstanding_minor", amounts)
    given = pack_arguments(
        ReviewTables(accounts=accounts, checks=tables.checks, findings=tables.findings), "INR"
    )
    sheet = _open(tmp_path, given)["Portfolio"]
    column = [c.value for c in sheet[1]].index("Outstanding") + 1
    assert form in sheet.cell(2, column).number_format
    tier = pack_formats.money_tier(minor, "INR")
    assert form in pack_formats.money_formats("INR", "en-IN")[tier]


def test_long_lists_go_on_in_a_numbered_sheet(tmp_path, given, small, monkeypatch):
    """Beyond a sheet's rows the list continues; none is lost and each sheet is framed."""
    monkeypatch.setattr(pack_xlsx, "ROWS_PER_SHEET", 150)
    book = _open(tmp_path, given)
    names = [row["Customer"] for s in ("Portfolio", "Portfolio 2") for row in _rows(book[s])]
    assert names == [row["customer_name"] for row in _live(small)]
    assert book["Portfolio 2"].freeze_panes == "C2"


@pytest.mark.parametrize("rows", [1, 7, 64])
def test_batches_join_seamlessly(tmp_path, given, small, monkeypatch, rows):
    """The rows are the same whatever the batch."""
    monkeypatch.setattr(pack_cells, "ROWS_PER_BATCH", rows)
    names = [row["Customer"] for row in _rows(_open(tmp_path, given)["Portfolio"])]
    assert names == [row["customer_name"] for row in _live(small)]


@pytest.mark.parametrize(
    "tables", [portfolio(0), portfolio(1), portfolio(5, status="quarantined")],
    ids=["none", "one", "all quarantined"],
)  # fmt: skip
def test_small_portfolios(tmp_path, pack_arguments, tables):
    """No account, one, or only quarantined ones: every sheet is there and opens."""
    assert _open(tmp_path, pack_arguments(tables, "USD")).sheetnames == SHEETS


def test_awkward_text():
    """XML's signs, control characters and escapes lookalikes survive; long text is cut."""
    texts = pa.array(["a<b>&c", "x\x00y\r", "_x0041_", "z" * 40_000, None, "tab\tok"])
    assert pack_cells.escaped(texts).to_pylist() == [
        "a&lt;b&gt;&amp;c", "x_x0000_y_x000D_", "_x005F_x0041_", "z" * 32_766 + "…", None,
        "tab\tok",
    ]  # fmt: skip


def test_use_that_would_hide_a_breach_has_four_digits(tmp_path, pack_arguments):
    """90.0040 is shown as such; what is no number leaves the cell empty and the sheet whole."""
    tables = portfolio(3, status="assessed")
    at = forms.ACCOUNTS.get_field_index("ar_utilisation_pct")
    shown = pa.array(["90.0040", "56.00", "<n/a>"])
    accounts = tables.accounts.set_column(at, "ar_utilisation_pct", shown)
    given = pack_arguments(
        ReviewTables(accounts=accounts, checks=tables.checks, findings=tables.findings), "USD"
    )
    sheet = _open(tmp_path, given)["Portfolio"]
    column = [c.value for c in sheet[1]].index("Used, % of limit") + 1
    cells = [sheet.cell(row, column) for row in (2, 3, 4)]
    assert [(c.value, c.number_format) for c in cells[:2]] == [(90.004, "0.0000"), (56, "0.00")]
    assert cells[2].value is None


def test_column_letters():
    """As spreadsheets name them."""
    assert [pack_cells.column_letters(at) for at in (0, 25, 26, 701, 702)] == [
        "A", "Z", "AA", "ZZ", "AAA",
    ]  # fmt: skip
