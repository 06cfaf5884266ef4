"""Read the user's files into the tables of the engine: one child after the other, then assembly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.errors import ArgumentFault
from tradeline.files.formats import detect
from tradeline.files.profile import with_profile
from tradeline.files.records import (
    ColumnMatch,
    Intake,
    ReadOptions,
    Role,
    Source,
    SourceReport,
)
from tradeline.files.sandbox import Reading
from tradeline.files.synonyms import known_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from tradeline.files.sandbox import RawTable
    from tradeline.policy.schema import Policy

__all__ = [
    "ColumnMatch",
    "Intake",
    "ReadOptions",
    "Role",
    "Source",
    "SourceReport",
    "read_sources",
]


def read_sources(
    sources: Sequence[Source],
    options: ReadOptions,
    *,
    policy: Policy,
    as_of: date,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Intake:
    """Return the tables over all sources.

    Amounts are in minor units of one functional currency. Raises FileFault, HostileFile,
    MappingFault, QuestionForUser, MissingRate or ArgumentFault, each with place and remedy.
    `on_progress` is told the first file when its child is at work.
    """
    if not sources:
        raise ArgumentFault("No file was given.", mend="Name at least one file.")
    options = with_profile(options)
    first = _begun(sources[0], options)
    from tradeline.files.assembly import assemble  # brings polars in while the first child works

    raws = _raws(first, sources, options, on_progress or (lambda _file, _done, _total: None))
    return assemble(raws, options, alone=len(sources) == 1, policy=policy, as_of=as_of)


def _raws(
    first: Reading,
    sources: Sequence[Source],
    options: ReadOptions,
    tell: Callable[[str, int, int], None],
) -> Iterator[tuple[Source, RawTable]]:
    """Yield the raw tables; the next file is read while the last one is looked at."""
    ahead = first
    try:
        for done, source in enumerate(sources):
            tell(source.path.name, done, len(sources))
            raw = ahead.result(known_words())
            if done + 1 < len(sources):
                ahead = _begun(sources[done + 1], options)
            yield source, raw
        tell(sources[-1].path.name, len(sources), len(sources))
    finally:
        ahead.stop()


def _begun(source: Source, options: ReadOptions) -> Reading:
    request = {
        "format": detect(source.path), "encoding": options.encoding,
        "delimiter": options.delimiter, "sheet": options.sheet, "header_row": options.header_row,
    }  # fmt: skip
    return Reading(source.path, request)
