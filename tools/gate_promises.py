"""The promises of the gate, each as a query that returns what breaks it: subject and detail.

`%(of)s` is an organisation, or null for all. Only tables are read, none of the program's functions:
what is promised is written down here a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

COUNTERS: Final = (
    "receivables", "billed_not_posted", "shipped_not_billed", "orders", "reserved", "special",
    "unapplied_cash", "unapplied_credits", "deposits", "orders_later", "held", "disputed",
)  # fmt: skip
"""The counters of a line; the first nine make up its exposure, in the order of a policy's signs."""

_SIGNED: Final = COUNTERS[:9]
_KEPT: Final = ("reserved", "later", "shipped", "billed", "held")
_SOURCES: Final = {
    "receivables": "d.receivables", "unapplied_cash": "d.cash", "unapplied_credits": "d.credits",
    "deposits": "d.deposits", "disputed": "d.disputed", "orders": "o.orders",
    "reserved": "k.reserved", "billed_not_posted": "k.billed",
    "shipped_not_billed": "coalesce(o.shipped, 0) + coalesce(k.shipped, 0)",
    "orders_later": "coalesce(o.later, 0) + coalesce(k.later, 0)",
    "held": "coalesce(o.held, 0) + coalesce(k.held, 0)",
}  # fmt: skip
"""What each counter is the sum of: documents, rows of the order file, orders of the gate."""


def _mine(table: str) -> str:
    return f"(%(of)s::uuid IS NULL OR {table}.organisation_id = %(of)s::uuid)"


