"""A day at the example company: shops, a warehouse, accounts, a credit department, and mishaps.

Orders come by HTTP, files by the terminal. Everybody writes down what they were answered; in the
evening the book must say the same. Calls are repeated with their keys until they are answered.
"""

from __future__ import annotations

import csv
import json
import queue
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx

from tests.gate.office import SIGNERS, Office, kill, today
from tradeline.client import ApiError, Client, Decision, Undecided, new_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SHOPS, WAREHOUSES = 4, 3
PATIENCE_S = 90  # within which whatever was killed is back
_Call = Callable[[Client, str], Decision]
HEADS = {
    "ar": ("customer_no", "entity", "document_no", "kind", "document_date", "due_date", "currency",
           "amount", "open_amount", "order_no"),
    "limits": ("customer_no", "entity", "currency", "limit", "valid_from"),
}  # fmt: skip


@dataclass(frozen=True)
class Customer:
    """A customer of the example company, with the limit that it begins the day with."""

    number: str
    entity: str
    currency: str
    limit_minor: int


@dataclass(frozen=True)
class Order:
    """What a shop asked for."""

    number: str
    customer: Customer
    minor: int

    def body(self, minor: int | None = None) -> dict[str, Any]:
        """Return the body of a check, or of an amendment without the number."""
        return {"customer": self.customer.number, "entity": self.customer.entity,
                **self.money(self.minor if minor is None else minor)}  # fmt: skip

    def money(self, minor: int) -> dict[str, str]:
        """Return an amount as the API has it."""
        return {"amount": amount(minor), "currency": self.customer.currency}


@dataclass
class Diary:
    """What everybody was answered."""

    calls: dict[str, tuple[_Call, Decision]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    shipped: Counter[str] = field(default_factory=Counter)  # minor units by order
    invoiced: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, credit: Client, call: _Call) -> Decision | None:
        """Make a call with one key until it is answered; None where it is refused."""
        key, began = new_key(), time.monotonic()
        while True:
            try:
                answer = call(credit, key)
                break
            except Undecided:
                assert time.monotonic() < began + PATIENCE_S, "nobody answers any more"
            except ApiError as error:
                if error.status not in {404, 409, 422}:
                    raise
                self.count(f"refused with {error.status}")
                return None
        with self.lock:
            self.longest_s = max(self.longest_s, time.monotonic() - began)
        self.keep(key, call, answer)
        return answer

    def keep(self, key: str, call: _Call, answer: Decision) -> None:
        """Write an answer down."""
        with self.lock:
            self.calls[key] = call, answer
            self.counts[answer.decision] += 1

    def count(self, what: str) -> None:
        """Count something that happened."""
        with self.lock:
            self.counts[what] += 1


