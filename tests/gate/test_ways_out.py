"""Each way out of a hold is gone in the book itself: the order is asked again, and goes.

A little less of any of its steps is tried on an equal customer, and does not do.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from tests.gate.kit import TORTURE
from tests.gate.ways_kit import TODAY, Doing, Shop, invoice, is_divisible, order, steps_of
from tradeline.policy.gate import CODES

COPIES = 26
APPROVED = ("approved", "approved_with_warning")


def tried(shop, customers, orders, many=COPIES):
    """Go each way out of each held order; return the kinds that were gone.

    `customers` and `orders` are by name; every customer exists in equal copies.
    """
    copies = {f"{name}/{n}": of for name, of in customers.items() for n in range(many)}
    shop.open(copies)
    for name, of in copies.items():
        if "after" in of:
            of["after"](name)
    asked = {name: order(name, **orders[name.split("/")[0]]) for name in copies}
    first = dict(zip(asked, shop.ask(list(asked.values())), strict=True))
    doing, again = Doing(shop), {}
    for base in customers:
        free = (f"{base}/{n}" for n in range(many))
        for option in first[f"{base}/0"].get("unblock", ()):
            steps = steps_of(option)
            assert option["clears"] == stopping(first[f"{base}/0"])
            for reduced in (None, *filter(is_divisible, steps)):
                name = next(free)
                assert kinds(first[name]) == kinds(first[f"{base}/0"])
                mine = steps_of(first[name]["unblock"][first[f"{base}/0"]["unblock"].index(option)])
                wish = asked[name]
                for step, own in zip(steps, mine, strict=True):
                    wish = doing.do(own, wish, int(step is reduced))
                again[name] = (wish, option, reduced)
    doing.finish()
    for (wish, option, reduced), answer in zip(
        again.values(), shop.ask([wish for wish, *_ in again.values()]), strict=True
    ):
        goes = answer["decision"] in APPROVED
        assert goes == (reduced is None), (option, reduced, answer, wish)
    faults, tested = shop.replayed()
    assert faults == []
    assert tested >= len(copies)
    return [kinds({"unblock": [option]})[0] for _, option, reduced in again.values()
            if reduced is None]  # fmt: skip


def stopping(answer):
    """Return the rules that held an order, each once."""
    hold = [each["code"] for each in answer["reasons"] if each["reaction"] != "warn"]
    return list(dict.fromkeys(hold))


def kinds(answer):
    """Return the kinds of each option's steps."""
    return ["+".join(step["kind"] for step in steps_of(each)) for each in answer.get("unblock", ())]


RULES = {"item_min": {}, "reactions": {"CL06": "off"}}


def test_above_the_limit(book):
    """Pay what is past due, raise the limit, ship later, bring cash, order a part, pay it all."""
    shop = Shop({"rules": RULES | {"reactions": {"CL06": "off", "OV02": "off"}}})
    customers = {
        "within": {"limit": 100_000, "ar": [invoice("A", 0, 90_000)]},
        "overdue": {"limit": 100_000, "ar": [invoice("A", 20, 15_000), invoice("B", 5, 20_000),
                                             invoice("C", 3, 55_000)]},
        "below": {"limit": 0, "ar": [invoice("A", 0, 10_000)]},
    }  # fmt: skip
    gone = tried(shop, customers, {name: {"amount": 30_000} for name in customers})
    assert set(gone) == {"pay", "limit", "later", "prepay", "part", "advance"}


def test_overdue(book):
    """OV01, OV02 and OV03: the cheapest invoices, alone or with a step for the limit."""
    shop = Shop({"rules": RULES | {"overdue_max": {"USD": 500}}})
    late = [invoice("A", 40, 9_000), invoice("B", 31, 3_000), invoice("C", 25, 8_000),
            invoice("D", 12, 6_500), invoice("E", 9, 30_000), invoice("F", 0, 70_000)]  # fmt: skip
    customers = {
        "old": {"limit": 900_000, "ar": [*late[:2], invoice("Z", -9, 900_000)]},
        "share": {"limit": 900_000, "ar": late[2:]},
        "all": {"limit": 900_000, "ar": late},
        "limit": {"limit": 130_000, "ar": late},
        "many": {"limit": 900_000, "ar": [invoice(f"M{n}", 33, 100 + n) for n in range(25)]},
    }
    gone = tried(shop, customers, {name: {"amount": 10_000} for name in customers})
    assert {"pay", "advance"} <= set(gone)
    assert any(each.startswith("pay+") for each in gone)


