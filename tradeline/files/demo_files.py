"""Write the example company's files, each in the layout of the system that would export it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final

import xlsxwriter

from tradeline.files import demo_states as states
from tradeline.files.demo_company import (
    AS_OF,
    BLANK_LIMIT,
    COMPANY,
    STAR,
    Customer,
    Sale,
    customers,
    entries,
    sales,
)
from tradeline.money import to_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LIMITS: Final = "crm_limits.xlsx"
RECEIVABLES: Final = "sap_receivables.csv"
ORDERS: Final = "netsuite_orders.csv"
CUSTOMERS: Final = "customers.csv"
PAYMENTS: Final = "payments.csv"
RATES: Final = "rates.csv"
POLICY: Final = "policy.yaml"

TEMPORARY: Final = ("C-1015", 120_000_00, date(2026, 6, 1), date(2026, 8, 31))
_SAP_KINDS: Final = {"invoice": "RV", "credit_note": "DG", "cash": "DZ", "deposit": "Down payment"}
_CREDITS: Final = ("credit_note", "cash", "deposit")

POLICY_TEXT: Final = """\
# The policy of the example company: the standard, with the words of its order system.
based_on: standard
name: Northwind Traders
purpose: Example company; orders come from NetSuite, receivables from SAP
exposure:
  order_statuses:
    pending fulfillment: open
    partially fulfilled: open
    pending billing/partially fulfilled: open
    pending billing: open
    pending approval: held
    credit hold: held
    billed: none
    closed: none
    cancelled: none
"""


def write_book(folder: Path) -> None:
    """Write the files of the last day: what a company would take in tonight."""
    folder.mkdir(parents=True, exist_ok=True)
    every = sales()
    _write_limits(folder / LIMITS)
    _write_receivables(folder / RECEIVABLES, every)
    _write_orders(folder / ORDERS, every)
    _write_customers(folder / CUSTOMERS)
    _write_payments(folder / PAYMENTS, every)
    days = (date(2026, 6, 29), AS_OF)
    _write_rates(folder / RATES, days)
    (folder / POLICY).write_text(POLICY_TEXT, encoding="utf-8")


def write_history(folder: Path) -> list[tuple[str, date, Path]]:
    """Write what the systems would have exported on past days; return kind, day and file of each.

    The files are canonical, so that reading them raises no question.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every, days = sales(), states.history_days()
    _write_customers(folder / "customers.csv")
    _write_rates(folder / "rates.csv", days)
    _write_first_limits(folder / "limits.csv")
    made = [(name, days[0], folder / f"{name}.csv") for name in ("customers", "rates", "limits")]
    for day in days:
        ledger, orders = (folder / f"{name}-{day}.csv" for name in ("ledger", "orders"))
        _write_plain_ledger(ledger, every, day)
        _write_plain_orders(orders, every, day)
        made += [("ar", day, ledger), ("orders", day, orders)]
    return made


def _write_limits(path: Path) -> None:
    """Write a CRM's list: title rows, a blank column, a temporary limit, a limit left blank."""
    midnight = datetime.combine(AS_OF, time(), UTC)
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    book.set_properties({"title": "Approved credit limits", "created": midnight})
    sheet = book.add_worksheet("Credit limits")
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_column(0, 0, [COMPANY, "Approved credit limits by account",
                              "Report run 30-Jun-2026, filter: all active accounts"])  # fmt: skip
    headers = ("Account No", "Account Name", None, "Company Code", "Currency", "Credit Limit",
               "Limit Type", "Valid From", "Valid Until", "Account Owner")  # fmt: skip
    sheet.write_row(4, 0, headers, bold)
    for at, row in enumerate(_limit_rows(), start=5):
        for place, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(at, place, value, day)
            elif isinstance(value, str):
                sheet.write_string(at, place, value)
            elif value is not None:
                sheet.write_number(at, place, value)
    sheet.set_column(0, 9, 16)
    book.close()


