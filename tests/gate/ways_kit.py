"""A shop whose customers exist in many equal copies, so that each way out is tried on one of them.

A customer is a mapping of what its files say; an order is what the gate is asked. Steps are done in
the book as in life: through imports, and by changing the order.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from tests.book.company import Company
from tradeline.policy.schema import Policy

TODAY = datetime.now(UTC).date()
_SERIAL = itertools.count(1)
_FIELDS = {"verb", "customer", "order_no", "amount_minor", "currency", "ship_date", "net_days",
           "discount_bp", "prepaid"}  # fmt: skip


def minor(amount, currency):
    """Return a decimal text in minor units."""
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    return int(amount.replace(".", "")) if "." in amount else int(amount) * 10**digits


class Shop:
    """A company on a policy, its feeds fresh today."""

    def __init__(self, gate, **policy):
        from tests.people import organisation

        self.actor, self.entity = organisation("Shop", Policy(gate=gate, **policy))
        self.company = Company(self.actor)

    def take(self, kind, rows):
        """Import rows that speak of today."""
        if rows:
            done = self.company.take(kind, *rows, day=TODAY)
            assert done.rows_quarantined == 0, done.reasons

    def open(self, customers):
        """Bring customers into the book: name -> {tier, limit, currency, ar, orders, ...}."""
        self.take("customers", [
            {"customer_no": name, "customer_name": name, "tier": of.get("tier", "")}
            for name, of in customers.items()
        ])  # fmt: skip
        self.take("limits", [
            {"customer_no": name, "limit_minor": of["limit"], "valid_from": TODAY}
            for name, of in customers.items() if of.get("limit") is not None
        ])  # fmt: skip
        rows = [{"customer_no": name, **row} for name, of in customers.items() for row in of["ar"]]
        self.take("ar", rows or [invoice("X", 0, 1) | {"customer_no": "nobody"}])
        self.take("orders", [{"customer_no": name, **row} for name, of in customers.items()
                             for row in of.get("orders", ())])  # fmt: skip
        self.rows = {(row["customer_no"], row["document_no"]): row for row in rows}

    def sql(self, statement, values=None):
        """Run a statement as the program, for what no action does yet; standings are read anew."""
        from django.db import connection

        from tradeline.models.context import acting

        with acting(self.actor), connection.cursor() as cursor:
            cursor.execute(statement, values)
            cursor.execute("UPDATE standing SET day = NULL")

    def account(self, customer, **columns):
        """Set columns of an account."""
        names = ", ".join(f"{name} = %s" for name in columns)
        self.sql(f"UPDATE account SET {names} WHERE customer_no = %s",
                 [*columns.values(), customer])  # fmt: skip

    def group(self, customer, limit, currency="USD", *, set_off=False, others=()):
        """Put a customer into a new group with a limit, with others that owe (currency, minor)."""
        from tests import book_builders as book

        made = book.group(self.actor, code=f"G {customer}", set_off=set_off)
        book.line(self.actor, None, group=made, currency=currency, limit_minor=limit)
        for money, owed in others:
            other = book.account(self.actor, self.entity, group=made)
            bucket = "receivables_minor" if owed > 0 else "deposits_minor"
            book.line(self.actor, other, currency=money, exposure_minor=owed,
                      **{bucket: abs(owed)})  # fmt: skip
        self.account(customer, group_id=made.pk)

    def replayed(self):
        """Return what differs when all decisions are made again, and how many were tested."""
        from tradeline.models import Decision
        from tradeline.models.context import acting
        from tradeline.queries.replay import decided, replayed

        with acting(self.actor):
            rows = [decided(each) for each in Decision.objects.values_list("id", flat=True)]
        faults = [fault for row in rows for fault in replayed(row)]
        return faults, sum(row.facts is not None for row in rows)

    def ask(self, orders):
        """Return the answers to orders, in their turn."""
        from tradeline.actions.gate import settle

        asked = [{name: each[name] for name in _FIELDS & each.keys()} for each in orders]
        return [json.loads(settle([each], by=self.actor)[0].body) for each in asked]


def invoice(number, days_past_due, amount, currency="USD", **more):
    """Return a row of an invoice that is so many days past due, in minor units."""
    due = TODAY - timedelta(days=days_past_due)
    return {"document_no": number, "document_date": due - timedelta(days=30), "due_date": due,
            "currency": currency, "open_minor": amount, **more}  # fmt: skip


def order(customer, amount, currency="USD", **more):
    """Return an order to ask for."""
    return {"verb": "authorise", "customer": customer, "order_no": f"SO-{next(_SERIAL)}",
            "amount_minor": amount, "currency": currency, **more}  # fmt: skip


def steps_of(option):
    """Return the steps of an option as it was answered."""
    return option.get("steps") or [option]


def is_divisible(step):
    """Return whether there is less of a step: an invoice fewer, a unit or a day less."""
    return "invoices" in step or step["kind"] in {"prepay", "part", "limit", "later", "clear"}


CLEARED = {
    "ST01": {"status": "active"}, "DU01": {"dunning_level": 0},
    "RV01": {"review_due": TODAY + timedelta(days=90)},
}  # fmt: skip
"""What an account looks like when a rule is cleared."""


class Doing:
    """Steps to do for several customers at once: rows of files to come, and changed orders."""

    def __init__(self, shop):
        self.shop, self.files = shop, defaultdict(list)

    def do(self, step, asked, less=0):
        """Note a step, or a little less of it; return the order as it is to be asked again."""
        return getattr(self, f"_{step['kind']}")(step, asked, less)

    def finish(self):
        """Import the files."""
        for kind, rows in self.files.items():
            self.shop.take(kind, rows)

    def _pay(self, step, asked, less):
        customer = asked["customer"]
        numbers = [each["document_no"] for each in step.get("invoices", ())][less:]
        for (of, number), row in self.shop.rows.items():
            late = "invoices" not in step and row["due_date"] < TODAY
            if of == customer and (number in numbers or late):
                paid = {"amount_minor": row["open_minor"], "open_minor": 0}
                self.files["ar"].append({**row, **paid})
        return asked

    def _prepay(self, step, asked, less):
        amount = minor(step["amount"], step["currency"]) - less
        if amount:
            row = {"document_no": "DEPOSIT", "kind": "deposit", "document_date": TODAY,
                   "due_date": TODAY, "currency": step["currency"], "open_minor": amount,
                   "customer_no": asked["customer"]}  # fmt: skip
            self.files["ar"].append(row)
        return asked

    def _limit(self, step, asked, less):
        amount = minor(step["amount"], step["currency"]) - less
        if "group" in step:
            self.shop.sql(
                "UPDATE credit_line SET limit_minor = %s WHERE group_id = "
                "(SELECT id FROM customer_group WHERE code = %s)", [amount, step["group"]],
            )  # fmt: skip
            return asked
        self.files["limits"].append({
            "customer_no": asked["customer"], "kind": "temporary", "limit_minor": amount,
            "currency": step["currency"], "valid_from": TODAY,
            "valid_to": date.fromisoformat(step["until"]),
        })  # fmt: skip
        return asked

    def _part(self, step, asked, less):
        return asked | {"amount_minor": minor(step["amount"], step["currency"]) + less}

    def _later(self, step, asked, less):
        day = date.fromisoformat(step["ship_date"]) - timedelta(days=less)
        return asked | {"ship_date": day.isoformat()}

    def _clear(self, step, asked, less):
        (code,), customer = step["clears"], asked["customer"]
        if less:
            return asked
        if code == "TM01":
            return asked | {"net_days": 30, "discount_bp": 0}
        if code == "EX01":
            self.shop.sql(
                "UPDATE external_flag SET cleared_at = now(), cleared_by_id = %s "
                "WHERE account_id = (SELECT id FROM account WHERE customer_no = %s)",
                [self.shop.actor.user_id, customer],
            )  # fmt: skip
            return asked
        self.shop.account(customer, **CLEARED[code])
        return asked

    def _advance(self, _step, asked, _less):
        return asked | {"prepaid": True}
