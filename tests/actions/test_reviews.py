"""Runs: whole or not at all, equal for equal inputs, proven by replay on every engine."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from tradeline.actions import reviews
from tradeline.actions.reviews import (
    EngineChoice,
    Outputs,
    ReviewRequest,
    replay_run,
    review_portfolio,
)
from tradeline.errors import FileFault, RunFault, TradelineError
from tradeline.files.records import ReadOptions, Source
from tradeline.policy.load import load_preset, parse_policy

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
MASTER = """\
customer_no,customer_name,tax_id,credit_limit,outstanding,ageing_bucket,dso_days,last_payment_date,\
track_record,disputed,entity,currency,country
C1,Acme Forge,27AAPFU0939F1ZV,5000000,2800000,0-30,42,2026-06-10,86,no,IN01,INR,IN
C2,Acme Trade,24AAACC1206D1ZM,2000000,2160000,31-60,68,2026-05-26,64,no,IN01,INR,IN
C3,"Acme ""Best"", Traders",27AAACR5055K1Z7,1500000,980000,90+,130,2026-03-27,32,yes,IN01,INR,IN
C4,=Acme Agri,07AAGFF2194N1Z1,1000000,0,0-30,0,2025-12-02,58,no,IN01,INR,IN
C5,No Tax,07AAGFF2194N1,1000000,500,0-30,10,2026-06-02,58,no,IN01,INR,IN
"""


@pytest.fixture
def master(tmp_path: Path) -> Path:
    """A canonical credit master of five accounts, one of them with a wrong GSTIN."""
    path = tmp_path / "master.csv"
    path.write_text(MASTER, encoding="utf-8")
    return path


def request(path: Path, engine: str = "duckdb", **changes: object) -> ReviewRequest:
    """Return a request for a review without a pack."""
    facts = {
        "sources": [Source(path=path)],
        "options": ReadOptions(),
        "policy": load_preset("india"),
        "as_of": date(2026, 6, 30),
        "engine": EngineChoice(kind=engine),
        "outputs": Outputs(pack=False),
    }
    return ReviewRequest(**{**facts, **changes})  # type: ignore[arg-type]


def test_it_leaves_one_folder_with_everything(master: Path, tmp_path: Path) -> None:
    """One run folder appears, named by date and run id, and no draft stays behind."""
    run = review_portfolio(request(master, outputs=Outputs()), out=tmp_path / "runs", at=AT)
    assert list((tmp_path / "runs").iterdir()) == [run.path]
    assert run.path.name == f"2026-06-30-{run.identity.run_id[:12]}"
    names = {path.name for path in run.path.iterdir()}
    tables = {
        f"{name}.{kind}"
        for name in ("accounts", "checks", "findings")
        for kind in ("csv", "parquet")
    }
    assert names == tables | {"manifest.json", "inputs", "policy.yaml", "pack.xlsx", "pack.pdf"}
    assert (run.path / "inputs" / "01" / "master.csv").read_text() == MASTER


def test_the_same_facts_give_the_same_run_on_another_engine(master: Path, tmp_path: Path) -> None:
    """Run id and every byte but the manifest's are the same on DuckDB and Polars."""
    runs = [
        review_portfolio(request(master, engine), out=tmp_path / engine, at=AT)
        for engine in ("duckdb", "polars")
    ]
    manifests = [json.loads((run.path / "manifest.json").read_text()) for run in runs]
    assert manifests[0]["run_id"] == manifests[1]["run_id"]
    assert manifests[0]["files"] == manifests[1]["files"]


@pytest.mark.parametrize("change", ["file", "name", "policy", "as_of", "option"])
def test_every_fact_moves_the_run_id(master: Path, tmp_path: Path, change: str) -> None:
    """Another content, name, policy, date or reading option is another run."""
    first = review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    other, changes = master, {}
    if change == "file":
        master.write_text(MASTER.replace("2160000", "2160001"), encoding="utf-8")
    elif change == "name":
        other = master.rename(tmp_path / "other.csv")
    elif change == "policy":
        changes["policy"] = parse_policy("based_on: india\nfx: {rate_age_max_days: 4}\n", "p.yaml")
    elif change == "as_of":
        changes["as_of"] = date(2026, 7, 1)
    else:
        changes["options"] = ReadOptions(date_order="ymd")
    second = review_portfolio(request(other, **changes), out=tmp_path / "runs", at=AT)
    assert first.identity.run_id != second.identity.run_id


def test_a_repeated_run_gets_its_own_folder(master: Path, tmp_path: Path) -> None:
    """A run is never overwritten: the same review again lies beside the first, dated."""
    runs = [review_portfolio(request(master), out=tmp_path / "runs", at=AT) for _ in range(2)]
    assert runs[0].identity == runs[1].identity
    assert runs[0].path != runs[1].path
    assert runs[1].path.name.endswith("20260701T083000")


def test_a_failing_run_leaves_nothing(master: Path, tmp_path: Path) -> None:
    """An unusable file ends as an error and the folder of runs stays empty."""
    with pytest.raises(FileFault):
        review_portfolio(request(tmp_path / "absent.csv"), out=tmp_path / "runs", at=AT)
    assert not list((tmp_path / "runs").iterdir())


