"""Read a request's body: strict JSON, held to its form, and its hash."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from tradeline.api.fields import KEY
from tradeline.api.problems import Problem
from tradeline.files.audit_json import compact, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradeline.api.forms import Form

    Body = TypeVar("Body", bound=Form)

_KEY: Final = re.compile(KEY, re.ASCII)
_MENDS: Final = {
    "missing": "give it", "extra_forbidden": "leave it out; unknown fields are refused",
    "string_type": "write it as text", "int_type": "write it as a whole number",
    "bool_type": "write true or false", "list_type": "write a list",
    "model_type": "write an object",
    "string_pattern_mismatch": "write it without control characters and blanks around it",
    "string_unicode": "write whole letters; half a surrogate pair is none",
}  # fmt: skip


def read(body: bytes) -> Any:
    """Return the JSON value of a body.

    Raises:
        Problem: it is no JSON, or has two readings.
    """
    try:
        return parsed(body)
    except ValueError as error:
        raise Problem("malformed", f"The body is no JSON that has one reading: {error}.") from error


def held_to(form: type[Body], value: Any) -> Body:
    """Return the value as the form.

    Raises:
        Problem: fields cannot be used; each is named.
    """
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from error


def invalid(errors: Iterable[Mapping[str, Any]], skip: int = 0) -> Problem:
    """Return the problem for errors of Pydantic; `skip` parts of each place are not the user's."""
    found = [_named(error, skip) for error in errors][:50]
    fields = ", ".join(dict.fromkeys(each["field"] for each in found if each["field"]))
    detail = f"Mend {fields}." if fields else f"The body {found[0]['message']}."
    return Problem("invalid", detail, errors=found)


def _named(error: Mapping[str, Any], skip: int) -> dict[str, str]:
    context = error.get("ctx", {})
    message, mend = str(error["msg"]), _MENDS.get(error["type"], "see /api/v1/openapi.json")
    if error["type"] == "tradeline":
        message, mend = context["message"], context["mend"]
    place = ".".join(str(part) for part in error["loc"][skip:])
    return {"field": place, "message": message, "mend": mend}


def hash_of(verb: str, order_no: str | None, body: Any) -> str:
    """Return the hash by which a repeat is known: of verb, order and body, whatever their order."""
    text = compact([verb, order_no, _sorted(body)])
    return hashlib.sha256(text.encode()).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_sorted(each) for each in value]
    return value


def checked_key(given: str | None) -> str:
    """Return the idempotency key; quotes around it, as in the draft of its header, may stand.

    Raises:
        Problem: there is none, or it cannot be one.
    """
    if given is None:
        raise Problem("malformed", "The header Idempotency-Key is missing: make a key that is "
                      "new for each request, store it, and repeat with the same one.")  # fmt: skip
    if len(given) > 1 and given[0] == given[-1] == '"':
        given = given[1:-1]
    if not _KEY.fullmatch(given):
        raise Problem("malformed", "The idempotency key must be 1 to 128 visible ASCII letters.")
    return given
