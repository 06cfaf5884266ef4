"""Orders of a company that is fed by files."""

from __future__ import annotations

import json
from typing import Any


def ask(company: Any, order_no: str, amount_minor: int) -> str:
    """Return the gate's answer to an order of customer C1."""
    call = {"turn": 0, "verb": "authorise", "client": "shop", "key": order_no, "body_sha256": "",
            "door": "api", "customer": "C1", "entity": "MAIN", "order_no": order_no,
            "amount_minor": amount_minor, "currency": "USD"}  # fmt: skip
    [(answer,)] = company.rows("SELECT answer FROM app.check_orders(%s)", [json.dumps([call])])
    return answer


def state_of(company: Any, order_no: str) -> str:
    """Return where an order stands."""
    [(state,)] = company.rows("SELECT state FROM commitment WHERE order_no = %s", [order_no])
    return state
