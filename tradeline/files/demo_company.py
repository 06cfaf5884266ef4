"""The example company: its customers and thirteen months of their orders, invoices and payments.

Everything is fictional and follows from SEED alone. A sale has days; what a system's export shows
on a day follows from them, so that history and today's files tell one story.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

SEED: Final = 20260630
AS_OF: Final = date(2026, 6, 30)
FIRST_ORDER: Final = date(2025, 2, 10)
STAR: Final = "C-1042"
"""The customer that looks fine on the ledger and is over its limit on exposure."""

COMPANY: Final = "Northwind Traders"
CURRENCY_OF: Final = {"US01": "USD", "DE01": "EUR"}
BLANK_LIMIT: Final = "C-1031"
INSURED: Final = "0000020145"
_TERMS_DAYS: Final = 30

# number | name | thousands ordered a month | limit in months of orders | days late | segment | more
_CAST: Final = """
C-1001|Alder & Finch Grocers Inc.|18|3.6|2|Retail|
C-1003|Bayview Provisions LLC|9|4.4|-3|Retail|
C-1006|Copper Kettle Kitchens Inc.|12|3.1|12|Restaurants|
C-1007|Dockside Fish Market|22|3.4|4|Retail|
C-1009|Elm Street Caterers LLC|14|2.4|28|Restaurants|
C-1010|Harbor Grocers Holding Inc.|6|9.0|0|Wholesale|
C-1011|Harbor Grocers East LLC|26|3.3|3|Wholesale|parent=C-1010
C-1012|Harbor Grocers West LLC|31|3.0|6|Wholesale|parent=C-1010
C-1015|Juniper Hotels Corp.|34|2.4|5|Hotels|
C-1016|Kingfisher Cafes Inc.|8|4.0|1|Restaurants|
C-1018|Lantern House Ltd.|16|4.2|8|Restaurants|
C-1019|Maple Row Bakeries LLC|11|3.8|-2|Restaurants|
C-1020|New Pier Wholesale Inc.|40|2.9|9|Wholesale|
C-1022|Oak & Olive Delicatessens|7|4.6|0|Retail|
C-1024|Pelican Cruise Catering Inc.|45|3.2|4|Hotels|
C-1025|Quince Tree Foods LLC|15|3.5|15|Wholesale|
C-1027|Riverside School Meals|19|5.0|21|Public|
C-1028|Saltmarsh Seafood Bars Inc.|10|2.7|33|Restaurants|
C-1030|Tidewater Grocers LLC|24|3.9|2|Retail|
C-1031|Umber Street Food Hall|5|4.0|0|Restaurants|
C-1033|Violet Hill Resorts Inc.|28|3.3|7|Hotels|
C-1034|Willow Creek Farmsteads|6|6.0|-4|Retail|
C-1036|Yarrow Kitchens LLC|13|3.2|18|Restaurants|
C-1038|Zephyr Airline Services Inc.|52|3.4|11|Hotels|
C-1039|Amber Lane Bistros|4|3.6|45|Restaurants|
C-1042|Cascade Restaurant Group Inc.|0|0|0|Restaurants|limit=100
C-1045|Fernhill Community Hospital|12|6.2|24|Public|
IC-9001|Northwind Traders GmbH|30|0|0|Affiliate|intercompany
0000020103|Bäckerei Möhring KG|7|4.0|1|Retail|
0000020108|Café Größenwahn GmbH|4|3.2|20|Restaurants|
0000020112|Delikatessen Müller & Söhne|15|3.4|3|Retail|
0000020117|Elbhang Hotelbetriebe AG|22|3.0|6|Hotels|
0000020121|Feinkost Krämer GmbH|9|4.5|-2|Retail|
0000020126|Gasthof Jägerhof e.K.|3|5.0|35|Restaurants|
0000020130|Harbor Feinkost GmbH|18|3.5|2|Wholesale|parent=C-1010
0000020134|Isarland Großhandel GmbH|38|3.1|5|Wholesale|
0000020139|Küchenwerk Süd GmbH|12|2.6|26|Restaurants|
0000020145|Lindenhof Kliniken gGmbH|25|4.1|14|Public|
0000020151|Matterblick Hotels AG|16|3.6|4|Hotels|country=CH
0000020158|Nordsee Räucherei OHG|8|3.9|9|Retail|
"""


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer of one legal entity; money in minor units."""

    number: str
    name: str
    entity: str
    monthly: int  # ordered in a month, in thousands of the currency; 0: nothing by dice
    late_days: int
    segment: str
    country: str
    limit_minor: int | None
    parent: str = ""
    intercompany: bool = False

    @property
    def currency(self) -> str:
        """Return the functional currency of its entity."""
        return CURRENCY_OF[self.entity]


