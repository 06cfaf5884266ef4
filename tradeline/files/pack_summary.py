"""The first sheet of the workbook: the figures, and native charts fed by their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline import money
from tradeline.engine.kpis import USE_EDGES_PCT, Amounts
from tradeline.files import pack_words as words
from tradeline.files.pack_look import AGE_COLOURS, BAND_COLOURS, INK_SOFT, LINE, NEUTRAL, SERIES
from tradeline.policy.schema import BANDS, BUCKETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradeline.engine.kpis import Figures, Measure, Summary
    from tradeline.files.pack_input import PackInput
    from tradeline.files.pack_look import Look

CHART_COLUMN: Final = 6
CHART_SIZE: Final = {"width": 560, "height": 250}
CHART_FONT: Final = {"name": "Calibri", "size": 9, "color": INK_SOFT}
CHECK_STATES: Final = ("PASS", "WARNING", "FAIL", "NOT_EVALUATED", "NOT_APPLICABLE")
ACTIONS: Final = ("INCREASE", "RETAIN", "REDUCE", "SUSPEND", "CUT_TO_ZERO")


def write_summary(sheet: Any, look: Look, given: PackInput, summary: Summary) -> None:
    """Write the summary: figures on the left, charts beside the tables they draw."""
    page = _Page(sheet, look, given.currency)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 5, 19)
    total = summary.total
    as_of = f"{given.identity.as_of:%d %B %Y}".lstrip("0")
    sheet.set_row(0, 26)
    page.line(f"Credit review as of {as_of}", look.title)
    page.line(_subtitle(given, total), look.subtitle)
    page.row += 1
    _headline(page, given, total)
    drawn = (_bands(page, total), _ages(page, total), _uses(page, total), _actions(page, total))
    _entities(page, summary)
    _checks(page, summary)
    _to_do(page, total)
    _quarantined(page, summary)
    _notes(page, given)
    _draw(page, drawn)


class _Page:
    """A cursor down the sheet."""

    def __init__(self, sheet: Any, look: Look, currency: str) -> None:
        self.sheet = sheet
        self.look = look
        self.currency = currency
        self.row = 0
        self.count = look.made(num_format="#,##0", align="right", bottom=1, bottom_color=LINE)
        self.share = look.made(num_format="0.0%", align="right", bottom=1, bottom_color=LINE)
        self.decimal = look.made(num_format="0.00", align="right", bottom=1, bottom_color=LINE)
        self.absent = look.made(font_color=INK_SOFT, align="right", bottom=1, bottom_color=LINE)

    def line(self, text: str, style: Any) -> None:
        """Write one line of text."""
        self.sheet.write_string(self.row, 0, text, style)
        self.row += 1

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> range:
        """Write a titled table; return the sheet rows its body takes."""
        self.line(title, self.look.chapter)
        for at, heading in enumerate(headings):
            style = self.look.heading("text" if at == 0 else "whole")
            self.sheet.write_string(self.row, at, heading, style)
        first = self.row + 1
        for self.row, row in enumerate(rows, first):
            for at, value in enumerate(row):
                self.cell(at, value)
        self.row = first + len(rows) + 1
        return range(first, first + len(rows))

    def cell(self, at: int, value: Any) -> None:
        """Write a label, a count, an amount in minor units (a 1-tuple) or a measure."""
        if isinstance(value, str):
            self.sheet.write_string(self.row, at, value, self.look.row_label)
        elif isinstance(value, tuple):
            self.amount(at, value[0])
        elif isinstance(value, int):
            self.sheet.write_number(self.row, at, value, self.count)
        else:
            self.measure(at, value, self.share)

    def amount(self, at: int, minor: int) -> None:
        """Write an amount in the currency's digits."""
        style = self.look.money(minor, self.currency, bottom=1, bottom_color=LINE)
        self.sheet.write_number(self.row, at, money.to_decimal(minor, self.currency), style)

    def measure(self, at: int, measure: Measure, style: Any) -> None:
        """Write an exact figure, or why there is none."""
        if measure.value is None:
            self.sheet.write_string(self.row, at, f"none: {measure.reason}", self.absent)
        else:
            self.sheet.write_number(self.row, at, float(measure.value), style)


