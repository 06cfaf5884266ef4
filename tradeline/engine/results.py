"""What a review gives: three tables and the identity that makes them reproducible."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa


@dataclass(frozen=True, kw_only=True)
class ReviewTables:
    """The results in their final order; schemas ACCOUNTS, CHECK_ROWS and FINDINGS of `tables`."""

    accounts: pa.Table
    checks: pa.Table
    findings: pa.Table


@dataclass(frozen=True, kw_only=True)
class RunIdentity:
    """The four facts that decide every byte of the tables, and the hash over them."""

    inputs_hash: str
    policy_version: str
    engine_version: str
    as_of: date

    @property
    def run_id(self) -> str:
        """Return the SHA-256 over the four facts, joined by bars (METHODS 11)."""
        facts = (
            self.inputs_hash,
            self.policy_version,
            self.engine_version,
            self.as_of.isoformat(),
        )
        return hashlib.sha256("|".join(facts).encode()).hexdigest()
