"""A plain model of the gate: limits, debts and orders in dictionaries, one verb a method.

It knows one currency and the rules of the limit (CL02, CL05, CL06); amounts are minor units. What
the function answers and what the book then counts is held against it, call by call.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

OVER_WARN_PCT = 90
LIVE = ("authorised", "part_shipped", "shipped")
PASSED = ("approved", "approved_with_warning")


@dataclass(frozen=True)
class Wish:
    """What a held order asks for, in its turn: an amount of the whole order, and when it ships."""

    turn: int
    amount: int
    later: bool


@dataclass(frozen=True)
class Order:
    """One order; authorised = unshipped + shipped, not invoiced + invoiced + cancelled."""

    customer: str
    version: int = 0
    state: str = ""
    authorised: int = 0
    shipped: int = 0
    invoiced: int = 0  # at order prices
    cancelled: int = 0
    billed: int = 0  # with freight
    posted: int = 0  # in the ledger
    held: int = 0
    later: bool = False  # ships beyond the horizon
    prepaid: bool = False
    overdue: bool = False  # its reservation is over
    wish: Wish | None = None

    @property
    def live(self) -> int:
        """Return what is authorised and not cancelled."""
        return self.authorised - self.cancelled

    @property
    def gone(self) -> int:
        """Return what has left or is billed."""
        return max(self.shipped, self.invoiced)

    @property
    def unshipped(self) -> int:
        """Return what may still be shipped."""
        return self.live - self.gone

    def counts(self) -> dict[str, int]:
        """Return what the line's counters hold for it."""
        surplus = max(self.posted - self.billed, 0)
        shipped = max(self.shipped - self.invoiced, 0)
        covered = min(shipped, surplus)
        ahead = 0 if self.prepaid else self.unshipped - min(self.unshipped, surplus - covered)
        return {
            "reserved": 0 if self.later else ahead, "orders_later": ahead if self.later else 0,
            "shipped_not_billed": shipped - covered, "held": self.held,
            "billed_not_posted": max(self.billed - self.posted, 0),
        }  # fmt: skip

    @property
    def exposure(self) -> int:
        """Return by how much it raises its customer's exposure."""
        counts = self.counts()
        return counts["reserved"] + counts["shipped_not_billed"] + counts["billed_not_posted"]

    def standing(self) -> Order:
        """Return the order in the state that its amounts put it in."""
        if self.live == 0:
            fallen = "rejected" if self.state == "rejected" else "cancelled"
            return replace(self, state="held" if self.held else fallen)
        if self.invoiced >= self.live:
            return replace(self, state="closed")
        if self.shipped >= self.live:
            return replace(self, state="shipped")
        return replace(self, state="part_shipped" if self.gone else "authorised")


