"""The lists of the pack as columns with plain headings: portfolio, exceptions, proposals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tradeline import money
from tradeline.files import pack_words as words
from tradeline.files.results import as_decimal

if TYPE_CHECKING:
    from tradeline.engine.results import ReviewTables

Kind = Literal["text", "long", "band", "result", "money", "percent", "decimal", "whole", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a list: its heading, what it holds, and how wide it is in characters."""

    heading: str
    kind: Kind
    width: int
    values: pa.ChunkedArray


@dataclass(frozen=True)
class Listing:
    """A list of the pack."""

    name: str
    columns: tuple[Column, ...]

    @property
    def num_rows(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0].values)


class Reason(NamedTuple):
    """Why an account is quarantined."""

    code: str
    field: str | None
    message: str | None
    source: str | None


def live_accounts(tables: ReviewTables) -> pa.Table:
    """Return the accounts that are not quarantined, in their order."""
    accounts = tables.accounts
    return accounts.filter(pc.not_equal(accounts["status"], "quarantined"))


def portfolio(live: pa.Table, currency: str) -> Listing:
    """Return every account that is not quarantined, in the order of the review."""
    return Listing(
        "Portfolio",
        (
            Column("Band", "band", 13, _bands(live["band"])),
            *_who(live),
            Column("Tax identifier", "text", 18, live["tax_id"]),
            Column("Currency", "text", 9, live["currency"]),
            _money("Limit", live["credit_limit_minor"], currency),
            _money("Outstanding", live["outstanding_minor"], currency),
            Column("Used, % of limit", "percent", 11, live["ar_utilisation_pct"]),
            Column("Oldest debt, days late", "text", 19, _aged(live)),
            Column("DSO, days", "decimal", 10, as_decimal(live["dso_days_x100"], 2)),
            Column("Days since payment", "whole", 10, live["days_since_payment"]),
            Column("Track record, 0-100", "decimal", 11, as_decimal(live["track_record_x100"], 2)),
            Column("Disputed", "flag", 9, live["disputed"]),
            Column("Status", "text", 13, words.reworded(live["status"], words.status)),
            Column("Limit action", "text", 13, words.reworded(live["limit_action"], words.plain)),
            _money("Proposed limit", live["recommended_limit_minor"], currency),
            Column("To do", "long", 34, words.reworded(live["account_actions"], words.listed)),
            Column("Stage (monitoring)", "whole", 12, live["stage"]),
            Column("Risk score, 0-100", "decimal", 11, as_decimal(live["composite_x100"], 2)),
        ),
    )


def recommendations(live: pa.Table, currency: str) -> Listing:
    """Return the assessed accounts for which something changes or is to be done."""
    idle = pc.and_kleene(
        pc.equal(live["limit_action"], "RETAIN"), pc.equal(live["account_actions"], "")
    )
    some = live.filter(pc.and_kleene(pc.equal(live["status"], "assessed"), pc.invert(idle)))
    present, proposed = some["credit_limit_minor"], some["recommended_limit_minor"]
    return Listing(
        "Recommendations",
        (
            Column("Band", "band", 13, _bands(some["band"])),
            *_who(some),
            Column("Limit action", "text", 13, words.reworded(some["limit_action"], words.plain)),
            _money("Present limit", present, currency),
            _money("Proposed limit", proposed, currency),
            _money("Change", pc.subtract(proposed, present), currency),
            _money("Outstanding", some["outstanding_minor"], currency),
            Column("To do", "long", 48, words.reworded(some["account_actions"], words.listed)),
        ),
    )


def exceptions(tables: ReviewTables, live: pa.Table, currency: str) -> Listing:
    """Return one row per finding: checks not passed and errors in the data, worst account first."""
    rows = exception_rows(tables, live)
    account = live.select(["band", "outstanding_minor", "credit_limit_minor"]).take(rows["at"])
    return Listing(
        "Exceptions",
        (
            Column("Band", "band", 13, _bands(account["band"])),
            *_who(rows),
            Column("Finding", "text", 18, words.reworded(rows["what"], words.check)),
            Column("Result", "result", 16, words.reworded(rows["status"], words.status)),
            Column("Measured", "text", 13, rows["measured"]),
            Column("Threshold", "text", 13, rows["threshold"]),
            Column("Comment", "long", 60, rows["comment"]),
            _money("Outstanding", account["outstanding_minor"], currency),
            _money("Limit", account["credit_limit_minor"], currency),
            Column("Source file", "text", 18, rows["source_file"]),
            Column("Source row", "whole", 10, rows["source_row"]),
        ),
    )


def exception_rows(tables: ReviewTables, live: pa.Table) -> pa.Table:
    """Return what is wrong with each account; `at` is its position in `live`.

    Accounts that could not be assessed always have a row, so that none is lost from sight.
    """
    keys = key(live).combine_chunks()
    checks = tables.checks
    poor = checks.filter(
        pc.is_in(checks["status"], value_set=pa.array(["FAIL", "WARNING", "NOT_EVALUATED"]))
    ).rename_columns({"check": "what"})
    errors = tables.findings.filter(pc.equal(tables.findings["severity"], "ERROR"))
    faults = errors.rename_columns(
        {"severity": "status", "code": "what", "field": "measured", "message": "comment"}
    )
    placed = [_placed(poor, keys), _placed(faults, keys)]
    rows = pa.concat_tables([*placed, _silent(live, placed)], promote_options="default")
    rows = rows.take(pc.sort_indices(rows["at"]))
    return _with_columns(rows, {"measured": pa.string(), "threshold": pa.string()})


