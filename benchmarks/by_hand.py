"""The same review by hand in DuckDB's SQL: what the engine is held against.

    python by_hand.py OUT MASTER [ITEMS PAYMENTS]
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
AS_OF = "DATE '2026-06-30'"


def run(out: Path, master: Path, *ledger: Path) -> None:
    """Write accounts.parquet and checks.parquet into the folder."""
    import duckdb

    out.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    names = {"out": str(out), "as_of": AS_OF, "master": str(master)}
    if ledger:
        names |= {"items": str(ledger[0]), "payments": str(ledger[1])}
    first = "ledger.sql" if ledger else "master.sql"
    for script in (first, "review.sql"):
        text = (HERE / script).read_text(encoding="utf-8")
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        connection.execute(text)
    connection.close()


if __name__ == "__main__":
    run(*map(Path, sys.argv[1:]))
