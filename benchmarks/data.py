"""Deterministic portfolios of any size: credit masters, open items with their payments, XLSX.

The same size gives the same bytes. Everything is drawn in whole columns, so a million accounts take
seconds. Files are kept under benchmarks/data/ and made once.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa

AS_OF: Final = date(2026, 6, 30)
TODAY: Final = (AS_OF - date(1970, 1, 1)).days
FOLDER: Final = Path(__file__).parent / "data"

_SEED: Final = 20_260_630
_STEMS: Final = ("Harbour", "Bluefin", "Northgate", "Kestrel", "Orchard", "Sable", "Meridian")
_TRADES: Final = ("Steel", "Foods", "Logistics", "Textiles", "Chemicals", "Paper", "Tools")
_STATES: Final = (7, 9, 19, 24, 27, 29, 33, 36)
_BUCKETS: Final = ("0-30", "31-60", "61-90", "90+")
_DERIVED: Final = (
    "outstanding", "ageing_bucket", "dso_days", "last_payment_date", "track_record", "disputed",
)  # fmt: skip

Random = np.random.Generator
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def master(accounts: int) -> Path:
    """Return the Parquet file of a full credit master."""
    return _kept(f"master-{accounts}.parquet", lambda path: _write(_master(accounts), path))


def bare_master(accounts: int) -> Path:
    """Return the same master without what open items and payments tell."""
    return _kept(
        f"bare-{accounts}.parquet", lambda path: _write(_master(accounts).drop(_DERIVED), path)
    )


def items(accounts: int, each: int) -> tuple[Path, Path]:
    """Return the Parquet files of `each` documents per account, and of the payments on them."""
    return (
        _kept(f"items-{accounts}-{each}.parquet", lambda p: _write(_items(accounts, each), p)),
        _kept(
            f"payments-{accounts}-{each}.parquet", lambda p: _write(_payments(accounts, each), p)
        ),
    )


def book(rows: int) -> Path:
    """Return the XLSX file of a full credit master with typed cells."""
    return _kept(f"master-{rows}.xlsx", lambda path: _write_book(_master(rows), path))


def _kept(name: str, make: Any) -> Path:
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        draft = path.with_name(f".draft-{name}")
        make(draft)
        draft.rename(path)
    return path


def _write(frame: pl.DataFrame, path: Path) -> None:
    frame.write_parquet(path, compression="zstd", row_group_size=131_072, statistics=True)


def _write_book(frame: pl.DataFrame, path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    sheet = book.add_worksheet("Master")
    dated = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, frame.columns)
    for row, values in enumerate(frame.iter_rows(), start=1):
        for column, value in enumerate(values):
            if isinstance(value, date):
                sheet.write_datetime(row, column, value, dated)
            elif value is not None:
                sheet.write(row, column, value)
    book.close()


def _master(accounts: int) -> pl.DataFrame:
    draw = np.random.default_rng([_SEED, accounts])
    number = np.arange(accounts)
    limit = draw.choice([5, 10, 20, 40, 75, 150, 500], accounts) * 100_000 * 100
    used = np.clip(draw.gamma(3.2, 0.17, accounts), 0, 1.6)
    owed = np.floor(limit * np.where(draw.random(accounts) < 0.04, 0, used)).astype(np.int64)
    owed = np.where(draw.random(accounts) < 0.01, -draw.integers(1, 5_000_000, accounts), owed)
    paid_ago = np.minimum(draw.exponential(38, accounts).astype(int), 400)
    frame = pl.DataFrame(
        {
            "entity": draw.choice(np.array(["IN01", "IN02", "IN03"]), accounts, p=[0.6, 0.3, 0.1]),
            "customer_no": _numbered("C", number, 7),
            "customer_name": _names(draw, number),
            "tax_id": _gstins(draw, accounts),
            "country": pl.repeat("IN", accounts, dtype=pl.String, eager=True),
            "currency": pl.repeat("INR", accounts, dtype=pl.String, eager=True),
            "credit_limit": _money(limit),
            "outstanding": _money(owed),
            "ageing_bucket": _pick(draw, _BUCKETS, accounts, [0.68, 0.17, 0.09, 0.06]),
            "dso_days": np.clip(draw.normal(52, 24, accounts), 1, 300).round(1),
            "last_payment_date": _days(TODAY - paid_ago),
            "track_record": np.clip(draw.normal(74, 15, accounts), 0, 100).round(2),
            "disputed": draw.random(accounts) < 0.035,
            "risk_class": _pick(draw, ("A", "B", "C"), accounts, [0.5, 0.3, 0.2]),
            "onboarded_date": _days(TODAY - draw.integers(30, 4000, accounts)),
            "last_increase_date": _days(TODAY - draw.integers(10, 1500, accounts)),
        }
    )
    return _with_oddities(frame, draw)


def _with_oddities(frame: pl.DataFrame, draw: Random) -> pl.DataFrame:
    """Blank some cells, break some GSTINs, repeat some rows and let a few contradict."""
    shares = {
        "credit_limit": 0.004, "outstanding": 0.001, "dso_days": 0.03, "track_record": 0.03,
        "last_payment_date": 0.02, "last_increase_date": 0.5, "onboarded_date": 0.1,
        "country": 0.2, "ageing_bucket": 0.01, "tax_id": 0.002,
    }  # fmt: skip
    height = frame.height
    for name, rate in shares.items():
        blank = pl.Series(draw.random(height) < rate)
        frame = frame.with_columns(pl.when(blank).then(None).otherwise(pl.col(name)).alias(name))
    broken = pl.Series(draw.random(height) < 0.003)
    other_digit = pl.Series(draw.random(height) < 0.01)
    tax_id = pl.col("tax_id")
    frame = frame.with_columns(
        tax_id=pl.when(broken).then(tax_id.str.slice(0, 14))
        .when(other_digit).then(tax_id.str.slice(0, 14) + "A").otherwise(tax_id),
        last_payment_date=pl.when(pl.Series(draw.random(height) < 0.001))
        .then(pl.lit(date(2026, 7, 15))).otherwise(pl.col("last_payment_date")),
    )  # fmt: skip
    few = max(height // 1000, 1)
    places = draw.integers(0, height, 2 * few).tolist()
    repeated = frame[places[:few]]
    against = frame[places[few:]].with_columns(pl.col("credit_limit") + 100_000)
    return pl.concat([frame, repeated, against])


def _items(accounts: int, each: int) -> pl.DataFrame:
    """Return documents: closed and open invoices, a few credit notes and debit notes."""
    owner, drawn, paid_late = _documents(accounts, each)
    draw = np.random.default_rng([_SEED, accounts, each, 1])
    count = len(owner)
    kinds = ("invoice", "credit_note", "debit_note")
    open_share = np.where(draw.random(count) < 0.2, draw.random(count), 1.0)
    still_open = np.where(paid_late < 0, drawn["amount"] * open_share, 0).astype(np.int64)
    return pl.DataFrame(
        {
            "entity": _entities(owner),
            "customer_no": _numbered("C", owner, 7),
            "document_no": _numbered("D", np.arange(count), 9),
            "kind": _pick(draw, kinds, count, [0.95, 0.03, 0.02]),
            "document_date": _days(drawn["due"] - drawn["terms"]),
            "due_date": _days(drawn["due"]),
            "currency": pl.repeat("INR", count, dtype=pl.String, eager=True),
            "amount": _money(drawn["amount"]),
            "open_amount": _money(still_open),
            "disputed": (draw.random(count) < 0.01) & (still_open > 0),
        }
    )


def _payments(accounts: int, each: int) -> pl.DataFrame:
    """Return one payment per closed invoice, on its document."""
    owner, drawn, paid_late = _documents(accounts, each)
    draw = np.random.default_rng([_SEED, accounts, each, 2])
    place = np.flatnonzero(paid_late >= 0)
    owner = owner[place]
    kinds = ("payment", "returned", "broken_promise")
    return pl.DataFrame(
        {
            "entity": _entities(owner),
            "customer_no": _numbered("C", owner, 7),
            "payment_no": _numbered("P", place, 9),
            "date": _days(drawn["due"][place] - 10 + paid_late[place]),
            "currency": pl.repeat("INR", len(place), dtype=pl.String, eager=True),
            "amount": _money(drawn["amount"][place]),
            "document_no": _numbered("D", place, 9),
            "kind": _pick(draw, kinds, len(place), [0.985, 0.01, 0.005]),
        }
    )


def _documents(accounts: int, each: int) -> tuple[Any, dict[str, Any], Any]:
    """Return owners, due days, terms and amounts, and days from due - 10 to payment, or -1."""
    draw = np.random.default_rng([_SEED, accounts, each])
    owner = np.repeat(np.arange(accounts), each)
    count = len(owner)
    due = TODAY - draw.integers(-40, 420, count)
    terms = draw.choice([15, 30, 45, 60], count)
    amount = (draw.gamma(1.5, 4_000_000, count)).astype(np.int64) + 10_000
    late = draw.exponential(22, count).astype(np.int64)
    paid = (due - 10 + late <= TODAY) & (draw.random(count) < 0.97)
    return owner, {"due": due, "terms": terms, "amount": amount}, np.where(paid, late, -1)


def _entities(owner: Any) -> pl.Series:
    """Return the entity of each owner, as the master states it for the same number of accounts."""
    accounts = int(owner.max()) + 1
    return _master_entities(accounts).gather(owner)


def _master_entities(accounts: int) -> pl.Series:
    return pl.read_parquet(bare_master(accounts), columns=["entity"])["entity"].head(accounts)


def _pick(draw: Random, words: tuple[str, ...], count: int, odds: list[float]) -> pl.Series:
    place = draw.choice(len(words), count, p=odds)
    return pl.Series(list(words)).gather(place)


def _names(draw: Random, number: Any) -> pl.Series:
    stem = pl.Series(list(_STEMS)).gather(draw.integers(0, len(_STEMS), len(number)))
    trade = pl.Series(list(_TRADES)).gather(draw.integers(0, len(_TRADES), len(number)))
    return stem + " " + trade + " " + pl.Series(number).cast(pl.String)


def _numbered(letter: str, number: Any, digits: int) -> pl.Series:
    return letter + pl.Series(number + 10**digits).cast(pl.String).str.slice(1)


def _money(minor: Any) -> pl.Series:
    scaled = pa.array(minor.astype(np.int64)).cast(pa.decimal128(19, 0))
    decimals = pa.Array.from_buffers(pa.decimal128(18, 2), len(scaled), scaled.buffers())
    return pl.Series(decimals)


def _days(numbers: Any) -> pl.Series:
    return pl.Series(numbers.astype(np.int32)).cast(pl.Date)


def _gstins(draw: Random, count: int) -> pl.Series:
    """Return GSTINs: state, PAN of a company, entity digit, Z, and the check digit modulo 36."""
    texts = np.empty((count, 15), np.uint8)
    state = draw.choice(_STATES, count)
    texts[:, 0], texts[:, 1] = state // 10 + ord("0"), state % 10 + ord("0")
    texts[:, 2:7] = draw.integers(ord("A"), ord("Z") + 1, (count, 5))
    texts[:, 5] = draw.choice(np.frombuffer(b"CFPH", np.uint8), count)
    texts[:, 7:11] = draw.integers(ord("0"), ord("9") + 1, (count, 4))
    texts[:, 11] = draw.integers(ord("A"), ord("Z") + 1, count)
    texts[:, 12], texts[:, 13] = draw.integers(ord("1"), ord("9") + 1, count), ord("Z")
    texts[:, 14] = _check_digits(texts[:, :14])
    flat = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(15), count, [None, pa.py_buffer(texts.tobytes())]
    )
    return pl.Series(flat.cast(pa.binary()).cast(pa.string()))


def _check_digits(texts: Bytes) -> Bytes:
    values = np.where(texts < ord("A"), texts - ord("0"), texts - ord("A") + 10).astype(np.int64)
    products = values * np.array([1, 2] * 7)
    value = (36 - (products // 36 + products % 36).sum(axis=1) % 36) % 36
    return np.where(value < 10, value + ord("0"), value - 10 + ord("A")).astype(np.uint8)
