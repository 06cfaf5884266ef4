"""A full extract closes what it no longer has, and asks first when that is unusually much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.errors import NeedsConfirmation, StateFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.staging import Load


def confirm_closing(load: Load, missing: str, table: str, still_open: str) -> None:
    """Raise NeedsConfirmation when more would be closed of an entity than the policy's share.

    So it does, however little that is, when rows of the file are set aside that may be what it
    lacks, since nothing tells whose they are.

    `missing` is the FROM and WHERE of the rows that would be closed; `still_open` is the condition
    of an open row of `table`.
    """
    if not load.full_extract or load.confirmed:
        return
    closing = _by_entity(load, missing)
    if closing and load.homeless:
        raise NeedsConfirmation(
            f"the full extract lacks {sum(closing.values()):,} open rows, which may be among the "
            f"{load.homeless:,} whose customer or entity cannot be read",
            mend="mend these in the file; or say --confirm-closing, or import it without --full",
        )
    held = _by_entity(
        load, f"""{table} d JOIN account a ON a.organisation_id = d.organisation_id
        AND a.id = d.account_id WHERE d.organisation_id = %(organisation)s AND {still_open}
        AND a.entity_id = ANY(%(entities)s::uuid[])"""
    )  # fmt: skip
    share = load.policy.exposure.close_max_pct
    for entity, count in sorted(closing.items()):
        if count * 100 > share * held[entity]:
            raise NeedsConfirmation(
                f"the full extract lacks {count:,} of {held[entity]:,} open rows of {entity}, more "
                f"than {share} %",
                mend="check that the file is whole; then say --confirm-closing, or import it "
                "without --full",
            )


def _by_entity(load: Load, rows: str) -> dict[str, int]:
    """Return how many rows of documents or orders (of accounts `a`) each entity has."""
    return dict(load.work.rows(
        f"""SELECT e.code, n.count FROM (
            SELECT a.entity_id, count(*) AS count FROM {rows} GROUP BY a.entity_id) n
        JOIN legal_entity e ON e.id = n.entity_id""", load.values,
    ))  # fmt: skip


def refuse_overtaken(load: Load, table: str, key: Sequence[str]) -> None:
    """Raise StateFault when a late file has rows that a file of a later day has told of."""
    if not load.late:
        return
    same = " AND ".join(f"d.{name} = s.{name}" for name in key)
    known = load.value(
        f"""SELECT count(*) FROM staged s
        JOIN {table} d ON d.organisation_id = %(organisation)s AND {same}
        JOIN import_batch b ON b.organisation_id = d.organisation_id AND b.id = d.batch_id
        WHERE b.as_of > %(day)s"""
    )
    if known:
        raise StateFault(
            f"a newer file has told of {known:,} of these rows since", where=f"as of {load.day}",
            mend="leave them out, or name the day the file speaks of with --as-of",
        )
