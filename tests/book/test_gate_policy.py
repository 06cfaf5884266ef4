"""The policy's rules as the database resolves them for a customer are those that Python merges."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from uuid import uuid4

import pytest

from tradeline.money import to_minor
from tradeline.policy.gate import CODES, REACTIONS, merged
from tradeline.policy.load import parse_policy

POLICY = """\
exposure: {feed_age_max_days: {ar: 2}}
gate:
  rules: {reactions: {CL01: warn}, tolerance_max: {USD: 3000}}
  overrides:
    - {tiers: [A], rules: {reactions: {CL01: "off", OV01: warn}, used_pct: 95, overdue_days_max: 9}}
    - {groups: [TOP], rules: {reactions: {OV01: reject}, overdue_days_max: 40, tolerance_pct: 1}}
    - {groups: [LEAF], rules: {reactions: {CL06: "off"}, document_max: {USD: 700.25}}}
    - {customers: [ONE], rules: {overdue_days_max: 60, rejected_flags: [], item_min: {}}}
    - {customers: [ONE], rules: {reactions: {DV01: reject}, ignore_disputed: true}}
"""


@dataclass(frozen=True)
class Shop:
    """An organisation with a policy, as who acts there."""

    actor: object
    entity: object
    policy: object

    def customer(self, number, **columns):
        """Return a line with a limit, under a customer number."""
        from tests.book_builders import account, limit, line

        its_line = line(self.actor, account(self.actor, self.entity, customer_no=number, **columns))
        limit(self.actor, its_line)
        return its_line

    def asked(self, number, *, verb="dry_run"):
        """Return the answer to an order of 5.00 USD."""
        from django.db import connection

        from tradeline.models.context import acting

        call = {"turn": 0, "verb": verb, "client": "test", "key": uuid4().hex, "door": "cli",
                "body_sha256": "", "customer": number, "order_no": uuid4().hex,
                "amount_minor": 500, "currency": "USD"}  # fmt: skip
        with acting(self.actor), connection.cursor() as cursor:
            cursor.execute("SELECT answer FROM app.check_orders(%s)", [json.dumps([call])])
            return json.loads(cursor.fetchone()[0])

    def rules(self, its_line):
        """Return the rules that the last check of a line read."""
        from tradeline.models import LineRules, Standing
        from tradeline.models.context import acting

        with acting(self.actor):
            standing = Standing.objects.get(line_id=its_line.id)
            return LineRules.objects.get(id=standing.rules_id)


@pytest.fixture
def shop(book):
    """Return an organisation with the policy above and two groups, one within the other."""
    from tests.people import organisation

    policy = parse_policy(POLICY, "p.yaml")
    return Shop(*organisation("Overrides", policy), policy)


def feed(shop, kind, days):
    """Write that a feed came so many days ago."""
    from datetime import UTC, datetime, timedelta

    from tests.book_builders import batch, write
    from tradeline.models import Feed

    at, file = datetime.now(UTC), batch(shop.actor, shop.entity)
    write(Feed, shop.actor, kind=kind, entity_id=shop.entity.pk, batch=file,
          as_of=at.date() - timedelta(days=days), applied_at=at)  # fmt: skip


def minor(amounts):
    """Return an amount of the policy as the database keeps it for lines in dollars."""
    return to_minor(amounts["USD"], "USD") if "USD" in amounts else None


def assert_same(found, rules):
    """The row that a check reads says what the policy says."""
    reactions = [REACTIONS.index(getattr(rules.reactions, code)) for code in CODES]
    assert found.reactions == reactions
    assert found.tolerance_bp == rules.tolerance_pct * 100
    assert found.tolerance_max_minor == minor(rules.tolerance_max)
    assert (found.average_bp, found.used_bp) == (rules.average_pct * 100, rules.used_pct * 100)
    assert found.overdue_days_max == rules.overdue_days_max
    assert found.overdue_share_days == rules.overdue_share_days
    assert found.overdue_share_bp == rules.overdue_share_pct * 100
    assert found.item_min_minor == (minor(rules.item_min) or 0)
    assert found.ignore_disputed == rules.ignore_disputed
    assert found.dunning_level_max == rules.dunning_level_max
    assert found.document_max_minor == minor(rules.document_max)
    assert found.review_grace_days == rules.review_grace_days
    assert found.unsecured_max_minor == minor(rules.unsecured_max)
    assert found.stand_in_max_minor == minor(rules.stand_in_max)
    assert tuple(found.rejected_flags) == rules.rejected_flags
    assert tuple(found.rejected_statuses) == rules.rejected_statuses


CUSTOMERS = {
    "OTHER": ((), {}), "TIER": ((0,), {"tier": "A"}), "GROUP": ((1, 2), {"group": "LEAF"}),
    "ONE": ((0, 1, 2, 3, 4), {"group": "LEAF", "tier": "A"}),
}  # fmt: skip
"""By customer, which overrides hold, in turn, and why."""


def test_the_database_resolves_what_python_merges(shop):
    """For all, by tier, by groups from the top down, by customer: the nearer goes before."""
    from tests.book_builders import group

    top = group(shop.actor, code="TOP")
    groups = {"LEAF": group(shop.actor, code="LEAF", parent=top)}
    gate = shop.policy.gate
    for number, (places, columns) in CUSTOMERS.items():
        named = columns | ({"group": groups[columns["group"]]} if "group" in columns else {})
        its_line = shop.customer(number, **named)
        shop.asked(number)
        expected = reduce(merged, (gate.overrides[place] for place in places), gate.rules)
        assert_same(shop.rules(its_line), expected)
    assert shop.rules(its_line).document_max_minor == minor({"USD": Decimal("700.25")})


@pytest.mark.parametrize(
    ("feeds", "told"),
    [
        ({}, ["DT01"]), ({"ar": 2}, []), ({"ar": 3}, ["DT01"]),
        ({"ar": 0, "orders": 900}, []),
    ],
    ids=str,
)  # fmt: skip
def test_a_feed_is_late_by_the_policy(shop, feeds, told):
    """A required one that never came stops; one without an age in the policy is never late."""
    shop.customer("OTHER")
    for kind, days in feeds.items():
        feed(shop, kind, days)
    assert [reason["code"] for reason in shop.asked("OTHER")["reasons"]] == told
