"""Reading starts its child before it imports much, and never imports pandas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BOOK = Path(__file__).parents[2] / "examples" / "portfolios" / "credit_master.xlsx"
READ = """
import sys
from datetime import date
from pathlib import Path
from tradeline.files import sandbox
from tradeline.files.intake import ReadOptions, Source, read_sources
from tradeline.policy.schema import Policy

seen = []
begin = sandbox._start
sandbox._start = lambda request: seen.append("polars" in sys.modules) or begin(request)
read_sources([Source(path=Path(sys.argv[1]))], ReadOptions(currency="INR"), policy=Policy(),
             as_of=date(2026, 6, 30))
print(seen, "polars" in sys.modules, "pandas" in sys.modules)
"""


def test_reading_imports_late_and_no_pandas():
    """The child is at work before polars is there; Arrow finds no reason to import pandas."""
    command = [sys.executable, "-c", READ, str(BOOK)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert out.split() == ["[False]", "True", "False"]
