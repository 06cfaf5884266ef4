"""Measure speed as ratios in one run: `make bench`, or `python -m benchmarks.run --quick`.

Every measurement runs in a process of its own, ours and theirs by turns, so that a busy machine
slows both; the ratio is the median of the ratios of neighbours. One JSON line each, ratio first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE))

import data  # noqa: E402 - found beside this file

MEMORY_MAX_MB: Final = 6 * 1024
ITEMS_EACH: Final = 10
_FULL, _QUICK = 1_000_000, 100_000


def main() -> None:
    """Run all benchmarks, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *_ALL], help=", ".join(_ALL))
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK:,} accounts, not {_FULL:,}")
    parser.add_argument("--turns", type=int, default=3, help="measurements of each side")
    given = parser.parse_args()
    accounts = _QUICK if given.quick else _FULL
    with tempfile.TemporaryDirectory(prefix="tradeline-bench-", dir=data.FOLDER.parent) as folder:
        for name in given.names or _ALL:
            _ALL[name](Path(folder), accounts, given.turns)


def say(**facts: Any) -> None:
    """Print one JSON line; seconds are rounded to the hundredth."""
    print(json.dumps(_rounded(facts)), flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def scored(folder: Path, accounts: int, turns: int) -> None:
    """Master from Parquet to Parquet tables, against the same result by hand in SQL."""
    _against_sql(folder, turns, f"{accounts:,} accounts scored", [data.master(accounts)])


def from_items(folder: Path, accounts: int, turns: int) -> None:
    """Master, open items and payments to Parquet tables, against the same by hand in SQL."""
    files = [data.bare_master(accounts), *data.items(accounts, ITEMS_EACH)]
    what = f"{accounts:,} accounts scored from {accounts * ITEMS_EACH:,} items"
    _against_sql(folder, turns, what, files)


def _against_sql(folder: Path, turns: int, what: str, files: list[Path]) -> None:
    ours, theirs = _both(folder, files, keep=True)
    equal = _differences(Path(ours["folder"]), Path(theirs["folder"]))
    say(equal=not any(equal.values()), what=what, differing_rows=equal)
    runs = [_both(folder, files) for _ in range(turns)]
    mine, hand = [run[0] for run in runs], [run[1] for run in runs]
    say(
        ratio=statistics.median(a["wall_s"] / b["wall_s"] for a, b in runs),
        limit=1.5,
        what=f"{what}, by hand in DuckDB's SQL",
        ratio_cpu=statistics.median(a["cpu_s"] / b["cpu_s"] for a, b in runs),
        ours_s=[run["wall_s"] for run in mine],
        theirs_s=[run["wall_s"] for run in hand],
        ours_cpu_s=[run["cpu_s"] for run in mine],
        theirs_cpu_s=[run["cpu_s"] for run in hand],
        peak_memory_mb=max(run["peak_memory_mb"] for run in mine),
        peak_memory_limit_mb=MEMORY_MAX_MB,
        theirs_peak_memory_mb=max(run["peak_memory_mb"] for run in hand),
    )
    middle = sorted(mine, key=lambda run: run["wall_s"])[len(mine) // 2]
    imports = {"ours_import_s": middle["import_s"], "theirs_import_s": hand[0]["import_s"]}
    say(what=f"{what}: where our time goes", passes_s=middle["passes"], **imports)


def _both(folder: Path, files: list[Path], *, keep: bool = False) -> tuple[Any, Any]:
    """Return one measurement of each side, one right after the other."""
    pair = []
    for kind in ("ours", "theirs"):
        out = folder / kind
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, str(HERE / "once.py"), kind, str(out), *map(str, files)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        pair.append(json.loads(answer))
        if not keep:
            shutil.rmtree(out)
    return pair[0], pair[1]


def _differences(ours: Path, theirs: Path) -> dict[str, int]:
    """Return, per column of the two tables, the rows that differ in value, in their order."""
    import polars as pl

    found = {}
    for table in ("accounts", "checks"):
        left = pl.scan_parquet(ours / f"{table}.parquet")
        right = pl.scan_parquet(theirs / f"{table}.parquet")
        assert left.collect_schema() == right.collect_schema(), f"{table}: other columns or types"
        for name in left.collect_schema().names():
            mine, hand = (side.select(name).collect().to_series() for side in (left, right))
            assert len(mine) == len(hand), f"{table}: another number of rows"
            found[f"{table}.{name}"] = int(mine.ne_missing(hand).sum())
    return {name: rows for name, rows in found.items() if rows}


def command(folder: Path, _accounts: int, turns: int) -> None:
    """Time the whole command, XLSX in and pack out, and the help text."""
    for rows, limit in ((100, 3.0), (500, 4.0)):
        arguments = ["review", str(data.book(rows)), "--policy", "india"]
        arguments += ["--as-of", str(data.AS_OF), "--out", str(folder / "command")]
        times = _command_s(arguments, turns)
        say(
            ratio=statistics.median(times) / limit, limit=1.0, what=f"{rows} accounts, the command",
            ours_s=times, aim_s=limit,
        )  # fmt: skip
    say(what="tradeline --help", ours_s=_command_s(["--help"], turns))
    say(what="import of the engine", ours_s=[_import_s("tradeline.engine.review")
                                            for _ in range(turns)])  # fmt: skip
    say(what="the command's parts", **_parts(data.book(500), folder))


def _command_s(arguments: list[str], turns: int) -> list[float]:
    command = [sys.executable, "-m", "tradeline", *arguments]
    return [_timed(command) for _ in range(turns)]


def _import_s(module: str) -> float:
    return _timed([sys.executable, "-c", f"import {module}"])


def _timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)  # fmt: skip
    return time.perf_counter() - start


def _parts(book: Path, folder: Path) -> dict[str, float]:
    """Return the seconds of the command's parts, in a process of its own."""
    command = [sys.executable, str(HERE / "parts.py"), str(book), str(folder / "parts")]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    parts: dict[str, float] = json.loads(answer)
    return parts


def reading(_folder: Path, _accounts: int, turns: int) -> None:
    """Time reading an XLSX of 100,000 rows into canonical tables, against fastexcel alone."""
    book = data.book(100_000)
    sides = ("ours", "theirs")
    pairs = []
    for _ in range(turns):
        command = [sys.executable, str(HERE / "reading.py")]
        pairs.append([
            json.loads(subprocess.run([*command, side, str(book)], check=True, text=True,
                                      stdout=subprocess.PIPE).stdout)
            for side in sides
        ])  # fmt: skip
    say(
        ratio=statistics.median(ours["wall_s"] / theirs["wall_s"] for ours, theirs in pairs),
        limit=1.3,
        what="XLSX of 100,000 rows read, against fastexcel alone",
        ours_s=[pair[0]["wall_s"] for pair in pairs],
        theirs_s=[pair[1]["wall_s"] for pair in pairs],
        peak_memory_mb=max(pair[0]["peak_memory_mb"] for pair in pairs),
    )


def pack(_folder: Path, _accounts: int, _turns: int) -> None:
    """Hand over to benchmarks/pack.py, which prints its own line."""
    if (HERE / "pack.py").exists():
        environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
        subprocess.run([sys.executable, str(HERE / "pack.py")], check=True, env=environment)


def book(_folder: Path, accounts: int, turns: int) -> None:
    """Hand over to benchmarks/book.py, which prints its own lines."""
    command = [sys.executable, str(HERE / "book.py"), "--turns", str(turns)]
    command += ["--quick"] if accounts == _QUICK else []
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(HERE.parent)})


def gate(_: Path, accounts: int, _turns: int) -> None:
    """The decision function through pgbench, against a bare guarded update."""
    quick = ["--quick"] if accounts == _QUICK else []
    subprocess.run([sys.executable, "-m", "benchmarks.gate", *quick], check=True, cwd=HERE.parent)


_ALL: Final = {
    "command": command, "scored": scored, "items": from_items, "reading": reading, "pack": pack,
    "book": book, "gate": gate,
}  # fmt: skip

if __name__ == "__main__":
    main()
