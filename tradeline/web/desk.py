"""What every page of the desk has: who acts for whom, the frame around it, and errors in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import url_has_allowed_host_and_scheme

from tradeline import permissions
from tradeline.errors import NotFound, Refused, TradelineError
from tradeline.models import Organisation, User
from tradeline.models.context import Actor
from tradeline.queries.people import memberships_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
"""Headers of every page; those that the API has too are set for both (api/messages.py)."""

NAVIGATION: Final = (
    ("exposure", "Exposure", "exposure.read"),
    ("holds", "Holds", "holds.read"),
    ("sign-offs", "Sign-offs", "holds.read"),
)
"""Name of the address, title, and what one must be allowed to see it."""

FAULTS: Final = {
    400: ("the request cannot be read", "go back and try again"),
    403: ("this was not sent from one of our pages", "go back, load the page anew and try again"),
    404: ("there is no such page", "check the address"),
    500: ("the program has a fault", "try again; if it stays, report it with the time"),
}
"""What a page says for a status that the framework answers, and how to mend it."""

_CHOSEN: Final = "organisation"  # in the session


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Who sits at the desk, for which organisation, and in which roles."""

    actor: Actor
    person: User
    organisation: Organisation
    organisations: tuple[Organisation, ...]  # all of the person's
    roles: frozenset[str]

    def may(self, permission: str) -> bool:
        """Return whether one of the roles has a permission; the actions ask again."""
        return permissions.may(self.roles, permission)

    @property
    def navigation(self) -> list[tuple[str, str]]:
        """Return the addresses that the person may see, with their titles."""
        return [(name, title) for name, title, needs in NAVIGATION if self.may(needs)]


def desk_of(request: HttpRequest) -> Desk:
    """Return who sits at the desk.

    Raises:
        Refused: the person is no member of any organisation.
    """
    found: Desk | None = getattr(request, "desk", None)
    if found is None:
        found = request.desk = _desk(request)  # type: ignore[attr-defined]  # kept for the request
    return found


def _desk(request: HttpRequest) -> Desk:
    person = request.user
    assert isinstance(person, User), "the middleware lets nobody else in"
    roles = memberships_of(person)
    known = {str(each.pk): each for each in roles}
    if not known:
        raise Refused("this login belongs to no organisation", where=person.username,
                      mend="ask its administrator to add you")  # fmt: skip
    chosen = known.get(request.session.get(_CHOSEN, ""), next(iter(known.values())))
    actor = Actor(organisation_id=chosen.pk, user_id=person.pk, door="web")
    return Desk(actor=actor, person=person, organisation=chosen, roles=roles[chosen],
                organisations=tuple(roles))  # fmt: skip


def choose_organisation(request: HttpRequest, organisation_id: UUID) -> None:
    """Sit down for another organisation; raises NotFound for one that is not the person's."""
    person = request.user
    assert isinstance(person, User), "the middleware lets nobody else in"
    if organisation_id not in {each.pk for each in memberships_of(person)}:
        raise NotFound("there is no such organisation", mend="choose one of yours")
    request.session[_CHOSEN] = str(organisation_id)


def page(request: HttpRequest, template: str, facts: Mapping[str, Any]) -> HttpResponse:
    """Return a page in the desk's frame."""
    return render(request, f"web/{template}.html", {**facts, "desk": desk_of(request)})


def fault_page(request: HttpRequest, status: int) -> HttpResponse:
    """Return the page for an address that is none, or a fault of the program."""
    what, mend = FAULTS.get(status, FAULTS[500])
    return _error_page(request, TradelineError(what, mend=mend), status)


def _error_page(request: HttpRequest, error: TradelineError, status: int) -> HttpResponse:
    return render(request, "web/error.html", {"error": error}, status=status)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form that was not sent from one of our pages."""
    return fault_page(request, 403)


class Frame(MiddlewareMixin):
    """Headers of every page, and expected errors in words."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse what no database keeps as text."""
        texts = [request.path, *(text for given in (request.GET, request.POST)
                                 for _, values in given.lists() for text in values)]  # fmt: skip
        return fault_page(request, 400) if any("\0" in text for text in texts) else None

    def process_response(
        self, request: HttpRequest, response: HttpResponse  # noqa: ARG002
    ) -> HttpResponse:  # fmt: skip
        """Add the headers that a page lacks."""
        for name, value in SECURITY.items():
            response.headers.setdefault(name, value)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say what is wrong and how to mend it: on a page, or beside the form that was sent."""
        if not isinstance(error, TradelineError):
            return None
        kinds = {Refused: 403, NotFound: 404}
        status = next((code for kind, code in kinds.items() if isinstance(error, kind)), 422)
        back = request.POST.get("back", "")
        ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        if request.method == "POST" and status == 422 and ours:
            messages.error(request, f"{error.what}: {error.mend}.")
            return redirect(back)
        return _error_page(request, error, status)
