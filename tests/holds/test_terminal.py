"""The worklist and its decisions at a terminal: in words for people, in JSON for programs."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tradeline.cli.main import app


@pytest.fixture
def run(desk):
    """Return a function that runs a command as one of the people."""

    def command(who, *arguments):
        from tradeline.models import User

        login = User.objects.get(pk=getattr(desk.people, who).user_id).username
        return CliRunner().invoke(app, [*map(str, arguments), "--user", login])

    return command


@pytest.fixture
def told(run):
    """Return a function that returns what a command prints as JSON."""

    def answer(who, *arguments):
        done = run(who, *arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return answer


def test_a_morning(desk, run, told):
    """Listed, looked at, proposed, signed by two: the order goes."""
    number = desk.ask(10_000_001)["order_no"]
    assert [row["order_no"] for row in told("analyst", "holds")] == [number]
    shown = told("analyst", "holds", "show", number)
    assert shown["case"]["levels"] == ["manager", "controller"]
    assert shown["case"]["measures"][0]["amount"] == "100000.01"
    made = told("analyst", "holds", "release", number, "--reason", "paid tomorrow")
    assert told("manager", "holds", "sign", made["proposal"])["next_role"] == "controller"
    assert told("controller", "holds")[0]["next_role"] == "controller"
    done = told("controller", "holds", "sign", made["proposal"])
    assert (done["state"], done["decision"]) == ("applied", "approved_with_warning")
    assert told("analyst", "holds") == []
    assert told("analyst", "holds", "show", number)["released"] == "100000.01"


def test_what_people_read(desk, run):
    """The list has whose turn it is; one order has its reasons and who would sign."""
    number = desk.ask(600_000)["order_no"]
    assert "a proposal" in run("analyst", "holds").output
    shown = run("analyst", "holds", "show", number).output
    assert "CL02 Exposure would pass the limit. 6000.00 against 5000.00" in shown
    assert "A release is signed by: analyst" in shown
    made = run("analyst", "holds", "release", number, "--reason", "so", "--amount", "5500.00")
    assert "waits for: analyst." in made.output
    key = made.output.split()[1]
    signed = run("manager", "holds", "sign", key).output
    assert "release order" in signed
    assert "The proposal is applied: approved_with_warning." in signed
    assert "Released up to 5,500 until" in run("analyst", "holds", "show", number).output
    assert run("analyst", "holds").output == "No order is held.\n"


def test_refused_rejected_and_withdrawn(desk, told):
    """A refusal leaves the order held, a withdrawal too; a signed rejection ends it."""
    number = desk.ask(600_000)["order_no"]
    made = told("analyst", "holds", "release", number, "--reason", "so")
    assert told("manager", "holds", "refuse", made["proposal"],
                "--reason", "no")["state"] == "rejected"  # fmt: skip
    made = told("analyst", "holds", "release", number, "--reason", "so")
    assert told("analyst", "holds", "withdraw", made["proposal"])["state"] == "withdrawn"
    made = told("analyst", "holds", "reject", number, "--reason", "too late")
    done = told("manager", "holds", "sign", made["proposal"], "--seen", made["payload_sha256"])
    assert done["decision"] == "rejected"
    assert told("analyst", "holds", "show", number)["state"] == "rejected"


def test_a_stale_proposal_is_a_finding(desk, run, told):
    """Exit code 1, and the reason."""
    made = told("analyst", "holds", "release", desk.ask(600_000)["order_no"], "--reason", "so")
    desk.rows("UPDATE credit_line SET limit_minor = 1 WHERE id = %s RETURNING 1", [desk.line.pk])
    done = run("manager", "holds", "sign", made["proposal"])
    assert done.exit_code == 1
    assert "the limit has changed: propose it anew" in done.output


@pytest.mark.parametrize(("who", "arguments", "said"), [
    ("analyst", ("sign", "{made}"), "whoever makes a proposal does not sign it"),
    ("manager", ("sign", "{made}", "--seen", "0"), "what was seen is not what is proposed"),
    ("auditor", ("release", "{order}", "--reason", "so"), "needs one of the roles"),
    ("manager", ("release", "SO-none", "--reason", "so"), "no order SO-none was held"),
    ("manager", ("release", "{order}", "--reason", " "), "a reason is needed"),
    ("manager", ("release", "{order}", "--reason", "so", "--amount", "1.001"), "is no amount"),
    ("manager", ("release", "{order}", "--reason", "so", "--amount", "much"), "is no amount"),
    ("manager", ("release", "{order}", "--reason", "so", "--amount", "0"), "lets nothing"),
    ("manager", ("withdraw", "{made}"), "somebody else made this proposal"),
    ("seller", (), "needs one of the roles"),
])  # fmt: skip
def test_what_cannot_be_done_says_why(desk, run, told, who, arguments, said):
    """What, where and how to mend it, with exit code 2."""
    number, other = (desk.ask(600_000)["order_no"] for _ in range(2))
    made = told("analyst", "holds", "release", number, "--reason", "so")["proposal"]
    done = run(who, "holds", *(each.format(made=made, order=other) for each in arguments))
    assert done.exit_code == 2
    assert said in done.output


def test_a_sweep(desk, run, told):
    """Says what it did: nothing, twice."""
    assert set(told("analyst", "sweep").values()) == {0}
    assert run("analyst", "sweep").output.startswith("0 proposals expired, 0 holds expired")


def leaves(value, at=""):
    """Yield the path of every leaf: a.b for sections, a[].b for lists of sections."""
    if isinstance(value, dict) and at != "proposal":
        for name, inner in value.items():
            yield from leaves(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and at != "signed":
        for each in value:
            yield from leaves(each, f"{at}[]" if at else "")
    else:
        yield at


def test_the_contract_names_every_field(desk, told):
    """Each answer has exactly the fields that the page of the data contract names."""
    from tools.reference_holds import ANSWERS

    number = desk.ask(10_000_001)["order_no"]
    made = told("analyst", "holds", "release", number, "--reason", "so")
    answers = {
        "holds release --json": made,
        "holds --json": told("analyst", "holds"),
        "holds show --json": told("analyst", "holds", "show", number),
        "holds sign --json": told("manager", "holds", "sign", made["proposal"]),
        "sweep --json": told("analyst", "sweep"),
    }
    assert answers.keys() == ANSWERS.keys()
    for heading, answer in answers.items():
        assert set(leaves(answer)) == set(ANSWERS[heading][1]), heading
