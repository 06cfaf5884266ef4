"""Measure the book: imports, the full re-sum, row security and the screens' queries.

    python -m benchmarks.book --quick

One JSON line each, ratio first. The bare side runs right before and right after ours, so that a
busy machine slows both. Everything happens in an embedded server of its own that goes afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).parent.parent))

_FULL, _QUICK = 1_000_000, 100_000
_ITEMS_EACH: Final = 10  # per account and file
_AS_OF: Final = date(2026, 6, 30)
_ANSWER_MS_MAX: Final = 50
_BARE: Final = """CREATE TABLE bare (customer_no text, document_no text, kind text,
    document_date date, due_date date, currency text, amount numeric, open_amount numeric,
    disputed boolean, order_no text)"""


def main() -> None:
    """Run all measurements in one data directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK:,} items, not {_FULL:,}")
    parser.add_argument("--turns", type=int, default=5, help="measurements of each query")
    given = parser.parse_args()
    items = _QUICK if given.quick else _FULL
    with tempfile.TemporaryDirectory(prefix="tradeline-book-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # the server, which may be another user, reads the files itself
        os.environ["TRADELINE_DATA"] = str(Path(name) / "data")
        by = _organisation()
        _imports(Path(name), items, by)
        _resum(by, given.turns, items * 2)
        _answers(by, given.turns, items // _ITEMS_EACH)


def say(**facts: Any) -> None:
    """Print one JSON line; floats are rounded to the hundredth."""
    rounded = {key: _rounded(value) for key, value in facts.items()}
    print(json.dumps(rounded), flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def _organisation() -> Any:
    from tradeline.cli.book import open_book

    open_book()
    from tradeline.actions.organisations import add_entity, found_organisation
    from tradeline.models import User
    from tradeline.models.context import Actor
    from tradeline.policy.load import load_preset

    now = datetime.now(UTC)
    user = User.objects.create(username=f"bench-{uuid.uuid4().hex[:8]}")
    founded = found_organisation(
        name="Bench", policy=load_preset("india"), by=user, door="cli", at=now
    )
    by = Actor(organisation_id=founded.pk, user_id=user.pk, door="cli")
    add_entity(code="IN01", name="Bench", currency="INR", country="IN", by=by, at=now)
    return by


def _file(folder: Path, name: str, items: int, *, first: int = 0, changed_every: int = 0) -> Path:
    """Write open items in no order, ten per account; every so many have another amount."""
    import numpy as np
    import polars as pl

    number = pl.Series("number", np.random.default_rng(1).permutation(items))
    paise = (number * 7919 + 10_007) % 50_000_000 + 100
    if changed_every:
        paise += (number % changed_every == 0).cast(pl.Int64) * 12_345
    account, document = number % (items // _ITEMS_EACH), number + first
    amount = pl.format("{}.{}", paise // 100, (paise % 100).cast(pl.String).str.zfill(2))
    day = pl.lit(_AS_OF - timedelta(days=150)) + pl.duration(days=number % 150)
    frame = pl.select(
        customer_no=pl.format("C{}", account.cast(pl.String).str.zfill(7)),
        document_no=pl.format("INV{}", document.cast(pl.String).str.zfill(8)),
        kind=pl.when(number % 23 == 0).then(pl.lit("credit_note")).otherwise(pl.lit("invoice")),
        document_date=day, due_date=day + pl.duration(days=30), currency=pl.lit("INR"),
        amount=amount, open_amount=amount,
        disputed=pl.when(number % 97 == 0).then(pl.lit("true")).otherwise(pl.lit("false")),
        order_no=pl.when(number % 3 == 0).then(pl.format("SO{}", number // 3)),
    )  # fmt: skip
    path = folder / name
    frame.write_csv(path)
    path.chmod(0o644)
    return path


def _superuser() -> Any:
    from psycopg.conninfo import make_conninfo

    from tradeline.actions.databases import connect
    from tradeline.database import NAME
    from tradeline.settings import DATABASE

    return connect(make_conninfo(DATABASE.superuser_url or "", dbname=NAME))


def _bare_s(path: Path) -> float:
    with _superuser() as connection:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(_BARE)
        seconds = _seconds(
            lambda: connection.execute(f"COPY bare FROM '{path}' (FORMAT csv, HEADER)")
        )
        connection.execute("DROP TABLE bare")
    return seconds


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def _imports(folder: Path, items: int, by: Any) -> None:
    """Import three files: all new, the same with one item in a hundred changed, new items."""
    for what, path in (
        ("into an empty book, accounts opened too", _file(folder, "a.csv", items)),
        ("with 1 % changed", _file(folder, "b.csv", items, changed_every=100)),
        ("new items of known accounts", _file(folder, "c.csv", items, first=items)),
    ):
        before = _bare_s(path)
        read_s, apply_s = _import_s(path, by)
        bare = [before, _bare_s(path)]
        say(
            ratio=(read_s + apply_s) / statistics.mean(bare), limit=4.0,
            what=f"{items:,} open items imported, {what}, against a bare COPY of the file",
            read_s=read_s, apply_s=apply_s, bare_s=bare,
        )  # fmt: skip


def _import_s(path: Path, by: Any) -> tuple[float, float]:
    from tradeline.actions.imports import ImportRequest, import_feed
    from tradeline.files.feeds import ReadOptions, Source, read_feed

    start = time.perf_counter()
    feed = read_feed(Source(path=path), "ar", ReadOptions(currency="INR"), entity="IN01")
    middle = time.perf_counter()
    request = ImportRequest(feed=feed, day=_AS_OF)
    done = import_feed(request, by=by, at=datetime.now(UTC))
    end = time.perf_counter()
    assert not done.rows_quarantined, done
    return middle - start, end - middle


def _pairs(turns: int, ours: Callable[[], object], bare: Callable[[], object]) -> dict[str, Any]:
    """Return the median ratio of neighbours, and the seconds of both."""
    ours(), bare()
    spans = [(_seconds(ours), _seconds(bare)) for _ in range(turns)]
    return {
        "ratio": statistics.median(one / other for one, other in spans),
        "ours_ms": statistics.median(one for one, _ in spans) * 1000,
        "bare_ms": statistics.median(other for _, other in spans) * 1000,
    }


def _resum(by: Any, turns: int, items: int) -> None:
    """Sum every counter anew, against one bare sum over the documents."""
    from tradeline.models.context import acting
    from tradeline.queries.drift import resum

    bare = "SELECT account_id, sum(counted_minor) FROM document GROUP BY account_id"
    with _superuser() as connection, acting(by):
        found = _pairs(turns, resum, lambda: connection.execute(bare).fetchall())
        assert resum() == []
    say(**found, limit=2.0, what=f"full re-sum of {items:,} items against the bare GROUP BY")


def _answers(by: Any, turns: int, accounts: int) -> None:
    """Time the ranked list's first page, any account's page and the bridge."""
    from django.db import connection

    from tradeline.models.context import acting
    from tradeline.queries.accounts import behind
    from tradeline.queries.exposure import Wanted, bridge, of_account, ranked

    numbers = [f"C{n * accounts // 20:07}" for n in range(20)]
    with acting(by):
        rows = [of_account(number)[0] for number in numbers]
        jobs: dict[str, Iterator[Callable[[], object]]] = {
            "the ranked list's first page": iter([lambda: ranked(Wanted())] * (turns * 4)),
            "an account by its number": iter([lambda n=n: of_account(n) for n in numbers]),
            "an account's page": iter([lambda r=row: behind(r, as_of=_AS_OF) for row in rows]),
            "the bridge": iter([
                lambda r=row: bridge(r.line_id, first=_AS_OF, last=_AS_OF) for row in rows
            ]),
        }  # fmt: skip
        for what, queries in jobs.items():
            spans = sorted(_seconds(query) * 1000 for query in queries)
            say(ratio=statistics.median(spans) / _ANSWER_MS_MAX, limit=1.0, what=what,
                median_ms=statistics.median(spans), worst_ms=spans[-1])  # fmt: skip
        last = _Last()
        with connection.execute_wrapper(last):
            ranked(Wanted())
    for rows in (50, 5000):
        _row_security(by, turns, str(last.sql).replace("LIMIT 50", f"LIMIT {rows}"), rows)


def _row_security(by: Any, turns: int, secured: str, rows: int) -> None:
    """Run the ranked list's statement as the program, and as who needs no row security.

    Both sides send it by the same plain cursor and plan it each time, as the program does.
    """
    import psycopg
    from django.db import connection

    from tradeline.models.context import acting

    own = f"l.organisation_id = '{by.organisation_id}' AND NOT a.intercompany"
    plain = secured.replace("NOT a.intercompany", own, 1)
    assert plain != secured
    with _superuser() as superuser, acting(by):
        superuser.prepare_threshold = None
        mine, theirs = psycopg.Cursor(connection.connection), psycopg.Cursor(superuser)

        def twenty(cursor: Any, sql: str) -> None:
            for _ in range(20):
                cursor.execute(sql).fetchall()

        found = _pairs(turns * 4, lambda: twenty(mine, secured), lambda: twenty(theirs, plain))
    what = f"{rows:,} rows of the ranked list 20 times, with row security against without"
    say(**found, limit=1.1, what=what)


class _Last:
    """Remember the last statement, with its values in it."""

    sql: object = ""

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.sql = context["cursor"].mogrify(sql, params) if params else sql
        return execute(sql, params, many, context)


if __name__ == "__main__":
    main()
