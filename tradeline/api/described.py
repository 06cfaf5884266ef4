"""What the description says of many addresses alike: headers, examples, problems."""

from __future__ import annotations

from typing import Any, Final

from tradeline.api.answers import ProblemDetails
from tradeline.api.fields import KEY
from tradeline.api.problems import MEDIA_TYPE

KEY_HEADER: Final = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "A key of your own, new for each call, the same for its repeats.",
    "schema": {"type": "string", "pattern": KEY}, "example": "7c2f1d9a-so-881-v1",
}  # fmt: skip

CHECK: Final = {
    "customer": "C-1042", "entity": "US01", "order_no": "SO-881", "version": 1,
    "amount": "25000.00", "currency": "USD", "ship_date": "2026-07-10",
    "terms": {"net_days": 30}, "channel": "shop",
    "lines": [{"line_no": "1", "item": "Pump P-20", "quantity": "5", "amount": "25000.00"}],
}  # fmt: skip
SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "authorise": CHECK,
    "dry_run": CHECK,
    "batch": {"checks": [CHECK | {"key": "so-881-v1"}]},
    "sale": {"customer": "C-1042", "order_no": "POS-7-1024", "amount": "180.00",
             "currency": "USD", "channel": "pos"},
    "amend": {"customer": "C-1042", "amount": "27500.00", "currency": "USD", "version": 2,
              "ship_date": "2026-07-10"},
    "ship": {"amount": "10000.00", "currency": "USD", "version": 3},
    "invoice": {"amount": "10250.00", "currency": "USD", "order_value": "10000.00",
                "version": 4},
    "cancel": {"reason": "out of stock", "version": 5},
    "close": {"version": 6},
    "return": {"amount": "500.00", "currency": "USD", "version": 7},
    "reopen": {"customer": "C-1042", "amount": "2500.00", "currency": "USD", "version": 8},
    "move": {"customer": "C-2001", "version": 9},
    "release": {"amount": "20000.00", "currency": "USD", "reason": "Paid by Friday, says the CFO"},
    "reject": {"reason": "The customer buys elsewhere"},
    "sign": {"payload_sha256": SHA256},
    "refuse": {"payload_sha256": SHA256, "reason": "Ask for a prepayment first"},
    "withdraw": {"reason": "The customer has paid"},
    "signal": {"customer": "C-1042", "kind": "insolvency", "source": "Bureau X",
               "detail": "Proceedings opened on 2026-06-29"},
}  # fmt: skip
"""One body for each verb."""

DECISION: Final[dict[str, Any]] = {
    "decision": "approved", "decision_id": "0b0f1c52-7a54-4a53-8a1c-3f1b6f6f8f11",
    "order_no": "SO-881", "version": 1, "state": "authorised", "reasons": [],
    "exposure": {"currency": "USD", "before": "70000.00", "after": "95000.00",
                 "limit": "100000.00", "headroom": "5000.00", "utilisation": "95.00"},
    "unblock": [], "data_age": {"ar": 1, "orders": 0}, "policy": "5f2c0d9be1a4",
    "at": "2026-06-30T09:14:07.250113Z",
}  # fmt: skip


def with_example(verb: str, *, key: bool = True) -> dict[str, Any]:
    """Return what a write's description adds: its key header and an example of its body."""
    made: dict[str, Any] = {
        "requestBody": {"content": {"application/json": {"example": EXAMPLES[verb]}}},
    }
    return made | ({"parameters": [KEY_HEADER]} if key else {})


def completed(made: dict[str, Any]) -> dict[str, Any]:
    """Return the framework's description with what holds for every address: keys and problems."""
    parts = made["components"]
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    parts["schemas"] |= problem.pop("$defs") | {"ProblemDetails": problem}
    parts["schemas"]["Decision"]["example"] = DECISION
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    parts["responses"] = {"Problem": {
        "description": "An error; `errors` names the fields. With Retry-After: send it again.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }}  # fmt: skip
    for operations in made["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    return made | {"security": [{"key": []}]}
