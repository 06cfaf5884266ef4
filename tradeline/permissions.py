"""Who may do what: one table from permission to roles, and the two questions one asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Collection

_EVERYONE: Final = frozenset(
    {"analyst", "manager", "controller", "sales", "auditor", "admin", "integration"}
)
_FINANCE: Final = frozenset({"analyst", "manager", "controller"})

PERMISSIONS: Final = {
    "exposure.read": _EVERYONE - {"sales"},
    "exposure.export": _FINANCE | {"auditor", "integration"},
    "imports.apply": _FINANCE | {"integration"},
    "quarantine.settle": _FINANCE,
    "limits.set": frozenset({"manager", "controller"}),
    "terms.set": _FINANCE,
    "mitigants.set": _FINANCE,
    "flags.raise": _FINANCE | {"integration"},
    "policy.activate": frozenset({"controller"}),
    "drift.correct": frozenset({"controller"}),
    "horizon.roll": _FINANCE | {"integration"},
    "holds.read": _EVERYONE - {"sales"},
    "holds.propose": _FINANCE | {"sales"},
    "holds.sweep": _FINANCE | {"integration"},
    "proposals.sign": _FINANCE,  # the proposal's own levels say which of them
    "proposals.withdraw": _EVERYONE,  # one's own
    "audit.read": frozenset({"auditor", "controller", "admin"}),
    "people.manage": frozenset({"admin"}),
    "owners.set": _FINANCE | {"admin"},
    "alerts.read": _EVERYONE - {"sales"},
    "alerts.subscribe": _EVERYONE,
    "webhooks.manage": frozenset({"admin"}),
    "outbox.read": frozenset({"admin", "controller", "auditor", "integration"}),
    "outbox.replay": frozenset({"admin", "controller"}),
    "keys.manage": frozenset({"admin"}),
    "orders.check": _FINANCE | {"integration"},
    "orders.change": _FINANCE | {"integration"},
    "decisions.read": _EVERYONE - {"sales"},
}
"""What each role may do; a permission that is not listed belongs to nobody."""

SCOPES: Final = {
    "orders.check": "orders.check",
    "orders.change": "orders.change",
    "exposure.read": "exposure.read",
    "decisions.read": "decisions.read",
    "signals.raise": "flags.raise",
    "holds.read": "holds.read",
    "holds.propose": "holds.propose",
    "proposals.sign": "proposals.sign",
}
"""What a key may be given, and the permission that its person must have for it."""


def may(roles: Collection[str], permission: str) -> bool:
    """Return whether one of the roles has the permission."""
    return not PERMISSIONS.get(permission, frozenset()).isdisjoint(roles)


def check(roles: Collection[str], permission: str) -> None:
    """Raise Refused, saying who may, unless one of the roles has the permission."""
    if not may(roles, permission):
        able = sorted(PERMISSIONS.get(permission, frozenset()))
        raise Refused(
            f"this needs one of the roles {', '.join(able) or 'that nobody has'}",
            where=permission,
            mend="ask one of them; see: tradeline people" if able else "this cannot be done",
        )