def quarantine(tables: ReviewTables, currency: str) -> Listing:
    """Return the quarantined accounts, a row per reason.

    Rows in conflict share one name, so a reason lists every source row that gave it.
    """
    apart = tables.accounts.filter(pc.equal(tables.accounts["status"], "quarantined"))
    at, reasons = _explained(apart, _reasons_by_key(tables.findings))
    account = apart.take(pa.array(at, pa.int64()))
    text = {
        name: pa.chunked_array([[reason[place] for reason in reasons]], pa.string())
        for place, name in enumerate(Reason._fields)
    }
    return Listing(
        "Quarantine",
        (
            Column("Provisional band", "band", 13, _bands(account["band"])),
            *_who(account),
            Column("Tax identifier", "text", 18, account["tax_id"]),
            Column("Reason", "text", 24, words.reworded(text["code"], words.plain)),
            Column("Field", "text", 16, text["field"]),
            Column("What to do", "long", 60, text["message"]),
            _money("Limit, as read", account["credit_limit_minor"], currency),
            _money("Outstanding, as read", account["outstanding_minor"], currency),
            Column("Source: file, sheet, row", "long", 40, text["source"]),
        ),
    )


def _reasons_by_key(findings: pa.Table) -> dict[str, list[Reason]]:
    """Return why each account is quarantined: its codes, with what was said and where."""
    rows = findings.filter(pc.equal(findings["severity"], "QUARANTINE"))
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, row in zip(key(rows).to_pylist(), rows.to_pylist(), strict=True):
        found.setdefault(name, {}).setdefault(row["code"], []).append(row)
    return {
        name: [_reason(code, said) for code, said in codes.items()] for name, codes in found.items()
    }


def _reason(code: str, said: list[dict[str, Any]]) -> Reason:
    places = [
        ", ".join(
            str(row[part])
            for part in ("source_file", "source_sheet", "source_row")
            if row[part] is not None
        )
        for row in said
    ]
    messages = dict.fromkeys(row["message"] for row in said if row["message"])
    return Reason(code, said[0]["field"], " ".join(messages), "; ".join(dict.fromkeys(places)))


def _explained(apart: pa.Table, known: dict[str, list[Reason]]) -> tuple[list[int], list[Reason]]:
    """Return a position and a reason per row; an account nobody explains has a row too."""
    unknown = [Reason("QUARANTINED", None, None, None)]
    pairs = [
        (at, reason)
        for at, name in enumerate(key(apart).to_pylist())
        for reason in known.get(name, unknown)
    ]
    return [at for at, _ in pairs], [reason for _, reason in pairs]


def key(rows: pa.Table) -> pa.ChunkedArray:
    """Return one text per row that names its account: entity, number and name."""
    parts = [rows["entity"], rows["customer_no"], rows["customer_name"]]
    return pc.binary_join_element_wise(*(pc.fill_null(part, "\x01") for part in parts), "\x00")


def _placed(rows: pa.Table, keys: pa.Array) -> pa.Table:
    """Add the account's position, and drop rows whose account is not among the keys."""
    at = pc.index_in(key(rows), value_set=keys)
    return rows.append_column("at", at).filter(pc.is_valid(at))


def _silent(live: pa.Table, placed: list[pa.Table]) -> pa.Table:
    """Return a row for each unassessed account that no check and no finding speaks of."""
    named = pa.concat_arrays(
        [chunk for rows in placed for chunk in rows["at"].chunks] or [pa.array([], pa.int32())]
    )
    at = pa.array(range(live.num_rows), pa.int32())
    mute = pc.and_(
        pc.equal(live["status"], "not_assessed"), pc.invert(pc.is_in(at, value_set=named))
    )
    rows = live.select(["entity", "customer_no", "customer_name"]).append_column("at", at)
    rows = rows.filter(mute)
    text = "The account could not be assessed."
    return _filled(rows, {"what": words.NOT_ASSESSED, "status": "ERROR", "comment": text})


def _filled(rows: pa.Table, texts: dict[str, str]) -> pa.Table:
    for name, text in texts.items():
        rows = rows.append_column(name, pa.repeat(text, rows.num_rows))
    return rows


def _with_columns(rows: pa.Table, wanted: dict[str, pa.DataType]) -> pa.Table:
    for name, kind in wanted.items():
        if name not in rows.schema.names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, kind))
    return rows


def _who(rows: pa.Table) -> tuple[Column, ...]:
    return (
        Column("Customer", "text", 34, rows["customer_name"]),
        Column("Number", "text", 13, rows["customer_no"]),
        Column("Entity", "text", 10, rows["entity"]),
    )


def _bands(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column, words.NOT_ASSESSED)


def _aged(rows: pa.Table) -> pa.ChunkedArray:
    return words.reworded(rows["ageing_bucket"], lambda code: words.bucket(code) if code else None)


def _money(heading: str, column: pa.ChunkedArray, currency: str) -> Column:
    return Column(heading, "money", 18, as_decimal(column, money.exponent(currency)))
