"""Addresses that ask the gate: checks, batches, dry runs, changes of orders, sales."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Path

from tradeline.api import forms
from tradeline.api.answers import BatchAnswer, Decision
from tradeline.api.bodies import checked_key, hash_of, held_to, read
from tradeline.api.described import with_example
from tradeline.api.fields import CLEAN, KEY
from tradeline.api.parties import Answer
from tradeline.api.problems import MEDIA_TYPE, Problem
from tradeline.api.service import service
from tradeline.api.thin import check_asked, key_in_path, void_asked
from tradeline.engine.feed_checks import CODE_MAX
from tradeline.files.audit_json import compact

if TYPE_CHECKING:
    from tradeline.api.callers import Caller

router = Router(tags=["orders"])

CHECKED: Final[dict[Any, Any]] = {201: Decision}
CHANGED: Final[dict[Any, Any]] = {200: Decision}
EITHER: Final[dict[Any, Any]] = {200: Decision, 201: Decision}


def caller_of(request: HttpRequest, scope: str) -> Caller:
    """Return who calls, whom the application let in; raises Problem without the scope."""
    caller: Caller = request.scope["tradeline.caller"]  # type: ignore[attr-defined]  # of ASGI
    caller.check(scope)
    return caller


def only(request: HttpRequest, *names: str) -> None:
    """Raise the problem where the address asks for something that is not known."""
    unknown = sorted(set(request.GET) - set(names))
    twice = sorted(name for name in names if len(request.GET.getlist(name)) > 1)
    if unknown or twice:
        known = ", ".join(names) or "none"
        errors = [{"field": name, "message": "is unknown or there twice",
                   "mend": f"known are: {known}"} for name in (*unknown, *twice)]  # fmt: skip
        raise Problem("invalid", "Mend the question mark's part.", errors=errors)


def key_of(request: HttpRequest) -> str:
    """Return the idempotency key of the header; raises Problem."""
    return checked_key(request.headers.get("Idempotency-Key"))


def told(answer: Answer) -> HttpResponse:
    """Return the gate's answer as it is."""
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    return HttpResponse(answer.body.encode(), status=answer.status, content_type=media_type)


@router.post("/orders/checks", response=CHECKED, operation_id="check_order",
             openapi_extra=with_example("authorise"))  # fmt: skip
async def check_order(request: HttpRequest, body: forms.Check) -> HttpResponse:  # noqa: ARG001
    """Check an order and reserve its amount if it may go."""
    caller = caller_of(request, "orders.check")
    return told(await service().ask(caller, check_asked(key_of(request), request.body)))


@router.put("/orders/checks/{path:key}", response=CHECKED, operation_id="check_order_by_key",
            openapi_extra=with_example("authorise", key=False))  # fmt: skip
async def check_order_by_key(
    request: HttpRequest, body: forms.Check, key: str = Path(pattern=KEY)  # noqa: ARG001
) -> HttpResponse:  # fmt: skip
    """Check an order; the key stands in the address."""
    caller = caller_of(request, "orders.check")
    return told(await service().ask(caller, check_asked(_path_key(request, key), request.body)))


@router.delete("/orders/checks/{path:key}", response=CHANGED, operation_id="void_check")
async def void_check(request: HttpRequest, key: str = Path(pattern=KEY)) -> HttpResponse:
    """Undo a check by its key, even if it never arrived: then it is refused when it comes."""
    caller = caller_of(request, "orders.check")
    return told(await service().ask(caller, void_asked(_path_key(request, key))))


def _path_key(request: HttpRequest, key: str) -> str:
    given = request.headers.get("Idempotency-Key")
    return key_in_path(key, given.encode("latin-1") if given is not None else None)


@router.post("/orders/checks:dry-run", response={200: Decision},
             operation_id="dry_run", openapi_extra=with_example("dry_run", key=False))  # fmt: skip
