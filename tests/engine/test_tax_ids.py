"""GSTIN facts (KNOWN_ANSWERS 5) and the notes on numbers of other countries."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tests.builders import account, by_account, reviewed, standard
from tests.engine.reference import check_digit
from tradeline.engine.tax_ids import inspect_tax_ids


def facts(*numbers, country="IN"):
    """Return the remarks on the numbers, one dict each."""
    found = inspect_tax_ids(pa.array(numbers), pa.array([country] * len(numbers)))
    return pa.table(found).to_pylist()


def result(**changes):
    """Return the review of one account."""
    policy = standard(**changes.pop("policy", {}))
    return by_account(reviewed([account(**changes)], policy, kind="polars"))["MAIN", "C-1"]


VALID = ["27AAPFU0939F1ZV", "24AAACC1206D1ZM", "27AAACR5055K1Z7", "07AAGFF2194N1Z1",
         "29AAGCB7383J1Z4", "09AAACH7409R1ZZ"]  # fmt: skip


@pytest.mark.parametrize("number", [*VALID, "38AAPFU0939F1ZS"])
def test_valid_numbers_have_no_remark(number):
    """Published numbers, and one of Ladakh (38), pass form, digit, state and holder."""
    assert facts(number) == [
        {"gstin_fits": True, "gstin_bad_digit": False, "gstin_bad_state": False,
         "gstin_bad_holder": False, "tax_id_note": None}
    ]  # fmt: skip
    assert number[14] == check_digit(number)


@pytest.mark.parametrize("state", ["01", "37", "38", "97", "99"])
def test_state_codes_in_use(state):
    """01 to 38, other territory 97 and centre jurisdiction 99 are known."""
    number = f"{state}AAPFU0939F1Z"
    assert facts(number + check_digit(number))[0]["gstin_bad_state"] is False


@pytest.mark.parametrize("state", ["00", "39", "96", "98"])
def test_state_codes_not_in_use(state):
    """Other codes are remarked on but do not fail the form."""
    found = facts(f"{state}AAPFU0939F1ZV")[0]
    assert (found["gstin_bad_state"], found["gstin_fits"]) == (True, True)


@pytest.mark.parametrize("number", ["27AAPFU0939F1ZO", "24AABCT1234A1Z5"])
def test_wrong_check_digits(number):
    """Two numbers that circulate as valid fail the check digit only."""
    found = facts(number)[0]
    assert (found["gstin_fits"], found["gstin_bad_digit"]) == (True, True)


def test_every_wrong_digit_is_found():
    """Of the 36 last characters exactly one agrees, for each published number."""
    for number in VALID:
        letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        wrong = [found["gstin_bad_digit"] for found in facts(*(number[:14] + x for x in letters))]
        assert wrong.count(False) == 1


@pytest.mark.parametrize(
    "number",
    ["27AAPFU0939F1Z", "369296450896540", "27AAPFU0939F1AA", "27AAPFU0939F0ZV", "27AAPFU0939F1ZVX",
     "27AAPFU0939F1Zv", "27AAPFU0939F1ZV\n", "\u0662\u0667AAPFU0939F1ZV", ""],
)  # fmt: skip
def test_wrong_forms(number):
    """Wrong length, letters for digits, a 14th that is no Z, a 13th of 0, foreign digits."""
    found = facts(number)[0]
    assert (found["gstin_fits"], found["gstin_bad_digit"]) == (False, False)


def test_holder_letters():
    """The PAN's fourth letter names the kind of holder; X names none."""
    assert facts("27AAPXU0939F1ZV")[0]["gstin_bad_holder"] is True
    assert [facts(f"27AAP{x}U0939F1ZV")[0]["gstin_bad_holder"] for x in "ABCFGHJLPT"] == [
        False
    ] * 10


def test_a_wrong_digit_only_informs():
    """A number with the right form and a wrong digit is assessed (METHODS 0.1 row 5)."""
    found = result(country="IN", tax_id="24AABCT1234A1Z5")
    assert (found["status"], found["codes"]) == ("assessed", ["GSTIN_CHECK_DIGIT"])


@pytest.mark.parametrize(
    ("change", "code"),
    [("27AAPFU0939F1ZO", "GSTIN_CHECK_DIGIT"), ("39AAPFU0939F1ZQ", "GSTIN_STATE"),
     ("27AAPXU0939F1ZV", "GSTIN_HOLDER")],
)  # fmt: skip
def test_strict_policy_sets_remarked_numbers_aside(change, code):
    """What informs by default gates under `gstin_strict`."""
    assert code in result(country="IN", tax_id=change)["codes"]
    strict = {"tax_id": {"gstin_strict": True}}
    assert result(country="IN", tax_id=change)["status"] == "assessed"
    assert result(country="IN", tax_id=change, policy=strict)["status"] == "quarantined"


@pytest.mark.parametrize(
    ("country", "number", "verdict"),
    [
        ("AT", "ATU57194903", "is valid there"),
        ("BE", "BE697449992", "is valid there"),
        ("FR", "FR61954506077", "is valid there"),
        ("FR", "FR61954506078", "is not a valid number there"),
        ("GB", "980780684", "is valid there"),
        ("GB", "802311781", "is not a valid number there"),
        ("US", "91-1144442", "is valid there"),
        ("US", "07-1144442", "is not a valid number there"),
    ],
)
def test_foreign_numbers_inform(country, number, verdict):
    """Numbers abroad are judged by python-stdnum in the comment; the check never applies."""
    check = result(country=country, tax_id=number)["checks"]["tax_id_structure"]
    assert check["status"] == "NOT_APPLICABLE"
    assert f"Tax id {number} {verdict}." in check["comment"]


def test_unknown_countries_have_no_note():
    """A country without a known scheme, or no country at all, is not judged."""
    assert "Tax id" not in result(country="XX", tax_id="1")["checks"]["tax_id_structure"]["comment"]
    assert facts("91-1144442", country=None)[0]["tax_id_note"] is None
