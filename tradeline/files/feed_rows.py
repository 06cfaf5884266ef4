"""The rows of customers, limits, AR documents, payments and rates, as `feed_tables` wants them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.files import amounts, cells, countries, currencies, feed_words, findings, labels
from tradeline.files.feed_file import BLANK, FeedFile, content, series
from tradeline.files.feed_money import Money

if TYPE_CHECKING:
    from collections.abc import Callable

Columns = dict[str, Any]  # field of the feed's schema -> Arrow array

_EATEN: Final = r"(?i)^\d(?:[.,]\d+)?E\+?\d+$"
_SURELY_EATEN: Final = r"(?i)^\d(?:[.,]\d+)?E\+\d+$"  # 5E10 may be somebody's number
_DEBITS: Final = pa.array(["invoice", "debit_note", "interest"])
_RATE_DIGITS_MAX: Final = 30


def customers(file: FeedFile) -> Columns:
    """Return one row per customer."""
    texts = ("customer_name", "segment", "tier", "industry", "tax_id", "terms", "aliases")
    return {
        "customer_no": customer_no(file),
        "parent_no": identifier(file, "parent_no", needed=False),
        **{name: file.text(name) for name in texts},
        "country": file.word("country", countries.code_of, pa.string()),
        "intercompany": file.word("intercompany", feed_words.intercompany, pa.bool_()),
        "entity": file.texts_of_entity(),
    }


def limits(file: FeedFile) -> Columns:
    """Return one row per limit; a blank limit is a fault, never 0; a group's has no entity."""
    money = Money(file=file, fields=("limit",))
    minor = money.minor("limit")
    money.need("limit", minor)
    file.blame_where("limit", pc.less(minor, 0), "is negative")
    first, last = file.day("valid_from"), file.day("valid_to")
    file.blame_where("valid_to", pc.less(last, first), "is before valid_from")
    scope = file.word("scope", feed_words.limit_scope, pa.string())
    return {
        "customer_no": customer_no(file),
        "entity": _entity_but_of_groups(file, scope),
        "currency": money.codes,
        "limit_minor": minor,
        "valid_from": first,
        "valid_to": last,
        "kind": worded(file, feed_words.limit_kind, "base"),
        "scope": scope,
    }


def _entity_but_of_groups(file: FeedFile, scope: pa.Array) -> pa.Array:
    """Return the entities; none for a group, which spans them: one that is named is a fault."""
    if scope.null_count == len(scope):
        return file.texts_of_entity()
    of_group = pc.fill_null(pc.equal(scope, "group"), fill_value=False)
    named = pc.is_valid(file.text("entity"))
    file.blame_where("entity", pc.and_(of_group, named), "is named, but a group's limit has none")
    return pc.if_else(of_group, pa.scalar(""), file.texts_of_entity())


def ar(file: FeedFile) -> Columns:
    """Return one row per document; amounts are positive and the kind says which side they are."""
    either = [name for name in ("amount", "open_amount") if file.has(name)]
    money = Money(file=file, fields=either)
    found = {name: money.minor(name) for name in either}
    for name, minor in found.items():
        money.need(name, minor)
    amount, still_open = found[either[0]], found[either[-1]]
    kind = worded(file, labels.document_kind, "invoice")
    if len(either) == 1:
        _note_twin(file, either[0])
    documented, due = file.day("document_date"), file.day("due_date")
    neither = pc.and_(pc.is_null(documented), pc.is_null(due))
    if not {"document_date", "due_date"} & set(file.faults):
        file.blame_where("due_date", neither, BLANK)
    return {
        "customer_no": customer_no(file),
        "customer_name": file.text("customer_name"),
        "entity": file.texts_of_entity(),
        "document_no": identifier(file, "document_no"),
        "kind": _signed_kind(file, amount, still_open, kind),
        "document_date": documented,
        "due_date": due,
        "currency": money.codes,
        "amount_minor": _size(amount),
        "open_minor": _size(still_open),
        "disputed": file.word("disputed", labels.disputed, pa.bool_()),
        "order_no": identifier(file, "order_no", needed=False),
        "terms": file.text("terms"),
    }


def _note_twin(file: FeedFile, name: str) -> None:
    other = "open_amount" if name == "amount" else "amount"
    file.notes.append(
        findings.note(
            file.where, code="AMOUNT_TWIN", field=other,
            message=f"The file has no column for {other}; {name} was taken for both.",
        )
    )  # fmt: skip


def _signed_kind(file: FeedFile, amount: pa.Array, still_open: pa.Array, kinds: pa.Array) -> Any:
    """Return the kinds: a negative invoice, or one without a kind, is a credit note.

    A debit whose open part has another sign than its amount is a fault.
    """
    if not _any_negative(amount) and not _any_negative(still_open):
        return kinds
    debit = pc.is_in(kinds, value_set=_DEBITS)
    crossed = pc.less(pc.multiply(pc.sign(amount), pc.sign(still_open)), 0)
    file.blame_where("open_amount", pc.and_(debit, crossed), "has another sign than the amount")
    negative = pc.less(pc.coalesce(amount, still_open), 0)
    turned = pc.fill_null(pc.and_(negative, debit), fill_value=False)
    return pc.if_else(turned, pa.scalar("credit_note"), kinds)


def _any_negative(column: pa.Array) -> bool:
    least = pc.min(column).as_py()
    return least is not None and least < 0


def _size(column: pa.Array) -> pa.Array:
    return pc.abs(column) if _any_negative(column) else column