def _subtitle(given: PackInput, total: Figures) -> str:
    apart = f", {total.quarantined:,} quarantined" if total.quarantined else ""
    open_ = f", {total.not_assessed:,} not assessed" if total.not_assessed else ""
    run = given.identity.run_id[:12]
    return f"{given.currency} · {total.accounts:,} accounts{open_}{apart} · run {run}"


def _headline(page: _Page, given: PackInput, total: Figures) -> None:
    target = given.policy.utilisation.target_average_pct
    page.table("In short", ("", "", "Target"), ())
    page.row -= 1
    amounts = (
        ("Outstanding", total.outstanding_minor),
        ("of which disputed", total.disputed_minor),
        ("Credit balances, not netted", total.credit_balances_minor),
        ("Limits, present", total.limit_present_minor),
        ("Limits, proposed", total.limit_proposed_minor),
        ("of which usable (not suspended)", total.limit_usable_minor),
    )
    for label, minor in amounts:
        page.cell(0, label)
        page.amount(1, minor)
        page.row += 1
    aim = f"below {target:f} %"
    measures = (
        ("Use of limits, weighted", total.utilisation_weighted, page.share, aim),
        ("Use of limits, mean of accounts", total.utilisation_mean, page.share, aim),
        ("Outstanding over 30 days late", total.share_beyond["0-30"], page.share, ""),
        ("Outstanding over 90 days late", total.share_beyond["61-90"], page.share, ""),
        ("DSO, weighted by outstanding, days", total.dso_days, page.decimal, ""),
        ("Ten largest accounts", total.top_share, page.share, ""),
        ("Concentration (HHI, 0 to 1)", total.hhi, page.look.made(
            num_format="0.0000", align="right", bottom=1, bottom_color=LINE), ""),
        ("Accounts of equal size (1 / HHI)", total.effective_accounts, page.decimal, ""),
    )  # fmt: skip
    for label, measure, style, goal in measures:
        page.cell(0, label)
        page.measure(1, measure, style)
        page.sheet.write_string(page.row, 2, goal, page.absent)
        page.row += 1
    page.cell(0, "Accounts over their limit")
    page.cell(1, total.over_limit)
    page.row += 2


def _split(
    page: _Page, title: str, label: str, parts: Sequence[tuple[str, Amounts]], whole: int
) -> range:
    rows = [
        (name, part.accounts, (part.outstanding_minor,), _part(part.outstanding_minor, whole))
        for name, part in parts
    ]
    return page.table(title, (label, "Accounts", f"Outstanding, {page.currency}", "Share"), rows)


def _part(part: int, whole: int) -> Measure:
    from fractions import Fraction

    from tradeline.engine.kpis import Measure

    return Measure(Fraction(part, whole)) if whole else Measure(None, "nothing is owed")


def band_parts(total: Figures) -> list[tuple[str, Amounts]]:
    """Return what each band owes, worst first, and the unassessed if there are any."""
    parts = [(band, total.by_band.get(band, Amounts())) for band in reversed(BANDS)]
    return parts + _rest(words.NOT_ASSESSED, total.by_band)


def age_parts(total: Figures) -> list[tuple[str, Amounts]]:
    """Return what each ageing bucket owes, youngest first, and the unknown if there is any."""
    parts = [(words.bucket(b), total.by_bucket.get(b, Amounts())) for b in BUCKETS]
    return parts + _rest(words.bucket(None), total.by_bucket)


def use_parts(total: Figures) -> list[tuple[str, int]]:
    """Return how many accounts use how much of their limit."""
    starts = (0, *USE_EDGES_PCT)
    names = [f"{start} to {end} %" for start, end in zip(starts, USE_EDGES_PCT, strict=False)]
    return list(zip([*names, f"Over {USE_EDGES_PCT[-1]} %"], total.use_classes, strict=True))


def action_parts(total: Figures) -> list[tuple[str, int]]:
    """Return how many accounts get which limit action, mildest first."""
    known = [(code, total.limit_actions.get(code, 0)) for code in ACTIONS]
    return [(words.plain(code) or "", number) for code, number in known]


def _rest(name: str, amounts: Mapping[str | None, Amounts]) -> list[tuple[str, Amounts]]:
    return [(name, amounts[None])] if None in amounts else []


def _bands(page: _Page, total: Figures) -> range:
    return _split(page, "Risk bands", "Band", band_parts(total), total.outstanding_minor)


def _ages(page: _Page, total: Figures) -> range:
    label = "Oldest debt, days late"
    return _split(page, "Age of the debt", label, age_parts(total), total.outstanding_minor)


