"""The clauses of the guard, as questions to PostgreSQL's catalog (15 and newer).

Each returns subject and what is wrong with it, one row per breach. Lists of what was reviewed
stand here, so that an exception is a change that someone reads.
"""

from __future__ import annotations

from typing import Final

from tradeline.database import APP_SETTINGS, ROLES, role_name
from tradeline.models.tenancy import INSIDE, MINE

INSERT_ONLY: Final = {
    "audit_event": (), "audit_seal": (), "audit_anchor": (), "line_event": (), "import_batch": (),
    "payment": (), "fx_rate": (), "policy_version": (),
    "gate_policy": (), "line_rules": (), "decision": (), "sign_off": (),
    "proposal": ("state", "settled_at", "outcome"), "hold": ("reminded_at",),
    "limit_version": ("superseded_at",), "agreed_terms": ("superseded_at",),
    "outbox": ("fanned_at", "settled_at"), "api_key": ("revoked_at", "revoked_by_id"),
}  # fmt: skip
"""Tables whose rows stay as written, each with the columns that may be set later."""

WIDER: Final = (
    ("membership", "also"), ("organisation", "also"), ("organisation", "all_ids"),
    ("organisation", "sender_ids"),
    ("api_key", "also"),  # whoever presents a key sees its row: only its hash can be compared
)  # fmt: skip
"""Policies that show, and never let write, more than the organisation's own rows."""

DEFINERS: Final = (
    "app.organisation()", "app.password_of(text)", "app.check_orders(jsonb)",
    "app.fill_proposal()", "app.guard_proposal()", "app.check_sign_off()", "app.may_not_sign(uuid)",
    "app.release_case(uuid,bigint)", "app.stale_because(uuid)", "app.apply_proposal(uuid,text)",
    "app.end_releases()",
)  # fmt: skip
"""Functions that run with their owner's rights; those of the gate say for whom at their start."""

TUNED: Final = ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
"""Settings of the roles that who runs the server may choose."""

ROWS: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "MAINTAIN")
"""What may be granted on tables; MAINTAIN lets the program refresh the planner's statistics."""


def _texts(values: object) -> str:
    return ", ".join(f"'{value}'" for value in values)  # type: ignore[attr-defined]


_WORKING: Final = _texts(role_name(role) for role in ROLES if role != "owner")
_ALL: Final = _texts(role_name(role) for role in ROLES)
_OURS: Final = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'"
_NEEDED: Final = _texts(
    f"{name}={value}" for name, value in APP_SETTINGS.items() if name not in TUNED
)
_WIDER: Final = ", ".join(f"('{table}', '{policy}')" for table, policy in WIDER)
_KEPT: Final = ", ".join(
    f"('{table}', ARRAY[{_texts(columns)}]::text[])" for table, columns in INSERT_ONLY.items()
)
_OWNED: Final = f"""owned AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relrowsecurity, c.relforcerowsecurity, a.attnum
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id'
    WHERE c.relkind IN ('r', 'p') AND {_OURS}),
secured AS (
    SELECT oid, name, relrowsecurity, relforcerowsecurity FROM owned
    UNION ALL SELECT oid, oid::regclass::text, relrowsecurity, relforcerowsecurity FROM pg_class
    WHERE oid = to_regclass('public.organisation'))"""
"""Tables with the organisation in a column; secured are these and the organisations themselves."""

_ROOT: Final = MINE.replace("organisation_id", "id", 1)


def _plain(sql: str) -> str:
    """Return SQL that makes the catalog's spelling of a condition comparable."""
    return f"regexp_replace({sql}, '[() ]|\\s+AS organisation', '', 'g')"


def _allowed(condition: str) -> str:
    return condition.replace("(", "").replace(")", "").replace(" ", "")


_READS: Final = _plain("coalesce(pg_get_expr(p.polqual, p.polrelid), '')")
_WRITES: Final = _plain("coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')")
_SAYS_MINE: Final = f"IN ('{_allowed(MINE)}', '{_allowed(_ROOT)}')"

