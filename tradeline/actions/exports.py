"""Hand the exposure list to another system, and keep a record of what was handed out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.files.export_schema import AMOUNTS, FIELDS, ExportProfile
from tradeline.files.exports import ExportRow, to_bytes
from tradeline.money import to_decimal
from tradeline.queries.exposure import Wanted, ranked

if TYPE_CHECKING:
    from datetime import date, datetime

    from tradeline.files.exports import Value
    from tradeline.queries.exposure import ExposureRow

_ROWS_MAX: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A file that was handed out."""

    content: bytes
    sha256: str
    rows: int


def export_exposure(
    *, profile: ExportProfile, entity: str | None, day: date, by: Actor, at: datetime
) -> Exported:  # fmt: skip
    """Return the exposure list as a file; that it was handed out is recorded with its hash.

    Raises:
        Refused: the actor may not export.
        ArgumentFault: a text does not fit the profile's encoding.
    """
    with working(by, "exposure.export", at=at) as work:
        rows = ranked(Wanted(entity=entity, count=_ROWS_MAX))
        content = to_bytes([_row(row, day) for row in rows], profile, as_of=day)
        digest = hashlib.sha256(content).hexdigest()
        after = {"profile": profile.name, "format": profile.format, "rows": len(rows),
                 "sha256": digest, "entity": entity or "", "as_of": day.isoformat()}  # fmt: skip
        record(work, "EXPORTED", "exposure", after=after)
    return Exported(content=content, sha256=digest, rows=len(rows))


def _row(row: ExposureRow, day: date) -> ExportRow:
    values = {field: _value(row, field) for field in FIELDS if field != "as_of"}
    return ExportRow(currency=row.currency, values={**values, "as_of": day})


def _value(row: ExposureRow, field: str) -> Value:
    if field in AMOUNTS:
        minor = row.buckets_minor.get(field, getattr(row, f"{field}_minor", None))
        return None if minor is None else to_decimal(minor, row.currency)
    value = getattr(row, field)
    if field.endswith("_pct"):
        return None if value is None else Decimal(value)
    return str(value)