def _uses(page: _Page, total: Figures) -> range:
    return page.table("Use of limits", ("Used", "Accounts"), use_parts(total))


def _actions(page: _Page, total: Figures) -> range:
    return page.table("Proposals", ("Limit action", "Accounts"), action_parts(total))


def _entities(page: _Page, summary: Summary) -> None:
    rows = [
        (name, f.accounts, (f.outstanding_minor,), (f.limit_present_minor,),
         (f.limit_proposed_minor,), f.utilisation_weighted)
        for name, f in summary.entities.items()
    ]  # fmt: skip
    headings = ("Entity", "Accounts", "Outstanding", "Present limits", "Proposed limits", "Used")
    page.table("Legal entities", headings, rows)


def _checks(page: _Page, summary: Summary) -> None:
    names = {name: None for name in words.CHECKS if name in summary.checks} | dict.fromkeys(
        summary.checks
    )
    rows = [
        (words.check(name), *(summary.checks[name].get(state, 0) for state in CHECK_STATES))
        for name in names
    ]
    page.table("Checks", ("Check", *map(words.status, CHECK_STATES)), rows)


def _to_do(page: _Page, total: Figures) -> None:
    rows = [(words.plain(code) or "", number) for code, number in total.account_actions.items()]
    page.table("To do", ("Action", "Accounts"), rows)


def _quarantined(page: _Page, summary: Summary) -> None:
    rows = [(words.plain(code) or "", n) for code, n in summary.quarantine_codes.items()]
    page.table("Quarantine, in no figure above", ("Reason", "Rows"), rows)


def _notes(page: _Page, given: PackInput) -> None:
    page.line("Notes", page.look.chapter)
    for note in words.notes(given.policy):
        page.sheet.merge_range(page.row, 0, page.row, 5, "", page.look.note_wrapped)
        page.sheet.write_string(page.row, 0, note, page.look.note_wrapped)
        page.sheet.set_row(page.row, 13 if len(note) < 150 else 25)
        page.row += 1


def _draw(page: _Page, drawn: tuple[range, range, range, range]) -> None:
    bands, ages, uses, actions = drawn
    currency = page.currency
    colours = [*reversed(BAND_COLOURS.values()), NEUTRAL]
    charts = (
        ("bar", f"Outstanding by band, {currency}", bands, 2, colours),
        ("column", f"Outstanding by age, {currency}", ages, 2, [*AGE_COLOURS, NEUTRAL]),
        ("column", "Accounts by use of their limit", uses, 1, [SERIES[0]] * 5 + ["#a61b2b"]),
        ("bar", "Accounts by limit action", actions, 1, [SERIES[0]] * 5),
    )
    for place, (kind, title, rows, column, fills) in enumerate(charts):
        chart = page.look.chart(kind)
        numbers = page.look.axis_format if column == 2 else "#,##0"
        _series(chart, rows, column, fills, numbers)
        _axes(chart, kind, title)
        page.sheet.insert_chart(
            3 + place * 14, CHART_COLUMN, chart, {"description": title, "x_offset": 24}
        )


def _series(chart: Any, rows: range, column: int, fills: Sequence[str], numbers: str) -> None:
    """Draw the cells; each bar carries its figure, so no axis of values is needed."""
    first, last = rows.start, rows.stop - 1
    chart.add_series(
        {
            "name": "",
            "categories": ["Summary", first, 0, last, 0],
            "values": ["Summary", first, column, last, column],
            "points": [{"fill": {"color": colour}} for colour in fills[: len(rows)]],
            "data_labels": {"value": True, "num_format": numbers, "font": CHART_FONT},
            "gap": 45,
        }
    )


def _axes(chart: Any, kind: str, title: str) -> None:
    chart.set_title({"name": title, "name_font": {**CHART_FONT, "size": 11, "bold": True}})
    chart.set_legend({"none": True})
    names = {"num_font": CHART_FONT, "line": {"color": LINE}, "major_tick_mark": "none"}
    values = {"visible": False, "major_gridlines": {"visible": False}}
    if kind == "bar":
        chart.set_y_axis({**names, "reverse": True})
        chart.set_x_axis(values)
    else:
        chart.set_x_axis(names)
        chart.set_y_axis(values)
    chart.set_size(CHART_SIZE)
    chart.set_chartarea({"border": {"none": True}})
