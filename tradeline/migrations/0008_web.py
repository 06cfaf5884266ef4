"""What the desk needs of the database."""

from django.db import migrations

from tradeline.models.tenancy import sql_file


class Migration(migrations.Migration):

    dependencies = [("tradeline", "0007_proposals"), ("sessions", "0001_initial")]

    operations = [sql_file("web", undo="")]
