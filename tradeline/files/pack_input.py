"""What a pack is made of, whichever file it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tradeline.engine.kpis import Summary, summarise
from tradeline.files import pack_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tradeline.engine.results import ReviewTables, RunIdentity
    from tradeline.policy.schema import Policy


@dataclass(frozen=True, kw_only=True)
class PackInput:
    """All that goes into a pack, whichever file it is written to."""

    tables: ReviewTables
    currency: str
    policy: Policy
    identity: RunIdentity
    inputs: Sequence[tuple[str, str]]  # file name and SHA-256
    policy_words: Sequence[tuple[str, Sequence[str]]]  # chapter title and its sentences

    @cached_property
    def summary(self) -> Summary:
        """Return the figures, reckoned once for both files."""
        return summarise(self.tables, currency=self.currency)

    @cached_property
    def live(self) -> pa.Table:
        """Return the accounts that are not quarantined, in their order."""
        return pack_rows.live_accounts(self.tables)
