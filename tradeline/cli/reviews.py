"""Commands on reviews: make a run, prove a run."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tradeline.cli.book import OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import FINDINGS, guard
from tradeline.cli.lean import leave_pandas_out
from tradeline.cli.reading import DateOrderName, UnitName, pair, reading_options
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from tradeline.actions.reviews import EngineChoice, ReviewRun
    from tradeline.files.records import Source
    from tradeline.models.context import Actor
    from tradeline.policy.schema import Policy


class EngineName(StrEnum):
    """Where the review is computed."""

    DUCKDB = "duckdb"
    POLARS = "polars"
    POSTGRES = "postgres"
    SPARK = "spark"


class FailOn(StrEnum):
    """The least finding that ends the command with exit code 1."""

    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    WARNING = "warning"
    FAIL = "fail"
    QUARANTINE = "quarantine"


_BANDS: Final = ("Low", "Medium", "High", "Critical")

Engine = Annotated[EngineName, typer.Option("--engine", help="Where the figures are computed.")]
EngineUrl = Annotated[
    str | None,
    typer.Option(
        "--engine-url",
        help="PostgreSQL URL (else DATABASE_URL, else an embedded server) or Spark master.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]


@guard()
def review(  # noqa: PLR0917 - one parameter per option
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Credit master, open items, payments: XLSX, XLS, ODS, CSV or Parquet, in any "
            "layout. What each file holds is told from its columns."
        ),
    ] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=FILE", help="A file of one legal entity; may be repeated."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|PRESET",
            help="Written policy, or a preset by name; else standard, or the book's own.",
        ),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Review date; today if left out.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder in which the run folder appears.")] = Path(
        "runs"
    ),
    engine: Engine = EngineName.DUCKDB,
    engine_url: EngineUrl = None,
    currency: Annotated[
        str | None, typer.Option(metavar="ISO", help="Functional currency of the review.")
    ] = None,
    rates: Annotated[
        Path | None, typer.Option(help="Exchange rates: columns date, from, to, rate.")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="Say what a column is; may be repeated."
        ),
    ] = None,
    profile: Annotated[
        Path | None, typer.Option(help="Saved mapping profile (see --save-profile).")
    ] = None,
    save_profile: Annotated[
        Path | None, typer.Option(help="Save how the first file was read, for next time.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    header_row: Annotated[int | None, typer.Option(min=1, help="Row of the column names.")] = None,
    date_order: Annotated[
        DateOrderName | None, typer.Option(help="How 03/04/2026 is to be read.")
    ] = None,
    decimal: Annotated[str | None, typer.Option(metavar=".|,", help="The decimal mark.")] = None,
    unit: Annotated[
        UnitName | None,
        typer.Option(help="What the amounts are counted in, whatever the headers say."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of a text file.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Delimiter of a text file.")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="Exit with 1 at this finding or a worse one.")
    ] = None,
    book: Annotated[
        bool, typer.Option("--book", help="Review the book's own accounts instead of files.")
    ] = False,
    organisation: OrganisationName = None,
    user: UserName = None,
    csv: Annotated[bool, typer.Option(help="Write CSV beside the Parquet tables.")] = True,
    pack: Annotated[bool, typer.Option(help="Write the committee pack (XLSX and PDF).")] = True,
    as_json: AsJson = False,
) -> None:
    """Review a portfolio: checks, bands, limit actions and a committee pack in a new run folder."""
    if engine is EngineName.DUCKDB:  # ibis hands tables to the others by pandas
        leave_pandas_out()
    from tradeline.actions.reviews import Outputs, ReviewRequest, review_portfolio
    from tradeline.cli.screen import progress, show_run
    from tradeline.policy.load import find_policy

    options = reading_options(
        currency=currency, date_order=date_order, decimal=decimal, unit=unit, encoding=encoding,
        delimiter=delimiter, sheet=sheet, header_row=header_row, mapping=mapping, profile=profile,
    )  # fmt: skip
    day = day_of(as_of)
    if book:
        material = _of_book(day, actor(organisation, user))
    else:
        material = _of_files(files or [], entity or [], rates)
    with material as (sources, own_policy):
        request = ReviewRequest(
            sources=sources, options=options, as_of=day, engine=_choice(engine, engine_url),
            policy=find_policy(policy) if policy else own_policy,
            outputs=Outputs(csv=csv, pack=pack),
        )  # fmt: skip
        with progress(quiet=as_json) as tell:
            run = review_portfolio(request, out=out, at=datetime.now(UTC), tell=tell)
    if save_profile is not None:
        _save_profile(save_profile, run)
    if as_json:
        typer.echo(json.dumps(_told(run), ensure_ascii=False))
    else:
        show_run(run)
    if fail_on is not None and _reaches(run, fail_on):
        raise typer.Exit(FINDINGS)


@guard()
def replay(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    engine: Annotated[
        EngineName | None, typer.Option(help="Another engine than the one that made the run.")
    ] = None,
    engine_url: EngineUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a run again from its own inputs and policy, and compare every byte."""
    from tradeline.actions.reviews import replay_run
    from tradeline.cli.screen import progress, show_replay
    from tradeline.files.runs import read_manifest

    kind = engine or EngineName(read_manifest(run)["engine"])
    with progress(quiet=as_json) as tell:
        result = replay_run(run, engine=_choice(kind, engine_url), tell=tell)
    if as_json:
        facts = {"run_id": result.run_id, "recomputed_run_id": result.recomputed_run_id}
        facts |= {"proven": result.proven, "compared": len(result.compared)}  # type: ignore[dict-item]
        typer.echo(json.dumps(facts | {"differing": list(result.differing)}))
    else:
        show_replay(result)
    if not result.proven:
        raise typer.Exit(FINDINGS)


