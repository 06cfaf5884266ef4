"""A client of the API for Python programs: typed answers, and repeats that reuse the key.

    with Client("https://credit.example", key="tl_...") as credit:
        answer = credit.check(
            customer="C-1042", order_no="SO-881", amount="25000.00", currency="USD"
        )
        if answer.approved:
            ...

It needs `httpx` and nothing else of this program. A call that changes something carries a key; make
it with `new_key()` and store it with the order before you call, so that you can call again after a
crash and get the first answer. Without one the call makes its own, which helps within the call.
"""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

AGAIN: Final = frozenset({429, 502, 503, 504})
"""Statuses after which the same call may be sent again."""
TIMEOUT_S: Final = 5.0
ATTEMPTS_MAX: Final = 4


class ApiError(Exception):
    """An answer that is an error: problem details, with the fields that cannot be used."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or status))
        self.status = status
        self.kind = str(problem.get("type", "about:blank"))
        self.title = str(problem.get("title", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", []))


class Undecided(ApiError):
    """No answer came in time: nothing is known. Call again with the same key, or void it."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """A rule that was hit."""

    code: str
    reaction: str  # warn, hold, reject
    measured: str | None
    threshold: str | None
    message: str
    evidence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The gate's answer to one order; `raw` is all of it."""

    decision: str
    decision_id: str
    order_no: str | None
    version: int | None
    state: str | None
    reasons: tuple[Reason, ...]
    exposure: Mapping[str, Any]
    unblock: tuple[Mapping[str, Any], ...]
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def approved(self) -> bool:
        """Return whether the order may go; its amount is then reserved."""
        return self.decision in {"approved", "approved_with_warning"}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Return the decision that an answer holds; what a later server adds is in `raw`."""
        reasons = tuple(
            Reason(code=each["code"], reaction=each["reaction"], measured=each.get("measured"),
                   threshold=each.get("threshold"), message=each["message"],
                   evidence=each.get("evidence"))
            for each in raw.get("reasons") or ()
        )  # fmt: skip
        return cls(
            decision=raw["decision"], decision_id=raw["decision_id"], order_no=raw.get("order_no"),
            version=raw.get("version"), state=raw.get("state"), reasons=reasons,
            exposure=raw.get("exposure") or {}, unblock=tuple(raw.get("unblock") or ()), raw=raw,
        )  # fmt: skip


def new_key() -> str:
    """Return a new idempotency key."""
    return uuid.uuid4().hex


class Client:
    """Calls the API; may be used from several threads."""

    def __init__(
        self, url: str, *, key: str, timeout_s: float = TIMEOUT_S, attempts_max: int = ATTEMPTS_MAX,
        transport: httpx.BaseTransport | None = None,
    ) -> None:  # fmt: skip
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1", timeout=timeout_s, transport=transport,
            headers={"Authorization": f"Bearer {key}", "User-Agent": "tradeline-client"},
        )  # fmt: skip
        self._attempts_max = attempts_max

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check(self, *, key: str | None = None, **order: Any) -> Decision:
        """Check an order and reserve its amount if it may go; `order` has the body's fields.

        Raises:
            ApiError: the request cannot be used; its `errors` name the fields.
            Undecided: no answer came in time, however often it was asked.
        """
        return Decision.of(self._call("POST", "/orders/checks", order, key or new_key()))

    def dry_run(self, **order: Any) -> Decision:
        """Return what a check would answer; nothing is reserved."""
        return Decision.of(self._call("POST", "/orders/checks:dry-run", order))

    def void(self, key: str) -> None:
        """Undo a check by its key, even one that never arrived."""
        self._call("DELETE", f"/orders/checks/{quote(key, safe='')}")

    def check_many(self, orders: Iterable[Mapping[str, Any]]) -> list[Decision | ApiError]:
        """Check up to 1,000 orders, each with a `key`; return each one's answer in their order."""
        answer = self._call("POST", "/orders/checks:batch", {"checks": [dict(o) for o in orders]})
        return [_decision_or_error(each) for each in answer["answers"]]

    def sale(self, *, key: str | None = None, **sale: Any) -> Decision:
        """Check a sale that had no order, and book it if it may be made."""
        return Decision.of(self._call("POST", "/sales", sale, key or new_key()))

    def change(
        self, verb: str, order_no: str, *, key: str | None = None, **change: Any
    ) -> Decision:
        """Change an order: amend, ship, invoice, cancel, close, return or reopen."""
        path = f"/orders/{quote(order_no, safe='')}/{verb}"
        return Decision.of(self._call("POST", path, change, key or new_key()))

    def exposure(self, customer: str) -> Sequence[Mapping[str, Any]]:
        """Return a customer's lines of credit, one per legal entity."""
        found = self._call("GET", f"/customers/{quote(customer, safe='')}/exposure")["lines"]
        return list(found)

    def decision(self, decision_id: str) -> Decision:
        """Return a decision as it was answered."""
        return Decision.of(self._call("GET", f"/decisions/{quote(decision_id, safe='')}"))

    def signal(self, *, key: str | None = None, **signal: Any) -> Mapping[str, Any]:
        """Report a bureau's, insolvency, sanction or fraud signal on a customer."""
        return self._call("POST", "/signals", signal, key or new_key())

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """Call until there is an answer that stands, with one and the same key."""
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in range(1, self._attempts_max + 1):
            try:
                answer = self._http.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                said = ApiError(503, {"detail": f"no answer: {error}"})
                wait = None
            else:
                if answer.status_code < 400:
                    return dict(answer.json())
                said, wait = _error(answer), answer.headers.get("Retry-After")
                if answer.status_code not in AGAIN:
                    raise said
            if attempt < self._attempts_max:
                time.sleep(_pause_s(attempt, wait))
        raise Undecided(said.status, {"detail": f"{said} (asked {self._attempts_max} times)"})


def _pause_s(attempt: int, wait: str | None) -> float:
    """Return how long to wait: what the server said, else longer each time; never in step."""
    least = float(wait) if wait and wait.isdigit() else 0.1 * 2**attempt
    return least * random.uniform(1.0, 1.5)  # noqa: S311 - spreads the callers


def _error(answer: httpx.Response) -> ApiError:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return ApiError(answer.status_code, problem if isinstance(problem, dict) else {})


def _decision_or_error(each: Mapping[str, Any]) -> Decision | ApiError:
    if each["status"] < 400:
        return Decision.of(each["body"])
    return ApiError(each["status"], each["body"])
