"""The commands, as a person types them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import post_office
import pytest
from typer.testing import CliRunner

from tests.terminal import Terminal, running_server
from tools import reference_alerts

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def terminal():
    """Return a terminal with the people of the example company and two small files taken in."""
    with running_server() as data:
        made = Terminal(data)
        (data / "limits.csv").write_text("customer_no,currency,limit\nC-1,USD,1000.00\n")
        (data / "ar.csv").write_text(
            "customer_no,document_no,kind,document_date,due_date,currency,amount,open_amount\n"
            "C-1,D-1,invoice,2026-06-01,2026-07-31,USD,960.00,960.00\n"
        )
        assert made.run("demo", "--empty").returncode == 0
        for kind in ("limits", "ar"):
            done = made.run("import", kind, data / f"{kind}.csv", "--entity", "US01", "--user",
                            "anna", "--as-of", "2026-06-30", "--decimal", ".")  # fmt: skip
            assert done.returncode == 0, done.stderr
        yield made


def fields(heading):
    """Return the fields that the data contract names below a heading."""
    page = (ROOT / "docs" / "reference" / "data-contract.md").read_text("utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def test_every_answer_is_called():
    """No heading of the contract goes without a call in the test below."""
    called = re.findall(r'fields\("(.+?)"\)', Path(__file__).read_text("utf-8"))
    assert set(called) == set(reference_alerts.ANSWERS)


def test_from_a_file_to_a_mail_and_a_webhook(terminal, smtp, hook):
    """An import raises an alert; it is listed, delivered to both, and shown as sent."""
    controller, box = smtp
    box.mails.clear()
    outside = {
        "TRADELINE_SMTP_HOST": "127.0.0.1", "TRADELINE_SMTP_PORT": str(controller.port),
        "TRADELINE_SMTP_ENCRYPTION": "none", "TRADELINE_MAIL_FROM": "credit@northwind.example",
        "TRADELINE_WEBHOOK_NETWORKS": "127.0.0.0/8", "TRADELINE_WEBHOOK_PORTS": str(hook.port),
    }  # fmt: skip
    (alert,) = terminal.json("alerts", "--user", "anna")
    assert alert.keys() == fields("alerts --json")
    assert (alert["severity"], alert["customer_no"]) == ("high", "C-1")
    assert "96.00 % of the limit used" in terminal.run("alerts", "--user", "anna").stdout
    assert terminal.run("people", "own", "C-1", "--owner", "sam", "--user", "anna").returncode == 0
    added = terminal.run("webhook", "add", hook.url(), "--user", "ivan", **outside)
    assert "whsec_" in added.stdout, added.stderr
    done = terminal.run("deliver", "--json", **outside)
    told = json.loads(done.stdout)
    assert told.keys() == fields("deliver --json")
    assert (told["sent"], told["dead"]) == (4, 0)
    assert len(hook.got) == 1
    assert sorted(mail["to"] for mail in box.mails) == [
        f"{login}@northwind.example" for login in ("anna", "mia", "sam")
    ]
    rows = terminal.json("outbox", "list", "--user", "carl")
    assert {frozenset(row) for row in rows} == {frozenset(fields("outbox list --json"))}
    assert {row["state"] for row in rows} == {"sent"}
    (webhook,) = terminal.json("webhook", "list", "--user", "ivan")
    assert webhook.keys() == fields("webhook list --json")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("webhook add http://127.0.0.1:80/ --user ADMIN", "no message is sent to"),
        ("webhook add https://hooks.example/ --user ANALYST", "needs one of the roles admin"),
        ("webhook add https://hooks.example/ --topic x --user ADMIN", "there is no topic x"),
        ("outbox list --state lost --user ADMIN", "'lost' is no state"),
        ("outbox replay --user ADMIN", "it is not said which"),
        ("alerts --user SELLER", "this needs one of the roles"),
        ("alerts subscribe often --user SELLER", "'often' is not known here"),
        ("people own C-1 --owner STRANGER --user ANALYST", "nobody here is called"),
        ("people mail MANAGER mia@example.com --user ANALYST", "needs one of the roles admin"),
        ("people mail ANALYST nowhere --user ANALYST", "is no e-mail address"),
        ("digest", "no mail server is named"),
    ],
)
def test_what_cannot_be_says_how_to_mend_it(office, line, says):
    """Exit code 2, what, and how to mend it."""
    from tradeline.cli.main import app
    from tradeline.models import User

    office.line(customer_no="C-1")
    logins = {who: User.objects.get(pk=getattr(office.people, who.lower()).user_id).username
              for who in ("ADMIN", "ANALYST", "MANAGER", "SELLER", "STRANGER")}  # fmt: skip
    done = CliRunner().invoke(app, [logins.get(word, word) for word in line.split()])
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert "mend:" in done.stderr


def test_the_guide_s_verifier_verifies(hook, office):
    """The lines of the guide take what is sent, and refuse what was changed."""
    page = (ROOT / "docs" / "guides" / "alerts.md").read_text("utf-8")
    scope: dict = {}
    exec(page.split("```python\n")[1].split("```")[0], scope)
    _, secret = office.endpoint()
    office.clock.at = post_office.datetime.now(post_office.UTC)
    office.write(office.line(), 1)
    office.deliver()
    (got,) = hook.got
    assert scope["is_ours"](got.headers, got.body, secret)
    assert not scope["is_ours"](got.headers, got.body + b" ", secret)
    old = got.headers | {"webhook-timestamp": "1"}
    assert not scope["is_ours"](old, got.body, secret)
