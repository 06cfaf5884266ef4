"""Review a portfolio into a run folder, and replay a run to prove it.

Writing a run is the one change of state here: the folder appears under its name only when it is
whole. The clock is read at the door and passed in; it names the folder and stands in the manifest,
never in the tables.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradeline.engine.results import ReviewTables, RunIdentity
from tradeline.engine.version import ENGINE_VERSION, VERSION
from tradeline.errors import ArgumentFault, RunFault
from tradeline.files import runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from tradeline.engine.kpis import Summary
    from tradeline.files.records import Intake, ReadOptions, Source
    from tradeline.policy.schema import Policy

Tell = Callable[[str, int, int], None]
"""Told the pass, the steps done and the steps in all."""

PASSES = ("Reading", "Reviewing", "Writing tables", "Making the pack")


@dataclass(frozen=True, kw_only=True)
class EngineChoice:
    """Which engine computes, and where it is reached."""

    kind: str = "duckdb"
    url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What a run writes besides its Parquet tables."""

    csv: bool = True
    pack: bool = True


@dataclass(frozen=True, kw_only=True)
class ReviewRequest:
    """What to review, by which policy, as of which day, and what to write."""

    sources: Sequence[Source]
    options: ReadOptions
    policy: Policy
    as_of: date
    engine: EngineChoice = EngineChoice()
    outputs: Outputs = Outputs()


@dataclass(frozen=True, kw_only=True)
class ReviewRun:
    """A finished run: where it lies, what it is, what it says."""

    path: Path
    identity: RunIdentity
    tables: ReviewTables
    intake: Intake
    policy: Policy
    inputs: Sequence[dict[str, Any]]  # as in the manifest
    options: dict[str, Any]  # reading options that were answered

    @cached_property
    def summary(self) -> Summary:
        """Return the figures of the whole, reckoned when they are first asked for."""
        from tradeline.engine.kpis import summarise

        return summarise(self.tables, currency=self.intake.currency)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What a replay found: the files that differ from the recorded ones, if any."""

    run_id: str
    recomputed_run_id: str
    software: str  # that made the run
    compared: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Return whether the run was reproduced, byte for byte."""
        return not self.differing and self.run_id == self.recomputed_run_id


def _quiet(_pass: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def review_portfolio(
    request: ReviewRequest, *, out: Path, at: datetime, tell: Tell = _quiet
) -> ReviewRun:
    """Read, review and write one new run folder under `out`.

    Raises:
        TradelineError: unusable input, policy, rates or engine; nothing is left behind.
    """
    _require_folder(out)
    with _draft(out) as draft:
        stored = replace(request, sources=runs.store_inputs(draft, request.sources))
        run = _produce(draft, stored, tell)
        _seal(draft, run, request, at)
        name = f"{request.as_of.isoformat()}-{run.identity.run_id[:12]}"
        path = _publish(draft, out, name, at)
    return replace(run, path=path)


def _require_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentFault(
            f"the folder for runs cannot be made: {error.strerror}",
            where=str(out),
            mend="name another folder with --out",
        ) from error


@contextmanager
def _draft(out: Path) -> Iterator[Path]:
    """Yield a hidden folder beside the runs that vanishes unless it is published."""
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=out))
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _produce(folder: Path, request: ReviewRequest, tell: Tell) -> ReviewRun:
    """Fill the folder with everything but the manifest."""
    from tradeline.files.intake import read_sources
    from tradeline.files.profile import with_profile
    from tradeline.files.results import write_results
    from tradeline.policy.load import policy_version
    from tradeline.policy.write import to_yaml

    resolved, policy = with_profile(request.options), request.policy

    def on_progress(_file: str, done: int, total: int) -> None:
        tell(PASSES[0], done, total)
        _import_engine(request.engine.kind)  # the child works; no thread: an interruption hung it

    intake = read_sources(
        request.sources, resolved, policy=policy, as_of=request.as_of, on_progress=on_progress
    )
    (folder / "policy.yaml").write_text(to_yaml(policy), encoding="utf-8")
    inputs, told = runs.input_records(request.sources), runs.told_options(resolved)
    identity = RunIdentity(
        inputs_hash=runs.inputs_hash(inputs, told),
        policy_version=policy_version(policy),
        engine_version=ENGINE_VERSION,
        as_of=request.as_of,
    )
    with ThreadPoolExecutor(1) as beside:  # the canonical tables are written while others compute
        written = beside.submit(runs.store_canonical, folder, intake)
        master = _completed(intake, request, tell)
        if intake.items is not None:
            written.result()
        intake = replace(intake, master=None, items=None, payments=None)  # let large tables go
        tables = _reviewed(master, intake, request, tell)
        written.result()
    tell(PASSES[2], 0, 1)
    write_results(folder, tables, currency=intake.currency, csv=request.outputs.csv)
    tell(PASSES[2], 1, 1)
    run = ReviewRun(
        path=folder, identity=identity, tables=tables, intake=intake, policy=policy,
        inputs=inputs, options=told,
    )  # fmt: skip
    if request.outputs.pack:
        _write_pack(run, tell)
    return run


def _import_engine(kind: str) -> None:
    import tradeline.engine.backends
    import tradeline.engine.review  # noqa: F401

    if kind == "duckdb":
        import ibis.backends.duckdb  # noqa: F401


