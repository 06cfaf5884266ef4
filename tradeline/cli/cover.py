"""The command that records cover for an account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tradeline.cli.book import OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import guard
from tradeline.files.entered import basis_points, minor_units


@guard()
def cover(  # noqa: PLR0917 - one parameter per option
    customer_no: Annotated[str, typer.Argument(help="Customer number or alias.")],
    amount: Annotated[str, typer.Argument(help="Amount covered, such as 50000.00.")],
    currency: Annotated[str, typer.Argument(metavar="ISO", help="Its currency.")],
    kind: Annotated[
        str,
        typer.Option(
            help="letter_of_credit, bank_guarantee, insurance, collateral or parent_guarantee."
        ),
    ],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day.")],
    share: Annotated[str, typer.Option(metavar="PERCENT", help="Covered share.")] = "100",
    haircut: Annotated[str, typer.Option(metavar="PERCENT", help="Taken off first.")] = "0",
    terms_days: Annotated[
        int | None, typer.Option(min=0, help="Longest terms that the insurer accepts.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Policy or guarantee number.")] = "",
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Record insurance, a guarantee, a letter of credit or collateral for an account."""
    from tradeline.cli.reading import currency_code

    code = currency_code(currency) or ""
    by = actor(organisation, user)
    from tradeline.actions.mitigants import add_cover
    from tradeline.cli.exposure import account_row
    from tradeline.engine.exposure import Cover
    from tradeline.queries.reading import reading

    with reading(by, "exposure.read"):
        account_id = account_row(customer_no, entity).account_id
    made = Cover(
        kind=kind, amount_minor=minor_units(amount, code),
        cover_bp=basis_points(share, "--share"), haircut_bp=basis_points(haircut, "--haircut"),
        valid_from=day_of(first, "--from"), valid_to=day_of(last, "--to"),
        terms_days_max=terms_days,
    )  # fmt: skip
    add_cover(account_id=account_id, cover=made, currency=code, reference=reference, by=by,
                 at=datetime.now(UTC))  # fmt: skip
    typer.echo(f"Recorded. See the net exposure: tradeline exposure show {customer_no}")
