"""The review and replay commands as a person or a program meets them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradeline.cli.main import app

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "portfolios"
MASTER = EXAMPLES / "credit_master.xlsx"
INDIA = ("--policy", "india", "--as-of", "2026-06-30")
runner = CliRunner()


def review(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error of a review into tmp_path/runs."""
    result = runner.invoke(app, ["review", *arguments, "--out", str(tmp_path / "runs")])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_it_shows_bands_worst_accounts_quarantine_and_place(tmp_path: Path) -> None:
    """The summary holds what the issue of the day needs; the path comes last."""
    code, out, _ = review(tmp_path, str(MASTER), *INDIA, "--no-pack")
    assert code == 0
    for words in (
        "Bands",
        "Critical",
        "Worst accounts",
        "over by INR",
        "gstin unverified",
        "121 accounts",
    ):
        assert words in out
    last = Path(out.rstrip().splitlines()[-1])
    assert (last / "accounts.csv").is_file()


def test_it_shows_how_columns_were_read(tmp_path: Path) -> None:
    """Every mapped column is shown with its confidence and the reason."""
    _, out, _ = review(tmp_path, str(MASTER), *INDIA, "--no-pack")
    assert "Closing Balance" in out
    assert "90 %" in out
    assert "synonym (Tally)" in out


def test_it_shows_columns_of_amounts_by_age_and_takes_a_unit(tmp_path: Path) -> None:
    """They decide the ageing; an answered unit is told for each and kept with the run."""
    book = EXAMPLES.parent / "imports" / "tally_ageing.csv"
    profile = tmp_path / "profile.yaml"
    arguments = ("--unit", "thousand", "--currency", "INR", "--as-of", "2026-06-30", "--no-pack")
    code, out, _ = review(tmp_path, str(book), *arguments, "--save-profile", str(profile))
    assert code == 0
    assert "31 to 60 days" in out
    assert "amounts aged 31-60; in thousand" in out
    assert "unit: thousand" in profile.read_text("utf-8")
    run = Path(out.rstrip().splitlines()[-1])
    assert json.loads((run / "manifest.json").read_text("utf-8"))["options"]["unit"] == "thousand"
    assert runner.invoke(app, ["replay", str(run)]).exit_code == 0


def test_json_is_one_object(tmp_path: Path) -> None:
    """Programs get one JSON object with id, path and counts that add up."""
    code, out, _ = review(tmp_path, str(MASTER), *INDIA, "--no-pack", "--json")
    told = json.loads(out)
    assert code == 0
    assert Path(told["path"]).name.startswith("2026-06-30-" + told["run_id"][:12])
    assert sum(told["status"].values()) == told["accounts"] == 121
    assert sum(told["bands"].values()) == told["status"]["assessed"]
    assert told["checks"]["entries_non_empty"] == {"PASS": 1}
    assert told["quarantine"] == {"DUPLICATE_CONFLICT": 2, "GSTIN_UNVERIFIED": 2}


@pytest.mark.parametrize(
    ("level", "code"),
    [("medium", 1), ("critical", 1), ("fail", 1), ("warning", 1), ("quarantine", 1)],
)
def test_fail_on_ends_with_one(tmp_path: Path, level: str, code: int) -> None:
    """Findings at or above the level end the command with 1."""
    assert review(tmp_path, str(MASTER), *INDIA, "--no-pack", "--fail-on", level)[0] == code


