"""Make the example portfolios: fictional companies, realistic figures, the layouts people have.

The files are committed; running this again must give the same bytes (a test holds it).
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import xlsxwriter

from tradeline.money import format_money

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PORTFOLIOS: Final = Path(__file__).resolve().parent.parent / "examples" / "portfolios"
AS_OF: Final = date(2026, 6, 30)
AS_OF_TIME: Final = datetime(2026, 6, 30, tzinfo=UTC)
SEED: Final = 20260630
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST: Final = [
    "Amber",
    "Anchor",
    "Banyan",
    "Bluefin",
    "Cedar",
    "Coral",
    "Deccan",
    "Eastgate",
    "Falcon",
    "Ganga",
    "Harbour",
    "Indigo",
    "Jasmine",
    "Kaveri",
    "Kestrel",
    "Lotus",
    "Meridian",
    "Monsoon",
    "Narmada",
    "Neem",
    "Northgate",
    "Orchard",
    "Palm",
    "Peacock",
    "Quarry",
    "Saffron",
    "Sahyadri",
    "Sandal",
    "Sterling",
    "Tamarind",
    "Teak",
    "Trident",
    "Vindhya",
    "Westport",
    "Zenith",
]
TRADE: Final = [
    "Agro",
    "Alloys",
    "Auto",
    "Bearings",
    "Castings",
    "Chemicals",
    "Components",
    "Electricals",
    "Engineering",
    "Fasteners",
    "Foods",
    "Forge",
    "Instruments",
    "Packaging",
    "Paints",
    "Pharma",
    "Plastics",
    "Pumps",
    "Textiles",
    "Tools",
    "Traders",
    "Valves",
]
FORM: Final = ("Pvt Ltd", "Ltd", "LLP", "& Sons", "Enterprises")
STATES: Final = ("27", "24", "29", "33", "07", "09", "19", "36", "06", "08")


def check_digit(body: str) -> str:
    """Return the fifteenth character of a GSTIN."""
    total = 0
    for place, letter in enumerate(body):
        product = ALPHABET.index(letter) * (1 + place % 2)
        total += product // 36 + product % 36
    return ALPHABET[-total % 36]


def gstin(dice: random.Random) -> str:
    """Return a well-formed number that belongs to nobody we know: serials start with 0."""
    letters = "".join(dice.choice("ABCDEFGHIJKLMNPQRSTUVWXYZ") for _ in range(3))
    holder = dice.choice("CFP")
    serial = f"0{dice.randrange(1, 1000):03d}"
    body = f"{dice.choice(STATES)}{letters}{holder}{dice.choice('ABCKMRST')}{serial}"
    body += dice.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") + "1Z"
    return body + check_digit(body)


def dr_cr(amount: int) -> str:
    """Return rupees as an accounting package prints them: 21,60,000.00 Dr."""
    side = "Cr" if amount < 0 else "Dr"
    return f"{format_money(abs(amount) * 100, 'INR', 'en-IN')}.00 {side}"


def names(dice: random.Random, count: int) -> list[str]:
    """Return distinct company names."""
    every = [f"{first} {trade}" for first in FIRST for trade in TRADE]
    return [f"{name} {dice.choice(FORM)}" for name in dice.sample(every, count)]


def profile(dice: random.Random, kind: str) -> tuple[float, str, float, int, float, str]:
    """Return use of limit, ageing, DSO, payment gap, score and dispute of a kind of payer."""
    if kind == "good":
        return (dice.uniform(0.2, 0.85), "0-30", dice.uniform(20, 55), dice.randint(2, 50),
                dice.uniform(70, 98), "No")  # fmt: skip
    if kind == "growing":
        return (dice.uniform(0.72, 0.9), "0-30", dice.uniform(20, 50), dice.randint(2, 40),
                dice.uniform(82, 97), "No")  # fmt: skip
    if kind == "stretched":
        return (dice.uniform(0.9, 1.25), dice.choice(("0-30", "31-60")), dice.uniform(50, 80),
                dice.randint(10, 70), dice.uniform(55, 80), "No")  # fmt: skip
    if kind == "slow":
        return (dice.uniform(0.3, 0.9), dice.choice(("31-60", "61-90")), dice.uniform(60, 100),
                dice.randint(40, 170), dice.uniform(45, 70),
                dice.choice(("No", "No", "Yes")))  # fmt: skip
    if kind == "bad":
        return (dice.uniform(0.5, 1.3), "> 90", dice.uniform(95, 180), dice.randint(70, 200),
                dice.uniform(15, 55), dice.choice(("No", "Yes")))  # fmt: skip
    return (0.0 if dice.random() < 0.6 else dice.uniform(0.02, 0.2), "0-30",
            dice.uniform(0, 30), dice.randint(185, 400), dice.uniform(45, 80), "No")  # fmt: skip


def debtors(count: int) -> Iterator[list[object]]:
    """Yield rows of a sundry debtors list: code, name, GSTIN, limit, balance, age and behaviour."""
    dice = random.Random(SEED)
    kinds = ["good", "growing", "stretched", "slow", "bad", "dormant"]
    weights = [46, 14, 14, 12, 8, 6]
    for number, name in enumerate(names(dice, count), start=1):
        use, ageing, dso, gap, score, dispute = profile(dice, dice.choices(kinds, weights)[0])
        limit = dice.choice((2, 5, 8, 10, 15, 20, 25, 40, 60, 100, 150)) * 100_000
        balance = round(limit * use / 500) * 500
        paid = AS_OF - timedelta(days=gap)
        yield [f"D{number:04d}", name, gstin(dice), limit, balance, ageing, round(dso), paid,
               round(score, 1), dispute]  # fmt: skip


def samples() -> list[list[object]]:
    """Return the four accounts that the rubric describes, with figures where it is silent."""
    day = timedelta(days=1)
    return [
        ["S0001", "Acme Forge", "27AAPFU0939F1ZV", 5_000_000, 2_800_000, "0-30", 42,
         AS_OF - 20 * day, 86, "No"],
        ["S0002", "Acme Trade", "24AAACC1206D1ZM", 2_000_000, 2_160_000, "31-60", 68,
         AS_OF - 35 * day, 64, "No"],
        ["S0003", "Acme Distributors", "27AAACR5055K1Z7", 1_500_000, 980_000, "> 90", 130,
         AS_OF - 95 * day, 32, "Yes"],
        ["S0004", "Acme Agri", "07AAGFF2194N1Z1", 1_000_000, 0, "0-30", 0,
         AS_OF - 210 * day, 58, "No"],
    ]  # fmt: skip


def oddities(rows: list[list[object]]) -> list[list[object]]:
    """Plant what real lists contain: bad GSTINs, repeats, conflicts, blanks, credit balances."""
    rows[7][2] = "27AAPFU0939F1Z"  # a character short
    rows[19][2] = str(rows[19][2])[:13] + "AA"  # the fourteenth is not Z
    rows[31][3] = None  # no limit
    rows[43][4] = -rows[43][3] // 40  # type: ignore[operator]  # a credit balance
    rows[52][7] = AS_OF + timedelta(days=12)  # paid in the future
    rows[61][8] = None  # no score
    rows[70][3], rows[70][4] = 0, 180_000  # cash only, and owing
    conflict = list(rows[25])
    conflict[4] = int(conflict[4]) + 25_000  # type: ignore[call-overload]
    return [*rows, list(rows[12]), conflict]


def write_credit_master(path: Path) -> None:
    """Write the workbook of the demo: a cover sheet, banner rows, text amounts, a total row."""
    rows = [*samples(), *oddities(list(debtors(116)))]
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "dd-mmm-yyyy"})
    book.set_properties({"title": "Sundry debtors", "created": AS_OF_TIME})
    cover = book.add_worksheet("Cover")
    cover.write_column(0, 0, ["Sahyadri Components Ltd", "Credit master for the quarterly review",
                              "Figures are fictional"])  # fmt: skip
    sheet = book.add_worksheet("Sundry Debtors")
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "dd-mmm-yyyy"})
    sheet.write_column(0, 0, ["Sahyadri Components Ltd", "Group Outstandings: Sundry Debtors",
                              "1-Apr-2026 to 30-Jun-2026"])  # fmt: skip
    headers = ("Ledger Code", "Party Name", "GSTIN/UIN", "Credit Limit", "Closing Balance",
               "Ageing (days)", "DSO (days)", "Last Receipt Date", "Payment Score",
               "Disputed")  # fmt: skip
    sheet.write_row(4, 0, headers, bold)
    for at, row in enumerate(rows, start=5):
        _write_row(sheet, at, row, day)
    total = sum(int(row[4]) for row in rows if row[4] is not None)  # type: ignore[call-overload]
    sheet.write_row(5 + len(rows), 0, ["", "Grand Total", "", "", dr_cr(total)], bold)
    sheet.set_column(0, 9, 18)
    book.close()


def _write_row(
    sheet: xlsxwriter.worksheet.Worksheet, at: int, row: Sequence[object], day: object
) -> None:
    for place, value in enumerate(row):
        if isinstance(value, date):
            sheet.write_datetime(at, place, value, day)
        elif place == 4:
            sheet.write_string(at, place, dr_cr(int(value)))  # type: ignore[call-overload]
        elif value is not None:
            sheet.write(at, place, value)


def write_invoices(folder: Path) -> None:
    """Write a master of limits with its items and payments: two entities, two currencies, rates."""
    dice = random.Random(SEED + 1)
    ledger = Ledger(dice=dice)
    limits: list[list[object]] = []
    for number, name in enumerate(names(dice, 40), start=1):
        entity, currency = ("DE01", "EUR") if number % 4 == 0 else ("US01", "USD")
        account = (f"C-{1000 + number}", entity, currency)
        lateness, size = dice.choice((-8, -2, 0, 4, 12, 35, 70)), dice.randint(2, 40) * 500
        limit = round(size * dice.uniform(2.5, 7) / 1000) * 1000
        limits.append([account[0], name, entity, currency, limit, entity[:2]])
        for month in range(14):
            issued = date(2025, 5, 1) + timedelta(days=30 * month + dice.randint(0, 9))
            ledger.invoice(account, issued, lateness, size)
    headers = {
        "limits.csv": "customer_no customer_name entity currency credit_limit country",
        "items.csv": "entity customer_no document_no kind document_date due_date currency amount "
        "open_amount disputed",
        "payments.csv": "entity customer_no payment_no date currency amount document_no kind",
        "rates.csv": "date from to rate",
    }
    rates: list[list[object]] = [
        ["2026-06-26", "EUR", "USD", "1.0850"],
        ["2026-06-29", "EUR", "USD", "1.0872"],
    ]
    tables = (limits, ledger.items, ledger.payments, rates)
    for (name, header), rows in zip(headers.items(), tables, strict=True):
        _write_csv(folder / name, header.split(), rows)


@dataclass(kw_only=True)
class Ledger:
    """Invoices and the payments that settled them by the review date."""

    dice: random.Random
    items: list[list[object]] = field(default_factory=list)
    payments: list[list[object]] = field(default_factory=list)

    def invoice(
        self, account: tuple[str, str, str], issued: date, lateness: int, size: int
    ) -> None:
        """Add one invoice on 30 days' terms and, if it was paid, its payment."""
        customer, entity, currency = account
        number = f"INV-{len(self.items) + 10001}"
        amount = f"{size * self.dice.uniform(0.6, 1.4):.2f}"
        due = issued + timedelta(days=30)
        paid = due + timedelta(days=lateness + self.dice.randint(-3, 6))
        is_open = paid > AS_OF
        disputed = "yes" if is_open and self.dice.random() < 0.06 else "no"
        self.items.append([entity, customer, number, "invoice", issued, due, currency, amount,
                           amount if is_open else "0.00", disputed])  # fmt: skip
        if not is_open:
            self.payments.append([entity, customer, f"PAY-{len(self.payments) + 50001}", paid,
                                  currency, amount, number, "payment"])  # fmt: skip


def _write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Write every example."""
    invoices = PORTFOLIOS / "invoices"
    invoices.mkdir(parents=True, exist_ok=True)
    write_credit_master(PORTFOLIOS / "credit_master.xlsx")
    write_invoices(invoices)


if __name__ == "__main__":
    main()