def _completed(intake: Intake, request: ReviewRequest, tell: Tell) -> pa.Table:
    """Return the master, completed from items and payments where they are given."""
    from tradeline.engine.backends import open_engine
    from tradeline.engine.complete import complete_master

    if intake.master is not None and intake.items is None:
        return intake.master
    tell(PASSES[1], 0, 1)
    with open_engine(request.engine.kind, request.engine.url) as opened:
        return complete_master(
            intake.master, intake.items, intake.payments, request.policy,
            currency=intake.currency, as_of=request.as_of, engine=opened,
        )  # fmt: skip


def _reviewed(master: pa.Table, intake: Intake, request: ReviewRequest, tell: Tell) -> ReviewTables:
    import pyarrow as pa

    from tradeline.engine.backends import open_engine
    from tradeline.engine.review import STEPS, review

    steps = {step: number for number, step in enumerate(STEPS)}
    with open_engine(request.engine.kind, request.engine.url) as opened:
        tables = review(
            master, request.policy, currency=intake.currency, as_of=request.as_of, engine=opened,
            on_step=lambda step: tell(PASSES[1], steps[step], len(STEPS)),
        )  # fmt: skip
    tell(PASSES[1], len(STEPS), len(STEPS))
    findings = pa.concat_tables([tables.findings, intake.findings]).combine_chunks()
    return ReviewTables(accounts=tables.accounts, checks=tables.checks, findings=findings)


def _write_pack(run: ReviewRun, tell: Tell) -> None:
    from tradeline.files.pack import write_pack
    from tradeline.policy.explain import explain

    written: list[str] = []

    def step(name: str) -> None:
        tell(PASSES[3], len(written), 2)
        written.append(name)

    write_pack(
        run.path,
        tables=run.tables,
        currency=run.intake.currency,
        policy=run.policy,
        identity=run.identity,
        inputs=[(record["file"], record["sha256"]) for record in run.inputs],
        policy_words=[(chapter.title, chapter.sentences) for chapter in explain(run.policy)],
        on_progress=step,
    )
    tell(PASSES[3], 2, 2)


def _seal(folder: Path, run: ReviewRun, request: ReviewRequest, at: datetime) -> None:
    """Write the manifest over the finished files."""
    manifest = {
        "format": 1,
        "run_id": run.identity.run_id,
        "inputs_hash": run.identity.inputs_hash,
        "policy_version": run.identity.policy_version,
        "engine_version": run.identity.engine_version,
        "as_of": run.identity.as_of.isoformat(),
        "currency": run.intake.currency,
        "started_at": at.isoformat(),
        "engine": request.engine.kind,
        "software": f"tradeline {VERSION}",
        "outputs": asdict(request.outputs),
        "inputs": run.inputs,
        "options": run.options,
        "reading": [asdict(report) for report in run.intake.reports],
        "files": runs.file_hashes(folder),
    }
    runs.write_manifest(folder, manifest)


def _publish(draft: Path, out: Path, name: str, at: datetime) -> Path:
    """Give the draft its name; a run that was made before keeps its folder, this one is dated."""
    stamp = at.strftime("%Y%m%dT%H%M%S")
    for candidate in (name, f"{name}-{stamp}", f"{name}-{stamp}-{at.microsecond:06d}"):
        target = out / candidate
        if not target.exists():
            draft.rename(target)
            return target
    raise RunFault("two runs began at the same instant", where=str(out), mend="start it again")


def replay_run(folder: Path, *, engine: EngineChoice | None = None, tell: Tell = _quiet) -> Replay:
    """Make the run again from its own inputs and policy and compare every byte.

    A file that was altered after the run was written counts as differing, as does one that the
    computation no longer gives.

    Raises:
        RunFault: the folder is no run, or lacks its inputs.
        TradelineError: the stored inputs or policy can no longer be read.
    """
    from tradeline.policy.load import load_policy

    manifest = runs.read_manifest(folder)
    request = ReviewRequest(
        sources=runs.stored_sources(folder, manifest),
        options=runs.read_options(manifest),
        policy=load_policy(folder / "policy.yaml"),
        as_of=date.fromisoformat(manifest["as_of"]),
        engine=engine or EngineChoice(kind=manifest["engine"]),
        outputs=Outputs(**manifest["outputs"]),
    )
    with tempfile.TemporaryDirectory(prefix="tradeline-replay-") as name:
        run = _produce(Path(name), request, tell)
        recomputed = runs.file_hashes(Path(name))
    return _compared(manifest, runs.file_hashes(folder), recomputed, run.identity.run_id)


def _compared(
    manifest: dict[str, Any], present: dict[str, str], recomputed: dict[str, str], run_id: str
) -> Replay:
    recorded: dict[str, str] = manifest["files"]
    expected = recorded | recomputed  # raw inputs are recorded, everything else is recomputed too
    names = sorted(recorded.keys() | present.keys() | recomputed.keys())
    differing = [
        name for name in names if not present.get(name) == recorded.get(name) == expected.get(name)
    ]
    return Replay(
        run_id=manifest["run_id"],
        recomputed_run_id=run_id,
        software=manifest["software"],
        compared=tuple(names),
        differing=tuple(differing),
    )
