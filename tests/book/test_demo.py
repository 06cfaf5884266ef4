"""The example company: its past explains its present, and nobody else sees it."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

STAR = "C-1042"


def test_the_star_is_fine_on_the_ledger_and_over_on_exposure(terminal):
    """C-1042 uses 70 % of its limit by receivables and 110 % by exposure."""
    row = terminal.json("exposure", "--user", "anna", "--search", STAR)[0]
    assert (row["ar_utilisation_pct"], row["utilisation_pct"]) == ("70.00", "110.00")
    assert (row["exposure"], row["limit"], row["status"]) == ("110000.00", "100000.00", "over")


def test_a_second_call_says_it_is_there(terminal):
    """Nothing is made twice; the ranked list is shown again."""
    done = terminal.run("demo")
    assert done.returncode == 0
    assert "is there" in done.stdout
    assert terminal.json("demo")["made"] is False


def test_again_makes_one_under_a_new_name(terminal):
    """Its logins carry its number, so that each still acts for one organisation."""
    made = terminal.json("demo", "--again", "--empty")
    assert made["organisation"].startswith("Northwind Traders ")
    login = made["people"][0]["login"]
    assert terminal.json("exposure", "--user", login) == []


def test_the_past_explains_the_present(terminal):
    """From each end of month to the next, the bridge leaves nothing unexplained."""
    for first, last in (("2025-06-01", "2026-06-30"), ("2026-06-01", "2026-06-30")):
        for number in (STAR, "C-1018", "0000020151"):
            told = terminal.json(
                "exposure", "bridge", number, "--from", first, "--to", last, "--user", "anna"
            )
            assert told["unexplained"] == "0.00", number
            assert told["steps"]
    days = {step["day"] for step in told["steps"]}
    assert len(days) > 1


def test_what_could_not_be_used_was_set_aside(terminal):
    """The blank limit and the unknown status stand beside their accounts, with the reason."""
    for number, words in (("C-1031", "limit: is blank"), ("C-1016", "Awaiting Sample")):
        told = terminal.json("exposure", "show", number, "--as-of", "2026-06-30", "--user", "anna")
        assert any(words in row["reason"] for row in told["set_aside"])


def test_cover_lowers_the_net_and_not_the_exposure(terminal):
    """The insured account is tested on its exposure; what is left after cover is shown."""
    told = terminal.json(
        "exposure", "show", "0000020145", "--as-of", "2026-06-30", "--user", "anna"
    )
    exposure, secured = Decimal(told["exposure"]), Decimal(told["secured"])
    assert secured == (exposure * 9 / 10).quantize(Decimal("0.01"), ROUND_DOWN)
    assert Decimal(told["net"]) == exposure - secured


def test_the_affiliate_is_not_ranked(terminal):
    """An account of the own group has exposure and is no customer."""
    rows = terminal.json("exposure", "--user", "anna")
    assert "IC-9001" not in {row["customer_no"] for row in rows}
    assert len(rows) == 39


def test_people_lists_every_role(terminal):
    """Each login of the cast, with its role and no other organisation's people."""
    found = {each["login"]: each["roles"] for each in terminal.json("people", "--user", "ada")}
    assert found == {
        "ada": ["auditor"], "anna": ["analyst"], "carl": ["admin", "controller"],
        "ivan": ["admin"], "mia": ["manager"], "sam": ["sales"],
    }  # fmt: skip


def test_the_other_company_sees_nothing_of_it(terminal):
    """Fabrikam has a C-1042 of its own, and by no option reaches the example company's."""
    rows = terminal.json("exposure", "--user", "fay")
    assert {row["customer_name"] for row in rows} == {"Fabrikam's own C-1042", "Litware"}
    assert terminal.json("exposure", "show", STAR, "--user", "fay")["exposure"] == "12000.00"
    for refused in (
        ("exposure", "--user", "fay", "--organisation", "Northwind Traders"),
        ("exposure", "show", "C-1001", "--user", "fay"),
        ("people", "--user", "anna", "--organisation", "Fabrikam"),
    ):
        done = terminal.run(*refused)
        assert done.returncode == 2, refused
        assert "there is no" in done.stderr
    assert {each["login"] for each in terminal.json("people", "--user", "fay")} == {"fay"}
