"""The addresses of the API, their forms and their answers; the description is made from them."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.parser import Parser

from tradeline.api import routes_holds, routes_orders, routes_reads
from tradeline.api.bodies import invalid, read
from tradeline.api.described import completed
from tradeline.api.problems import MEDIA_TYPE, Problem, not_decided
from tradeline.engine.version import VERSION
from tradeline.errors import NotFound, Refused, StateFault, TradelineError

if TYPE_CHECKING:
    from ninja.types import DictStrAny

ROOT: Final = "/api/v1/"
BATCH: Final = f"{ROOT}orders/checks:batch"
OPEN: Final = frozenset({f"{ROOT}openapi.json"})
"""What needs no key."""

ABOUT: Final = """\
May this order go? One call checks an order against its customer's line of credit and, if it may go,
reserves its amount in the same step. Amounts are decimal texts with a currency. A call that changes
something carries a key of your own; sent again with the same key, it gives the same answer."""


class StrictParser(Parser):
    """Reads JSON that has one reading."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the body's value; raises Problem."""
        value: DictStrAny = read(request.body)
        return value


api = NinjaAPI(
    title="tradeline", version=VERSION, description=ABOUT, docs_url=None, openapi_url=None,
    parser=StrictParser(), urls_namespace="api-v1",
)  # fmt: skip
api.add_router("", routes_orders.router)
api.add_router("", routes_reads.router)
api.add_router("", routes_holds.router)


def told(problem: Problem) -> HttpResponse:
    """Return a problem as the framework's response."""
    return HttpResponse(problem.body(), status=problem.status, content_type=MEDIA_TYPE,
                        headers=problem.headers)  # fmt: skip


@api.exception_handler(Problem)
def _problem(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return told(problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Name the fields; the first parts of their place are where they came from."""
    body = [each for each in error.errors if each["loc"][0] == "body"]
    if body and not request.body:
        return told(Problem("malformed", "There is no body."))
    return told(invalid(body, skip=2) if body else invalid(error.errors, skip=1))


@api.exception_handler(TradelineError)
def _expected(_request: HttpRequest, error: TradelineError) -> HttpResponse:
    kinds = {Refused: "not-allowed", NotFound: "not-found", StateFault: "conflict"}
    kind = next((kind for of, kind in kinds.items() if isinstance(error, of)), "invalid")
    # What names a command of the terminal helps nobody here.
    mends = [each for each in error.mend.split("; ") if "tradeline " not in each]
    return told(Problem(kind, f"{': '.join((error.what, *mends[:1]))}."))


@api.exception_handler(Exception)
def _fault(_request: HttpRequest, error: Exception) -> HttpResponse:
    """Say that the database is away, if it is; leave everything else to the door."""
    from django.db import InterfaceError, OperationalError

    if isinstance(error, OperationalError | InterfaceError):
        return told(not_decided("The database is away or at its limits."))
    raise error


def description() -> dict[str, Any]:
    """Return the OpenAPI document."""
    made: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix=ROOT)))
    return completed(made)


@cache
def _described() -> bytes:
    return json.dumps(description(), ensure_ascii=False).encode()


def openapi(_request: HttpRequest) -> HttpResponse:
    """Return the OpenAPI document, to whoever asks."""
    return HttpResponse(_described(), content_type="application/json")
