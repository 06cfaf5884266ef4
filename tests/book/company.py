"""A company with a book of its own, fed with rows as a reader would hand them over."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tradeline.files.feed_tables import FEEDS
from tradeline.files.feeds import Asked
from tradeline.files.records import SourceReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tradeline.actions.imports import Imported
    from tradeline.models.context import Actor
    from tradeline.queries.exposure import ExposureRow

DAY = date(2026, 6, 30)
_SERIAL = itertools.count()
_BLANKS: Mapping[str, Mapping[str, Any]] = {
    "customers": {},
    "limits": {"currency": "USD", "kind": "base"},
    "ar": {"currency": "USD", "kind": "invoice", "disputed": False},
    "orders": {"currency": "USD", "line_no": "1", "status": "confirmed", "shipped_minor": 0,
               "invoiced_minor": 0, "cancelled_minor": 0},
    "payments": {"currency": "USD", "kind": "payment", "date": DAY},
    "rates": {"date": DAY},
}  # fmt: skip


_ASKED = Asked(
    entity="MAIN", currency=None, unit=None, tax_included=None, tax_rate=None, headers=(),
    banner=(),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RowFeed:
    """A feed whose rows are given instead of read."""

    kind: str
    table: pa.Table
    report: SourceReport
    asked: Asked = _ASKED

    def raw(self, rows: Iterable[int]) -> dict[int, dict[str, str]]:
        """Return the rows as texts."""
        found = {row["source_row"]: row for row in self.table.to_pylist()}
        return {row: {name: str(value) for name, value in found[row].items()} for row in rows}


def feed(kind: str, rows: Iterable[Mapping[str, Any]]) -> RowFeed:
    """Return rows as a feed; what they leave open is filled with the ordinary."""
    full = [
        {"source_row": number, "customer_no": "C1", "entity": "MAIN", **_BLANKS[kind], **row}
        for number, row in enumerate(rows, start=2)
    ]
    for row in full:
        if kind == "ar":
            row.setdefault("amount_minor", row.get("open_minor"))
            row.setdefault("open_minor", row["amount_minor"])
    table = pa.Table.from_pylist(full, schema=FEEDS[kind])  # type: ignore[index]
    digest = hashlib.sha256(f"{kind} {next(_SERIAL)}".encode()).hexdigest()
    report = SourceReport(
        file=f"{kind}.csv", sha256=digest, role=kind, entity="MAIN", sheet=None,  # type: ignore[arg-type]
        header_row=1, rows=table.num_rows, encoding="utf-8", delimiter=",", decimal=".",
        date_order=None, matches=(), unused=(),
    )  # fmt: skip
    return RowFeed(kind=kind, table=table, report=report)


@dataclass
class Company:
    """An organisation with the entity MAIN, and who acts for it."""

    actor: Actor
    clock: Iterator[datetime] = field(
        default_factory=lambda: (
            datetime(2026, 6, 1, 8, tzinfo=UTC) + timedelta(minutes=n) for n in itertools.count()
        )
    )

    def take(
        self, kind: str, *rows: Mapping[str, Any], day: date = DAY, full: bool = False,
        extract_of: tuple[str, ...] = (), confirmed: bool = True, again: bool = False,
        source: Any = None,
    ) -> Imported:  # fmt: skip
        """Import rows, or a source that was read, and return what became of them."""
        from tradeline.actions.imports import ImportRequest, import_feed

        request = ImportRequest(
            feed=source or feed(kind, rows),
            day=day,
            full_extract=full or bool(extract_of),
            extract_of=extract_of,
            confirmed=confirmed,
            again=again,
        )
        return import_feed(request, by=self.actor, at=next(self.clock))

    def ask(self, question: Any, *args: Any, **named: Any) -> Any:
        """Return what a query answers for the company."""
        from tradeline.models.context import acting

        with acting(self.actor):
            return question(*args, **named)

    def line(self, customer: str = "C1", entity: str = "MAIN") -> ExposureRow:
        """Return the line of a customer."""
        from tradeline.queries.exposure import of_account

        (found,) = self.ask(of_account, customer, entity)
        return found

    def buckets(self, customer: str = "C1", entity: str = "MAIN") -> dict[str, int]:
        """Return the counters of a customer that are not nothing."""
        counters = self.line(customer, entity).buckets_minor
        return {name: amount for name, amount in counters.items() if amount}

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query as the company sees them."""
        from django.db import connection

        def run() -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return list(cursor.fetchall())

        return self.ask(run)

    def entity(self, code: str, currency: str = "USD") -> None:
        """Add a legal entity."""
        from tradeline.actions.organisations import add_entity

        add_entity(code=code, name=code, currency=currency, country="US", by=self.actor,
                   at=next(self.clock))  # fmt: skip

    def count_anew(self, day: date) -> None:
        """Let the book turn to a day: its rates, its horizon, its limits."""
        from tradeline.actions.horizon import roll_day

        roll_day(day=day, by=self.actor, at=next(self.clock))
