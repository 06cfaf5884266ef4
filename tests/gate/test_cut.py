"""F3: the wire is cut around a commit; asked again with its key, a call has one effect.

`make torture` makes 300 cuts.
"""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from tests.gate.cutter import Cutter
from tests.gate.kit import TORTURE, ask
from tests.gate.load import stored

CUTS = 100 if TORTURE else 8


@pytest.fixture
def wire(shop):
    """Return a wire to the shop's server."""
    made = Cutter(shop.url)
    yield made
    made.close()


@pytest.mark.parametrize("moment", ["before", "sent", "answered"])
def test_case_15_the_wire_is_cut_around_a_commit(moment, shop, wire):
    """The client hears nothing; the same key brings the stored answer, and one order stands."""
    along = replace(shop, url=wire.url)
    stood = 0
    with shop.client() as gate:
        for number in range(CUTS):
            call = ask("authorise", f"A{number}", customer="C0", amount_minor=1_00)
            wire.cut = moment
            with along.client() as cut, pytest.raises(psycopg.OperationalError):
                cut.once(call)
            wire.cut = None
            before = stored(shop, [call["key"]])
            stood += len(before)
            again = gate.one(call)
            assert again.passed
            assert before in ({}, {call["key"]: again.text})
    assert wire.commits == CUTS
    assert stood == {"before": 0, "answered": CUTS}.get(moment, stood)
    assert shop.line("C0")["reserved_minor"] == CUTS * 1_00
    shop.sound()


def test_a_whole_wire_changes_nothing(shop, wire):
    """The control: along the wire, uncut, a call is settled as it is without."""
    with replace(shop, url=wire.url).client() as gate:
        assert gate.one(ask("authorise", "A", customer="C0", amount_minor=1_00)).passed
    shop.sound()
