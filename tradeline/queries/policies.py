"""The policy in force."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tradeline.errors import StateFault
from tradeline.models import PolicyVersion
from tradeline.policy.load import parse_policy

if TYPE_CHECKING:
    from tradeline.policy.schema import Policy


def policy_in_force(*, using: str = "default") -> Policy:
    """Return the acting organisation's policy.

    Raises:
        StateFault: none was ever put in force.
    """
    row = PolicyVersion.objects.using(using).order_by("-active_from").first()
    if row is None:
        raise StateFault("no policy is in force", mend="put one in force first")
    return _parsed(row.version, row.text)


@lru_cache(maxsize=8)
def _parsed(version: str, text: str) -> Policy:
    return parse_policy(text, f"policy {version[:12]}")
