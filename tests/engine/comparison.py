"""Hold a review against the reference and say readably where they part."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.builders import AS_OF, reviewed
from tests.engine.reference import Row, assess, half_up, order_key
from tradeline.engine.tables import CHECKS

if TYPE_CHECKING:
    from tradeline.policy.schema import Policy

FIELDS = (
    "status", "band", "limit_action", "recommended_limit_minor", "account_actions", "stage",
    "ar_utilisation_pct", "days_since_payment",
)  # fmt: skip

KNIFE_EDGE = "composite at a knife-edge"
# The engine counts the used share of a limit in nine-millionths: half of one is 0.0000017 points of
# the composite, and the uplift of a dispute may raise that by a quarter and round once more.
KNIFE_EDGE_POINTS = Fraction(3, 1_000_000)

Difference = tuple[str, Any, Any, Row]
Judged = dict[str, tuple[Row, Row]]


def judge(rows: list[Row], *, currency: str = "USD", caps: dict[str, int] | None = None) -> Judged:
    """Return the rows with the reference's results, by customer number."""
    return {
        row["customer_no"]: (row, assess(row, as_of=AS_OF, currency=currency, caps=caps))
        for row in rows
    }


def differences(
    judged: Judged, policy: Policy | None = None, *, currency: str = "USD", kind: str = "duckdb"
) -> list[Difference]:
    """Return (field, engine's value, reference's value, row) for all that is not equal."""
    rows = [row for row, _ in judged.values()]
    tables = reviewed(rows, policy, currency=currency, kind=kind)
    owners = tables.accounts["customer_no"].to_pylist()
    assert sorted(owners) == sorted(judged)
    in_order = [judged[owner] for owner in owners]
    return (
        _account_differences(tables, in_order)
        + _order_differences(tables, in_order)
        + _check_differences(tables, judged)
        + _code_differences(tables, judged)
    )


def _account_differences(tables: Any, in_order: list[tuple[Row, Row]]) -> list[Difference]:
    found = [
        (name, value, result[name], row)
        for name in FIELDS
        for value, (row, result) in zip(tables.accounts[name].to_pylist(), in_order, strict=True)
        if value != result[name]
    ]
    scores = tables.accounts["composite_x100"].to_pylist()
    for score, (row, result) in zip(scores, in_order, strict=True):
        exact = result["composite"]
        if score != (None if exact is None else half_up(exact * 100)):
            field = KNIFE_EDGE if _at_knife_edge(score, exact) else "composite"
            found.append((field, score, exact, row))
    return found


def _at_knife_edge(score: int | None, exact: Fraction | None) -> bool:
    """Return whether the score is the rounding of a value next to the exact one."""
    if score is None or exact is None:
        return False
    return abs(Fraction(score, 100) - exact) <= Fraction(1, 200) + KNIFE_EDGE_POINTS


def _order_differences(tables: Any, in_order: list[tuple[Row, Row]]) -> list[Difference]:
    """Return neighbours that stand the wrong way round, by the composite as shown."""
    scores = tables.accounts["composite_x100"].to_pylist()
    keys = [
        order_key(row, result | {"composite": None if score is None else Fraction(score, 100)})
        for score, (row, result) in zip(scores, in_order, strict=True)
    ]
    return [
        ("order", first, second, in_order[at][0])
        for at, (first, second) in enumerate(pairwise(keys))
        if first >= second
    ]


def _check_differences(tables: Any, judged: Judged) -> list[Difference]:
    names, statuses, owners = (
        tables.checks[name].to_pylist()[1:] for name in ("check", "status", "customer_no")
    )
    assert names == list(CHECKS) * len(judged)
    return [
        (name, status, judged[owner][1]["checks"][name], judged[owner][0])
        for owner, name, status in zip(owners, names, statuses, strict=True)
        if judged[owner][1]["checks"][name] != status
    ]


def _code_differences(tables: Any, judged: Judged) -> list[Difference]:
    told: dict[str, list[str]] = {owner: [] for owner in judged}
    for owner, code in zip(
        tables.findings["customer_no"].to_pylist(), tables.findings["code"].to_pylist(), strict=True
    ):
        told[owner].append(code)
    return [
        ("codes", sorted(codes), sorted(judged[owner][1]["codes"]), judged[owner][0])
        for owner, codes in told.items()
        if sorted(codes) != sorted(judged[owner][1]["codes"])
    ]


def hard(found: list[Difference]) -> list[Difference]:
    """Return the differences without those of the composite at a knife-edge."""
    return [difference for difference in found if difference[0] != KNIFE_EDGE]


def tell(found: list[Difference], most: int = 8) -> str:
    """Return the first differences as lines, with what each row held."""
    lines = [f"{len(found)} differences"]
    for field, engine, reference, row in found[:most]:
        held = {name: value for name, value in row.items() if value is not None}
        lines.append(f"{field}: engine {engine!r}, reference {reference!r}, for {held}")
    return "\n".join(lines)