CLAUSES: Final = {
    "row security": f"""
WITH {_OWNED}
SELECT name, 'has row security switched off, or not forced on its owner' FROM secured
WHERE NOT (relrowsecurity AND relforcerowsecurity)""",
    "policies cover": f"""
WITH {_OWNED}
SELECT s.name, 'has no policy that both reads and checks for ' || v.verb
FROM secured s, (VALUES ('r', 'SELECT'), ('a', 'INSERT'), ('w', 'UPDATE'), ('d', 'DELETE'))
    AS v (command, verb)
WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = s.oid AND p.polpermissive
    AND p.polroles = '{{0}}' AND p.polcmd = '*' AND p.polqual IS NOT NULL
    AND p.polwithcheck IS NOT NULL)""",
    "policies say": f"""
WITH {_OWNED}
SELECT s.name, 'has the policy ' || p.polname || ' that is not "{MINE}"'
FROM secured s JOIN pg_policy p ON p.polrelid = s.oid AND p.polpermissive
WHERE ({_READS} NOT {_SAYS_MINE} OR {_WRITES} NOT {_SAYS_MINE})
    AND NOT (p.polcmd = 'r' AND (s.name, p.polname::text) IN ({_WIDER}))
    AND NOT (p.polroles = ARRAY[to_regrole('{role_name("owner")}')::oid]
        AND {_READS} = '{_allowed(INSIDE)}' AND {_WRITES} = '{_allowed(INSIDE)}')""",
    "primary keys": f"""
WITH {_OWNED}
SELECT o.name, 'has no primary key that begins with organisation_id' FROM owned o
WHERE NOT EXISTS (SELECT FROM pg_index i
    WHERE i.indrelid = o.oid AND i.indisprimary AND i.indkey[0] = o.attnum)""",
    "unique indexes": f"""
WITH {_OWNED}
SELECT i.indexrelid::regclass::text, 'is unique without organisation_id first'
FROM owned o JOIN pg_index i ON i.indrelid = o.oid
WHERE (i.indisunique OR i.indisexclusion) AND i.indkey[0] <> o.attnum""",
    "foreign keys": f"""
WITH {_OWNED}
SELECT o.name, 'has the foreign key ' || c.conname || ' without organisation_id first'
FROM owned o JOIN pg_constraint c ON c.conrelid = o.oid AND c.contype = 'f'
    LEFT JOIN owned t ON t.oid = c.confrelid
WHERE (t.oid IS NOT NULL AND (c.conkey[1] <> o.attnum OR c.confkey[1] <> t.attnum))
    OR (c.confrelid = to_regclass('public.organisation') AND c.conkey <> ARRAY[o.attnum])""",
    "views": f"""
SELECT c.oid::regclass::text, 'is a view that reads with its owner''s rights'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND {_OURS}
    AND NOT coalesce(c.reloptions, '{{}}') && ARRAY['security_invoker=true', 'security_invoker=on']
""",
    "materialised views": f"""
SELECT c.oid::regclass::text, 'is a materialised view that ' || r.rolname || ' may read'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
WHERE c.relkind = 'm' AND {_OURS} AND r.rolname IN ({_WORKING})
    AND has_any_column_privilege(r.oid, c.oid, 'SELECT')""",
    "definers": f"""
SELECT p.oid::regprocedure::text, 'runs with its owner''s rights and is not on the reviewed list'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND {_OURS} AND p.oid::regprocedure::text NOT IN ({_texts(DEFINERS)})""",
    "search paths": f"""
SELECT p.oid::regprocedure::text, 'has no fixed search_path that ends in pg_temp'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {_OURS} AND (p.prosecdef OR p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype))
    AND NOT EXISTS (SELECT FROM unnest(p.proconfig) s
        WHERE s ~ '^search_path=(\\w+, )*pg_temp$')""",
    "functions": """
SELECT p.oid::regprocedure::text, 'may be run by everyone'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE n.nspname = 'app' AND a.grantee = 0""",
    "roles": f"""
SELECT rolname, 'may bypass row security, create roles or databases, or replicate' FROM pg_roles
WHERE rolname IN ({_ALL})
    AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)""",
    "settings": f"""
WITH given AS (
    SELECT r.rolname, s AS setting FROM pg_db_role_setting d JOIN pg_roles r ON r.oid = d.setrole,
        unnest(d.setconfig) s
    WHERE r.rolname IN ({_WORKING}))
SELECT rolname, 'begins with ' || setting FROM given
WHERE setting NOT IN ({_NEEDED}) AND split_part(setting, '=', 1) NOT IN ({_texts(TUNED)})
UNION ALL
SELECT '{role_name("app")}', 'does not begin with ' || needed
FROM unnest(ARRAY[{_NEEDED}]) needed
WHERE ('{role_name("app")}', needed) NOT IN (SELECT rolname::text, setting FROM given)""",
    "members": f"""
SELECT m.rolname, 'is a member of ' || r.rolname
FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles r ON r.oid = a.roleid
WHERE m.rolname IN ({_ALL})""",
    "owners": f"""
SELECT r.rolname, 'owns ' || o.what FROM pg_roles r JOIN (
    SELECT c.relowner, c.oid::regclass::text FROM pg_class c WHERE c.relpersistence <> 't'
    UNION ALL SELECT p.proowner, p.oid::regprocedure::text
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS}
    UNION ALL SELECT n.nspowner, 'schema ' || n.nspname FROM pg_namespace n
    UNION ALL SELECT d.datdba, 'database ' || d.datname FROM pg_database d
    UNION ALL SELECT t.typowner, t.oid::regtype::text
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {_OURS}
    ) AS o (owner, what) ON o.owner = r.oid
WHERE r.rolname IN ({_WORKING})""",
    "grants": f"""
SELECT c.oid::regclass::text, 'grants ' || a.privilege_type || ' to '
    || coalesce(r.rolname, 'everyone') || CASE WHEN a.is_grantable THEN ', to grant on' ELSE '' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT c.relacl UNION ALL
        SELECT attacl FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL) g (acl)
    CROSS JOIN LATERAL aclexplode(g.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
WHERE {_OURS} AND (a.grantee = 0 OR r.rolname IN ({_WORKING}))
    AND (a.grantee = 0 OR a.is_grantable OR a.privilege_type NOT IN ({_texts(ROWS)}))""",
    "creators": f"""
SELECT r.rolname, 'may create in schema ' || n.nspname FROM pg_namespace n, pg_roles r
WHERE {_OURS} AND r.rolname IN ({_WORKING}) AND has_schema_privilege(r.oid, n.oid, 'CREATE')
UNION ALL
SELECT r.rolname, 'may create schemas' FROM pg_roles r
WHERE r.rolname IN ({_WORKING}) AND has_database_privilege(r.oid, current_database(), 'CREATE')""",
    "readers": f"""
SELECT c.oid::regclass::text, 'may be written by ' || r.rolname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_roles r
WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v')
    AND r.rolname IN ('{role_name("reader")}', '{role_name("auditor")}')
    AND (has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
        OR has_table_privilege(r.oid, c.oid, 'DELETE'))""",
    "insert only": f"""
SELECT k.name, 'lets ' || r.rolname || ' change what is written'
FROM (VALUES {_KEPT}) AS k (name, later), pg_roles r
WHERE r.rolname IN ({_WORKING}) AND (has_table_privilege(r.oid, k.name, 'DELETE')
    OR EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = to_regclass(k.name) AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attname <> ALL (k.later)
            AND has_column_privilege(r.oid, a.attrelid, a.attnum, 'UPDATE')))""",
    "context key": f"""
SELECT r.rolname, 'may read or write the key of the context'
FROM pg_roles r, pg_class c
WHERE c.oid = to_regclass('app.context_key') AND NOT r.rolsuper AND r.oid <> c.relowner
    AND r.rolname !~ '^pg_'
    AND (has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE')
        OR has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE, TRIGGER, REFERENCES'))
    AND (r.rolname IN ({_ALL}) OR NOT pg_has_role(r.oid, 'pg_read_all_data', 'USAGE'))""",
    "passwords": f"""
SELECT r.rolname, 'may read the passwords' FROM pg_roles r
WHERE r.rolname IN ({_WORKING})
    AND has_column_privilege(r.oid, 'person', 'password', 'SELECT')""",
}
"""Short name of a clause to the query that returns what breaks it."""
