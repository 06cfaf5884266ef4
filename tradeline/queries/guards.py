"""Does the database itself keep organisations apart? Asked of its catalog, clause by clause.

Tests prove it for a fresh book; `tradeline doctor` asks the same of the one at hand. Any role may
ask: the catalog is open to all. A finding names what breaks a clause; none means it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from django.apps import apps

from tradeline.queries.guard_clauses import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Field, Model

UNOWNED: Final = frozenset({
    "auth.Group", "auth.Group_permissions", "auth.Permission",  # of the web framework, not used
    "contenttypes.ContentType",  # the same
    "tradeline.Organisation",  # the boundary itself; row security is by its own id
    "tradeline.User", "tradeline.User_groups", "tradeline.User_user_permissions",  # people
    "sessions.Session",  # who signed in at the desk; what one sees is the organisation's as ever
})  # fmt: skip
"""Models whose rows belong to no organisation, each reviewed."""


class Cursor(Protocol):
    """What Django's and psycopg's cursors have in common."""

    def execute(self, query: Any, params: Any = ..., /) -> Any:
        """Run a statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return its rows."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that breaks a clause."""

    clause: str  # its short name
    subject: str  # the table, index, function or role
    what: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.clause}: {self.subject} {self.what}"


def findings(cursor: Cursor) -> list[Finding]:
    """Return what breaks the clauses in the cursor's database, in the clauses' order."""
    cursor.execute("SHOW search_path")
    [(search_path,)] = cursor.fetchall()
    cursor.execute("SELECT set_config('search_path', 'pg_catalog, public, pg_temp', false)")
    found = []
    for clause, sql in CLAUSES.items():
        cursor.execute(sql)
        found += [Finding(clause=clause, subject=subject, what=what)
                  for subject, what in cursor.fetchall()]  # fmt: skip
    found += _unowned_models() + _unlinked(cursor)
    cursor.execute("SELECT set_config('search_path', %s, false)", [search_path])
    return found


def owned_models() -> list[type[Model]]:
    """Return the models whose rows belong to an organisation."""
    return [
        model for model in apps.get_models(include_auto_created=True)
        if any(field.name == "organisation" for field in model._meta.concrete_fields)
    ]  # fmt: skip


def _unowned_models() -> list[Finding]:
    owned = owned_models()
    return [
        Finding(clause="models", subject=model._meta.label,
                what="belongs to no organisation and is not on the reviewed list")
        for model in apps.get_models(include_auto_created=True)
        if model not in owned and model._meta.label not in UNOWNED
    ]  # fmt: skip


_LINKED: Final = """
SELECT r.relname, a.attname FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
    WHERE c.contype = 'f' AND c.convalidated
UNION ALL
SELECT r.relname, substring(p.proname FROM length(r.relname) + 2 FOR
        length(p.proname) - length(r.relname) - length('__exists'))
    FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'app' AND p.proname LIKE r.relname || '\\_%%\\_exists'
        AND t.tgenabled IN ('O', 'A')"""


def _unlinked(cursor: Cursor) -> list[Finding]:
    """Return the links of models that the database does not hold to rows that are there."""
    cursor.execute(_LINKED)
    held = {(str(table), str(column)) for table, column in cursor.fetchall()}
    return [
        Finding(clause="links", subject=model._meta.db_table,
                what=f"has nothing that holds {field.column} to rows that are there")
        for model in owned_models() for field in _links(model)
        if (model._meta.db_table, field.column) not in held
    ]  # fmt: skip


def _links(model: type[Model]) -> Sequence[Field[Any, Any]]:
    owned = owned_models()
    return [field for field in model._meta.concrete_fields
            if field.name != "organisation" and field.related_model in owned]  # fmt: skip