@dataclass
class Model:
    """What the gate should know and answer."""

    limits: dict[str, int | None] = field(default_factory=dict)
    debts: dict[str, int] = field(default_factory=dict)  # in the ledger
    orders: dict[str, Order] = field(default_factory=dict)
    calls: dict[str, tuple[str, int, str | None]] = field(default_factory=dict)
    made: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    """By key of the call that made an order: which, in which version; None of other calls."""
    turns: Any = field(default_factory=itertools.count)  # of what is held, by arrival

    def counters(self, customer: str) -> dict[str, int]:
        """Return a line's counters that are not nothing."""
        sums = {"receivables": self.debts.get(customer, 0)}
        for order in self.of(customer):
            for name, minor in order.counts().items():
                sums[name] = sums.get(name, 0) + minor
        return {name: minor for name, minor in sums.items() if minor}

    def of(self, customer: str) -> list[Order]:
        """Return a customer's orders."""
        return [order for order in self.orders.values() if order.customer == customer]

    def exposure(self, customer: str) -> int:
        """Return what a customer owes, has been sent and may still be sent."""
        return self.debts.get(customer, 0) + sum(each.exposure for each in self.of(customer))

    def let_go(self) -> None:
        """Let held orders go where there is room: dated ones first, then by arrival.

        Only those are tried of which each would fit before the first one went.
        """
        waiting = sorted(
            (not order.wish.later, order.wish.turn, number)
            for number, order in self.orders.items() if order.wish and order.held
        )  # fmt: skip
        for number in [number for *_, number in waiting if self._granted(number)]:
            if granted := self._granted(number):
                self.orders[number] = granted

    def _granted(self, number: str) -> Order | None:
        """Return a held order as it would be let go now; None when there is no room."""
        old = self.orders[number]
        amount = min(old.wish.amount, old.live + old.held)
        if amount < old.gone:
            return None
        wanted = _wanted({"verb": "recheck", "version": old.version, "amount_minor": amount,
                          "later": old.wish.later}, old)  # fmt: skip
        after = self.exposure(old.customer) - old.exposure + wanted.exposure
        return wanted if self._verdict(wanted, after) in PASSED else None

    def settle(self, call: dict[str, Any]) -> tuple[int, str | None]:
        """Return status and decision of a call, and keep what it does."""
        key, said = call["key"], call["body_sha256"]
        if call["verb"] == "void":
            return self._void(key)
        if key in self.calls:
            before, status, decision = self.calls[key]
            if decision == "voided":
                return 409, None
            return (status, decision) if before == said else (422, None)
        known = call["order_no"] in self.orders
        status, decision = self._settle(call)
        self.calls[key] = said, status, decision
        order = self.orders.get(call["order_no"])
        if order is not None:
            made = decision and call["verb"] == "authorise" and not known
            self.made[key] = (call["order_no"], order.version) if made else None
        return status, decision

    def _settle(self, call: dict[str, Any]) -> tuple[int, str | None]:
        if call["verb"] == "move":
            return self._move(call)
        asking = call["verb"] in {"authorise", "amend", "sale"}
        return self._ask(call) if asking else self._event(call)

    def _ask(self, call: dict[str, Any]) -> tuple[int, str | None]:
        old = self.orders.get(call["order_no"])
        if fault := _misfit(call, old):
            return fault, None
        wanted = _wanted(call, old)
        before = self.exposure(wanted.customer)
        after = before - (old.exposure if old else 0) + wanted.exposure
        same = old is not None and (old.later, old.prepaid) == (wanted.later, wanted.prepaid)
        calm = same and old.state in LIVE and wanted.authorised <= old.authorised
        decision = "approved" if calm else self._verdict(wanted, after)
        if decision not in PASSED:
            wish = Wish(next(self.turns), call["amount_minor"], bool(call.get("later")))
            wanted = replace(_held(wanted, old, call["amount_minor"]), wish=wish)
        self._keep(call, wanted)
        return 201, decision

    def _verdict(self, order: Order, after: int) -> str:
        limit = self.limits.get(order.customer)
        if order.prepaid:
            return "approved"
        if not limit or after > limit:
            return "held"
        over = max(after, 0) * 100 > limit * OVER_WARN_PCT
        return "approved_with_warning" if over else "approved"

    def _event(self, call: dict[str, Any]) -> tuple[int, str | None]:
        old = self.orders.get(call["order_no"])
        if old is None:
            return 404, None
        if fault := _unfit(call, old):
            return fault, None
        new = _changed(call, old)
        if call["verb"] == "ship" and new.authorised > old.authorised:
            return self._ship_over(call, old, new)
        self._keep(call, new)
        return 200, "done"

    def _ship_over(self, call: dict[str, Any], old: Order, new: Order) -> tuple[int, str | None]:
        """More than was authorised asks for the limit."""
        after = self.exposure(old.customer) - old.exposure + new.exposure
        if self._verdict(new, after) in PASSED:
            self._keep(call, new)
            return 200, "done"
        rise = new.authorised - old.authorised
        state = "held" if old.live == 0 else old.state
        wish = Wish(next(self.turns), new.live, later=False)
        self._keep(call, replace(old, version=new.version, held=rise, state=state, wish=wish))
        return 201, "held"

    def _move(self, call: dict[str, Any]) -> tuple[int, str | None]:
        """Put an order under another customer, if that one's limit bears it."""
        old = self.orders.get(call["order_no"])
        if old is None:
            return 404, None
        if old.customer == call["customer"]:
            return 409, None
        new = replace(old, customer=call["customer"], version=old.version + 1, held=0, wish=None,
                      authorised=old.authorised + old.held).standing()  # fmt: skip
        decision = self._verdict(new, self.exposure(new.customer) + new.exposure)
        if decision in PASSED:
            self._keep(call, new)
        return 201, decision

    def _void(self, key: str) -> tuple[int, str | None]:
        if key not in self.calls:
            self.calls[key] = "", 200, "voided"
            return 200, "voided"
        said, _, decision = self.calls[key]
        if key not in self.made:  # no order came of it
            return 200, "voided"
        if self.made[key] is None:
            return 409, None
        order_no, version = self.made[key]
        order = self.orders[order_no]
        if decision == "voided":
            return 200, "done"
        if order.version != version:
            return 409, None
        ended = replace(order, cancelled=order.cancelled + order.unshipped, held=0, wish=None)
        self._keep({"order_no": order_no}, replace(ended, version=order.version + 1).standing())
        self.calls[key] = said, 409, "voided"
        return 200, "done"

    def _keep(self, call: dict[str, Any], order: Order) -> None:
        self.orders[call["order_no"]] = order