def _limit_rows() -> Iterable[tuple[str | int | date | None, ...]]:
    for each in customers():
        if each.intercompany:
            continue
        whole = None if each.number == BLANK_LIMIT else (each.limit_minor or 0) // 100
        owner = "Sam Sales" if each.entity == "US01" else "Petra Vertrieb"
        base = (each.number, each.name, None, each.entity, each.currency)
        yield (*base, whole, "standard", None, None, owner)
        if each.number == TEMPORARY[0]:
            _, amount, first, last = TEMPORARY
            yield (*base, amount // 100, "temp", first, last, owner)


def _write_receivables(path: Path, every: Sequence[Sale]) -> None:
    """Write an SAP list: Latin-1, semicolons, decimal commas, minus behind, a total at the end."""
    rows: list[Sequence[object]] = [
        ["Company Code", "Customer", "Name 1", "Document Number", "Document Type", "Document Date",
         "Net due date", "Amount in doc. curr.", "Crcy", "Sales document", "Dispute case"],
    ]  # fmt: skip
    total = 0
    for item in states.open_items(every, entries(), AS_OF):
        signed = -item.amount_minor if item.kind in _CREDITS else item.amount_minor
        total += signed
        rows.append([
            item.customer.entity, item.customer.number, item.customer.name, item.number,
            _SAP_KINDS[item.kind], _german_day(item.documented), _german_day(item.due),
            _german(signed, item.currency), item.currency, item.order_no,
            "X" if item.disputed else "",
        ])  # fmt: skip
    rows.append(["", "Total", "", "", "", "", "", _german(total, "EUR"), "", "", ""])
    _write(path, rows, delimiter=";", encoding="latin-1", line_end="\r\n")


def _german_day(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _german(amount_minor: int, currency: str) -> str:
    """Return 1.234,56 and, for a credit, 1.234,56-."""
    plain = f"{to_decimal(abs(amount_minor), currency):,}"
    turned = plain.translate(str.maketrans(",.", ".,"))
    return turned + ("-" if amount_minor < 0 else "")


def _write_orders(path: Path, every: Sequence[Sale]) -> None:
    """Write a NetSuite search: BOM, quoted amounts with commas, American dates, own statuses."""
    rows: list[Sequence[object]] = [
        ["Subsidiary", "Document Number", "Line ID", "Date", "Customer ID", "Name", "Status",
         "Currency", "Amount", "Amount Fulfilled", "Amount Billed", "Ship Date"],
    ]  # fmt: skip
    for sale in states.order_lines(every, AS_OF):
        parts = (sale.amount_minor, sale.shipped(AS_OF), sale.invoiced(AS_OF))
        rows.append([
            sale.customer.entity, sale.order_no, sale.line_no, f"{sale.ordered_on:%m/%d/%Y}",
            sale.customer.number, sale.customer.name, states.status(sale, AS_OF), sale.currency,
            *(f"{to_decimal(part, sale.currency):,}" for part in parts),
            f"{sale.ships_on:%m/%d/%Y}",
        ])  # fmt: skip
    _write(path, rows, encoding="utf-8-sig", line_end="\r\n")


def _write_customers(path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["customer_no", "name", "entity", "parent_no", "segment", "country", "terms",
         "intercompany"],
    ]  # fmt: skip
    rows += [_master(each) for each in customers()]
    _write(path, rows)


def _master(each: Customer) -> list[object]:
    return [each.number, each.name, each.entity, each.parent, each.segment, each.country,
            "30 days net", "yes" if each.intercompany else "no"]  # fmt: skip


def _write_payments(path: Path, every: Sequence[Sale]) -> None:
    """Write what came in during June."""
    rows: list[Sequence[object]] = [
        ["entity", "customer_no", "payment_no", "date", "currency", "amount", "document_no",
         "kind"],
    ]  # fmt: skip
    paid = [s for s in every if s.invoiced(s.paid_on) and date(2026, 6, 1) <= s.paid_on <= AS_OF]
    for count, sale in enumerate(sorted(paid, key=lambda s: (s.paid_on, s.invoice_no)), start=1):
        rows.append([
            sale.customer.entity, sale.customer.number, f"PAY-{count:05d}", sale.paid_on,
            sale.currency, to_decimal(sale.invoiced_minor, sale.currency), sale.invoice_no,
            "payment",
        ])  # fmt: skip
    _write(path, rows)


def _write_rates(path: Path, days: Iterable[date]) -> None:
    rows: list[Sequence[object]] = [["date", "from", "to", "rate"]]
    rows += [rate for day in days for rate in states.rates(day)]
    _write(path, rows)


def _write_first_limits(path: Path) -> None:
    """Write the limits of a year ago: a tenth lower, but for the account of the walk-through."""
    rows: list[Sequence[object]] = [["customer_no", "entity", "currency", "limit", "kind"]]
    for each in customers():
        if each.limit_minor is None or each.number == BLANK_LIMIT:
            continue
        share = 10 if each.number == STAR else 9
        amount = to_decimal(each.limit_minor * share // 10, each.currency)
        rows.append([each.number, each.entity, each.currency, amount, "base"])
    _write(path, rows)


def _write_plain_ledger(path: Path, every: Sequence[Sale], day: date) -> None:
    rows: list[Sequence[object]] = [
        ["entity", "customer_no", "document_no", "kind", "document_date", "due_date", "currency",
         "amount", "open_amount", "order_no", "disputed"],
    ]  # fmt: skip
    for item in states.open_items(every, entries(), day):
        amount = to_decimal(item.amount_minor, item.currency)
        rows.append([
            item.customer.entity, item.customer.number, item.number, item.kind, item.documented,
            item.due, item.currency, amount, amount, item.order_no,
            "yes" if item.disputed else "no",
        ])  # fmt: skip
    _write(path, rows)


def _write_plain_orders(path: Path, every: Sequence[Sale], day: date) -> None:
    rows: list[Sequence[object]] = [
        ["entity", "customer_no", "order_no", "line_no", "status", "currency", "ordered_amount",
         "shipped_amount", "invoiced_amount", "ship_date", "order_date", "tax_included"],
    ]  # fmt: skip
    for sale in states.order_lines(every, day):
        parts = (sale.amount_minor, sale.shipped(day), sale.invoiced(day))
        rows.append([
            sale.customer.entity, sale.customer.number, sale.order_no, sale.line_no,
            states.status(sale, day), sale.currency,
            *(to_decimal(part, sale.currency) for part in parts),
            sale.ships_on, sale.ordered_on, "yes",
        ])  # fmt: skip
    _write(path, rows)


def _write(
    path: Path, rows: Iterable[Sequence[object]], *, delimiter: str = ",",
    encoding: str = "utf-8", line_end: str = "\n",
) -> None:  # fmt: skip
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def write_other(folder: Path) -> list[tuple[str, date, Path]]:
    """Write two files of another company, one of whose customers has a number of the first's."""
    limits: list[Sequence[object]] = [
        ["customer_no", "entity", "currency", "limit", "kind"],
        [STAR, "FAB", "USD", "50000.00", "base"], ["F-200", "FAB", "USD", "20000.00", "base"],
    ]  # fmt: skip
    ledger: list[Sequence[object]] = [
        ["entity", "customer_no", "customer_name", "document_no", "kind", "document_date",
         "due_date", "currency", "amount", "open_amount"],
        ["FAB", STAR, "Fabrikam's own C-1042", "F-1", "invoice", "2026-06-02", "2026-07-02", "USD",
         "12000.00", "12000.00"],
        ["FAB", "F-200", "Litware", "F-2", "invoice", "2026-06-09", "2026-07-09", "USD",
         "9000.00", "9000.00"],
    ]  # fmt: skip
    made = []
    for kind, rows in (("limits", limits), ("ar", ledger)):
        _write(folder / f"{kind}.csv", rows)
        made.append((kind, AS_OF, folder / f"{kind}.csv"))
    return made
