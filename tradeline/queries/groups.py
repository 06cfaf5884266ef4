"""Groups of customers: what all members together owe against the group's limit.

A group's exposure is the sum of its members' positive exposures, subgroups included and own
affiliates left out, in the currency of the group's line at the day's rates, rounded once. A credit
balance helps no other member unless a set-off agreement says so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from tradeline.engine.exposure import status, utilisation_text
from tradeline.errors import MissingRate, NotFound
from tradeline.money import exponent, round_half_up
from tradeline.queries.exposure import SORTS, rows_where
from tradeline.queries.policies import policy_in_force
from tradeline.queries.rates import rates_on

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tradeline.files.rates import Rates
    from tradeline.policy.schema import Policy
    from tradeline.queries.exposure import ExposureRow

# A group and all below it; the database refuses a cycle.
_TREE: Final = """WITH RECURSIVE tree (id) AS (
    SELECT id FROM customer_group WHERE code = %(code)s
    UNION SELECT g.id FROM customer_group g JOIN tree t ON g.parent_id = t.id)
    SELECT id FROM tree"""
# By index alone, group by group and account by account: new groups have no statistics yet, and a
# plan that joins whole tables takes them for a handful.
_SUMS: Final = """
    SELECT g.id, g.parent_id, g.set_off, h.currency, h.members, h.debts, h.balance,
        g.code, g.name, (SELECT p.code FROM customer_group p
            WHERE p.organisation_id = g.organisation_id AND p.id = g.parent_id),
        own.id, own.currency, own.limit_minor
    FROM customer_group g
    LEFT JOIN LATERAL (SELECT c.id, c.currency, c.limit_minor FROM credit_line c
        WHERE c.organisation_id = g.organisation_id AND c.group_id = g.id OFFSET 0) own ON true
    LEFT JOIN LATERAL (SELECT l.currency, count(*) AS members,
            sum(greatest(l.exposure_minor, 0)) AS debts, sum(l.exposure_minor) AS balance
        FROM account a
        JOIN credit_line l ON l.organisation_id = a.organisation_id AND l.account_id = a.id
        WHERE a.organisation_id = g.organisation_id AND a.group_id = g.id AND NOT a.intercompany
        GROUP BY l.currency) h ON true
    {where} ORDER BY g.code, h.currency"""
_BEYOND: Final = 10**18  # any use of a limit of nothing
_ABOVE_ALL: Final = 10**19


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """A group's limit and exposure; money in minor units of the currency of the group's line."""

    group_id: str
    line_id: str | None  # the row that a check locks; None for a group that no file made
    code: str
    name: str
    parent_code: str | None
    set_off: bool
    members: int  # accounts, subgroups included, own affiliates left out
    currency: str
    limit_minor: int | None
    exposure_minor: int | None  # None: a rate is missing
    missing_rates: tuple[tuple[str, str], ...]  # from, to
    status: str  # over, near, within, no_limit, no_rate

    @property
    def headroom_minor(self) -> int | None:
        """Return what is left of the limit; negative when over it."""
        if self.limit_minor is None or self.exposure_minor is None:
            return None
        return self.limit_minor - self.exposure_minor

    @property
    def utilisation_pct(self) -> str | None:
        """Return exposure over limit in percent."""
        if self.exposure_minor is None:
            return None
        return utilisation_text(self.exposure_minor, self.limit_minor)


@dataclass(frozen=True, kw_only=True)
class _Sums:
    """What the statement says of a group, and by currency its members, debts and balance."""

    key: Any
    parent: Any
    facts: tuple[Any, ...]
    set_off: bool
    by_currency: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def members(self) -> int:
        return sum(count for count, _, _ in self.by_currency.values())

    def add(self, parts: Mapping[str, tuple[int, ...]]) -> None:
        """Add members, debts and balance by currency."""
        for currency, part in parts.items():
            known = self.by_currency.get(currency, (0, 0, 0))
            self.by_currency[currency] = tuple(map(sum, zip(known, part, strict=True)))


@dataclass(frozen=True, kw_only=True)
class _Day:
    """What the groups are measured with on a day; each factor is told once."""

    rates: Rates
    policy: Policy
    factors: dict[tuple[str, str], Fraction | None] = field(default_factory=dict)

    def factor(self, one: str, other: str) -> Fraction | None:
        """Return the minor units of `other` in one of `one`; None without a rate."""
        if (one, other) not in self.factors:
            self.factors[one, other] = self._factor(one, other)
        return self.factors[one, other]

    def _factor(self, one: str, other: str) -> Fraction | None:
        if one == other:
            return Fraction(1)
        with suppress(MissingRate):
            shift = Fraction(10) ** (exponent(other) - exponent(one))
            return self.rates.factor(one, other) * shift
        return None


def groups(*, as_of: date) -> list[GroupRow]:
    """Return every group of the acting organisation, the nearest to its limit first."""
    day = _day(as_of)
    return sorted((_row(sums, day) for sums in _sums()), key=_rank)


def group_row(code: str, *, as_of: date) -> GroupRow:
    """Return one group; raises NotFound."""
    return _row(_one(code), _day(as_of))


def members_of(code: str) -> list[ExposureRow]:
    """Return the accounts of a group and of its subgroups, own affiliates left out."""
    return rows_where(
        f"a.group_id IN ({_TREE}) AND NOT a.intercompany "
        f"ORDER BY {SORTS['exposure']}", {"code": code},
    )  # fmt: skip


def _day(as_of: date) -> _Day:
    policy = policy_in_force()
    return _Day(rates=rates_on(as_of, policy), policy=policy)


def _one(code: str) -> _Sums:
    found = [sums for sums in _sums(code) if sums.facts[0] == code]
    if not found:
        raise NotFound(f"there is no group {code}", mend="see: tradeline exposure groups")
    return found[0]


def _sums(code: str | None = None) -> list[_Sums]:
    """Return the sums of all groups, or of one and those below it, by one statement."""
    where = "" if code is None else f"WHERE g.id IN ({_TREE})"
    found: dict[Any, _Sums] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(where=where), {"code": code})
        for key, parent, set_off, currency, *rest in cursor.fetchall():
            sums, facts = rest[:3], tuple(rest[3:])
            group = found.setdefault(
                key, _Sums(key=key, parent=parent, facts=facts, set_off=set_off)
            )
            if currency is not None:
                group.add({currency: tuple(map(int, sums))})
    return _up_the_tree(found)


def _up_the_tree(found: Mapping[Any, _Sums]) -> list[_Sums]:
    """Add to each group what the groups below it hold."""
    own = [(group, dict(group.by_currency)) for group in found.values()]
    for group, parts in own:
        above = found.get(group.parent)
        while above is not None:
            above.add(parts)
            above = found.get(above.parent)
    return list(found.values())


def _row(sums: _Sums, day: _Day) -> GroupRow:
    code, name, parent, line, currency, limit = sums.facts
    currency = currency or next(iter(sums.by_currency), None) or day.policy.currency or "USD"
    missing = _missing(sums, currency, day)
    exposure = None if missing else _exposure(sums, currency, day)
    near = str(day.policy.exposure.near_pct)
    return GroupRow(
        group_id=str(sums.key), line_id=None if line is None else str(line), code=code, name=name,
        parent_code=parent, set_off=sums.set_off, members=sums.members, currency=currency,
        limit_minor=limit, exposure_minor=exposure,
        missing_rates=tuple((one, currency) for one in missing),
        status="no_rate" if exposure is None else status(exposure, limit, near),
    )  # fmt: skip


def _missing(sums: _Sums, currency: str, day: _Day) -> list[str]:
    """Return the currencies of members that owe something and cannot be converted."""
    return [one for one, (_, debts, balance) in sums.by_currency.items()
            if (debts or balance) and day.factor(one, currency) is None]  # fmt: skip


def _exposure(sums: _Sums, currency: str, day: _Day) -> int:
    parts = [
        (balance if sums.set_off else debts) * (day.factor(one, currency) or Fraction(0))
        for one, (_, debts, balance) in sums.by_currency.items()
    ]
    return round_half_up(sum(parts, Fraction(0)))


def _rank(row: GroupRow) -> tuple[bool, Fraction, int, str]:
    """Put the groups without a rate first, then by use of the limit; those without limit last."""
    exposure, limit = row.exposure_minor, row.limit_minor
    if exposure is None:
        return False, Fraction(-_ABOVE_ALL), 0, row.code
    if limit is None:
        return True, Fraction(0), -exposure, row.code
    use = Fraction(max(0, exposure), limit) if limit else Fraction(_BEYOND * (exposure > 0))
    return False, -use, -exposure, row.code


__all__ = ["GroupRow", "group_row", "groups", "members_of"]