def test_one_alone_does_not_do(book):
    """Without a limit, above the value of one order, above the cover: steps are joined."""
    rules = RULES | {"document_max": {"USD": 200}, "unsecured_max": {"USD": 900},
                     "reactions": {"CL06": "off", "IN01": "hold", "CL01": "hold"}}  # fmt: skip
    customers = {
        "no limit": {"ar": [invoice("A", 0, 1_000)]},
        "too large": {"limit": 100_000, "ar": [invoice("A", 0, 1_000)]},
        "uncovered": {"ar": [invoice("A", 0, 80_000)]},
        "in debt": {"limit": 900_000, "ar": [invoice("A", 0, 100_000)]},
        "static": {"limit": 90_000, "ar": [invoice("A", 0, 60_000)], "orders": [
            {"order_no": "LATER", "ordered_minor": 25_000, "currency": "USD",
             "ship_date": TODAY + timedelta(days=90)}]},
    }  # fmt: skip
    orders = {name: {"amount": 30_000} for name in customers}
    gone = tried(Shop({"rules": rules}), customers, orders)
    assert {"part", "part+limit", "advance", "part+prepay"} <= set(gone)


@pytest.mark.parametrize("set_off", [False, True])
def test_groups(book, set_off):
    """A group's limit in its own currency: cash, a part, a later date, a limit of the group."""
    shop = Shop({"rules": RULES})
    shop.take("rates", [{"date": TODAY, "from": "USD", "to": "EUR", "rate": "0.917"},
                        {"date": TODAY, "from": "EUR", "to": "JPY", "rate": "171.3"}])  # fmt: skip

    def in_group(currency, limit, *others):
        return lambda name: shop.group(name, limit, currency, set_off=set_off,
                                       others=others)  # fmt: skip

    customers = {
        "same": {"limit": 900_000, "ar": [invoice("A", 0, 10_001)],
                 "after": in_group("USD", 100_000, ("USD", 65_000))},
        "euro": {"limit": 900_000, "ar": [invoice("A", 0, 10_001)],
                 "after": in_group("EUR", 100_000, ("USD", 33_333), ("EUR", 60_001))},
        "yen": {"limit": 900_000, "ar": [invoice("A", 0, 10_001)],
                "after": in_group("JPY", 100_000, ("USD", 33_333), ("EUR", 20_001))},
        "credit": {"limit": 20_000, "ar": [invoice("A", 0, 5_000),
                                           invoice("B", 0, 9_000, kind="cash")],
                   "after": in_group("EUR", 100_000, ("USD", 97_777), ("EUR", 2_001))},
    }  # fmt: skip
    gone = tried(shop, customers, {name: {"amount": 37_777} for name in customers}, many=10)
    assert {"limit", "later", "prepay", "part"} <= set(gone)


def test_other_currencies(book):
    """An order in euros on a line in dollars: parts in euros, cash in dollars, to the cent."""
    shop = Shop({"rules": RULES})
    shop.take("rates", [{"date": TODAY, "from": "EUR", "to": "USD", "rate": "1.08517"},
                        {"date": TODAY, "from": "USD", "to": "JPY", "rate": "157.33"}])  # fmt: skip
    customers = {
        "euro": {"limit": 100_000, "ar": [invoice("A", 0, 90_000)]},
        "yen": {"limit": 100_000, "ar": [invoice("A", 0, 90_000), invoice("B", 40, 500, "EUR")]},
    }
    orders = {"euro": {"amount": 33_333, "currency": "EUR"},
              "yen": {"amount": 77_777, "currency": "JPY"}}  # fmt: skip
    assert {"part", "prepay", "pay+part"} <= set(tried(shop, customers, orders))


def flagged(shop):
    """Return what raises a flag on a customer."""

    def raised(name):
        from tests import book_builders as builders
        from tests.people import AT
        from tradeline.models import Account, ExternalFlag
        from tradeline.models.context import acting

        with acting(shop.actor):
            account = Account.objects.get(customer_no=name)
        builders.write(ExternalFlag, shop.actor, account=account, kind="bureau", source="bureau",
                       raised_at=AT)  # fmt: skip

    return raised