def _differing(pairs: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """Return what says which counters are not what they should be, and whether any is not."""
    kept = [(name, f"l.{name}_minor", wanted) for name, wanted in pairs]
    told = ", ".join(f"CASE WHEN {counter} <> {wanted} THEN concat('{name} ', {counter}, "
                     f"' is not ', {wanted}) END" for name, counter, wanted in kept)  # fmt: skip
    any_of = " OR ".join(f"{counter} <> {wanted}" for _, counter, wanted in kept)
    return f"concat_ws(', ', {told})", f"({any_of})"


_CHANGED, _CHANGES = _differing((name, f"s.{name}") for name in COUNTERS)
_CHANGE_SUMS: Final = ", ".join(
    f"coalesce(sum((e.change ->> '{name}')::bigint), 0) AS {name}" for name in COUNTERS
)
_SUMMED, _SUMS = _differing((name, f"coalesce({source}, 0)") for name, source in _SOURCES.items())
_KEPT_SUMS: Final = ", ".join(f"sum(counted_{name}_minor) AS {name}" for name in _KEPT)
_BY_CHANGE: Final = " + ".join(
    f"signs[{place}] * coalesce((change ->> '{name}')::bigint, 0)"
    for place, name in enumerate(_SIGNED, start=1)
)
_BY_POLICY: Final = " + ".join(
    f"p.signs[{place}] * l.{name}_minor" for place, name in enumerate(_SIGNED, start=1)
)

_STEPS: Final = f"""
WITH step AS (
    SELECT e.*, r.signs, d.release_id, d.verb, c.prepaid, r.reactions, r.tolerance_bp,
        r.tolerance_max_minor, lag(e.exposure_minor) OVER w AS before,
        lag(e.limit_minor) OVER w AS limit_before, lag(e.version) OVER w AS version_before
    FROM line_event e
    LEFT JOIN decision d ON d.organisation_id = e.organisation_id AND d.id = e.decision_id
    LEFT JOIN line_rules r ON r.organisation_id = d.organisation_id AND r.id = d.rules_id
    LEFT JOIN commitment c ON c.organisation_id = d.organisation_id AND c.id = d.commitment_id
    WHERE {_mine("e")}
    WINDOW w AS (PARTITION BY e.organisation_id, e.line_id ORDER BY e.version))
"""
"""A line's events, each beside the one before and what the decision behind it knew."""

_ORDER: Final = f"""
WITH kept AS (
    SELECT c.*,
        authorised_minor - cancelled_minor - greatest(shipped_minor, invoiced_minor) AS ahead,
        greatest(shipped_minor - invoiced_minor, 0) AS rest,
        greatest(posted_minor - billed_minor, 0) AS surplus
    FROM commitment c WHERE {_mine("c")})
"""
"""Orders with their parts; what only the ledger has invoiced is the surplus."""

_LINES: Final = {
    "versions without gap": f"""
SELECT l.id, concat('version ', l.version, ' of the line, events ', min(e.version), ' to ',
    max(e.version), ', ', count(e.version), ' of them')
FROM credit_line l
LEFT JOIN line_event e ON e.organisation_id = l.organisation_id AND e.line_id = l.id
WHERE {_mine("l")} GROUP BY l.organisation_id, l.id, l.version
HAVING count(e.version) <> l.version + 1 OR min(e.version) <> 0 OR max(e.version) <> l.version""",
    "counters are sums of changes": f"""
SELECT l.id, {_CHANGED} FROM credit_line l
CROSS JOIN LATERAL (SELECT {_CHANGE_SUMS} FROM line_event e
    WHERE e.organisation_id = l.organisation_id AND e.line_id = l.id) s
WHERE {_mine("l")} AND {_CHANGES}""",
    "exposure after is exposure before and the changes": f"""{_STEPS}
SELECT line_id, concat('version ', version, ': ', before, ' and the changes ', change, ' are not ',
    exposure_minor)
FROM step WHERE decision_id IS NOT NULL AND version_before IS NOT NULL
    AND (signs IS NULL OR exposure_minor <> before + {_BY_CHANGE})""",
    "the gate leaves limits alone": f"""{_STEPS}
SELECT line_id, concat('version ', version, ': the limit ', limit_before, ' became ', limit_minor)
FROM step WHERE decision_id IS NOT NULL AND limit_minor IS DISTINCT FROM limit_before""",
    "a line is as its last event left it": f"""
SELECT l.id, concat('exposure ', l.exposure_minor, ' limit ', l.limit_minor, ', the event ',
    e.exposure_minor, ' and ', e.limit_minor)
FROM credit_line l JOIN line_event e ON e.organisation_id = l.organisation_id
    AND e.line_id = l.id AND e.version = l.version
WHERE {_mine("l")} AND (l.exposure_minor <> e.exposure_minor
    OR l.limit_minor IS DISTINCT FROM e.limit_minor)""",
    "exposure counts as the policy says": f"""
SELECT l.id, concat('exposure ', l.exposure_minor, ', its counters say ', {_BY_POLICY})
FROM credit_line l CROSS JOIN LATERAL (
    SELECT array_agg(s::int ORDER BY place) AS signs
    FROM (SELECT document FROM gate_policy p WHERE p.organisation_id = l.organisation_id
        ORDER BY active_from DESC LIMIT 1) p,
    jsonb_array_elements_text(p.document -> 'signs') WITH ORDINALITY t (s, place)) p
WHERE {_mine("l")} AND p.signs IS NOT NULL AND l.exposure_minor <> {_BY_POLICY}""",
    "counters are sums of what they count": f"""
SELECT l.id, {_SUMMED} FROM credit_line l
LEFT JOIN (SELECT organisation_id, account_id,
        sum(counted_minor) FILTER (WHERE debit) AS receivables,
        sum(counted_minor) FILTER (WHERE kind = 'cash') AS cash,
        sum(counted_minor) FILTER (WHERE kind = 'credit_note') AS credits,
        sum(counted_minor) FILTER (WHERE kind = 'deposit') AS deposits,
        sum(counted_minor) FILTER (WHERE debit AND disputed) AS disputed
    FROM (SELECT *, kind IN ('invoice', 'debit_note', 'interest') AS debit FROM document) d
    GROUP BY 1, 2) d ON d.organisation_id = l.organisation_id AND d.account_id = l.account_id
LEFT JOIN (SELECT organisation_id, account_id, sum(counted_orders_minor) AS orders,
        sum(counted_shipped_minor) AS shipped, sum(counted_later_minor) AS later,
        sum(counted_held_minor) AS held FROM order_line GROUP BY 1, 2) o
    ON o.organisation_id = l.organisation_id AND o.account_id = l.account_id
LEFT JOIN (SELECT organisation_id, line_id, {_KEPT_SUMS} FROM commitment GROUP BY 1, 2) k
    ON k.organisation_id = l.organisation_id AND k.line_id = l.id
WHERE {_mine("l")} AND {_SUMS}""",
    "nothing is negative": f"""
SELECT l.id, 'a counter of the line is negative' FROM credit_line l
WHERE {_mine("l")} AND least({", ".join(f"l.{name}_minor" for name in COUNTERS)}) < 0
UNION ALL SELECT c.id, concat('an amount of order ', order_no, ' is negative') FROM commitment c
WHERE {_mine("c")} AND least(authorised_minor, shipped_minor, invoiced_minor, cancelled_minor,
    billed_minor, posted_minor, held_minor, {", ".join(f"counted_{name}_minor" for name in _KEPT)})
    < 0""",
}  # fmt: skip

_LIMITS: Final = {
    "no authorisation beyond the limit": f"""{_STEPS}
SELECT line_id, concat('version ', version, ' (', verb, '): ', before, ' rose to ', exposure_minor,
    ', the limit is ', coalesce(limit_minor::text, 'unknown'))
FROM step WHERE kind IN ('authorised', 'shipped') AND exposure_minor > coalesce(before, 0)
    AND NOT (kind = 'shipped' AND exposure_minor + coalesce((change ->> 'orders_later')::bigint, 0)
        <= coalesce(before, 0))    AND NOT coalesce(prepaid, false) AND release_id IS NULL
    AND CASE WHEN limit_minor IS NULL THEN reactions[5] > 1
        ELSE reactions[2] > 1 AND exposure_minor > limit_minor
            + least(div(limit_minor::numeric * tolerance_bp, 10000),
                coalesce(tolerance_max_minor, limit_minor)) END""",
    "no authorisation beyond a group's limit": f"""
SELECT d.id, concat('order ', d.order_no, ': group ', g.code, ' would owe ', g.owed, ' of ', g.most)
FROM decision d JOIN line_rules r ON r.organisation_id = d.organisation_id AND r.id = d.rules_id
CROSS JOIN LATERAL (SELECT d.facts::jsonb AS told) f
CROSS JOIN LATERAL ROWS FROM (jsonb_array_elements_text(nullif(told -> 'groups', 'null') -> 0),
    jsonb_array_elements_text(nullif(told -> 'groups', 'null') -> 1),
    jsonb_array_elements_text(nullif(told -> 'groups', 'null') -> 2)) AS g (code, owed, most)
WHERE {_mine("d")} AND d.outcome IN ('approved', 'approved_with_warning') AND d.release_id IS NULL
    AND r.reactions[3] > 1 AND told -> 'after' > told -> 'before'
    AND NOT coalesce((told ->> 'prepaid')::boolean, false)
    AND (g.owed IS NULL OR g.owed::bigint > g.most::bigint
        + div(g.most::numeric * r.tolerance_bp, 10000))""",
}

_ORDERS: Final = {
    "an order's parts make up what was authorised": f"""{_ORDER}
SELECT id, concat('order ', order_no, ': authorised ', authorised_minor, ', shipped ',
    shipped_minor, ', invoiced ', invoiced_minor, ', cancelled ', cancelled_minor)
FROM kept WHERE ahead < 0 OR authorised_minor <> ahead + rest + invoiced_minor + cancelled_minor""",
    "an order counts what its parts say": f"""{_ORDER}
SELECT id, concat('order ', order_no, ' counts reserved ', counted_reserved_minor, ', later ',
    counted_later_minor, ', shipped ', counted_shipped_minor, ', billed ', counted_billed_minor,
    ', held ', counted_held_minor)
FROM kept WHERE counted_reserved_minor > 0 AND counted_later_minor > 0
    OR NOT speaks AND counted_reserved_minor + counted_later_minor + counted_shipped_minor > 0
    OR rate_above = rate_below AND (counted_held_minor <> held_minor
        OR speaks AND counted_shipped_minor <> rest - least(rest, surplus)
        OR speaks AND counted_billed_minor <> greatest(billed_minor - posted_minor, 0)
        OR speaks AND counted_reserved_minor + counted_later_minor <> CASE WHEN prepaid THEN 0
            ELSE ahead - least(ahead, surplus - least(rest, surplus)) END)""",
    "an order stands where its amounts put it": f"""{_ORDER}
SELECT id, concat('order ', order_no, ' is ', state) FROM kept WHERE NOT CASE
    WHEN authorised_minor = cancelled_minor THEN state = CASE WHEN held_minor > 0 THEN 'held'
        WHEN state IN ('rejected', 'expired') THEN state ELSE 'cancelled' END
    WHEN invoiced_minor >= authorised_minor - cancelled_minor THEN state = 'closed'
    WHEN shipped_minor >= authorised_minor - cancelled_minor THEN state = 'shipped'
    WHEN shipped_minor > 0 OR invoiced_minor > 0 THEN state = 'part_shipped'
    ELSE state = 'authorised' END""",
    "what is held waits in a hold": f"""
SELECT c.id, concat('of order ', c.order_no, ' ', c.held_minor, ' is held and nobody decides on it')
FROM commitment c WHERE {_mine("c")} AND c.held_minor > 0 AND NOT EXISTS (SELECT FROM hold h
    WHERE h.organisation_id = c.organisation_id AND h.commitment_id = c.id
        AND h.state IN ('open', 'released') AND h.delta_minor > 0)""",
    "an order waits in one hold": f"""
SELECT h.commitment_id, concat(count(*), ' holds of order ', min(h.order_no)) FROM hold h
WHERE {_mine("h")} AND h.state IN ('open', 'released')
GROUP BY h.organisation_id, h.commitment_id HAVING count(*) > 1""",
    "an order's version was decided": f"""
SELECT c.id, concat('order ', c.order_no, ' has version ', c.version, ', decided is ',
    max(d.version))
FROM commitment c LEFT JOIN decision d ON d.organisation_id = c.organisation_id
    AND d.commitment_id = c.id AND d.outcome <> 'refused'
WHERE {_mine("c")} GROUP BY c.organisation_id, c.id, c.order_no, c.version
HAVING max(d.version) IS DISTINCT FROM c.version""",
}

_DECISIONS: Final = {
    "one decision for a key": f"""
SELECT d.key, concat(count(*), ' decisions for client ', d.client) FROM decision d
WHERE {_mine("d")} GROUP BY d.organisation_id, d.client, d.key HAVING count(*) > 1""",
    "a decision says what was answered": f"""
SELECT d.id, concat('outcome ', d.outcome, ', answered ', left(d.answer, 60)) FROM decision d
WHERE {_mine("d")} AND CASE WHEN d.outcome = 'refused'
    THEN d.status < 400 OR d.answer::jsonb ->> 'status' <> d.status::text
    ELSE d.answer::jsonb ->> 'decision' <> d.outcome
        OR d.answer::jsonb ->> 'decision_id' <> d.id::text END""",
    "an event of the gate has its decision": f"""
SELECT e.line_id, concat('version ', e.version, ' (', e.kind, ')') FROM line_event e
LEFT JOIN decision d ON d.organisation_id = e.organisation_id AND d.id = e.decision_id
WHERE {_mine("e")} AND CASE WHEN e.decision_id IS NULL
    THEN e.kind IN ('authorised', 'held', 'shipped', 'billed', 'freed')
    ELSE d.id IS NULL OR d.line_id <> e.line_id AND d.verb <> 'move' END""",
    "a release is used for one order": f"""
SELECT d.release_id, concat('used by ', count(DISTINCT d.commitment_id), ' orders')
FROM decision d WHERE {_mine("d")} AND d.release_id IS NOT NULL
GROUP BY d.organisation_id, d.release_id HAVING count(DISTINCT d.commitment_id) > 1""",
    "a release covers what it is used for": f"""
SELECT d.id, concat('order ', d.order_no, ' over ', d.amount_minor, ', released ',
    coalesce(h.released_minor::text, 'nothing'), ' until ', h.usable_until)
FROM decision d JOIN line_rules r ON r.organisation_id = d.organisation_id AND r.id = d.rules_id
LEFT JOIN hold h ON h.organisation_id = d.organisation_id AND h.id = d.release_id
    AND h.commitment_id = d.commitment_id AND h.state IN ('released', 'used')
WHERE {_mine("d")} AND d.release_id IS NOT NULL AND (h.id IS NULL OR d.at > h.usable_until
    OR d.amount_minor::numeric * 10000
        > h.released_minor::numeric * (10000 + r.release_deviation_bp))""",
    "a decision is in the trail": f"""
SELECT coalesce(d.id::text, t.decision), concat(count(t.id), ' entries for a decision on ',
    coalesce(min(d.order_no), 'nothing'))
FROM (SELECT d.id, d.organisation_id, d.order_no FROM decision d WHERE {_mine("d")}) d
FULL JOIN (SELECT a.id, a.organisation_id,
        convert_from(a.body, 'UTF8')::jsonb -> 'after' ->> 'decision' AS decision
    FROM audit_event a WHERE {_mine("a")} AND a.action = 'ORDER_DECIDED') t
    ON t.organisation_id = d.organisation_id AND t.decision = d.id::text
GROUP BY d.id, t.decision HAVING d.id IS NULL OR count(t.id) <> 1""",
}

PROMISES: Final = {**_LINES, **_LIMITS, **_ORDERS, **_DECISIONS}
"""Name of a promise to the query that returns what breaks it."""
