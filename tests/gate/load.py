"""Load on the gate: workers that call it with mixed verbs, and what they were answered."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.gate.kit import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.gate.kit import Ask, Gate, Reply, Shop

ORDERS = 80  # that workers share, spread over the customers
MOST = 4_000_00  # of one order
MIX = {
    "authorise": 38, "amend": 18, "ship": 12, "invoice": 10, "cancel": 8, "close": 4, "return": 3,
    "sale": 4, "void": 3,
}  # fmt: skip


@dataclass
class Answers:
    """What workers were answered, by key; a call that was made twice has one answer."""

    calls: dict[str, Ask] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)

    def take(self, call: Ask, reply: Reply) -> None:
        """Keep an answer."""
        self.calls[call["key"]] = call
        self.texts[call["key"]] = reply.text
        said = reply.decision or str(reply.status)
        self.decisions[said] = self.decisions.get(said, 0) + 1

    @property
    def passed(self) -> int:
        """Return how many calls were let go."""
        return sum(self.decisions.get(name, 0) for name in ("approved", "approved_with_warning"))


def shared(dice: random.Random, customers: tuple[str, ...], customer: str) -> str:
    """Draw one of the orders of a customer on which workers meet."""
    return f"{customer}-{dice.randrange(max(2, ORDERS // len(customers)))}"


def drawn(dice: random.Random, customers: tuple[str, ...], known: list[str]) -> Ask:
    """Draw a call on one of the orders that all workers share."""
    customer = dice.choice(customers)
    order_no = shared(dice, customers, customer)
    verb = dice.choices(list(MIX), MIX.values())[0]
    amount = dice.randrange(1, MOST)
    if verb in {"authorise", "amend"}:
        return ask(verb, order_no, amount_minor=amount, customer=customer)
    if verb == "sale":
        return ask(verb, f"P-{dice.randrange(10**9)}", amount_minor=amount, customer=customer)
    if verb == "void":
        return ask(verb, key=dice.choice(known) if known else f"never {dice.randrange(10**9)}")
    if verb == "close":
        return ask(verb, order_no)
    return ask(verb, order_no, amount_minor=1 + amount // 3)


def workers(shop: Shop, count: int, work: Callable[[Gate, int], Any], **options: Any) -> list[Any]:
    """Let so many clients work at once, each with a connection; return what each returns."""
    barrier = threading.Barrier(count)

    def one(turn: int) -> Any:
        with shop.client(**options) as gate:
            barrier.wait(60)
            return work(gate, turn)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def storm(
    shop: Shop, *, clients: int, tries: int, seed: int, enough: Callable[[], bool] = lambda: True
) -> Answers:
    """Make so many mixed calls from so many clients, a fifth of them in batches; more if need be.

    They go on until it is enough, up to four times as many.
    """
    answers, lock = Answers(), threading.Lock()

    def work(gate: Gate, turn: int) -> None:
        dice = random.Random(f"{seed} {turn}")
        known: list[str] = []
        left = tries // clients
        while left > 0 or (not enough() and left > -3 * tries // clients):
            size = min(max(left, 1), dice.choice((1, 1, 1, 1, dice.randrange(2, 8))))
            calls = [drawn(dice, shop.customers, known) for _ in range(size)]
            for call, reply in zip(calls, gate.settle(*calls), strict=True):
                with lock:
                    answers.take(call, reply)
                known.append(call["key"])
            left -= size

    workers(shop, clients, work)
    return answers


def stored(shop: Shop, keys: Iterable[str]) -> dict[str, str]:
    """Return the stored answer of each key."""
    sql = "SELECT key, answer FROM decision WHERE organisation_id = %s AND key = ANY(%s)"
    return dict(shop.rows(sql, list(keys)))