def test_fail_on_lets_a_clean_portfolio_pass(tmp_path: Path) -> None:
    """A portfolio without findings ends with 0 at every level: the control of the test above."""
    path = tmp_path / "clean.csv"
    path.write_text(
        "customer_no,customer_name,credit_limit,outstanding,ageing_bucket,dso_days,"
        "last_payment_date,track_record,disputed,currency,country\n"
        "C1,Clean,1000,500,0-30,30,2026-06-20,90,no,USD,US\n"
    )
    for level in ("medium", "warning", "quarantine"):
        code = review(
            tmp_path, str(path), "--as-of", "2026-06-30", "--no-pack", "--fail-on", level
        )[0]
        assert code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("no file is named", "mend:")),
        (("absent.xlsx",), ("cannot be read", "absent.xlsx", "mend:")),
        ((str(MASTER), "--as-of", "30.6.2026"), ("no date", "--as-of", "2026-06-30")),
        ((str(MASTER), "--policy", "generous"), ("generous", "mend:")),
        ((str(MASTER), "--map", "Balance"), ("COLUMN=FIELD",)),
        ((str(MASTER), "--entity", "IN01"), ("CODE=FILE",)),
        ((str(MASTER), "--decimal", ";"), ("decimal mark",)),
        ((str(MASTER), "--currency", "XX1"), ("no currency", "ISO 4217")),
        (
            (str(MASTER), *INDIA, "--no-pack", "--save-profile", "/nowhere/profile.yaml"),
            ("profile cannot be saved", "--save-profile"),
        ),
        ((str(MASTER), "--sheet", "Cover", *INDIA), ("mend:",)),
    ],
)
def test_unusable_arguments_end_with_two(
    tmp_path: Path, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """The error says what, where and how to mend it, on standard error, without a traceback."""
    code, _, error = review(tmp_path, *arguments)
    assert code == 2
    for word in words:
        assert word in error
    assert "Traceback" not in error


def test_several_files_of_several_entities(tmp_path: Path) -> None:
    """--entity tags files; the accounts keep their entity and never mix."""
    for name, number in (("north", "C1"), ("south", "C1")):
        (tmp_path / f"{name}.csv").write_text(
            "customer_no,credit_limit,outstanding,ageing_bucket,currency,country\n"
            f"{number},1000,500,0-30,USD,US\n"
        )
    code, out, _ = review(
        tmp_path, "--entity", f"N={tmp_path}/north.csv", "--entity", f"S={tmp_path}/south.csv",
        "--as-of", "2026-06-30", "--no-pack", "--json",
    )  # fmt: skip
    assert code == 0
    accounts = (Path(json.loads(out)["path"]) / "accounts.csv").read_text()
    assert '"N","C1"' in accounts
    assert '"S","C1"' in accounts


def test_a_profile_is_saved_and_read(tmp_path: Path) -> None:
    """A saved mapping answers the next run, which needs no --map."""
    path, profile = tmp_path / "odd.csv", tmp_path / "profile.yaml"
    path.write_text("who,cap,due us,bucket,ccy\nC1,1000,500,0-30,USD\n")
    fields = {"who": "customer_no", "cap": "credit_limit", "due us": "outstanding",
              "bucket": "ageing_bucket", "ccy": "currency"}  # fmt: skip
    maps = [f"--map={header}={field}" for header, field in fields.items()]
    common = (str(path), "--as-of", "2026-06-30", "--no-pack", "--json")
    assert review(tmp_path, *common)[0] == 2
    code, first, _ = review(tmp_path, *common, *maps, "--save-profile", str(profile))
    assert code == 0
    code, second, _ = review(tmp_path, *common, "--profile", str(profile))
    assert code == 0
    assert json.loads(first)["bands"] == json.loads(second)["bands"]


def test_replay_says_so(tmp_path: Path) -> None:
    """An honest run ends with 0; an altered one with 1, naming the file."""
    _, out, _ = review(tmp_path, str(MASTER), *INDIA, "--no-pack", "--json")
    path = Path(json.loads(out)["path"])
    proven = runner.invoke(app, ["replay", str(path)])
    assert proven.exit_code == 0
    assert "byte for byte" in proven.stdout
    (path / "accounts.csv").write_text("nothing")
    refuted = runner.invoke(app, ["replay", str(path)])
    assert refuted.exit_code == 1
    assert "accounts.csv" in refuted.stdout
    assert runner.invoke(app, ["replay", str(tmp_path)]).exit_code == 2


def test_help_imports_nothing_heavy() -> None:
    """--help stays quick because no engine, reader or schema is imported for it."""
    code = "import sys, tradeline.cli.main; print(sorted(sys.modules))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for heavy in ("ibis", "duckdb", "polars", "pyarrow", "pydantic", "pandas", "numpy", "yaml"):
        assert f"'{heavy}'" not in names.stdout


def test_an_interruption_leaves_nothing_and_is_no_finding(tmp_path: Path) -> None:
    """SIGINT while the review runs ends with 130, and the folder of runs holds no draft."""
    command = [
        sys.executable,
        "-m",
        "tradeline",
        "review",
        str(MASTER),
        *INDIA,
        "--out",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while not list(tmp_path.glob(".draft-*")):  # the draft exists: the work has begun
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert not list(tmp_path.iterdir())


def test_a_crash_is_not_taken_for_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception ends with 70 and says whose fault it is."""
    from tradeline import __main__
    from tradeline.cli import main

    def crash() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(main, "app", crash)
    with pytest.raises(SystemExit) as ended:
        __main__.main()
    assert ended.value.code == 70


def test_an_empty_list_fails_the_run_check(tmp_path: Path) -> None:
    """A header without rows makes a run whose only check is a FAIL; no currency is asked for."""
    path = tmp_path / "empty.csv"
    path.write_text("customer_no,customer_name,credit_limit,outstanding,ageing_bucket,currency\n")
    code, out, _ = review(
        tmp_path, str(path), "--as-of", "2026-06-30", "--json", "--fail-on", "fail"
    )
    assert code == 1
    told = json.loads(out)
    assert told["checks"]["entries_non_empty"] == {"FAIL": 1}
    assert (Path(told["path"]) / "pack.pdf").is_file()


def test_an_unknown_currency_is_named(tmp_path: Path) -> None:
    """The error names the word that is no currency instead of asking for one."""
    path = tmp_path / "odd.csv"
    path.write_text(
        "customer_no,credit_limit,outstanding,ageing_bucket,currency\nC1,1000,500,0-30,XQZ\n"
    )
    code, _, error = review(tmp_path, str(path), "--as-of", "2026-06-30", "--no-pack")
    assert code == 2
    assert "'XQZ'" in error


REVIEW = """
import sys
from tradeline.__main__ import main
try:
    main()
except SystemExit as end:
    print(end.code or 0, "pandas" in sys.modules)
import pyarrow as pa
print(len(pa.table({"a": [1, 2]}).to_pandas()))
"""


def test_a_review_does_not_import_pandas(tmp_path: Path) -> None:
    """A tenth of the time of a short command; a table can still be made pandas's."""
    arguments = ["review", str(MASTER), *INDIA, "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", REVIEW, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    code, imported, rest = done.stdout.split()[-3:]
    assert (code, imported, rest) == ("0", "False", "2")