def _misfit(call: dict[str, Any], old: Order | None) -> int | None:
    """Return why a call cannot be asked."""
    if old is None:
        return 404 if call["verb"] == "amend" else None
    if old.customer != call["customer"] or call["verb"] == "sale":
        return 409
    if (call.get("version") or old.version + 1) <= old.version:
        return 409
    return 422 if call["amount_minor"] < old.gone else None


def _wanted(call: dict[str, Any], old: Order | None) -> Order:
    """Return the order as the call wants it."""
    base = old or Order(customer=call["customer"])
    sold = call["amount_minor"] if call["verb"] == "sale" else None
    return replace(
        base, version=call.get("version") or base.version + 1, held=0, wish=None,
        authorised=call["amount_minor"] + base.cancelled, later=bool(call.get("later")),
        prepaid=bool(call.get("prepaid", base.prepaid)), overdue=False,
        shipped=base.shipped if sold is None else sold,
        invoiced=base.invoiced if sold is None else sold,
        billed=base.billed if sold is None else sold,
    ).standing()  # fmt: skip


def _held(wanted: Order, old: Order | None, amount: int) -> Order:
    """Return what stays when a call is not let go: what was authorised before."""
    if old is not None and old.live > 0:
        return replace(old, version=wanted.version, held=max(amount - old.live, 0))
    kept = replace(wanted, authorised=wanted.cancelled, shipped=0, invoiced=0,
                   billed=old.billed if old else 0, held=amount)  # fmt: skip
    return kept.standing()


def _unfit(call: dict[str, Any], old: Order) -> int | None:
    """Return why an event cannot be."""
    verb, amount = call["verb"], call.get("amount_minor") or 0
    if (call.get("version") or old.version + 1) <= old.version:
        return 409
    if verb == "ship" and old.state in {"held", "rejected"}:
        return 409
    if verb == "cancel" and amount > old.unshipped:
        return 422
    if verb == "return" and amount > old.shipped - old.invoiced:
        return 422
    idle = old.unshipped + old.held == 0
    return 409 if verb == "expire" and (not old.overdue or idle) else None


def _changed(call: dict[str, Any], old: Order) -> Order:
    """Return the order after an event."""
    verb, amount = call["verb"], call.get("amount_minor")
    new = replace(old, version=call.get("version") or old.version + 1)
    if verb == "ship":
        new = replace(new, shipped=old.shipped + amount)
        new = replace(new, authorised=old.authorised + max(new.shipped - old.live, 0))
    elif verb == "invoice":
        ahead = (
            old.shipped - old.invoiced if old.shipped > old.invoiced else old.live - old.invoiced
        )
        new = replace(new, invoiced=old.invoiced + min(amount, ahead), billed=old.billed + amount)
    elif verb == "return":
        new = replace(new, shipped=old.shipped - amount, cancelled=old.cancelled + amount)
    else:
        part = old.unshipped if verb != "cancel" or amount is None else amount
        new = replace(new, cancelled=old.cancelled + part, held=0, wish=None)
    new = new.standing()
    ended = verb == "expire" and new.live == 0
    return replace(new, state="expired") if ended else new
