"""One measured run in a process of its own; prints JSON with seconds and peak memory.

    python once.py ours OUT FILE...     the function behind `tradeline review`, without CSV and pack
    python once.py theirs OUT FILE...   the same result by hand in DuckDB's SQL

Imports are not in the time: they are what a program pays once, and shown apart.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

AT = datetime(2026, 7, 1, 8, tzinfo=UTC)


def main() -> None:
    """Run and report."""
    kind, out, *files = sys.argv[1:]
    start = time.perf_counter()
    job = {"ours": _ours, "theirs": _theirs}[kind](Path(out), [Path(name) for name in files])
    imported, processor = time.perf_counter(), _processor_s()
    told = job()
    answer = {
        "import_s": imported - start,
        "wall_s": time.perf_counter() - imported,
        "cpu_s": _processor_s() - processor,
        "peak_memory_mb": _peak_mb(),
        **told,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


def _processor_s() -> float:
    """Return the processor time of this process and its finished children."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _peak_mb() -> int:
    """Return the largest resident memory of this process plus that of its largest child."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_maxrss for usage in both) // 1024


def _theirs(out: Path, files: list[Path]) -> Any:
    import by_hand
    import duckdb  # noqa: F401

    def job() -> dict[str, Any]:
        by_hand.run(out, *files)
        return {"folder": str(out)}

    return job


def _ours(out: Path, files: list[Path]) -> Any:
    import data

    import tradeline.engine.review
    import tradeline.files.assembly  # noqa: F401
    from tradeline.actions import reviews
    from tradeline.files.records import ReadOptions, Source
    from tradeline.policy.load import load_preset

    request = reviews.ReviewRequest(
        sources=[Source(path=path) for path in files],
        options=ReadOptions(),
        policy=load_preset("india"),
        as_of=data.AS_OF,
        outputs=reviews.Outputs(csv=False, pack=False),
    )
    passes: dict[str, float] = {}

    def tell(name: str, _done: int, _total: int) -> None:
        passes.setdefault(name, time.perf_counter())

    def job() -> dict[str, Any]:
        start = time.perf_counter()
        run = reviews.review_portfolio(request, out=out, at=AT, tell=tell)
        marks = [start, *list(passes.values())[1:], time.perf_counter()]
        ends = zip(passes, marks, marks[1:], strict=False)
        spans = {name: after - before for name, before, after in ends}
        return {"folder": str(run.path), "passes": spans}

    return job


if __name__ == "__main__":
    main()
