"""Exposure as people read it: the ranked list, one account, and the bridge between two days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from tradeline.engine.exposure import BUCKETS, signs, status, utilisation_text
from tradeline.errors import ArgumentFault
from tradeline.models.limits import COUNTERS
from tradeline.money import to_decimal
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

# By the whole percent first, which is indexed; the order is that of the exact use alone.
_BY_USE: Final = """l.use_rank DESC,
    app.utilisation(l.exposure_minor, l.limit_minor) DESC NULLS LAST, l.id"""
SORTS: Final[Mapping[str, str]] = {
    "utilisation": _BY_USE,
    "exposure": "l.exposure_minor DESC, l.id",
    "headroom": "l.limit_minor - l.exposure_minor NULLS LAST, l.id",
    "customer": "a.customer_no, l.id",
}
# Looked up for the rows that are shown. Joined, the few entities, of which the planner has no
# statistics, would mislead it into reading every account and sorting them.
_ENTITY: Final = """(SELECT e.code FROM legal_entity e
    WHERE e.organisation_id = a.organisation_id AND e.id = a.entity_id)"""
_OF_ENTITY: Final = "a.entity_id IN (SELECT id FROM legal_entity WHERE code = %(entity)s)"
# The first condition says nothing that the second does not; it goes through the index.
_OVER: Final = """l.use_rank >= CASE WHEN %(over)s < 0 THEN -1073741824
        ELSE least(floor(%(over)s), 1073741823) END::integer
    AND l.exposure_minor * 100 > %(over)s * l.limit_minor"""
_COUNTERS: Final = ", ".join(f"l.{name}" for name in COUNTERS)


@dataclass(frozen=True, kw_only=True)
class ExposureRow:
    """One account's line of credit; money in minor units of the line's currency."""

    account_id: str
    line_id: str
    customer_no: str
    customer_name: str
    entity: str
    currency: str
    limit_minor: int | None
    exposure_minor: int
    buckets_minor: Mapping[str, int]  # by the names of models.limits.COUNTERS, without `_minor`
    status: str  # over, near, within, no_limit

    @property
    def headroom_minor(self) -> int | None:
        """Return what is left of the limit; negative when over it."""
        return None if self.limit_minor is None else self.limit_minor - self.exposure_minor

    @property
    def utilisation_pct(self) -> str | None:
        """Return exposure over limit in percent."""
        return utilisation_text(self.exposure_minor, self.limit_minor)

    @property
    def ar_utilisation_pct(self) -> str | None:
        """Return receivables over limit in percent: what a check on the ledger alone would see."""
        return utilisation_text(self.buckets_minor["receivables"], self.limit_minor)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which accounts, in which order."""

    over_pct: Decimal | None = None  # use of the limit strictly above this
    entity: str | None = None
    search: str | None = None  # in number or name
    sort: str = "utilisation"
    count: int = 50
    offset: int = 0


def ranked(wanted: Wanted) -> list[ExposureRow]:
    """Return the acting organisation's accounts, own affiliates left out.

    Raises:
        ArgumentFault: there is no such order.
    """
    if wanted.sort not in SORTS:
        raise ArgumentFault(f"'{wanted.sort}' is no order", mend=f"choose {', '.join(SORTS)}")
    conditions, values = ["NOT a.intercompany"], {"count": wanted.count, "offset": wanted.offset}
    for given, name, condition in (
        (wanted.over_pct, "over", _OVER),
        (wanted.entity, "entity", _OF_ENTITY),
        (wanted.search, "search", "(a.customer_no ILIKE %(search)s OR a.name ILIKE %(search)s)"),
    ):
        if given is not None:
            conditions.append(condition)
            values[name] = f"%{given}%" if name == "search" else given  # type: ignore[assignment]
    return rows_where(f"{' AND '.join(conditions)} ORDER BY {SORTS[wanted.sort]} "
                      "LIMIT %(count)s OFFSET %(offset)s", values)  # fmt: skip


def of_account(customer_no: str, entity: str | None = None) -> list[ExposureRow]:
    """Return the account with this number or alias, one per entity that has it."""
    condition = """a.id IN (SELECT id FROM account WHERE customer_no = %(number)s
        UNION ALL SELECT account_id FROM account_alias WHERE alias = %(number)s)"""
    if entity is not None:
        condition += f" AND {_OF_ENTITY}"
    return rows_where(f"{condition} ORDER BY 5", {"number": customer_no, "entity": entity})


