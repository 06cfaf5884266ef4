"""The identity of a run."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest

from tradeline.engine.results import RunIdentity

INPUTS = "492d5ea496056f1a6a6592241032fab764c321596317930b4fa0e1e8bc3b7470"
VECTOR = RunIdentity(
    inputs_hash=INPUTS,
    policy_version="policy-1.0.0",
    engine_version="engine-0.1.0",
    as_of=date(2026, 11, 22),
)


def test_published_vector():
    """The vector of METHODS 11, from the bytes of the file to the run."""
    assert hashlib.sha256(b"a,b\n1,2\n").hexdigest() == INPUTS
    assert VECTOR.run_id == "2532a1fbe03120ab10d127bfcafb4aa6f29174cf046d8ea85c894ef41fe8631d"


@pytest.mark.parametrize(
    "change",
    [
        {"inputs_hash": INPUTS[:-1] + "1"},
        {"policy_version": "policy-1.0.1"},
        {"engine_version": "engine-0.1.1"},
        {"as_of": date(2026, 11, 23)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_fact_changes_the_run(change):
    """Another file, policy, engine or date is another run."""
    assert replace(VECTOR, **change).run_id != VECTOR.run_id