@dataclass(frozen=True, kw_only=True)
class Sale:
    """One order line and what became of it; a day that never came lies far ahead."""

    customer: Customer
    order_no: str
    line_no: int
    currency: str
    amount_minor: int
    ordered_on: date
    ships_on: date  # planned, and done if `ships`
    invoiced_on: date
    paid_on: date
    invoice_no: str
    shipped_minor: int  # as of ships_on; the rest waits
    invoiced_minor: int  # as of invoiced_on
    hold: str = ""  # the order's status, whatever its days say
    disputed: bool = False

    def shipped(self, day: date) -> int:
        """Return what had been shipped on the evening of a day."""
        return self.shipped_minor if self.ships_on <= day and not self.hold else 0

    def invoiced(self, day: date) -> int:
        """Return what had been invoiced on the evening of a day."""
        return self.invoiced_minor if self.invoiced_on <= day and not self.hold else 0

    @property
    def due_on(self) -> date:
        """Return the due date of the invoice."""
        return self.invoiced_on + timedelta(days=_TERMS_DAYS)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A credit on the ledger: credit note, cash on account or deposit."""

    customer: Customer
    number: str
    kind: str  # credit_note, cash, deposit
    amount_minor: int
    since: date


def customers() -> tuple[Customer, ...]:
    """Return everyone who buys."""
    return tuple(_customer(line.split("|")) for line in _CAST.strip().splitlines())


def _customer(cells: list[str]) -> Customer:
    number, name, monthly, months, late, segment, more = cells
    facts = dict(pair.split("=") for pair in more.split(",") if "=" in pair)
    entity = "US01" if number.startswith(("C", "I")) else "DE01"
    thousands = int(facts.get("limit", 0)) or round(int(monthly) * float(months) / 5) * 5
    return Customer(
        number=number, name=name, entity=entity, monthly=int(monthly), late_days=int(late),
        segment=segment, country=facts.get("country", entity[:2]),
        limit_minor=None if not thousands else thousands * 100_000,
        parent=facts.get("parent", ""), intercompany=more == "intercompany",
    )  # fmt: skip


def sales() -> tuple[Sale, ...]:
    """Return every order line, in the order of the days; the hand-written ones among them."""
    made = [sale for each in customers() for sale in _by_dice(each)]
    made += [*_star(), *_oddities()]
    return tuple(sorted(made, key=lambda sale: (sale.ordered_on, sale.order_no, sale.line_no)))


def _by_dice(customer: Customer) -> list[Sale]:
    """Return what a customer orders, about twice a month, until the end of June."""
    dice = random.Random(f"{SEED} {customer.number}")  # noqa: S311 - an example, no secret
    day = FIRST_ORDER + timedelta(days=dice.randint(0, 12))
    made: list[Sale] = []
    while customer.monthly and day < AS_OF:
        amount = round(customer.monthly * 50_000 * dice.uniform(0.7, 1.3))
        number = f"SO{customer.number[-4:]}{len(made) + 1:03d}"
        made.append(_sale(customer, number, amount, day, dice))
        day += timedelta(days=dice.randint(12, 18))
    return made


def _sale(customer: Customer, number: str, amount: int, ordered: date, dice: random.Random) -> Sale:
    ships = ordered + timedelta(days=dice.randint(5, 32))
    invoiced = ships + timedelta(days=dice.randint(0, 5))
    late = customer.late_days + dice.randint(-4, 9)
    disputed = dice.random() < 0.03
    paid = invoiced + timedelta(days=_TERMS_DAYS + late + 60 * disputed)
    currency = "CHF" if customer.country == "CH" and dice.random() < 0.5 else customer.currency
    return Sale(
        customer=customer, order_no=number, line_no=1, currency=currency, amount_minor=amount,
        ordered_on=ordered, ships_on=ships, invoiced_on=invoiced, paid_on=paid,
        invoice_no=f"9{number[2:]}", shipped_minor=amount, invoiced_minor=amount,
        disputed=disputed,
    )  # fmt: skip


_STAR: Final = """
SO7001|1|20000.00|2025-04-07|2025-04-22|2025-04-23|2025-05-26
SO7002|1|24000.00|2025-05-12|2025-05-27|2025-05-28|2025-07-01
SO7003|1|18500.00|2025-06-16|2025-07-01|2025-07-02|2025-08-04
SO7004|1|26000.00|2025-07-21|2025-08-05|2025-08-06|2025-09-08
SO7005|1|31000.00|2025-09-01|2025-09-16|2025-09-17|2025-10-20
SO7006|1|28000.00|2025-10-13|2025-10-28|2025-10-29|2025-12-01
SO7007|1|35500.00|2025-11-17|2025-12-02|2025-12-03|2026-01-09
SO7008|1|22000.00|2026-01-12|2026-01-27|2026-01-28|2026-03-02
SO7009|1|29500.00|2026-02-23|2026-03-10|2026-03-11|2026-04-15
SO7010|1|20000.00|2026-04-06|2026-04-20|2026-04-21|2026-06-02
SO7011|1|38000.00|2026-05-04|2026-05-18|2026-05-19|2026-07-21
SO7012|1|32000.00|2026-05-20|2026-06-08|2026-06-09|2026-07-21
SO7013|1|22500.00|2026-06-10|2026-07-06|2026-07-07|2026-08-10
SO7014|1|9500.00|2026-06-22|2026-07-20|2026-07-21|2026-08-24
SO7014|2|8000.00|2026-06-22|2026-07-20|2026-07-21|2026-08-24
SO7015|1|15000.00|2026-06-24|2026-09-25|2026-09-28|2026-11-02
"""

# customer | order | line | currency | amount | shipped | invoiced | three days | hold
_ODD: Final = """
C-1007|SO8001|1|USD|20000.00|12000.00|8000.00|2026-06-04|2026-06-18|2026-06-22|
C-1009|SO8002|1|USD|16500.00|0|0|2026-06-15|2026-07-09|2026-07-10|Credit Hold
C-1016|SO8003|1|USD|4200.00|0|0|2026-06-17|2026-07-14|2026-07-15|Awaiting Sample
C-1018|SO8004|1|GBP|9000.00|0|0|2026-06-11|2026-07-16|2026-07-17|
C-1020|SO8005|1|USD|27000.00|0|0|2026-06-25|2026-07-28|2026-07-29|
C-1024|SO8006|1|USD|60000.00|0|0|2026-06-09|2026-10-12|2026-10-13|
C-1038|SO8007|1|USD|18000.00|0|0|2026-06-26|2026-07-03|2026-07-06|Pending Approval
0000020134|SO8008|1|EUR|14000.00|14000.00|0|2026-06-12|2026-06-26|2026-07-03|
"""


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _minor(text: str) -> int:
    return round(float(text) * 100)


def _star() -> list[Sale]:
    """Return the sales of the account that the walk-through follows."""
    customer, made = _named(STAR), []
    for line in _STAR.strip().splitlines():
        number, place, amount, *days = line.split("|")
        ordered, ships, invoiced, paid = (_day(text) for text in days)
        made.append(Sale(
            customer=customer, order_no=number, line_no=int(place), currency="USD",
            amount_minor=_minor(amount), ordered_on=ordered, ships_on=ships, invoiced_on=invoiced,
            paid_on=paid, invoice_no=f"9{number[2:]}0{place}", shipped_minor=_minor(amount),
            invoiced_minor=_minor(amount),
        ))  # fmt: skip
    return made


def _oddities() -> list[Sale]:
    """Return what real order lists contain: parts, holds, another currency, an odd status."""
    made = []
    for line in _ODD.strip().splitlines():
        buyer, number, place, currency, amount, shipped, invoiced, *days, hold = line.split("|")
        ordered, ships, billed = (_day(text) for text in days)
        made.append(Sale(
            customer=_named(buyer), order_no=number, line_no=int(place), currency=currency,
            amount_minor=_minor(amount), ordered_on=ordered, ships_on=ships, invoiced_on=billed,
            paid_on=date(2026, 8, 20), invoice_no=f"9{number[2:]}0{place}",
            shipped_minor=_minor(shipped), invoiced_minor=_minor(invoiced), hold=hold,
        ))  # fmt: skip
    return made


def _named(number: str) -> Customer:
    return next(each for each in customers() if each.number == number)


def entries() -> tuple[Entry, ...]:
    """Return the credits that stand on the ledger."""
    found = (
        ("C-1020", "1400000231", "deposit", 15_000_00, "2026-05-26"),
        ("C-1025", "1400000244", "cash", 6_250_00, "2026-06-18"),
        ("C-1006", "1600000071", "credit_note", 1_184_50, "2026-06-11"),
        ("0000020117", "1600000078", "credit_note", 2_310_00, "2026-06-19"),
        ("0000020139", "1400000252", "cash", 3_400_00, "2026-06-23"),
    )
    return tuple(
        Entry(customer=_named(buyer), number=number, kind=kind, amount_minor=amount,
              since=_day(since))
        for buyer, number, kind, amount, since in found
    )  # fmt: skip
