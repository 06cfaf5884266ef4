"""What the settings make of a database's URL."""

from __future__ import annotations


def test_options_of_the_url_are_kept(book):
    """A URL that asks for encryption and a checked certificate gets them."""
    from tradeline.settings import _database

    url = "postgresql://me:secret@db.example:5433/books?sslmode=verify-full&sslrootcert=/ca.pem"
    made = _database(url, pooled=True)
    assert (made["NAME"], made["USER"], made["PASSWORD"]) == ("books", "me", "secret")
    assert (made["HOST"], made["PORT"]) == ("db.example", "5433")
    assert made["OPTIONS"]["sslmode"] == "verify-full"
    assert made["OPTIONS"]["sslrootcert"] == "/ca.pem"


def test_connections_go_back_clean(book):
    """The application's pool tidies each connection up."""
    from tradeline.database import forget
    from tradeline.settings import DATABASES

    assert DATABASES["default"]["OPTIONS"]["pool"]["reset"] is forget
