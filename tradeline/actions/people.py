"""Logins, and the first step of an organisation: someone who founds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.actions.organisations import fits, give_roles
from tradeline.errors import StateFault
from tradeline.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


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
