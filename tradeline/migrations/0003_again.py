"""Let a file be applied again on one day, after others; a moment still tells the batches apart."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """A repeat is told by the import itself, in turn; see actions/imports.py."""

    dependencies: ClassVar = [("tradeline", "0002_security")]
    operations: ClassVar = [
        migrations.RemoveConstraint("importbatch", "import_batch_once"),
        migrations.AddConstraint(
            "importbatch",
            models.UniqueConstraint(
                fields=["organisation", "kind", "entity", "sha256", "full_extract", "as_of", "at"],
                name="import_batch_once", nulls_distinct=False,
            ),
        ),
    ]  # fmt: skip
