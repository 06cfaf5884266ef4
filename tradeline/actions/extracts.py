"""Of which legal entities a file is a full extract: what it lacks is closed there and nowhere else.

Where a file does not tell, it is asked; a full extract never closes nothing in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.actions.orders import LIVE
from tradeline.errors import ArgumentFault, NotFound, QuestionForUser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from tradeline.actions.acting import Work
    from tradeline.actions.imports import ImportRequest

_OPEN: Final = {"ar": ("document", "d.open_minor > 0"), "orders": ("order_line", LIVE)}
_MEND: Final = "name each legal entity that the file holds whole with --full-of CODE"


def extract_of(work: Work, request: ImportRequest, frame: pl.DataFrame) -> dict[str, str]:
    """Return the entities, id by code, of which the file is a full extract; none if it is none.

    They are those that are named; else those of its rows, or, where it has no row, the one that
    rows without an entity belong to.

    Raises:
        ArgumentFault: files of this kind close nothing.
        NotFound: there is no such legal entity.
        QuestionForUser: it has no row of an entity that stood in the feed's last file with those it
            has, or none of any entity.
    """
    if not request.full_extract:
        return {}
    if request.feed.kind not in _OPEN:
        raise ArgumentFault(
            f"a file of {request.feed.kind} closes nothing", where="--full",
            mend="leave it out: ar and orders alone are closed by what a full extract lacks",
        )  # fmt: skip
    known = dict(work.rows("SELECT code, id::text FROM legal_entity"))
    alone = () if frame.height or not request.feed.asked.entity else (request.feed.asked.entity,)
    if named := request.extract_of or alone:
        return {code: _known(known, code) for code in named}
    present = set(frame["entity_id"].drop_nulls().to_list())
    _ask_for_absent(work, request, sorted(present))
    return {code: each for code, each in known.items() if each in present}


def _known(known: Mapping[str, str], code: str) -> str:
    if code not in known:
        raise NotFound(f"there is no legal entity '{code}'", where="--full-of",
                       mend=f"name one of {', '.join(sorted(known))}")  # fmt: skip
    return known[code]


def _ask_for_absent(work: Work, request: ImportRequest, present: Sequence[str]) -> None:
    where = f"{request.feed.report.file}, a full extract"
    if not present:
        raise QuestionForUser(
            "The full extract has no row of any legal entity: it is open what it is an extract of.",
            where=where, mend=_MEND,
        )  # fmt: skip
    if absent := _absent(work, request.feed.kind, present):
        rows = ", ".join(f"{code} ({count:,} open)" for code, count in absent)
        raise QuestionForUser(
            f"The full extract has no row of {rows}, which the last file had too.", where=where,
            mend=f"{_MEND}: without these if they are to stay open, with them if not",
        )  # fmt: skip


def _absent(work: Work, kind: str, present: Sequence[str]) -> list[tuple[str, int]]:
    """Return what is open of the entities that stood in one file with the present ones so far."""
    table, condition = _OPEN[kind]
    return work.rows(
        f"""SELECT e.code, count(*) FROM {table} d
        JOIN account a ON a.organisation_id = d.organisation_id AND a.id = d.account_id
        JOIN legal_entity e ON e.organisation_id = a.organisation_id AND e.id = a.entity_id
        WHERE d.organisation_id = %(organisation)s AND {condition} AND a.entity_id IN (
            SELECT entity_id FROM feed WHERE kind = %(kind)s
                AND entity_id <> ALL(%(present)s::uuid[]) AND batch_id IN (
                    SELECT batch_id FROM feed WHERE kind = %(kind)s
                        AND entity_id = ANY(%(present)s::uuid[])))
        GROUP BY e.code ORDER BY e.code""",
        {"organisation": work.actor.organisation_id, "kind": kind, "present": list(present)},
    )
