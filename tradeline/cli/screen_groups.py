"""What a person sees of groups at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tradeline.cli.screen_book import (
    COLOUR,
    HEADROOM_COLUMNS,
    STATUS,
    print_table,
    show_ranked,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.queries.exposure import ExposureRow
    from tradeline.queries.groups import GroupRow


def show_groups(rows: Sequence[GroupRow]) -> None:
    """Print the groups, the nearest to its limit first."""
    console = Console()
    if not rows:
        console.print("There is no group: none of the customers has a parent.")
        return
    wide = console.width >= HEADROOM_COLUMNS
    columns = (("group", "left"), ("name", "left"), ("members", "right"), ("limit", "right"),
               ("exposure", "right"), *((("headroom", "right"),) if wide else ()),
               ("exposure %", "right"), ("", "left"))  # fmt: skip
    print_table(console, columns, [_cells(row, wide=wide) for row in rows], flexible=1)
    for row in rows:
        _name_missing(console, row)


def show_group(row: GroupRow, members: Sequence[ExposureRow]) -> None:
    """Print one group, and its members each in the currency of its own line."""
    show_groups([row])
    if row.parent_code:
        Console().print(Text(f"It stands below {row.parent_code}."))
    if members:
        Console().print("\nMembers", style="italic")
        show_ranked(members)


def _cells(row: GroupRow, *, wide: bool) -> list[Text]:
    limit = _written(row.limit_minor, row)
    plain = (row.code, row.name, f"{row.members:,}", limit and f"{row.currency} {limit}",
             _written(row.exposure_minor, row),
             *([_written(row.headroom_minor, row)] if wide else []),
             row.utilisation_pct or "")  # fmt: skip
    return [*map(Text, plain), Text(STATUS[row.status], COLOUR[row.status])]


def _written(amount_minor: int | None, row: GroupRow) -> str:
    return "" if amount_minor is None else written(amount_minor, row.currency)


def _name_missing(console: Console, row: GroupRow) -> None:
    """Say which rate an exposure waits for; it is not counted at one to one."""
    for one, other in row.missing_rates:
        console.print(Text(f"{row.code}: no exchange rate from {one} to {other} that is recent "
                           "enough; import one", "red"))  # fmt: skip
