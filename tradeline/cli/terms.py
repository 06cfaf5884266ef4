"""Commands on payment terms: what is granted, how it is kept, what a discount costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, money
from tradeline.cli.errors import guard

if TYPE_CHECKING:
    from fractions import Fraction

    from tradeline.engine.term_compliance import Compliance

app = typer.Typer(
    help="Payment terms: what an account is granted, how terms are kept, what a discount costs.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

AsOf = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Day; today.")]
Entity = Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")]
Number = Annotated[str, typer.Argument(help="Customer number or alias.")]


@app.command("show")
@guard()
def show(
    customer_no: Number, entity: Entity = None, as_of: AsOf = None,
    organisation: OrganisationName = None, user: UserName = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show the term an account is granted, and what decided: account, tier, segment or policy."""
    by = actor(organisation, user)
    from tradeline.cli.exposure import account_row
    from tradeline.models import Account
    from tradeline.policy.term_words import term_in_words
    from tradeline.queries.policies import policy_in_force
    from tradeline.queries.reading import reading
    from tradeline.queries.terms import granted

    with reading(by, "exposure.read"):
        account = Account.objects.get(id=account_row(customer_no, entity).account_id)
        found = granted(account, day=day_of(as_of))
        words = term_in_words(found.term, policy_in_force().locale)
    if as_json:
        facts = {"customer_no": account.customer_no, "term": found.name, "level": found.level}
        typer.echo(json.dumps(facts | {"words": words}))
    else:
        typer.echo(f"{account.customer_no}: {found.name}, by {found.level}: {words}.")


@app.command("set")
@guard()
def set_(
    customer_no: Number,
    term: Annotated[str, typer.Argument(help="Name of a term of the policy.")],
    valid_from: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    entity: Entity = None, organisation: OrganisationName = None, user: UserName = None,
) -> None:  # fmt: skip
    """Agree a term of the policy with an account, from a day on."""
    by = actor(organisation, user)
    from tradeline.actions.terms import set_terms
    from tradeline.cli.exposure import account_row
    from tradeline.queries.reading import reading

    with reading(by, "exposure.read"):
        account_id = account_row(customer_no, entity).account_id
    set_terms(account_id=account_id, name=term, valid_from=day_of(valid_from, "--from"),
              reason=reason, by=by, at=datetime.now(UTC))  # fmt: skip
    typer.echo(f"{customer_no} has {term} from {valid_from} on.")


@app.command("compliance")
@guard()
def compliance(
    as_of: AsOf = None, organisation: OrganisationName = None, user: UserName = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show by account whether agreed terms were granted and kept, and discounts taken late."""
    by = actor(organisation, user)
    from tradeline.cli.screen_upkeep import show_compliance
    from tradeline.queries.reading import reading
    from tradeline.queries.terms import compliance as of_day

    with reading(by, "exposure.read"):
        rows = of_day(day=day_of(as_of))
    if as_json:
        typer.echo(json.dumps([_told(row) for row in rows]))
    else:
        show_compliance(rows)


def _told(row: Compliance) -> dict[str, Any]:
    return {
        "customer_no": row.account, "currency": row.currency, "invoices": row.invoices,
        "approved": row.approved, "better": row.better, "unknown": row.unknown,
        "approved_pct": percent(row.approved_share), "judged": row.judged, "within": row.within,
        "within_pct": percent(row.within_share),
        "within_amount_pct": percent(row.within_amount_share), "unearned": row.unearned,
        "unearned_amount": money(row.unearned_minor, row.currency),
    }  # fmt: skip


def percent(share: Fraction | None) -> str | None:
    """Return a share as percent with two digits, None where it is undefined."""
    from tradeline.money import round_half_up

    if share is None:
        return None
    hundredths = round_half_up(share * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


@app.command("cost")
@guard()
def cost(
    text: Annotated[str, typer.Argument(help="Terms as they are written, such as 2/10 net 30.")],
    paid_on: Annotated[
        int | None, typer.Option(metavar="DAY", help="Day of payment, if not the net day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what it costs a year not to take an early-payment discount, simple and effective."""
    from tradeline.engine.discounts import (
        effective_cost_annual,
        shown_percent,
        simple_cost_annual,
    )
    from tradeline.errors import TermFault
    from tradeline.policy.term_text import read_term

    term = read_term(text)
    if not term.discounts or term.due is None or term.due.days is None:
        raise TermFault(
            f"'{text}' is no discount for early payment", mend='write it as "2/10 net 30"'
        )
    tier = term.discounts[0]
    days = {"discount_days": tier.by.days or 0, "paid_days": paid_on or term.due.days}
    simple = shown_percent(simple_cost_annual(tier.percent, **days))
    effective = shown_percent(effective_cost_annual(tier.percent, **days))
    if as_json:
        typer.echo(json.dumps({"simple_pct": str(simple), "effective_pct": str(effective)}))
    else:
        typer.echo(f"{simple} % a year simple, {effective} % compounded: pay early if money "
                   "costs less.")  # fmt: skip
