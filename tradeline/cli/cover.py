"""The command that records cover for an account."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from tradeline.cli.book import OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import guard
from tradeline.errors import ArgumentFault


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
        kind=kind, amount_minor=_minor(amount, code),
        cover_bp=_basis_points(share, "--share"), haircut_bp=_basis_points(haircut, "--haircut"),
        valid_from=day_of(first, "--from"), valid_to=day_of(last, "--to"),
        terms_days_max=terms_days,
    )  # fmt: skip
    add_cover(account_id=account_id, cover=made, currency=code, reference=reference, by=by,
                 at=datetime.now(UTC))  # fmt: skip
    typer.echo(f"Recorded. See the net exposure: tradeline exposure show {customer_no}")


def _minor(text: str, currency: str) -> int:
    """Return the amount in minor units; one that the book cannot hold to the digit is refused."""
    from tradeline.money import AMOUNT_MINOR_MAX, exponent, to_minor

    number, digits = _number(text, "AMOUNT"), exponent(currency)
    if number > AMOUNT_MINOR_MAX or number != round(number, digits):
        raise ArgumentFault(
            f"'{text}' is no amount of {currency}", where="AMOUNT",
            mend=f"write at most {digits} decimals, and no more than 15 digits",
        )  # fmt: skip
    return to_minor(number, currency)


def _basis_points(text: str, option: str) -> int:
    number = _number(text, option) * 100
    if number != int(number) or not 0 <= number <= 10_000:
        raise ArgumentFault(
            f"'{text}' is no share", where=option, mend="write 0 to 100, at most two decimals"
        )
    return int(number)


def _number(text: str, option: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ArgumentFault(f"'{text}' is no amount", where=option, mend="write it as 50000.00")
    return number