@contextmanager
def _of_files(
    files: Sequence[Path], entities: Sequence[str], rates: Path | None
) -> Iterator[tuple[list[Source], Policy]]:
    """Yield the files that are named, and the policy by which they are reviewed if none is."""
    from tradeline.files.records import Source
    from tradeline.policy.load import load_preset

    sources = [Source(path=path) for path in files]
    for text in entities:
        code, name = pair(text, "--entity", "CODE=FILE")
        sources.append(Source(path=Path(name), entity=code))
    if not sources:
        raise ArgumentFault(
            "no file is named",
            mend="give a credit master: tradeline review credit_master.xlsx; or the book: --book",
        )
    sources += [Source(path=rates, role="rates")] if rates else []
    yield sources, load_preset("standard")


@contextmanager
def _of_book(day: date, by: Actor) -> Iterator[tuple[list[Source], Policy]]:
    """Yield the book as files and its policy; the run folder keeps its own copy of both."""
    from tradeline.files.records import Source
    from tradeline.queries.policies import policy_in_force
    from tradeline.queries.reading import reading
    from tradeline.queries.snapshots import write_snapshot

    with tempfile.TemporaryDirectory(prefix="tradeline-book-") as folder:
        with reading(by, "exposure.read"):
            files, policy = write_snapshot(Path(folder), as_of=day), policy_in_force()
        sources = [Source(path=path, role=path.stem) for path in files]  # type: ignore[arg-type]
        yield sources, policy


def _choice(engine: EngineName, url: str | None) -> EngineChoice:
    from tradeline.actions.reviews import EngineChoice

    if engine is EngineName.POSTGRES and url is None:
        url = os.environ.get("DATABASE_URL") or _embedded()
    return EngineChoice(kind=engine.value, url=url)


def _embedded() -> str:
    """Start the embedded PostgreSQL in the data directory and return its URL."""
    from tradeline.database import data_directory, embedded_url

    return embedded_url(data_directory(os.environ))


def _save_profile(path: Path, run: ReviewRun) -> None:
    from tradeline.files.profile import save_profile

    try:
        save_profile(path, run.intake.reports[0], unit=run.options.get("unit"))
    except OSError as error:
        raise ArgumentFault(
            f"the run is written, but the profile cannot be saved: {error.strerror}",
            where=str(path),
            mend="name another file with --save-profile",
        ) from error


def _told(run: ReviewRun) -> dict[str, Any]:
    """Return what `--json` prints; the fields are documented in docs/reference/data-contract.md."""
    total = run.summary.total
    return {
        "run_id": run.identity.run_id,
        "path": str(run.path),
        "as_of": run.identity.as_of.isoformat(),
        "currency": run.intake.currency,
        "accounts": run.tables.accounts.num_rows,
        "bands": {
            band: total.by_band[band].accounts if band in total.by_band else 0 for band in _BANDS
        },
        "status": {
            "assessed": total.assessed,
            "not_assessed": total.not_assessed,
            "quarantined": total.quarantined,
        },
        "checks": {check: dict(counts) for check, counts in run.summary.checks.items()},
        "limit_actions": dict(total.limit_actions),
        "quarantine": dict(run.summary.quarantine_codes),
    }


def _reaches(run: ReviewRun, level: FailOn) -> bool:
    """Return whether any finding is at or above the level."""
    total, checks = run.summary.total, run.summary.checks.values()
    if level is FailOn.QUARANTINE:
        return total.quarantined > 0
    if level in (FailOn.WARNING, FailOn.FAIL):
        bad = ("FAIL",) if level is FailOn.FAIL else ("FAIL", "NOT_EVALUATED", "WARNING")
        return any(counts.get(status, 0) for counts in checks for status in bad)
    least = _BANDS.index(level.value.title())
    return any(total.by_band[band].accounts for band in _BANDS[least:] if band in total.by_band)
