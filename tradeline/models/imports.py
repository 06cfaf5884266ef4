"""What came in: files, the rows that were set aside, and how fresh each feed is."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, code, key, not_negative, one_of


class FeedKind(models.TextChoices):
    """What a file holds."""

    CUSTOMERS = "customers"
    LIMITS = "limits"
    AR = "ar"
    ORDERS = "orders"
    PAYMENTS = "payments"
    RATES = "rates"


class ImportBatch(Owned):
    """One applied file: every row of it is applied, unchanged, or quarantined."""

    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    entity = key("tradeline.LegalEntity", null=True)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64, db_collation="C")
    full_extract = models.BooleanField()
    as_of = models.DateField()  # the business day the file speaks of
    rows_in = models.IntegerField()
    rows_applied = models.IntegerField()
    rows_unchanged = models.IntegerField()
    rows_quarantined = models.IntegerField()
    rows_closed = models.IntegerField()  # not in the full extract, and so closed
    totals = models.JSONField()  # by name (engine/control_totals.py) and currency, minor units
    reading = models.JSONField()  # how the file was read
    by = key("tradeline.User", db_constraint=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "import_batch"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "entity", "sha256", "full_extract", "as_of", "at"],
                name="import_batch_once", nulls_distinct=False,
            ),
            one_of("kind", FeedKind, "import_batch_kind"),
            models.CheckConstraint(
                condition=Q(
                    rows_in=F("rows_applied") + F("rows_unchanged") + F("rows_quarantined")
                ),
                name="import_batch_conserves_rows",
            ),
            not_negative("import_batch_counts", "rows_applied", "rows_unchanged",
                         "rows_quarantined", "rows_closed"),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the file's name."""
        return self.file_name


class RowState(models.TextChoices):
    """Where a quarantined row stands."""

    OPEN = "open"
    MENDED = "mended"  # applied after it was mended
    DROPPED = "dropped"  # found to be no row of the book


class QuarantinedRow(Owned):
    """A row that could not be used, kept as it stood until someone mends or drops it."""

    batch = key("tradeline.ImportBatch")
    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    source_row = models.BigIntegerField()
    customer_no = code(blank=True)
    reason = models.TextField()
    cells = models.JSONField()  # column name to text, as in the file
    state = models.CharField(max_length=8, choices=RowState.choices, default=RowState.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_by = key("tradeline.User", null=True, db_constraint=True)

    class Meta:
        db_table = "quarantined_row"
        constraints = [
            one_of("state", RowState, "quarantined_row_state"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True, settled_by__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="quarantined_row_settled_by_someone",
            ),
        ]

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


class Feed(Owned):
    """How fresh what we know is: the last file of a kind for an entity."""

    kind = models.CharField(max_length=10, choices=FeedKind.choices)
    entity = key("tradeline.LegalEntity", null=True)
    as_of = models.DateField()
    applied_at = models.DateTimeField()
    batch = key("tradeline.ImportBatch")

    class Meta:
        db_table = "feed"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "entity"], name="feed_once", nulls_distinct=False
            ),
            one_of("kind", FeedKind, "feed_kind"),
        ]

    def __str__(self) -> str:
        """Return the kind."""
        return self.kind
