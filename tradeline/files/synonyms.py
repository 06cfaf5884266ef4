"""The synonym table: which headers the common systems give to each field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tradeline.files.header import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FeedKind = Literal["customers", "limits", "ar", "orders", "payments", "rates"]
# The review tells its four roles apart by itself; a feed's kind is always named.
Role = Literal["master", "items", "payments", "rates", "customers", "limits", "ar", "orders"]

FIELDS: Final[dict[Role, tuple[str, ...]]] = {
    "master": (
        "customer_no", "customer_name", "tax_id", "credit_limit", "outstanding", "ageing_bucket",
        "dso_days", "last_payment_date", "track_record", "disputed", "entity", "currency",
        "country", "risk_class", "onboarded_date", "last_increase_date",
    ),
    "items": (
        "customer_no", "customer_name", "document_no", "kind", "document_date", "due_date",
        "currency", "amount", "open_amount", "disputed", "order_no", "entity", "credit_limit",
    ),
    "payments": (
        "customer_no", "customer_name", "payment_no", "date", "currency", "amount",
        "document_no", "kind", "entity",
    ),
    "rates": ("date", "from", "to", "rate"),
}  # fmt: skip
FEED_FIELDS: Final[dict[Role, tuple[str, ...]]] = {
    "customers": (
        "customer_no", "customer_name", "parent_no", "segment", "tier", "industry", "tax_id",
        "country", "intercompany", "terms", "entity", "aliases",
    ),
    "limits": (
        "customer_no", "customer_name", "entity", "currency", "limit", "valid_from", "valid_to",
        "kind", "scope",
    ),
    "ar": (
        "customer_no", "customer_name", "entity", "document_no", "kind", "document_date",
        "due_date", "currency", "amount", "open_amount", "disputed", "order_no", "terms",
    ),
    "orders": (
        "customer_no", "customer_name", "entity", "order_no", "line_no", "status", "currency",
        "ordered_amount", "shipped_amount", "invoiced_amount", "cancelled_amount", "ordered_qty",
        "shipped_qty", "invoiced_qty", "cancelled_qty", "unit_price", "price_unit", "ship_date",
        "order_date", "tax_included",
    ),
    "payments": FIELDS["payments"],
    "rates": FIELDS["rates"],
}  # fmt: skip
LIKE: Final[dict[Role, Role]] = {
    "customers": "master", "limits": "master", "ar": "items", "orders": "items",
    "payments": "payments", "rates": "rates",
}  # fmt: skip
"""Whose headers a feed knows too, field by field."""

_PUBLIC: Final[dict[Role, dict[str, str]]] = {"customers": {"name": "customer_name"}}
_LABELS: Final = {
    "tally": "Tally", "sap": "SAP", "netsuite": "NetSuite", "quickbooks": "QuickBooks",
    "xero": "Xero", "dynamics": "Dynamics", "generic": "common",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Synonym:
    """What a header means within a role; a lower rank wins when a file has several."""

    field: str
    families: tuple[str, ...]
    rank: int
    canonical: bool = False

    @property
    def why(self) -> str:
        """Return the reason as the user reads it."""
        return "name is canonical" if self.canonical else f"synonym ({', '.join(self.families)})"


Words = dict[str, tuple[Synonym, ...]]  # by normalised header, strongest first


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The fields of each role, and the headers that name them."""

    fields: dict[Role, tuple[str, ...]]
    table: Callable[[], dict[Role, Words]]

    def field_of(self, word: str, role: Role) -> str | None:
        """Return the field of the role that a word names, itself or as a common alias."""
        plain = normalise(word)
        if plain.replace(" ", "_") in self.fields[role]:
            return plain.replace(" ", "_")
        entries = self.table()[role].get(plain)
        return entries[0].field if entries else None


@lru_cache(maxsize=1)
def table() -> dict[Role, Words]:
    """Return, by role and normalised header, the fields it may mean, strongest first."""
    raw = _loaded("synonyms.yaml")
    return {role: _role(FIELDS[role], raw[role]) for role in FIELDS}


@lru_cache(maxsize=1)
def feed_table() -> dict[Role, Words]:
    """Return the same for the feeds: their own words before those of the role they resemble."""
    own, base = _loaded("feed_synonyms.yaml"), _loaded("synonyms.yaml")
    return {
        kind: _role(names, own[kind], base[LIKE[kind]], public=_PUBLIC.get(kind, {}))
        for kind, names in FEED_FIELDS.items()
    }


def _loaded(name: str) -> dict[str, dict[str, dict[str, list[str]]]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(__file__).with_name(name).read_text("utf-8")
    raw: dict[str, dict[str, dict[str, list[str]]]] = yaml.load(text, Loader=loader)  # noqa: S506  a safe loader, its C twin where there is one
    return raw


def _role(
    names: tuple[str, ...],
    *layers: dict[str, dict[str, list[str]]],
    public: Mapping[str, str] | None = None,
) -> Words:
    found: dict[str, dict[str, Synonym]] = {}
    for field in names:
        for name in (field, *(word for word, meant in (public or {}).items() if meant == field)):
            found.setdefault(normalise(name), {})[field] = Synonym(
                field=field, families=(), rank=-1, canonical=True
            )
        words = [each for layer in layers for each in _words(layer.get(field, {}))]
        for rank, (word, families) in enumerate(words):
            entry = Synonym(field=field, families=families, rank=rank)
            found.setdefault(normalise(word), {}).setdefault(field, entry)
    return {
        word: tuple(sorted(by_field.values(), key=lambda entry: entry.rank))
        for word, by_field in found.items()
    }


def _words(families: dict[str, list[str]]) -> list[tuple[str, tuple[str, ...]]]:
    words: dict[str, list[str]] = {}
    for family, names in families.items():
        for name in names:
            words.setdefault(name, []).append(_LABELS[family])
    return [(word, tuple(dict.fromkeys(labels))) for word, labels in words.items()]


@lru_cache(maxsize=1)
def known_words() -> tuple[str, ...]:
    """Return every normalised header of every role, for the search of the header row."""
    return tuple(sorted({word for by_word in table().values() for word in by_word}))


@lru_cache(maxsize=8)
def feed_words(kind: FeedKind) -> tuple[str, ...]:
    """Return every normalised header of one feed, for the search of its header row."""
    return tuple(sorted(feed_table()[kind]))


REVIEW: Final = Vocabulary(fields=FIELDS, table=table)
FEEDS: Final = Vocabulary(fields=FEED_FIELDS, table=feed_table)
