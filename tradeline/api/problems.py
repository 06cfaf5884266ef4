"""Errors as programs read them: problem details (RFC 9457) that name field and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.files.audit_json import compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEDIA_TYPE: Final = "application/problem+json"
TITLES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed": (400, "The request cannot be read"),
    "no-key": (401, "No valid key"),
    "not-allowed": (403, "The key may not do this"),
    "not-found": (404, "There is no such thing"),
    "wrong-method": (405, "This address does not know the method"),
    "conflict": (409, "The state does not allow it"),
    "too-large": (413, "The request is too large"),
    "wrong-type": (415, "The request is not JSON"),
    "invalid": (422, "Fields cannot be used"),
    "too-many": (429, "Too many requests"),
    "fault": (500, "A fault of the program"),
    "not-decided": (503, "Not decided"),
    "busy": (503, "Too busy"),
}
"""Every kind of problem, with its status and title; the kind is the end of the type."""


class Problem(Exception):
    """An answer that is an error; `errors` has one entry per field."""

    def __init__(
        self, kind: str, detail: str, *, errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.kind, self.detail, self.errors = kind, detail, errors
        self.status, self.title = TITLES[kind]
        self.headers = dict(headers or {})

    def facts(self) -> dict[str, Any]:
        """Return the members of the problem details."""
        facts: dict[str, Any] = {
            "type": f"urn:tradeline:problem:{self.kind}", "title": self.title,
            "status": self.status, "detail": self.detail,
        }  # fmt: skip
        return facts | ({"errors": list(self.errors)} if self.errors else {})

    def body(self) -> bytes:
        """Return the problem details as JSON."""
        return compact(self.facts()).encode("utf-8", "backslashreplace")


def not_decided(detail: str) -> Problem:
    """Return the answer when nothing can be said; the same key may be sent again at once."""
    return Problem("not-decided", f"{detail} Send it again with the same key.",
                   headers={"Retry-After": "1"})  # fmt: skip


def of_status(status: int) -> Problem:
    """Return the problem that says what a bare status of the framework means."""
    kinds = {400: "malformed", 401: "no-key", 403: "not-allowed", 404: "not-found",
             405: "wrong-method", 409: "conflict", 413: "too-large", 415: "wrong-type",
             422: "invalid", 429: "too-many", 503: "busy"}  # fmt: skip
    kind = kinds.get(status, "malformed" if status < 500 else "fault")
    return Problem(kind, f"{TITLES[kind][1]}. See /api/v1/openapi.json.")
