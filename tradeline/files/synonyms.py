"""The synonym table: which headers the common systems give to each field."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from tradeline.files.header import normalise

Role = Literal["master", "items", "payments", "rates"]

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


@lru_cache(maxsize=1)
def table() -> dict[Role, dict[str, tuple[Synonym, ...]]]:
    """Return, by role and normalised header, the fields it may mean, strongest first."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(__file__).with_suffix(".yaml").read_text("utf-8")
    raw = yaml.load(text, Loader=loader)  # noqa: S506  a safe loader, its C twin where there is one
    return {role: _role(role, raw[role]) for role in FIELDS}


def _role(role: Role, fields: dict[str, dict[str, list[str]]]) -> dict[str, tuple[Synonym, ...]]:
    found: dict[str, dict[str, Synonym]] = {}
    for field in FIELDS[role]:
        name = normalise(field)
        found.setdefault(name, {})[field] = Synonym(
            field=field, families=(), rank=-1, canonical=True
        )
        for rank, (word, families) in enumerate(_words(fields.get(field, {}))):
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