def rows_where(where: str, values: Mapping[str, Any]) -> list[ExposureRow]:
    """Return the rows of a condition on lines `l` of accounts `a`, in the order it states."""
    near = policy_in_force().exposure.near_pct
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT a.id, l.id, a.customer_no, a.name, {_ENTITY}, l.currency, l.limit_minor,
                l.exposure_minor, {_COUNTERS}
            FROM credit_line l
            JOIN account a ON a.organisation_id = l.organisation_id AND a.id = l.account_id
            WHERE {where}""",
            values,
        )
        found = cursor.fetchall()
    names = [name.removesuffix("_minor") for name in COUNTERS]
    return [
        ExposureRow(
            account_id=str(account), line_id=str(line), customer_no=number, customer_name=name,
            entity=entity, currency=currency, limit_minor=limit, exposure_minor=exposure,
            buckets_minor=dict(zip(names, counters, strict=True)),
            status=status(exposure, limit, str(near)),
        )
        for account, line, number, name, entity, currency, limit, exposure, *counters in found
    ]  # fmt: skip


_TOLD: Final = (
    "receivables", "billed_not_posted", "shipped_not_billed", "orders", "reserved", "special",
    "unapplied_cash", "deposits",
)  # fmt: skip


def told(row: ExposureRow) -> dict[str, Any]:
    """Return a row's documented fields, as every door tells them; money as decimal texts."""

    def amount(minor: int | None) -> str | None:
        return None if minor is None else str(to_decimal(minor, row.currency))

    buckets = {name: amount(row.buckets_minor[name]) for name in (*_TOLD, "unapplied_credits")}
    beside = {
        name: amount(row.buckets_minor[name]) for name in ("orders_later", "held", "disputed")
    }
    return {
        "customer_no": row.customer_no, "customer_name": row.customer_name, "entity": row.entity,
        "currency": row.currency, "limit": amount(row.limit_minor),
        "exposure": amount(row.exposure_minor), "headroom": amount(row.headroom_minor),
        "utilisation_pct": row.utilisation_pct, "ar_utilisation_pct": row.ar_utilisation_pct,
        "status": row.status, "buckets": buckets, "beside": beside,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Step:
    """One move of exposure on the bridge: when, why, in which bucket, by which file."""

    day: date
    kind: str
    bucket: str
    change_minor: int  # of exposure: own funds count negative
    file: str | None


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """From the evening before the first day to the evening of the last."""

    opening_minor: int
    closing_minor: int
    steps: tuple[Step, ...]

    @property
    def unexplained_minor(self) -> int:
        """Return what the steps do not explain; anything but 0 is a fault of the book."""
        moved = sum(step.change_minor for step in self.steps)
        return self.closing_minor - self.opening_minor - moved


def bridge(line_id: str, *, first: date, last: date) -> Bridge:
    """Return how a line's exposure came from one day to the other, to the cent.

    The opening is the sum of all that moved before; the closing is the line's exposure less all
    that moved since. Files may come late: a move belongs to its business day, not to its turn.

    Raises:
        ArgumentFault: the days are in the wrong order.
    """
    if last < first:
        raise ArgumentFault(f"{last} lies before {first}", mend="check --from and --to")
    sign = signs(policy_in_force().exposure)
    with connection.cursor() as cursor:
        opening = _moved(cursor, line_id, sign, before=first)
        closing = _exposure(cursor, line_id) - _moved(cursor, line_id, sign, after=last)
        cursor.execute(
            """SELECT v.day, v.kind, c.key, sum(c.value::bigint), b.file_name
            FROM line_event v CROSS JOIN LATERAL jsonb_each_text(v.change) c
            LEFT JOIN import_batch b ON b.organisation_id = v.organisation_id AND b.id = v.batch_id
            WHERE v.line_id = %s AND v.day BETWEEN %s AND %s
            GROUP BY v.day, v.kind, c.key, b.file_name, b.at ORDER BY v.day, b.at, v.kind, c.key""",
            [line_id, first, last],
        )
        found = cursor.fetchall()
    steps = tuple(
        Step(day=day, kind=kind, bucket=key, change_minor=sign[key] * int(total), file=file)
        for day, kind, key, total, file in found
        if key in BUCKETS and sign[key]
    )
    return Bridge(opening_minor=opening, closing_minor=closing, steps=steps)


def _moved(
    cursor: Any, line_id: str, sign: Mapping[str, int], *, before: date | None = None,
    after: date | None = None,
) -> int:  # fmt: skip
    """Return how much the line's events before or after a day moved its exposure."""
    cursor.execute(
        f"""SELECT c.key, sum(c.value::bigint) FROM line_event v
        CROSS JOIN LATERAL jsonb_each_text(v.change) c
        WHERE v.line_id = %s AND v.day {"<" if before else ">"} %s GROUP BY c.key""",
        [line_id, before or after],
    )
    return sum(sign.get(key, 0) * int(total) for key, total in cursor.fetchall())


def _exposure(cursor: Any, line_id: str) -> int:
    cursor.execute("SELECT exposure_minor FROM credit_line WHERE id = %s", [line_id])
    row = cursor.fetchone()
    return int(row[0]) if row else 0
