"""What a person sees of a review at the terminal: progress, tables, where the pack lies."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tradeline.engine.version import VERSION
from tradeline.money import format_money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tradeline.actions.reviews import Replay, ReviewRun
    from tradeline.files.records import SourceReport

BANDS: Final = ("Critical", "High", "Medium", "Low")
_COLOUR: Final = {"Critical": "red", "High": "dark_orange", "Medium": "yellow", "Low": "green"}
_FINE: Final = ("PASS", "NOT_APPLICABLE")
_NAME_WIDTH: Final = 26
_WORST: Final = 10
_SURE: Final = 100
_BAR_WIDTH: Final = 24


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function to tell passes to; each gets its bar, on stderr, so pipes stay clean."""
    if quiet:
        yield lambda _name, _done, _total: None
        return
    columns = (TextColumn("{task.description:<16}"), BarColumn(40), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, Any] = {}

        def tell(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
            bars.update(tasks[name], completed=done, total=total)

        yield tell


def show_run(
    run: ReviewRun, console: Console | None = None, *, shown_path: Path | None = None
) -> None:
    """Print how the files were read, the bands, the worst accounts, the quarantine, the place."""
    console, path = console or Console(), shown_path or run.path
    for report in run.intake.reports:
        _show_reading(console, report)
    _show_bands(console, run)
    _show_worst(console, run)
    _show_set_aside(console, run)
    total = run.summary.total
    console.print(
        f"{run.tables.accounts.num_rows} accounts as of {run.identity.as_of}, policy "
        f"{run.policy.name}, run {run.identity.run_id[:12]}: {total.assessed} assessed, "
        f"{total.not_assessed} not assessed, {total.quarantined} quarantined.",
        highlight=False,
    )
    if (run.path / "pack.pdf").exists():
        console.print("The committee pack is pack.xlsx and pack.pdf in the run folder:")
    console.print(str(path), soft_wrap=True, markup=False, highlight=False)


def _show_reading(console: Console, report: SourceReport) -> None:
    """Say how a file was read; columns that were not certain get a table."""
    facts = [f"{report.rows} rows", f"header in row {report.header_row}"]
    facts += [f"sheet {report.sheet}"] if report.sheet else []
    facts += [f"encoding {report.encoding}"] if report.encoding else []
    facts += [f"delimiter {_mark(report.delimiter)}"] if report.delimiter else []
    facts += [f"decimal mark {report.decimal}"] if report.decimal else []
    facts += [f"dates {report.date_order}"] if report.date_order else []
    title = Text(f"{report.file}: {report.role}, {', '.join(facts)}")
    console.print(title)
    matches = (*report.matches, *report.spread)
    if all(match.header == match.field for match in matches) and not report.unused:
        return
    table = Table(box=None, pad_edge=False)
    for name in ("column", "read as", "sure", "because"):
        table.add_column(name, justify="right" if name == "sure" else "left")
    for match in matches:
        table.add_row(
            Text(match.header), match.field, f"{match.confidence} %", Text(match.why),
            style="" if match.confidence == _SURE else "yellow",
        )  # fmt: skip
    console.print(table)
    if report.unused:
        console.print(Text("not used: " + ", ".join(report.unused), style="dim"))
    console.print()


def _mark(delimiter: str) -> str:
    return {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}.get(delimiter, delimiter)


def _show_bands(console: Console, run: ReviewRun) -> None:
    total, currency = run.summary.total, run.intake.currency
    table = Table(title="Bands", title_justify="left", box=None, pad_edge=False)
    table.add_column("band")
    table.add_column("accounts", justify="right")
    table.add_column(f"outstanding {currency}", justify="right")
    table.add_column("share")
    for band in BANDS:
        amounts = total.by_band.get(band)
        count = amounts.accounts if amounts else 0
        owed = amounts.outstanding_minor if amounts else 0
        share = owed / total.outstanding_minor if total.outstanding_minor else 0
        bar = Text("█" * round(share * _BAR_WIDTH), style=_COLOUR[band])
        bar.append(f" {share:.1%}", style="default")
        table.add_row(Text(band, style=_COLOUR[band]), str(count), _money(owed, run), bar)
    console.print(table)
    console.print()


def _money(amount_minor: int | None, run: ReviewRun) -> str:
    if amount_minor is None:
        return ""
    return format_money(amount_minor, run.intake.currency, run.policy.locale)


def _show_worst(console: Console, run: ReviewRun) -> None:
    """List the first accounts in the review's own order, with what their checks said."""
    worst = [
        row
        for row in run.tables.accounts.slice(0, _WORST).to_pylist()
        if row["status"] == "assessed" and row["band"] != "Low"
    ]
    if not worst:
        return
    console.print(Text("Worst accounts", style="italic"))
    for row, reason in zip(worst, _reasons(run, len(worst)), strict=True):
        name = " ".join(filter(None, (row["customer_no"], row["customer_name"])))
        line = Text(f"{_cut(name):<{_NAME_WIDTH}} ")
        line.append(f"{row['band']:<9}", style=_COLOUR[row["band"]])
        line.append(
            f"{_money(row['outstanding_minor'], run):>15} {_used(row):>9}  {_action(row, run)}"
        )
        console.print(line, no_wrap=True, overflow="ellipsis")
        console.print(Padding(Text(reason, style="dim"), (0, 0, 0, 2)))
    console.print()


def _cut(name: str) -> str:
    return name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"


def _used(row: dict[str, Any]) -> str:
    used = row["ar_utilisation_pct"]
    return f"{used} %" if used else "no limit"


def _action(row: dict[str, Any], run: ReviewRun) -> str:
    words = str(row["limit_action"]).replace("_", " ").lower()
    if row["limit_action"] in ("REDUCE", "INCREASE"):
        words += f" to {_money(row['recommended_limit_minor'], run)}"
    return words


def _reasons(run: ReviewRun, accounts: int) -> list[str]:
    """Return the comments of the checks that did not pass, for the first accounts."""
    from tradeline.engine.tables import CHECKS

    rows = run.tables.checks.slice(1, accounts * len(CHECKS)).to_pylist()
    found = []
    for start in range(0, len(rows), len(CHECKS)):
        bad = [
            r
            for r in rows[start : start + len(CHECKS)]
            if r["status"] not in ("PASS", "NOT_APPLICABLE")
        ]
        found.append(" ".join(row["comment"] for row in bad))
    return found


def _show_set_aside(console: Console, run: ReviewRun) -> None:
    codes = run.summary.quarantine_codes
    if not codes:
        return
    table = Table(title="Set aside", title_justify="left", box=None, pad_edge=False)
    table.add_column("why")
    table.add_column("rows", justify="right")
    for code, count in sorted(codes.items()):
        table.add_row(code.replace("_", " ").lower(), str(count))
    console.print(table)
    console.print()


def show_replay(result: Replay) -> None:
    """Say whether the run was reproduced, and what differs."""
    console = Console()
    if result.proven:
        console.print(
            f"Reproduced: run {result.run_id[:12]}, {len(result.compared)} files, byte for byte."
        )
        return
    console.print(f"[red]Not reproduced[/]: run {result.run_id[:12]}.")
    if result.recomputed_run_id != result.run_id:
        console.print(f"  the run id is now {result.recomputed_run_id[:12]}: inputs, policy or "
                      "engine version changed")  # fmt: skip
    if result.software != f"tradeline {VERSION}":
        console.print(f"  it was made by {result.software}, this is {VERSION}: replay it with that")
    for name in result.differing:
        console.print(f"  differs: {name}", markup=False)
