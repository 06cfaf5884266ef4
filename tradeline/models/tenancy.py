"""What a migration does to a table so that its rows belong to one organisation for good.

Every key carries the organisation, row security is enabled and forced, and each role gets what it
needs and no more. `tests/security/test_catalog.py` proves it for every table, from the catalog.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db.migrations.operations import RunSQL
from django.db.migrations.operations.base import Operation

from tradeline.database import role_name

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState
    from django.db.models import Model

SQL: Final = Path(__file__).parent.parent / "sql"
MINE: Final = "organisation_id = (SELECT app.organisation())"
"""The condition of row security; the subquery is evaluated once per statement."""

INSIDE: Final = "NOT organisation_id IS DISTINCT FROM app.inside()"
"""The same for functions with the owner's rights, which check the context once (sql/context.sql).

Of several policies one must hold; the last by name is tried first: `within` before `mine`. Said
with an equals sign, both would be made one look-up, for which `mine` is worked out as well.
"""


def sql_file(name: str, *, undo: str) -> RunSQL:
    """Return the operation that runs sql/<name>.sql."""
    return RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), undo)


class Tenant(Operation):
    """Give a model's table to the organisations.

    `grants` says by role what it may do. `guarded` names the links that are checked once per
    statement over all rows it wrote (sql/links_exist.sql), since a foreign key would look up each
    of a million rows by itself; the other links get foreign keys. Those of them in `moving` may
    point elsewhere later, and are checked again then; the others never change. `linked` says that
    such links point here: then a row never goes and never changes its key. `hot` leaves out the
    link to the organisation, whose one row each insert would lock: row security vouches for it.
    `also_visible` is a condition for rows that may be read, never written, besides one's own.
    """

    reversible = True

    def __init__(
        self, model: str, *, guarded: tuple[str, ...] = (), moving: tuple[str, ...] = (),
        linked: bool = False, also_visible: str = "", hot: bool = False, **grants: str,
    ) -> None:  # fmt: skip
        self.model, self.guarded, self.moving = model, (*guarded, *moving), moving
        self.linked, self.also_visible, self.hot = linked, also_visible, hot
        self.grants = {"app": "SELECT, INSERT, UPDATE", "reader": "SELECT", "auditor": "SELECT",
                       **grants}  # fmt: skip

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in Django's own picture."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState, to_state: ProjectState,  # noqa: ARG002
    ) -> None:  # fmt: skip
        """Key, secure and grant the table."""
        model = to_state.apps.get_model(app_label, self.model)
        table = model._meta.db_table
        keys = _keys(model, self.guarded, self.moving, hot=self.hot)
        statements = [*keys, *self._security(table)]
        if self.linked:
            statements += _stays(table)
        for statement in statements:
            schema_editor.execute(statement)

    def database_backwards(self, *_: Any) -> None:
        """Do nothing: the table itself goes with the migration that made it."""

    def _security(self, table: str) -> list[str]:
        return [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY mine ON "{table}" USING ({MINE}) WITH CHECK ({MINE})',
            f'CREATE POLICY within ON "{table}" TO {role_name("owner")} '
            f"USING ({INSIDE}) WITH CHECK ({INSIDE})",
            *([f'CREATE POLICY also ON "{table}" FOR SELECT USING ({self.also_visible})']
              if self.also_visible else []),
            *(f'GRANT {what} ON "{table}" TO {role_name(role)}'
              for role, what in self.grants.items() if what),
        ]  # fmt: skip

    def describe(self) -> str:
        """Return what is done, for the migration's log."""
        return f"Secure {self.model} by organisation"


def _keys(
    model: type[Model], guarded: tuple[str, ...], moving: tuple[str, ...], *, hot: bool
) -> list[str]:
    """Return the statements that put the organisation into primary and foreign keys."""
    table, statements = model._meta.db_table, []
    if model._meta.pk.name == "id":
        statements.append(
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey", '
            "ADD PRIMARY KEY (organisation_id, id)"
        )
    links = [(field, field.related_model) for field in model._meta.concrete_fields
             if isinstance(field.related_model, type) and _owned(field.related_model)]  # fmt: skip
    for field, target in links:
        linked = _guard if field.name in guarded else _foreign
        statements += linked(table, field.column, target)
        if field.name in guarded:
            settled = _moves if field.name in moving else _holds
            statements.append(settled(table, field.column, target))
    if not hot and all(field.null and field.name not in guarded for field, _ in links):
        statements.append(  # else the linked row's key vouches for it
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_organisation_id" '
            "FOREIGN KEY (organisation_id) REFERENCES organisation (id)"
        )
    return statements


def _owned(model: type[Model]) -> bool:
    return any(field.name == "organisation" for field in model._meta.concrete_fields)


def _foreign(table: str, column: str, target: type[Model]) -> list[str]:
    other = target._meta.db_table
    return [
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}" '
        f'FOREIGN KEY (organisation_id, "{column}") REFERENCES "{other}" (organisation_id, id) '
        "DEFERRABLE INITIALLY DEFERRED"
    ]


def _guard(table: str, column: str, target: type[Model]) -> list[str]:
    """Return the check of a statement's new links, as a function whose plan is kept."""
    name = f'app."{table}_{column}_exists"'
    return [
        _REQUIRE.format(name=name, column=column, table=table, target=target._meta.db_table),
        f'CREATE TRIGGER "{table}_{column}_exists" AFTER INSERT ON "{table}" '
        f"REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    ]


_REQUIRE: Final = """
CREATE FUNCTION {name}() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT DISTINCT organisation_id, "{column}" AS link FROM written) w
        WHERE w.link IS NOT NULL AND NOT EXISTS (SELECT FROM "{target}" t
            WHERE t.organisation_id = w.organisation_id AND t.id = w.link OFFSET 0))
    THEN
        RAISE EXCEPTION 'a row of {table} links to a row of {target} that is not there'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$"""


def _holds(table: str, column: str, _target: type[Model]) -> str:
    return (
        f'CREATE TRIGGER "{table}_{column}_stays" '
        f'BEFORE UPDATE OF organisation_id, "{column}" ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION app.refuse_change_of_key()"
    )


def _moves(table: str, column: str, target: type[Model]) -> str:
    changed = f'(OLD.organisation_id, OLD."{column}") <> (NEW.organisation_id, NEW."{column}")'
    return (
        f'CREATE TRIGGER "{table}_{column}_moves" '
        f'BEFORE UPDATE OF organisation_id, "{column}" ON "{table}" FOR EACH ROW '
        f"WHEN ({changed}) EXECUTE FUNCTION app.require_link('{column}', '{target._meta.db_table}')"
    )


def _stays(table: str) -> list[str]:
    """Return the statements that refuse even the owner to take away what others link to."""
    changed = "OLD.id <> NEW.id OR OLD.organisation_id <> NEW.organisation_id"
    return [
        f'CREATE TRIGGER "{table}_stays" BEFORE DELETE ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION app.refuse_change_of_key()",
        f'CREATE TRIGGER "{table}_key_stays" BEFORE UPDATE OF id, organisation_id ON "{table}" '
        f"FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION app.refuse_change_of_key()",
    ]
