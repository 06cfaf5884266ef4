"""The whole command in one process, with the seconds of its parts; prints JSON."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]


def main() -> None:
    """Review the book that is named first into the folder that is named second."""
    marks = [("import", time.perf_counter())]
    import ibis

    import tradeline.engine.review
    import tradeline.files.assembly  # noqa: F401
    from tradeline.actions import reviews
    from tradeline.files.records import ReadOptions, Source
    from tradeline.policy.load import load_preset

    marks.append(("first_query", time.perf_counter()))
    engine = ibis.duckdb.connect()
    engine.con.execute("CREATE TABLE one AS SELECT 1 AS two")
    engine.con.execute(engine.compile(engine.table("one").mutate(three=3))).fetchall()
    marks.append(("policy", time.perf_counter()))
    request = reviews.ReviewRequest(
        sources=[Source(path=Path(sys.argv[1]))],
        options=ReadOptions(),
        policy=load_preset("india"),
        as_of=datetime(2026, 6, 30, tzinfo=UTC).date(),
    )
    seen: dict[str, float] = {}
    out = Path(sys.argv[2])
    reviews.review_portfolio(
        request, out=out, at=datetime.now(UTC),
        tell=lambda name, *_: seen.setdefault(name, time.perf_counter()),
    )  # fmt: skip
    marks += [(name.lower().replace(" ", "_"), at) for name, at in seen.items()]
    ends = [at for _, at in marks[1:]] + [time.perf_counter()]
    print(json.dumps({f"{name}_s": end - at for (name, at), end in zip(marks, ends, strict=True)}))


if __name__ == "__main__":
    main()
