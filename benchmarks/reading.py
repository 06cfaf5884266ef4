"""Read one XLSX by `read_sources` or by fastexcel alone; prints JSON. Imports are not timed."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]


def main() -> None:
    """Read the book that is named second, by the side that is named first."""
    side, book = sys.argv[1], Path(sys.argv[2])
    read = _ours(book) if side == "ours" else _theirs(book)
    start = time.perf_counter()
    rows = read()
    wall = time.perf_counter() - start
    peak = sum(resource.getrusage(who).ru_maxrss
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024  # fmt: skip
    print(json.dumps({"wall_s": wall, "rows": rows, "peak_memory_mb": peak}))


def _ours(book: Path):  # noqa: ANN202
    import data

    import tradeline.files.assembly  # noqa: F401 - it reads by this
    from tradeline.files.intake import read_sources
    from tradeline.files.records import ReadOptions, Source
    from tradeline.policy.load import load_preset

    policy = load_preset("india")
    return lambda: read_sources(
        [Source(path=book)], ReadOptions(), policy=policy, as_of=data.AS_OF
    ).master.num_rows


def _theirs(book: Path):  # noqa: ANN202
    import fastexcel
    import pyarrow as pa  # noqa: F401 - fastexcel hands over to it

    return lambda: fastexcel.read_excel(book).load_sheet(0).to_arrow().num_rows


if __name__ == "__main__":
    main()
