"""The example company in a data folder of its own, reached as a user reaches it: by commands."""

from __future__ import annotations

import pytest

from tests.terminal import Terminal, running_server


@pytest.fixture(scope="session")
def terminal():
    """A terminal with the example company made."""
    with running_server() as data:
        made = Terminal(data)
        assert made.json("demo")["made"]
        yield made
