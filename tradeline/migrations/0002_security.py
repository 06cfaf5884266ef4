"""Organisations own their rows: keys, row security, grants, and the rules in SQL."""

from typing import ClassVar

from django.db import migrations

from tradeline.models.tenancy import Tenant, sql_file

READ_ADD = "SELECT, INSERT"
SUPERSEDE = "SELECT, INSERT, UPDATE (superseded_at)"


class Migration(migrations.Migration):
    """Secure every table of the first migration."""

    dependencies: ClassVar = [("tradeline", "0001_book")]
    operations: ClassVar = [
        sql_file("context", undo="DROP SCHEMA app CASCADE"),
        sql_file("links_exist", undo=""),
        Tenant("Membership", also_visible="user_id = (SELECT app.person())"),
        sql_file("organisations", undo=""),
        Tenant("LegalEntity", linked=True),
        Tenant("CustomerGroup"),
        Tenant("Account", guarded=("entity",), linked=True),
        Tenant("AccountAlias"),
        Tenant("AgreedTerms", app=SUPERSEDE),
        Tenant("CreditLine", guarded=("account",), linked=True),
        Tenant("ImportBatch", app=READ_ADD),
        Tenant("LimitVersion", app=SUPERSEDE),
        Tenant("LineEvent", app=READ_ADD, guarded=("line",)),
        Tenant("Position"),
        Tenant("Mitigant"),
        Tenant("ExternalFlag"),
        Tenant("FxRate", app=READ_ADD),
        Tenant("PolicyVersion", app=READ_ADD),
        Tenant("QuarantinedRow"),
        Tenant("Feed"),
        Tenant("Document", guarded=("account",)),
        Tenant("OrderLine", guarded=("account",)),
        Tenant("Payment", guarded=("account",), app=READ_ADD),
        Tenant("AuditEvent", app=READ_ADD, sealer="SELECT", hot=True),
        Tenant("AuditSeal", app="SELECT", sealer=READ_ADD),
        Tenant("AuditAnchor", app="SELECT", sealer=READ_ADD),
        sql_file("groups", undo=""),
        sql_file("limits", undo=""),
        sql_file("lines", undo=""),
    ]