def payments(file: FeedFile) -> Columns:
    """Return one row per payment; amounts are positive and the kind says which way they go."""
    money = Money(file=file, fields=("amount",))
    minor = money.minor("amount")
    money.need("amount", minor)
    paid = file.day("date")
    file.need("date", paid)
    credit = _credit_side(file, minor)
    file.blame_where("amount", pc.and_(pc.less(minor, 0), pc.invert(credit)), "is negative")
    return {
        "customer_no": customer_no(file),
        "entity": file.texts_of_entity(),
        "payment_no": identifier(file, "payment_no"),
        "date": paid,
        "currency": money.codes,
        "amount_minor": _size(minor),
        "document_no": identifier(file, "document_no", needed=False),
        "kind": worded(file, feed_words.payment_kind, "payment"),
    }


def _credit_side(file: FeedFile, minor: pa.Array) -> pa.Array:
    """Return which amounts are written as `5,000 Cr`: the credit side is where a payment stands."""
    if not _any_negative(minor):
        return pa.repeat(pa.scalar(value=False), len(minor))
    texts = pc.fill_null(file.text("amount"), "")
    return pc.match_substring_regex(texts, r"(?i)\bcr\b\.?\)?$")


def rates(file: FeedFile) -> Columns:
    """Return one row per rate, as an exact decimal text."""
    columns: Columns = {"date": file.day("date")}
    for name in ("from", "to"):
        columns[name] = file.word(name, _iso_code, pa.string())
    columns["rate"] = _rate(file)
    for name, values in columns.items():
        file.need(name, values)
    return columns


def _iso_code(text: str) -> str | None:
    code = currencies.code_of(text)
    return None if code is None or code.startswith("?") else code


def _rate(file: FeedFile) -> pa.Array:
    numbers = amounts.read(series(file.column("rate")), file.decimal)
    texts = numbers.value.cast(pl.String).to_list()
    exact = [None if text is None else _exact_rate(text) for text in texts]
    file.blame("rate", numbers.fault)
    made = pa.array(exact, pa.string())
    shown = cells.text(series(file.column("rate")))
    file.blame("rate", shown.zip_with(series(pc.is_null(made)), cells.nulls(len(shown), pl.String)))
    return made


def _exact_rate(text: str) -> str | None:
    """Return the shortest plain writing of a rate above 0, or None."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value <= 0 or len(value.as_tuple().digits) > _RATE_DIGITS_MAX:
        return None
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def customer_no(file: FeedFile) -> pa.Array:
    """Return the customer numbers; a row that has only a name says so in its fault."""
    numbers = identifier(file, "customer_no", needed=False)
    if numbers.null_count:
        named = pc.binary_join_element_wise(
            f"{BLANK}; the row names ", file.text("customer_name"), ""
        )
        words = pc.fill_null(named, BLANK)
        none = pa.scalar(None, pa.string())
        file.blame("customer_no", series(pc.if_else(pc.is_null(numbers), words, none)))
    return numbers


def identifier(file: FeedFile, name: str, *, needed: bool = True) -> pa.Array:
    """Return the identifiers of a field; one that a spreadsheet turned into 1E+12 is a fault."""
    texts = file.text(name)
    if texts.null_count < len(texts):
        _note_eaten(file, name, texts)
    if needed:
        file.need(name, texts)
    return texts


def _note_eaten(file: FeedFile, name: str, texts: pa.Array) -> None:
    if not _may_be_eaten(texts):
        return
    eaten = pc.fill_null(pc.match_substring_regex(texts, _EATEN), fill_value=False)
    if not pc.any(eaten).as_py():
        return
    file.notes.append(_eaten_rows(file, name, eaten))
    surely = pc.match_substring_regex(texts, _SURELY_EATEN)
    none = pa.scalar(None, pa.string())
    words = pc.binary_join_element_wise(texts, "has lost its digits in a spreadsheet", " ")
    file.blame(name, series(pc.if_else(pc.fill_null(surely, fill_value=False), words, none)))


def _may_be_eaten(texts: pa.Array) -> bool:
    seen = content(texts)
    if b"E" not in seen and b"e" not in seen:
        return False
    digits_first = pc.match_substring_regex(texts, r"^\d[.,\d]*[Ee]")
    return bool(pc.any(digits_first).as_py())


def _eaten_rows(file: FeedFile, name: str, mask: pa.Array) -> pl.DataFrame:
    count = len(rows := file.rows.filter(mask))
    named = {
        "customer_no": file.text("customer_no").filter(mask),
        "source_row": rows,
        "source_file": pa.repeat(pa.scalar(file.file), count),
        "source_sheet": pa.repeat(pa.scalar(file.where["source_sheet"], pa.string()), count),
    }
    return findings.of_rows(
        cells.frame(pa.table(named)), code="EATEN_ID", severity="ERROR", field=name,
        message="A spreadsheet has turned this number into a power of ten; its digits are "
        "lost. Export the column as text.",
    )  # fmt: skip


def worded(file: FeedFile, read: Callable[[str], str | None], otherwise: str) -> pa.Array:
    """Return the kind of each row; `otherwise` where the cell is blank, null where it is odd."""
    kinds = file.word("kind", read, pa.string())
    if not kinds.null_count:
        return kinds
    odd = file.faults.get("kind")
    if odd is None:
        return kinds.fill_null(otherwise)
    blank = pc.and_(pc.is_null(kinds), odd.is_null().to_arrow())
    return pc.if_else(blank, pa.scalar(otherwise), kinds)