def test_an_interrupted_run_leaves_nothing(
    master: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the last step takes the draft away and no run appears."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reviews, "_seal", interrupt)
    with pytest.raises(KeyboardInterrupt):
        review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize("engine", ["duckdb", "polars"])
def test_replay_proves_the_run_pack_included(master: Path, tmp_path: Path, engine: str) -> None:
    """A run replays byte for byte, on the engine that made it and on another."""
    run = review_portfolio(request(master, outputs=Outputs()), out=tmp_path / "runs", at=AT)
    result = replay_run(run.path, engine=EngineChoice(kind=engine))
    assert result.proven
    assert {"pack.xlsx", "pack.pdf", "accounts.csv", "inputs/01/master.csv"} <= set(result.compared)


@pytest.mark.parametrize(
    "name",
    [
        "accounts.csv",
        "checks.parquet",
        "policy.yaml",
        "inputs/01/master.csv",
        "inputs/master.parquet",
    ],
)
def test_replay_names_an_altered_file(master: Path, tmp_path: Path, name: str) -> None:
    """A changed result, policy or input is found and named."""
    run = review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    path = run.path / name
    altered = path.read_bytes().replace(b"2160000", b"2160001")
    path.write_bytes(altered if altered != path.read_bytes() else altered + b"\n")
    result = replay_run(run.path)
    assert not result.proven
    assert name in result.differing


def test_replay_finds_a_missing_or_added_file(master: Path, tmp_path: Path) -> None:
    """A file that vanished or was slipped in is a difference too."""
    run = review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    (run.path / "checks.csv").unlink()
    (run.path / "extra.csv").write_text("x")
    assert set(replay_run(run.path).differing) == {"checks.csv", "extra.csv"}


def test_replay_finds_an_edited_manifest(master: Path, tmp_path: Path) -> None:
    """A manifest that claims another as-of date or run id does not reproduce."""
    run = review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    manifest = json.loads((run.path / "manifest.json").read_text())
    (run.path / "manifest.json").write_text(json.dumps(manifest | {"as_of": "2026-06-29"}))
    assert not replay_run(run.path).proven
    (run.path / "manifest.json").write_text(json.dumps(manifest | {"run_id": "0" * 64}))
    assert not replay_run(run.path).proven


@pytest.mark.parametrize(
    "fault", ["nothing", "no json", "other form", "lost input", "path outside"]
)
def test_replay_refuses_what_is_no_run(master: Path, tmp_path: Path, fault: str) -> None:
    """A folder that is no run, or reaches outside itself, ends as a clear error."""
    run = review_portfolio(request(master), out=tmp_path / "runs", at=AT)
    manifest = run.path / "manifest.json"
    if fault == "nothing":
        manifest.unlink()
    elif fault == "no json":
        manifest.write_text("{")
    elif fault == "other form":
        manifest.write_text('{"format": 2}')
    elif fault == "lost input":
        shutil.rmtree(run.path / "inputs" / "01")
    else:
        facts = json.loads(manifest.read_text())
        facts["inputs"][0]["folder"] = "../../.."
        manifest.write_text(json.dumps(facts))
    with pytest.raises(RunFault) as refused:
        replay_run(run.path)
    assert refused.value.mend


def test_an_unknown_engine_is_refused(master: Path, tmp_path: Path) -> None:
    """The message lists the engines there are."""
    with pytest.raises(TradelineError, match="no engine 'abacus'") as refused:
        review_portfolio(request(master, "abacus"), out=tmp_path / "runs", at=AT)
    assert "duckdb" in refused.value.mend


def test_the_interpretation_is_part_of_the_proof(tmp_path: Path) -> None:
    """A file that needs an answer replays with the answer that was given."""
    path = tmp_path / "us.csv"
    path.write_text(MASTER.replace("2026-06-10", "03/04/2026").replace("2026-05-26", "05/06/2026")
                    .replace("2026-03-27", "01/02/2026").replace("2025-12-02", "02/01/2026")
                    .replace("2026-06-02", "02/03/2026"))  # fmt: skip
    options = ReadOptions(date_order="mdy")
    run = review_portfolio(request(path, options=options), out=tmp_path / "runs", at=AT)
    assert replay_run(run.path).proven


def test_a_credit_balance_keeps_its_figures_numbers(tmp_path: Path) -> None:
    """Negative money and utilisation stay plain numbers in the CSV; only text is guarded."""
    path = tmp_path / "credit.csv"
    path.write_text(MASTER.replace(",2160000,", ",-50000,"))
    run = review_portfolio(request(path), out=tmp_path / "runs", at=AT)
    with (run.path / "accounts.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["customer_no"]: row for row in csv.DictReader(stream)}
    assert float(rows["C2"]["outstanding"]) == -50000
    assert float(rows["C2"]["ar_utilisation_pct"]) == -2.5
    assert rows["C4"]["customer_name"] == "'=Acme Agri"
