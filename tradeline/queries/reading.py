"""The frame of every reading at a door: a transaction in which the reader's roles are checked.

Row security keeps organisations apart; within one, it is the roles that say who may read what.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tradeline import permissions
from tradeline.models import Membership
from tradeline.models.context import acting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradeline.models.context import Actor


@contextmanager
def reading(actor: Actor, permission: str) -> Iterator[None]:
    """Open a transaction for the actor's organisation, and check the permission in it.

    Raises:
        Refused: none of the actor's roles in the organisation has the permission.
    """
    with acting(actor):
        roles = Membership.objects.filter(user_id=actor.user_id,
                                          organisation_id=actor.organisation_id)  # fmt: skip
        permissions.check(set(roles.values_list("role", flat=True)), permission)
        yield