def test_what_has_to_be_cleared(book):
    """Flags, statuses, dunning, reviews, terms: named, and nothing goes before they are cleared."""
    shop = Shop({"rules": RULES})
    open_ = [invoice("A", 0, 90_000)]
    accounts = {"blocked": {"status": "blocked"}, "cash": {"status": "cash_only"},
                "dunned": {"dunning_level": 3},
                "unreviewed": {"review_due": TODAY - timedelta(days=31)}}  # fmt: skip
    customers = {
        name: {"limit": 150_000, "ar": open_,
               "after": lambda name, columns=columns: shop.account(name, **columns)}
        for name, columns in accounts.items()
    }  # fmt: skip
    customers["flagged"] = {"limit": 150_000, "ar": open_, "after": flagged(shop)}
    customers["terms"] = {"limit": 150_000, "ar": open_}
    customers["much"] = {"limit": 100_000, "ar": open_, "after": customers["blocked"]["after"]}
    orders = {name: {"amount": 30_000} for name in customers}
    orders["terms"] |= {"net_days": 90, "discount_bp": 5_000}
    gone = tried(shop, customers, orders)
    assert {"clear", "advance", "clear+prepay", "clear+part", "advance+clear"} <= set(gone)


def test_what_is_not_known(book):
    """A late feed, a missing rate, an unknown customer: bring them, and the order goes."""
    shop = Shop({"rules": RULES | {"stand_in_max": {"USD": 100}}})
    shop.open({"A": {"limit": 900_000, "ar": []}})
    shop.sql("UPDATE feed SET as_of = as_of - 9 WHERE kind = 'ar'")
    wish = order("A", 30_000)
    (late,) = shop.ask([wish])
    assert kinds(late) == ["clear", "part"]
    (small, more) = shop.ask([wish | {"amount_minor": 10_000}, order("A", 10_001)])
    assert (small["decision"], more["decision"]) == ("approved_with_warning", "held")
    shop.sql("UPDATE feed SET as_of = as_of + 9 WHERE kind = 'ar'")
    assert shop.ask([wish])[0]["decision"] == "approved"
    yen = order("A", 2_000_000, "JPY")
    (unrated,) = shop.ask([yen])
    assert kinds(unrated) == ["clear"]
    assert [each["code"] for each in unrated["reasons"]] == ["DT02"]
    shop.take("rates", [{"date": TODAY, "from": "JPY", "to": "USD", "rate": "0.003"}])
    assert shop.ask([yen])[0]["decision"] == "approved"
    (unknown,) = shop.ask([order("B", 100)])
    assert unknown["unblock"] == [{
        "kind": "clear", "clears": ["DT03"],
        "text": "Name the legal entity, or bring the customer into the book.",
    }]  # fmt: skip


def some_rules(rng):
    """Return rules of one tier, drawn."""
    codes = [code for code in CODES if code[:2] in {"CL", "OV", "IN", "DV"}]
    return {
        "reactions": {code: rng.choice(["off", "hold", "hold", "warn"]) for code in codes},
        "tolerance_pct": str(rng.choice([0, 0, 5])), "tolerance_max": {"USD": rng.randint(1, 40)},
        "used_pct": str(rng.choice([90, 100, 120])), "overdue_days_max": rng.randint(5, 40),
        "overdue_share_days": rng.randint(0, 15), "overdue_share_pct": str(rng.randint(0, 60)),
        "overdue_max": {"USD": rng.randint(1, 900)}, "document_max": {"USD": rng.randint(90, 400)},
        "unsecured_max": {"USD": rng.randint(300, 1_500)},
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3 if TORTURE else 1))
def test_any_held_order(book, seed):
    """Rules, ledgers and orders at random: whatever is held, each way out lets it go."""
    rng = random.Random(seed)
    tiers = [f"T{n}" for n in range(6)]
    overrides = [{"tiers": [tier], "rules": some_rules(rng)} for tier in tiers]
    shop = Shop({"rules": {"item_min": {}}, "overrides": overrides})
    customers, orders = {}, {}
    for number in range(12):
        name = f"R{number}"
        limit = rng.choice([None, 0, *[rng.randint(1, 150_000)] * 6])
        customers[name] = {
            "tier": rng.choice(tiers), "limit": limit,
            "ar": [invoice(f"D{n}", rng.randint(-20, 60), rng.randint(1, 40_000))
                   for n in range(rng.randint(0, 9))],
        }  # fmt: skip
        ship = rng.choice([None, 5, 59, 60, 61, 90])
        day = None if ship is None else (TODAY + timedelta(days=ship)).isoformat()
        orders[name] = {"amount": rng.randint(1, 60_000), "ship_date": day}
    assert len(tried(shop, customers, orders)) > 10