@dataclass
class Day:
    """The day, from the first order to the last."""

    office: Office
    orders: int
    seed: int
    mishaps: tuple[float, ...]  # when something is killed, as shares of the day
    diary: Diary = field(default_factory=Diary)
    ready: queue.Queue[Order] = field(default_factory=queue.Queue)
    bills: queue.Queue[tuple[Order, int]] = field(default_factory=queue.Queue)
    asked: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.office.found()
        self.keys = self.office.keys()
        rows = json.loads(self.office.run("exposure", "--json", "--count", 1_000))
        self.customers = [
            Customer(row["customer_no"], row["entity"], row["currency"], minor_of(row["limit"]))
            for row in rows if row["limit"] and minor_of(row["limit"])
        ]  # fmt: skip
        self.server = self.office.serve()

    def client(self) -> Client:
        """Return a client of the order system, which soon gives up and is asked again."""
        return Client(self.office.url, key=self.keys["erp"], attempts_max=2, timeout_s=4)

    def lived(self) -> Day:
        """Live the day, and return it when everybody has gone home."""
        with ThreadPoolExecutor(SHOPS + WAREHOUSES + 3) as people:
            shops = [people.submit(self.sell, turn) for turn in range(SHOPS)]
            others = [people.submit(self.deliver, turn) for turn in range(WAREHOUSES)]
            others += [people.submit(each) for each in (self.account, self.decide, self.err)]
            try:
                for each in shops:
                    each.result()
            finally:
                self.closing.set()
            for each in others:
                each.result()
        self.office.run("sweep")
        return self

    def until(self, share: float) -> bool:
        """Wait until a share of the orders was asked for; return False when the day ends first."""
        while self.asked < share * self.orders:
            if self.closing.wait(0.05):
                return False
        return True

    # Shops ask for orders.

    def sell(self, turn: int) -> None:
        """Ask for a shop's share of the day's orders, some of them in batches."""
        dice, numbers = random.Random(f"{self.seed} shop {turn}"), range(turn, self.orders, SHOPS)
        with self.client() as credit:
            while numbers:
                size = dice.choice((1,) * 15 + (10,))
                orders = [self.order(dice, number) for number in numbers[:size]]
                numbers = numbers[size:]
                self.ask(credit, orders) if size == 1 else self.ask_many(credit, orders)
                if dice.random() < 0.02:
                    self.give_up(credit, self.order(dice, 10**6 + len(numbers) * SHOPS + turn))

    def order(self, dice: random.Random, number: int) -> Order:
        """Return an order of some customer, now and then a large one."""
        customer = dice.choice(self.customers)
        most = customer.limit_minor // (8 if dice.random() < 0.03 else 300)
        return Order(f"DAY-{number:07}", customer, dice.randrange(100, max(most, 200)))

    def ask(self, credit: Client, orders: Iterable[Order]) -> None:
        """Ask for orders one by one."""
        for order in orders:
            self.take(order, self.diary.answered(credit, self.check(order)))

    def check(self, order: Order) -> _Call:
        """Return the call that asks for an order."""
        return lambda credit, key: credit.check(key=key, order_no=order.number, **order.body())

    def ask_many(self, credit: Client, orders: list[Order]) -> None:
        """Ask for orders at once; each is written down as if it had been asked for alone."""
        left, began = {new_key(): order for order in orders}, time.monotonic()
        while left:
            assert time.monotonic() < began + PATIENCE_S, "nobody answers any more"
            try:
                answers = credit.check_many(
                    {"key": key, "order_no": order.number, **order.body()}
                    for key, order in left.items()
                )
            except Undecided:
                continue
            for (key, order), answer in zip(list(left.items()), answers, strict=True):
                if isinstance(answer, Decision):
                    self.diary.keep(key, self.check(order), answer)
                    self.take(left.pop(key), answer)

    def take(self, order: Order, answer: Decision | None) -> None:
        """Send an order that may go to the warehouse."""
        self.asked += 1
        if answer is not None and answer.approved:
            self.ready.put(order)

    def give_up(self, credit: Client, order: Order) -> None:
        """Void a call that never came; when it comes all the same, it is refused."""
        key, began = new_key(), time.monotonic()
        while time.monotonic() < began + PATIENCE_S:
            try:
                credit.void(key)
                credit.check(key=key, order_no=order.number, **order.body())
            except Undecided:
                continue
            except ApiError as error:
                if error.status != 409:
                    raise
                self.diary.count("given up")
                return
            raise AssertionError("a call that was given up was answered")

    # The warehouse ships, invoices, and changes its mind.

    def deliver(self, turn: int) -> None:
        """Work through the orders that may go, until the shops have closed and none is left."""
        dice = random.Random(f"{self.seed} warehouse {turn}")
        with self.client() as credit:
            while True:
                try:
                    order = self.ready.get(timeout=0.1)
                except queue.Empty:
                    if self.closing.is_set():
                        return
                    continue
                self.live(credit, dice, order)

    def live(self, credit: Client, dice: random.Random, order: Order) -> None:
        """Let an order live: changed, shipped in parts, invoiced, brought back, ended."""
        if dice.random() < 0.15:
            minor = max(order.minor * dice.randrange(50, 160) // 100, 1)
            self.change(credit, "amend", order, **order.body(minor))
        for _ in range(dice.choice((0, 1, 1, 1, 2))):
            minor = max(order.minor * dice.choice((30, 50, 100, 110)) // 100, 1)
            if self.change(credit, "ship", order, **order.money(minor)):
                self.diary.shipped[order.number] += minor
                if dice.random() < 0.05 and self.change(credit, "return", order, **order.money(1)):
                    self.diary.shipped[order.number] -= 1
        left = self.diary.shipped[order.number]
        if left and dice.random() < 0.8:
            freight = dice.choice((0, 0, 250))
            if self.change(credit, "invoice", order, **order.money(left + freight),
                           order_value=amount(left)):  # fmt: skip
                self.diary.invoiced[order.number] += left
                self.bills.put((order, left + freight))
        if dice.random() < 0.4:
            self.change(credit, dice.choice(("cancel", "close")), order)

    def change(self, credit: Client, verb: str, order: Order, **body: Any) -> bool:
        """Change an order; return whether it was done, or let go."""
        answer = self.diary.answered(
            credit, lambda credit, key: credit.change(verb, order.number, key=key, **body)
        )
        return answer is not None and (answer.decision == "done" or answer.approved)

    # Accounts posts what was invoiced and what was paid, by file.

    def account(self) -> None:
        """Import what was invoiced since, and of what is older that it was paid."""
        dice, open_items, number = random.Random(f"{self.seed} accounts"), {}, 0
        while not self.closing.wait(0.5):
            rows = []
            while not self.bills.empty():
                order, minor = self.bills.get()
                number += 1
                open_items[f"INV-{number:05}"] = order, minor
                rows.append((f"INV-{number:05}", order, minor, minor))
            for name in dice.sample(sorted(open_items), len(open_items) * 2 // 3):
                order, minor = open_items.pop(name)
                rows.append((name, order, minor, 0))
            last = {row[0]: row for row in rows}  # paid on the day it was written
            self.post(dice, "ar", number, [
                (order.customer.number, order.customer.entity, name, "invoice", today(),
                 today() + timedelta(days=30), order.customer.currency, amount(minor), amount(left),
                 order.number) for name, order, minor, left in last.values()
            ])  # fmt: skip

    def post(self, dice: random.Random, kind: str, number: int, rows: list[Any]) -> None:
        """Import a file; now and then the first try is killed."""
        if not rows:
            return
        path: Path = self.office.data / "files" / f"{kind}-{number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([HEADS[kind], *rows])
        if dice.random() < 0.15:
            cut = self.office.begin("import", kind, path, "--as-of", today())
            time.sleep(dice.uniform(0.8, 2.5))
            kill(cut.pid)
            self.diary.count("imports killed")
        self.stubborn("import", kind, path, "--as-of", today())
        self.diary.count(f"files of {kind}")

    def stubborn(self, *words: object) -> None:
        """Run a command again until it ends well: the database may be down."""
        until = time.monotonic() + PATIENCE_S
        while True:
            done = self.office.begin(*words)
            said = done.communicate(timeout=PATIENCE_S)
            if done.returncode == 0:
                return
            assert time.monotonic() < until, (words, said)
            time.sleep(0.5)

    # The credit department cuts limits and decides about what is held.

    def decide(self) -> None:
        """Move limits by file, let go what fits, and release some of what is held."""
        dice, number = random.Random(f"{self.seed} credit"), 0
        desks = {login: httpx.Client(base_url=f"{self.office.url}/api/v1", timeout=4,
                                     headers={"Authorization": f"Bearer {self.keys[login]}"})
                 for login in SIGNERS.values()}  # fmt: skip
        while not self.closing.wait(0.5):
            number += 1
            self.post(dice, "limits", number, [
                (each.number, each.entity, each.currency,
                 amount(each.limit_minor * dice.randrange(40, 200) // 100), today())
                for each in dice.sample(self.customers, 4)
            ])  # fmt: skip
            if number % 3 == 0:
                self.stubborn("sweep")
            try:
                self.release(dice, desks)
            except httpx.HTTPError:
                self.diary.count("signatures that met no server")

    def release(self, dice: random.Random, desks: dict[str, httpx.Client]) -> None:
        """Propose to let a held order go, or to reject it, and have it signed."""
        held = desks["anna"].get("/holds", params={"count": 20}).json().get("holds", [])
        for row in dice.sample(held, min(2, len(held))):
            verb = dice.choice(("release", "release", "reject"))
            made = desks["anna"].post(f"/holds/{row['hold']}/{verb}", json={"reason": "the day"})
            if made.status_code != 201:
                self.diary.count(f"no {verb}: {made.status_code}")
                continue
            proposal = made.json()
            for role in proposal["levels"]:
                signer = desks[SIGNERS[role] if role != "analyst" else "mia"]
                done = signer.post(f"/proposals/{proposal['proposal']}/sign",
                                   json={"payload_sha256": proposal["payload_sha256"]})  # fmt: skip
            self.diary.count(f"{verb}: {done.json().get('state', done.status_code)}")

    # Mishaps.

    def err(self) -> None:
        """Kill the server and the database, in turn, over the day."""
        for number, share in enumerate(self.mishaps):
            if not self.until(share):
                return
            if number % 2:
                self.office.kill_database()
                self.diary.count("databases killed")
            else:
                kill(self.server.pid)
                self.server = self.office.serve()
                self.diary.count("servers killed")


def amount(minor: int) -> str:
    """Return an amount as text; the company's currencies have two digits."""
    return f"{minor // 100}.{minor % 100:02}"


def minor_of(text: str) -> int:
    """Return an amount in minor units."""
    whole, _, part = text.replace(",", "").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)
