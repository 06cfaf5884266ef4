"""What a person sees after the example company was made: the list, what to look at, what next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from tradeline.cli.screen_book import show_ranked
from tradeline.files.demo_company import AS_OF, STAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.demo import Demo
    from tradeline.queries.exposure import ExposureRow


def show_demo(made: Demo, rows: Sequence[ExposureRow]) -> None:
    """Print what was made, the ranked list, the account worth a look, and the next step."""
    console = Console(highlight=False)
    console.print(_sentence(made))
    console.print(f"Act as {_people(made)}: with --user, or once for the whole terminal:\n")
    console.print(f"  export TRADELINE_USER=anna{made.suffix}\n")
    if not rows:
        console.print("No file was taken in yet. See docs/guides/book.md for what comes next.")
        return
    show_ranked(rows)
    console.print()
    _point_out(console, made, rows)


def _sentence(made: Demo) -> str:
    if not made.made:
        return f"{made.name} is there; one more under a new name: tradeline demo --again"
    if not made.files:
        return f"{made.name} was founded: people, two legal entities and a policy."
    return (
        f"{made.name} as of {AS_OF}: {made.files} files with {made.rows:,} rows were taken in, "
        f"{made.set_aside} rows set aside."
    )


def _people(made: Demo) -> str:
    named = [f"{login} ({role})" for login, role in made.logins.items()]
    return ", ".join(named[:-1]) + f" or {named[-1]}"


def _point_out(console: Console, made: Demo, rows: Sequence[ExposureRow]) -> None:
    star = next((row for row in rows if row.customer_no == STAR), None)
    user = f" --user anna{made.suffix}"
    if star is not None:
        console.print(
            f"{STAR} {star.customer_name} looks fine on the ledger, {star.ar_utilisation_pct} % of "
            f"its limit; with what it has ordered it is {star.status} it, at "
            f"{star.utilisation_pct} %. See why:\n"
        )
        console.print(f"  tradeline exposure show {STAR} --as-of {AS_OF}{user}", soft_wrap=True)
        first = AS_OF.replace(day=1)
        console.print(
            f"  tradeline exposure bridge {STAR} --from {first} --to {AS_OF}{user}\n",
            soft_wrap=True,
        )
    console.print("Then let the program check itself and the book:\n")
    console.print(f"  tradeline doctor --as-of {AS_OF}{user}", soft_wrap=True)
