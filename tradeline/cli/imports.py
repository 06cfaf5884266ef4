"""The command that takes files into the book."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path  # noqa: TC003 - typer reads it from the signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import guard
from tradeline.cli.reading import DateOrderName, UnitName, reading_options
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from tradeline.actions.imports import Imported


class Kind(StrEnum):
    """What a file holds."""

    CUSTOMERS = "customers"
    LIMITS = "limits"
    AR = "ar"
    ORDERS = "orders"
    PAYMENTS = "payments"
    RATES = "rates"


@guard()
def import_file(  # noqa: PLR0917 - one parameter per option
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(help="XLSX, XLS, ODS, CSV or Parquet.")],
    preview: Annotated[bool, typer.Option(help="Show what would change; write nothing.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="A full extract: what it lacks is closed.")
    ] = False,
    full_of: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="A full extract of this legal entity; may be repeated."),
    ] = None,
    confirm_closing: Annotated[
        bool, typer.Option(help="Close even unusually many rows that a full extract lacks.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Apply the very same file once more, after others.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day the file speaks of; today.")
    ] = None,
    entity: Annotated[
        str | None, typer.Option(metavar="CODE", help="Legal entity of rows that name none.")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="ISO", help="Currency of amounts that name none.")
    ] = None,
    tax_included: Annotated[
        bool | None, typer.Option("--tax-included/--tax-excluded", help="Of order amounts.")
    ] = None,
    tax_rate: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Added to order amounts without tax.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=FIELD", help="May be repeated.")
    ] = None,
    profile: Annotated[Path | None, typer.Option(help="Saved mapping profile.")] = None,
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
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Take a file into the book: every row is applied, unchanged, or set aside with its reason."""
    from tradeline.cli.screen import progress
    from tradeline.cli.screen_book import show_import
    from tradeline.files.feeds import Source, read_feed

    options = reading_options(
        currency=currency, date_order=date_order, decimal=decimal, unit=unit,
        encoding=encoding,
        sheet=sheet, header_row=header_row, delimiter=delimiter, mapping=mapping, profile=profile,
    )  # fmt: skip
    by = actor(organisation, user)
    from tradeline.actions.imports import ImportRequest, import_feed  # after Django has started

    with progress(quiet=as_json) as tell:
        tell("Reading", 0, 1)
        feed = read_feed(
            Source(path=file), kind.value, options, entity=entity or _only_entity(by),
            tax_included=tax_included, tax_rate=_percent(tax_rate),
        )  # fmt: skip
        tell("Reading", 1, 1)
        request = ImportRequest(
            feed=feed, day=day_of(as_of), full_extract=full or bool(full_of),
            extract_of=tuple(full_of or ()), confirmed=confirm_closing, again=again,
        )  # fmt: skip
        done = import_feed(request, by=by, at=datetime.now(UTC), preview=preview, tell=tell)
    if as_json:
        typer.echo(json.dumps(told(done, preview=preview), ensure_ascii=False))
    else:
        show_import(done, feed, preview=preview)


def _only_entity(by: Any) -> str:
    """Return the code of the only legal entity; where there are several, rows must name theirs."""
    from tradeline.models import LegalEntity
    from tradeline.models.context import acting

    with acting(by):
        codes = list(LegalEntity.objects.values_list("code", flat=True)[:2])
    return codes[0] if len(codes) == 1 else ""


def _percent(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation as error:
        raise ArgumentFault(
            f"'{text}' is no percentage", where="--tax-rate", mend="write it as 18 or 7.5"
        ) from error


def told(done: Imported, *, preview: bool) -> dict[str, Any]:
    """Return what `--json` prints; the fields are documented in docs/reference/data-contract.md."""
    from tradeline.cli.book import money

    totals = {name: {code: money(v, code) for code, v in sums.items()}
              for name, sums in done.totals.items()}  # fmt: skip
    return {
        "kind": done.kind, "batch_id": str(done.batch_id), "preview": preview,
        "repeated": done.repeated, "rows_in": done.rows_in, "rows_applied": done.rows_applied,
        "rows_unchanged": done.rows_unchanged, "rows_quarantined": done.rows_quarantined,
        "rows_closed": done.rows_closed, "accounts_opened": done.accounts_opened,
        "lines_moved": done.lines_moved, "totals": totals, "reasons": dict(done.reasons),
        "remarks": list(done.remarks), "extract_of": list(done.extract_of),
    }  # fmt: skip