async def dry_run(request: HttpRequest, body: forms.Check) -> HttpResponse:
    """Say what a check would answer, and reserve nothing."""
    caller = caller_of(request, "orders.check")
    wanted = forms.asked("dry_run", body, None)
    answer = await service().ask(caller, wanted | {"key": "", "body_sha256": ""})
    return told(Answer(200, answer.body) if answer.status == 201 else answer)  # nothing was made


@router.post(
    "/orders/checks:batch", response={200: BatchAnswer}, operation_id="check_orders",
    openapi_extra=with_example("batch", key=False),
)  # fmt: skip
async def check_orders(request: HttpRequest, body: forms.Batch) -> HttpResponse:
    """Check up to 1,000 orders, each for itself, with its own key and its own answer."""
    caller = caller_of(request, "orders.check")
    caller.bucket.left -= len(body.checks) - 1
    raw = read(request.body)["checks"]
    wanted = [_element(form, value) for form, value in zip(body.checks, raw, strict=True)]
    answers = await service().ask_many(caller, wanted)
    told_each = (
        f'{{"key":{compact(form.key)},"status":{answer.status},"body":{_body(answer)}}}'
        for form, answer in zip(body.checks, answers, strict=True)
    )
    return HttpResponse(f'{{"answers":[{",".join(told_each)}]}}'.encode(),
                        content_type="application/json")  # fmt: skip


def _element(form: forms.BatchElement, value: dict[str, Any]) -> dict[str, Any]:
    """Return what the gate is asked by one order; alone with the same key, it asks the same."""
    alone = {name: each for name, each in value.items() if name != "key"}
    sha256 = hash_of("authorise", None, alone)
    return forms.asked("authorise", form, None) | {"key": form.key, "body_sha256": sha256}


def _body(answer: Answer | Problem) -> str:
    return answer.body().decode() if isinstance(answer, Problem) else answer.body


@router.post("/sales", response=CHECKED, operation_id="check_sale",
             openapi_extra=with_example("sale"))  # fmt: skip
async def check_sale(request: HttpRequest, body: forms.Sale) -> HttpResponse:  # noqa: ARG001
    """Check a sale that had no order, and book it if it may be made."""
    caller = caller_of(request, "orders.check")
    return told(await _changed(request, caller, "sale", forms.Sale, None))


async def _changed(
    request: HttpRequest, caller: Caller, verb: str, form: type[forms.Form], order_no: str | None
) -> Answer:  # fmt: skip
    value = read(request.body)
    wanted = forms.asked(verb, held_to(form, value), order_no)
    sha256 = hash_of(verb, order_no, value)
    return await service().ask(caller, wanted | {"key": key_of(request), "body_sha256": sha256})


SAID: Final = {
    "amend": "Say an order anew; what raises exposure is checked, and a failed change leaves it.",
    "ship": "Say that goods of an order left.",
    "invoice": "Say that goods of an order were invoiced; never refused for credit.",
    "cancel": "Free what has not shipped.",
    "close": "Say that nothing more will happen to an order.",
    "return": "Say that goods of an order came back.",
    "reopen": "Let a closed or cancelled order go on; it is checked like a new one.",
    "move": "Bill another customer; the order is checked there like a new one.",
}
"""What each change of an order does."""


def _add(verb: str, form: type[forms.Form]) -> None:
    """Add the address of a change of an order."""
    number = Path(min_length=1, max_length=CODE_MAX, pattern=CLEAN)

    async def change(request: HttpRequest, body: Any, order_no: str = number) -> HttpResponse:  # noqa: ARG001
        caller = caller_of(request, "orders.change")
        return told(await _changed(request, caller, verb, form, order_no))

    change.__annotations__ = {"body": form, "order_no": str, "return": HttpResponse}
    change.__doc__ = SAID[verb]
    router.post(f"/orders/{{path:order_no}}/{verb}", response=EITHER, operation_id=f"{verb}_order",
                summary=SAID[verb], openapi_extra=with_example(verb))(change)  # fmt: skip


for _verb, _form in forms.VERBS.items():
    _add(_verb, _form)
