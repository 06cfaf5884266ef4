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
    from datetime import date

    from tradeline.files.rates import Rates
    from tradeline.policy.schema import Policy
    from tradeline.queries.exposure import ExposureRow

# Every group with each group below it, itself among them; the database refuses a cycle.
_TREE: Final = """WITH RECURSIVE tree (top, id) AS (
        SELECT id, id FROM customer_group {where}
        UNION SELECT t.top, g.id FROM customer_group g JOIN tree t ON g.parent_id = t.id)"""
_SUMS: Final = f"""{_TREE}
    SELECT g.id, g.code, g.name, p.code, g.set_off, own.id, own.currency, own.limit_minor,
        l.currency, count(l.id), coalesce(sum(greatest(l.exposure_minor, 0)), 0),
        coalesce(sum(l.exposure_minor), 0)
    FROM tree t JOIN customer_group g ON g.id = t.top
    LEFT JOIN customer_group p ON p.id = g.parent_id
    LEFT JOIN credit_line own ON own.organisation_id = g.organisation_id AND own.group_id = g.id
    LEFT JOIN account a ON a.organisation_id = g.organisation_id AND a.group_id = t.id
        AND NOT a.intercompany
    LEFT JOIN credit_line l ON l.organisation_id = a.organisation_id AND l.account_id = a.id
    GROUP BY g.organisation_id, g.id, g.code, g.name, p.code, g.set_off, own.id, own.currency,
        own.limit_minor, l.currency
    ORDER BY g.code, l.currency"""
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
    """What the statement says of a group: facts, and by currency members, debts and balance."""

    facts: tuple[Any, ...]
    by_currency: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    @property
    def members(self) -> int:
        return sum(count for count, _, _ in self.by_currency.values())

    @property
    def set_off(self) -> bool:
        return bool(self.facts[4])


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


def group_exposure(code: str, *, as_of: date, currency: str) -> tuple[int, int]:
    """Return a group's exposure in a currency, and how many members it has, subgroups included.

    Raises:
        NotFound: there is no such group.
        MissingRate: a member's exposure cannot be converted.
    """
    sums, day = _one(code), _day(as_of)
    for one in _missing(sums, currency, day):
        day.rates.factor(one, currency)  # raises, and says what to do
    return _exposure(sums, currency, day), sums.members


def members_of(code: str) -> list[ExposureRow]:
    """Return the accounts of a group and of its subgroups, own affiliates left out."""
    tree = _TREE.format(where="WHERE code = %(code)s")
    return rows_where(
        f"a.group_id IN ({tree} SELECT id FROM tree) AND NOT a.intercompany "
        f"ORDER BY {SORTS['exposure']}", {"code": code},
    )  # fmt: skip


def _day(as_of: date) -> _Day:
    policy = policy_in_force()
    return _Day(rates=rates_on(as_of, policy), policy=policy)


def _one(code: str) -> _Sums:
    found = _sums(code)
    if not found:
        raise NotFound(f"there is no group {code}", mend="see: tradeline exposure groups")
    return found[0]


def _sums(code: str | None = None) -> list[_Sums]:
    """Return the sums of all groups, or of one, by one statement."""
    where = "" if code is None else "WHERE code = %(code)s"
    found: dict[Any, _Sums] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(where=where), {"code": code})
        for *facts, currency, count, debts, balance in cursor.fetchall():
            group = found.setdefault(facts[0], _Sums(facts=tuple(facts)))
            if currency is not None:
                group.by_currency[currency] = (count, int(debts), int(balance))
    return list(found.values())


def _row(sums: _Sums, day: _Day) -> GroupRow:
    key, code, name, parent, set_off, line, currency, limit = sums.facts
    currency = currency or next(iter(sums.by_currency), None) or day.policy.currency or "USD"
    missing = _missing(sums, currency, day)
    exposure = None if missing else _exposure(sums, currency, day)
    near = str(day.policy.exposure.near_pct)
    return GroupRow(
        group_id=str(key), line_id=None if line is None else str(line), code=code, name=name,
        parent_code=parent, set_off=set_off, members=sums.members, currency=currency,
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


__all__ = ["GroupRow", "group_exposure", "group_row", "groups", "members_of"]
