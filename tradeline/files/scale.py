"""Which unit the amounts of a file are in, told by its headers and the lines above them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from tradeline.errors import Place, QuestionForUser
from tradeline.files import currencies, findings, units
from tradeline.files.units import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from tradeline.files.mapping import Mapped
    from tradeline.files.records import AmountUnit

MONEY: Final = (
    "credit_limit", "outstanding", "amount", "open_amount", "limit", "ordered_amount",
    "shipped_amount", "invoiced_amount", "cancelled_amount",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The unit of each column of amounts that states one, and the currency stated beside it."""

    units: Mapping[int, Unit] = field(default_factory=dict)
    currency: str | None = None

    @property
    def name(self) -> str | None:
        """Return the unit as a report shows it, several joined by commas; None without one."""
        names = {unit.name for unit in self.units.values()}
        return ", ".join(sorted(names, key=units.POWERS.__getitem__)) or None


def scale_of(
    headers: Sequence[str],
    mapped: Mapped,
    banner: Sequence[str],
    where: dict[str, str | None],
    given: AmountUnit | None = None,
) -> Scale:
    """Return the units; asks when a header and a line above it, or two lines, contradict.

    `given` is the user's answer: it holds for every column of amounts.
    """
    place = Place(file=where["source_file"], sheet=where["source_sheet"])
    if given:
        return _answered(given, mapped, banner)
    above, line = _of_banner(banner, place)
    found: dict[int, Unit] = {}
    for index in _columns(mapped):
        header = headers[index]
        own = None if _is_side(header, headers) else units.in_header(header)
        if own and above and own.name != above.name:
            raise _question(f'The header "{header}" says {own.name}, the line above the '
                            f'header "{line}" says {above.name}.', place,
                            (own.name, above.name))  # fmt: skip
        if not own and not above and units.doubtful(header) and not _is_side(header, headers):
            what = f'The header "{header}" may mean crore or credit.'
            raise _question(what, place, ("crore", "one"))
        if unit := own or above:
            found[index] = unit
    return Scale(units=found, currency=_currency(above))


def _answered(given: AmountUnit, mapped: Mapped, banner: Sequence[str]) -> Scale:
    stated = _stated(banner)
    unit = {} if given == "one" else dict.fromkeys(_columns(mapped), Unit(given))
    return Scale(units=unit, currency=_currency(stated[0][0] if stated else None))


def _currency(above: Unit | None) -> str | None:
    return currencies.of_word(above.money) if above and above.money else None


def _columns(mapped: Mapped) -> list[int]:
    return [mapped.columns[name] for name in MONEY if name in mapped.columns] + list(mapped.buckets)


def _of_banner(banner: Sequence[str], place: Place) -> tuple[Unit | None, str]:
    stated = _stated(banner)
    names = dict.fromkeys(unit.name for unit, _ in stated)
    if len(names) > 1:
        lines = " and ".join(f'"{line}"' for line in banner if units.in_banner(line))
        what = f"The lines above the header state different units: {lines}."
        raise _question(what, place, tuple(names))
    return stated[0] if stated else (None, "")


def _stated(banner: Sequence[str]) -> list[tuple[Unit, str]]:
    """Return the units stated above the header with their lines; first those of a currency."""
    stated = [(unit, line) for line in banner if (unit := units.in_banner(line))]
    return sorted(stated, key=lambda each: each[0].money is None)


def _is_side(header: str, headers: Sequence[str]) -> bool:
    """Return whether `INR Cr` stands beside its twin `INR Dr`: then it means credit."""
    if not re.search(r"(?i)\bcr\b", header):
        return False
    twin = re.sub(r"\bcr\b", "dr", header.casefold())
    return twin in {each.casefold() for each in headers}


def _question(what: str, place: Place, answers: Sequence[str]) -> QuestionForUser:
    """Return the question with its answers; an answer counts for every amount of every file."""
    options = " or ".join(f"--unit {name}" for name in dict.fromkeys(answers))
    return QuestionForUser(
        what, where=place,
        mend=f"Answer with {options}; where columns differ, write into each header its unit, as in "
        "Limit (in crores), or none for single units.",
    )  # fmt: skip


def with_units(mapped: Mapped, scale: Scale) -> Mapped:
    """Return the mapping whose matches tell the unit: `synonym (common); in lakh`."""
    index = mapped.columns
    return replace(
        mapped,
        matches=tuple(
            replace(match, why=f"{match.why}; in {scale.units[index[match.field]].name}")
            if index[match.field] in scale.units and match.field in MONEY
            else match
            for match in mapped.matches
        ),
    )


def partly(
    headers: Sequence[str], mapped: Mapped, scale: Scale, where: dict[str, str | None]
) -> list[pl.DataFrame]:
    """Return a finding when one header states a unit and another of the file states none."""
    silent = [
        headers[index]
        for index in _columns(mapped)
        if index not in scale.units and not currencies.in_header(headers[index])
    ]
    if not scale.units or not silent:
        return []
    message = (
        f"Some headers state the unit {scale.name}; these state none and were read as single "
        f"units: {', '.join(silent)}. If they are in {scale.name} too, write it into the header."
    )
    return [findings.note(where, code="UNIT_PARTLY", message=message)]
