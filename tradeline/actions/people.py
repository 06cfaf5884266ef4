"""Logins, and the first step of an organisation: someone who founds it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.actions.organisations import fits, give_roles
from tradeline.errors import NotFound, Refused, StateFault
from tradeline.models import User
from tradeline.queries.people import organisations_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_PASSWORD_BYTES: Final = 15


def enrol(
    *, login: str, name: str, roles: Iterable[str], by: Actor, at: datetime, mail: str = ""
) -> User:
    """Make a login that cannot sign in with a password yet, and give it roles.

    Raises:
        StateFault: the login is taken; an existing person joins by `add_member`.
    """
    with working(by, "people.manage", at=at) as work:
        person = first_person(login=login, name=name, at=at, mail=mail)
        record(work, "PERSON_ENROLLED", f"person {person.pk}", after={"login": login})
        give_roles(work, person, roles)
    return person


def give_password(*, login: str, by: Actor, at: datetime) -> str:
    """Give a person a new password, and return it; it is stored as a hash alone.

    Raises:
        NotFound: the organisation has no such person.
        Refused: the actor may not, or others have a say: the person belongs elsewhere too.
    """
    person = User.objects.filter(username=login).first()
    known = [] if person is None else organisations_of(person)
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    with working(by, "people.manage", at=at) as work:
        if person is None or by.organisation_id not in {each.pk for each in known}:
            raise NotFound(f"there is no person {login}", mend="see: tradeline people")
        if len(known) > 1:
            raise Refused(f"{login} belongs to other organisations too", where=login,
                          mend="the person's first organisation gives the password")  # fmt: skip
        person.set_password(password)
        person.save(update_fields=["password"])
        record(work, "PASSWORD_GIVEN", f"person {person.pk}", after={"login": login})
    return password


def first_person(*, login: str, name: str, at: datetime, mail: str = "") -> User:
    """Make a login outside any organisation: the one that founds it; no trail exists yet.

    Raises:
        ArgumentFault: the login is blank, or it or the name is too long.
        StateFault: the login is taken.
    """
    fits(User, username=login, first_name=name)
    if User.objects.filter(username=login).exists():
        raise StateFault(f"the login {login} is taken", mend="choose another login")
    person = User(username=login, first_name=name, email=mail, date_joined=at)
    person.set_unusable_password()
    person.save(force_insert=True)
    return person
