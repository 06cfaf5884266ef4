"""An organisation for each test, in the session's book."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import kit


@pytest.fixture
def by(book):
    """Return the founder of a fresh organisation with one entity that keeps rupees."""
    return kit.founded()
