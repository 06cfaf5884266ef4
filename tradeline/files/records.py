"""What the reading side takes and gives: sources, options, reports and the three tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tradeline.files.synonyms import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

DateOrder = Literal["dmy", "mdy", "ymd"]
Decimal = Literal[".", ","]
AmountUnit = Literal["one", "hundred", "thousand", "lakh", "million", "crore", "billion"]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file; without a role it is told from the columns."""

    path: Path
    entity: str | None = None
    role: Role | None = None


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Answers to what the files leave open; what is None is detected and reported."""

    currency: str | None = None  # functional currency
    date_order: DateOrder | None = None
    decimal: Decimal | None = None
    unit: AmountUnit | None = None  # of every column of amounts, whatever the headers say
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None  # 1-based
    mapping: Mapping[str, str] = field(default_factory=dict)  # column header -> field
    profile: Path | None = None


@dataclass(frozen=True, kw_only=True)
class ColumnMatch:
    """Which header became which field, how sure that is (0-100) and why."""

    field: str
    header: str
    confidence: int
    why: str


@dataclass(frozen=True, kw_only=True)
class SourceReport:
    """How one file was read; names only, no folders."""

    file: str
    sha256: str
    role: Role
    entity: str | None
    sheet: str | None
    header_row: int
    rows: int
    encoding: str | None
    delimiter: str | None
    decimal: str | None
    date_order: str | None
    matches: tuple[ColumnMatch, ...]
    unused: tuple[str, ...]
    format: str = "csv"
    unit: str | None = None  # of the amounts, such as lakh; several are joined by commas
    spread: tuple[ColumnMatch, ...] = ()  # amounts by age, a column for each bucket


@dataclass(frozen=True, kw_only=True)
class Intake:
    """The tables of `engine.tables` over all sources, with findings and one report per file."""

    master: pa.Table | None
    items: pa.Table | None
    payments: pa.Table | None
    findings: pa.Table
    reports: tuple[SourceReport, ...]
    currency: str


__all__ = [
    "AmountUnit",
    "ColumnMatch",
    "DateOrder",
    "Decimal",
    "Intake",
    "ReadOptions",
    "Role",
    "Source",
    "SourceReport",
]
