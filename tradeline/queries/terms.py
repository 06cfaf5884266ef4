"""The terms an account is granted, and how they are kept."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tradeline.engine.discounts import Taxed
from tradeline.engine.due_dates import Dates
from tradeline.engine.term_compliance import Compliance, Invoice, compliance_by_account
from tradeline.engine.term_compliance import Payment as Paid
from tradeline.engine.terms import Granted, granted_term
from tradeline.models import Account, AgreedTerms, Document, Payment
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID


def granted(account: Account, *, day: date) -> Granted:
    """Return the account's term on a day: its own, else its tier's, its segment's, the policy's."""
    return _granted(account, _agreed(day).get(account.pk))


def _granted(account: Account, own: str | None) -> Granted:
    return granted_term(
        policy_in_force().terms, account=own, tier=account.tier or None,
        segment=account.segment or None,
    )  # fmt: skip


def _agreed(day: date) -> Mapping[UUID, str]:
    rows = AgreedTerms.objects.filter(superseded_at=None, valid_from__lte=day)
    return dict(rows.order_by("valid_from").values_list("account_id", "name"))


def compliance(*, day: date, account_id: UUID | None = None) -> tuple[Compliance, ...]:
    """Return term compliance by account and currency: granted against agreed, kept, unearned.

    Invoices without a date are left out: no term can be held against them.
    """
    accounts = Account.objects.filter(intercompany=False)
    if account_id is not None:
        accounts = accounts.filter(id=account_id)
    own, known = _agreed(day), {each.pk: each for each in accounts}
    terms = {key: _granted(each, own.get(key)).term for key, each in known.items()}
    paid = _payments(day)
    documents = Document.objects.filter(
        kind="invoice", account_id__in=known, document_date__lte=day
    )
    invoices = (
        Invoice(
            account=known[each.account_id].customer_no, document_no=each.document_no,
            currency=each.currency, dates=_dates(each),
            amounts=(Taxed(net_minor=each.amount_minor),), agreed=terms[each.account_id],
            granted_due=each.due_date,
            payments=tuple(paid.get((each.account_id, each.document_no), ())),
        )
        for each in documents.iterator(chunk_size=10_000)
    )  # fmt: skip
    return compliance_by_account(invoices, terms=policy_in_force().terms, as_of=day)


def _dates(document: Document) -> Dates:
    """Return the dates terms count from; the ledger knows only that of the invoice."""
    day = document.document_date
    assert day is not None  # those without are not asked for
    return Dates(invoice=day, delivery=day, receipt=day)


def _payments(day: date) -> Mapping[tuple[UUID, str], list[Paid]]:
    found: dict[tuple[UUID, str], list[Paid]] = defaultdict(list)
    rows = Payment.objects.filter(kind="payment", date__lte=day).exclude(document_no="")
    for each in rows.iterator(chunk_size=10_000):
        paid = Paid(on=each.date, amount_minor=each.amount_minor)
        found[each.account_id, each.document_no].append(paid)
    return found
