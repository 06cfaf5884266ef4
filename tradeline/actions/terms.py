"""Agree terms with an account: always one of the policy's, from a day on, nothing edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.actions.standing import mark_stale
from tradeline.errors import NotFound, TermFault
from tradeline.models import Account, AgreedTerms
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from datetime import date, datetime

    from tradeline.actions.staging import Load


def set_terms(
    *, account_id: str, name: str, valid_from: date, reason: str, by: Actor, at: datetime
) -> None:
    """Agree a term of the policy with an account, from a day on.

    Raises:
        NotFound: there is no such account.
        TermFault: the policy has no such term.
    """
    with working(by, "terms.set", at=at) as work:
        account = Account.objects.select_for_update().filter(id=account_id).first()
        if account is None:
            raise NotFound("there is no such account", mend="see: tradeline exposure")
        named = policy_in_force().terms.named
        if name not in named:
            raise TermFault(
                f"'{name}' is no term of the policy", mend=f"name one of {', '.join(sorted(named))}"
            )
        mine = {"organisation_id": by.organisation_id, "account": account}
        old = AgreedTerms.objects.filter(**mine, valid_from=valid_from, superseded_at=None)
        before = old.values_list("name", flat=True).first()
        old.update(superseded_at=at)
        AgreedTerms.objects.create(
            **mine, name=name, valid_from=valid_from, recorded_at=at, recorded_by_id=by.user_id
        )
        mark_stale(work, "%s", [account.pk])
        facts = {"term": name, "valid_from": valid_from.isoformat()}
        record(work, "TERMS_AGREED", f"account {account.customer_no}", after=facts,
               before={"term": before} if before else None, reason=reason)  # fmt: skip


def agree_terms(load: Load) -> None:
    """Agree the terms that a customer file states, where they are not in force already.

    The rows of `staged` that changed something are marked.
    """
    load.run(
        """WITH changed AS (
            SELECT s.account_id, s.term FROM staged s WHERE s.term IS NOT NULL
                AND s.term IS DISTINCT FROM (
                    SELECT t.name FROM agreed_terms t
                    WHERE t.organisation_id = %(organisation)s AND t.account_id = s.account_id
                        AND t.superseded_at IS NULL AND t.valid_from <= %(day)s
                    ORDER BY t.valid_from DESC LIMIT 1)),
        old AS (
            UPDATE agreed_terms t SET superseded_at = %(at)s FROM changed c
            WHERE t.organisation_id = %(organisation)s AND t.account_id = c.account_id
                AND t.valid_from = %(day)s AND t.superseded_at IS NULL),
        agreed AS (
            INSERT INTO agreed_terms (organisation_id, id, account_id, name, valid_from,
                recorded_at, recorded_by_id)
            SELECT %(organisation)s, gen_random_uuid(), account_id, term, %(day)s, %(at)s, %(by)s
            FROM changed)
        UPDATE staged s SET changed = true FROM changed c WHERE s.account_id = c.account_id"""
    )
