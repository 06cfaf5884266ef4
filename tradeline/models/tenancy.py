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


def sql_file(name: str, *, undo: str) -> RunSQL:
    """Return the operation that runs sql/<name>.sql."""
    return RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), undo)


class Tenant(Operation):
    """Give a model's table to the organisations.

    `app` lists what the application may do; `bulk` tables get one check per statement that their
    accounts exist, since a foreign key would look up each of a million rows by itself.
    """

    reversible = True

    def __init__(
        self, model: str, *, app: str = "SELECT, INSERT, UPDATE", sealer: str = "",
        bulk: bool = False, also_visible: str = "",
    ) -> None:  # fmt: skip
        self.model, self.app, self.sealer = model, app, sealer
        self.bulk, self.also_visible = bulk, also_visible

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing in Django's own picture."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState, to_state: ProjectState,  # noqa: ARG002
    ) -> None:  # fmt: skip
        """Key, secure and grant the table."""
        model = to_state.apps.get_model(app_label, self.model)
        for statement in (*_keys(model, bulk=self.bulk), *self._security(model._meta.db_table)):
            schema_editor.execute(statement)

    def database_backwards(self, *_: Any) -> None:
        """Do nothing: the table itself goes with the migration that made it."""

    def _security(self, table: str) -> list[str]:
        visible = " OR ".join(filter(None, (MINE, self.also_visible)))
        grants = {"app": self.app, "sealer": self.sealer, "reader": "SELECT", "auditor": "SELECT"}
        return [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY mine ON "{table}" USING ({visible}) WITH CHECK ({MINE})',
            *(f'GRANT {what} ON "{table}" TO {role_name(role)}'
              for role, what in grants.items() if what),
        ]  # fmt: skip

    def describe(self) -> str:
        """Return what is done, for the migration's log."""
        return f"Secure {self.model} by organisation"


def _keys(model: type[Model], *, bulk: bool) -> list[str]:
    """Return the statements that put the organisation into primary and foreign keys."""
    table, statements = model._meta.db_table, []
    if model._meta.pk.name == "id":
        statements.append(
            f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_pkey", '
            "ADD PRIMARY KEY (organisation_id, id)"
        )
    if bulk:
        return statements + _guards(table)
    links = [field for field in model._meta.concrete_fields
             if isinstance(field.related_model, type) and _owned(field.related_model)]  # fmt: skip
    for field in links:
        assert isinstance(field.related_model, type)
        statements.append(_foreign(table, field.column, field.related_model))
    if all(field.null for field in links):  # else the linked row's key vouches for it
        statements.append(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_organisation_id" '
            "FOREIGN KEY (organisation_id) REFERENCES organisation (id)"
        )
    return statements


def _owned(model: type[Model]) -> bool:
    return any(field.name == "organisation" for field in model._meta.concrete_fields)


def _foreign(table: str, column: str, target: type[Model]) -> str:
    other = target._meta.db_table
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{column}" '
        f'FOREIGN KEY (organisation_id, "{column}") REFERENCES "{other}" (organisation_id, id) '
        "DEFERRABLE INITIALLY DEFERRED"
    )


def _guards(table: str) -> list[str]:
    return [
        f'CREATE TRIGGER "{table}_account_exists" AFTER INSERT ON "{table}" '
        "REFERENCING NEW TABLE AS written FOR EACH STATEMENT "
        "EXECUTE FUNCTION app.require_accounts()",
        f'CREATE TRIGGER "{table}_account_stays" '
        f'BEFORE UPDATE OF organisation_id, account_id ON "{table}" '
        "FOR EACH ROW EXECUTE FUNCTION app.refuse_change_of_key()",
    ]
