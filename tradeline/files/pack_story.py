"""What the paper says: every figure as text, every sentence whole, ready to be set."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.kpis import TOP_ACCOUNTS, Figures, Measure, Summary
from tradeline.files import charts, pack_rows
from tradeline.files import pack_words as words
from tradeline.files.pack_formats import Writer
from tradeline.files.pack_look import AGE_COLOURS, BAND_COLOURS, NEUTRAL, SERIES
from tradeline.files.pack_summary import (
    CHECK_STATES,
    action_parts,
    age_parts,
    band_parts,
    use_parts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.files.pack_input import PackInput

WORST_MAX: Final = 24
CHANGES_MAX: Final = 30
NAME_MAX: Final = 70
REASONS_MAX: Final = 320
POLICY_MAX: Final = 9_000
"""Characters of policy on paper; the workbook has the whole."""

SIGNATURES: Final = (
    {"role": "Credit analyst", "does": "prepared the review"},
    {"role": "Credit manager", "does": "endorses the proposals"},
    {"role": "Controller", "does": "decides"},
)
CHOICES: Final = ("Approved as proposed", "Approved with the changes below", "Rejected")


def story(given: PackInput) -> dict[str, Any]:
    """Return all that the paper shows; texts may hold anything and are set as they are."""
    summary, live = given.summary, given.live
    write = Writer(given.currency, given.policy.locale)
    total = summary.total
    day = f"{given.identity.as_of:%d %B %Y}".lstrip("0")
    return {
        "fonts": ["Libertinus Serif"],
        "title": f"Credit review as of {day}",
        "author": "tradeline",
        "keywords": ["credit review", given.identity.run_id],
        "date": _date(given),
        "running": f"Credit review · as of {day} · {given.currency}",
        "subtitle": _subtitle(given, summary, write),
        "headline": _headline(given, total, write),
        "story": _sentences(total, write, given.currency),
        "charts": _charts(given, live, total, write),
        **_entities(summary, write),
        **_checks(summary, write),
        **_worst(given, live, write),
        **_changes(live, write),
        **_quarantine(summary, write),
        **_policy(given),
        **_ending(given),
    }


def _date(given: PackInput) -> dict[str, int]:
    day = given.identity.as_of
    return {"year": day.year, "month": day.month, "day": day.day}


def _subtitle(given: PackInput, summary: Summary, write: Writer) -> str:
    names = list(summary.entities)
    where = f"entity {names[0]}" if len(names) == 1 else f"{len(names)} legal entities"
    total = summary.total
    parts = [_accounts(total.accounts, write), where, f"amounts in {given.currency}"]
    parts += [f"policy {given.policy.name}"]
    return " · ".join(parts)


def _headline(given: PackInput, total: Figures, write: Writer) -> list[dict[str, str]]:
    target = f"target below {given.policy.utilisation.target_average_pct:f} %"
    late = total.share_beyond["0-30"]
    rows = (
        ("Outstanding", write.amount(total.outstanding_minor),
         f"{write.amount(total.disputed_minor)} disputed"),
        ("Limits, present", write.amount(total.limit_present_minor),
         f"{_accounts(total.over_limit, write)} over limit"),
        ("Limits, proposed", write.amount(total.limit_proposed_minor),
         f"{write.amount(total.limit_usable_minor)} usable"),
        ("Over 30 days late", _share(late, write),
         f"over 90 days {_share(total.share_beyond['61-90'], write)}"),
        ("Use of limits, weighted", _share(total.utilisation_weighted, write), target),
        ("Use of limits, mean", _share(total.utilisation_mean, write), target),
        ("DSO, weighted", _days(total.dso_days, write), "by outstanding, where known"),
        ("Ten largest accounts", _share(total.top_share, write), _evenness(total, write)),
    )  # fmt: skip
    return [{"label": label, "value": value, "note": note} for label, value, note in rows]


def _accounts(number: int, write: Writer) -> str:
    return f"{write.number(number)} account{'' if number == 1 else 's'}"


def _share(measure: Measure, write: Writer) -> str:
    return "none" if measure.value is None else write.percent(measure.value)


def _days(measure: Measure, write: Writer) -> str:
    return "none" if measure.value is None else f"{write.number(measure.value, 1)} days"


def _evenness(total: Figures, write: Writer) -> str:
    if total.hhi.value is None or total.effective_accounts.value is None:
        return total.hhi.reason
    hhi = write.number(total.hhi.value * 10_000, 1)
    return f"HHI {hhi}, as {write.number(total.effective_accounts.value)} equal ones"


def _sentences(total: Figures, write: Writer, currency: str) -> list[str]:
    """Return the review in a few sentences."""
    if not total.accounts:
        apart = f" Quarantined: {write.number(total.quarantined)}." if total.quarantined else ""
        return [f"There is no account to decide on.{apart}"]
    severe = {band: total.by_band[band] for band in ("Critical", "High") if band in total.by_band}
    counts = " and ".join(f"{write.number(a.accounts)} {band}" for band, a in severe.items())
    owed = sum(a.outstanding_minor for a in severe.values())
    first = (
        f"In the bands to discuss are {counts}, owing {currency} {write.amount(owed)}." if severe
        else "No account is in band High or Critical."
    )  # fmt: skip
    asked = [f"{write.number(n)} {name.lower()}" for name, n in action_parts(total) if n]
    second = f"Proposed for the limits: {', '.join(asked)}." if asked else ""
    left = [
        f"{_accounts(total.not_assessed, write)} could not be assessed." * (
            total.not_assessed > 0
        ),
        f"Quarantined and in no figure of this paper: {write.number(total.quarantined)}." * (
            total.quarantined > 0
        ),
    ]  # fmt: skip
    return [" ".join(filter(None, (first, second, *left)))]


def _charts(
    given: PackInput, live: pa.Table, total: Figures, write: Writer
) -> list[dict[str, Any]]:
    """Return the pictures, each with its figures in a table."""
    if not total.accounts:
        return []
    split = ("Accounts", f"Outstanding, {given.currency}", "Share")
    owed = total.outstanding_minor
    reds = [*reversed(BAND_COLOURS.values()), NEUTRAL]

    def amounts(parts: Sequence[tuple[str, Any]], colours: Sequence[str]) -> tuple[Any, Any]:
        drawn = [
            charts.Bar(name, float(a.outstanding_minor), _of(a.outstanding_minor, owed, write), c)
            for (name, a), c in zip(parts, colours, strict=False)
        ]
        rows = [
            (name, write.number(a.accounts), write.amount(a.outstanding_minor),
             _of(a.outstanding_minor, owed, write))
            for name, a in parts
        ]  # fmt: skip
        return drawn, rows

    bands = amounts(band_parts(total), reds)
    ages = amounts(age_parts(total), [*AGE_COLOURS, NEUTRAL])
    uses = [
        charts.Bar(name, float(n), write.number(n), SERIES[0] if at < 5 else "#a61b2b")
        for at, (name, n) in enumerate(use_parts(total))
    ]
    used = sum(total.use_classes)
    use_rows = [(n, write.number(c), _of(c, used, write)) for n, c in use_parts(total)]
    return [
        _chart("Risk bands", "bands", *bands, ("Band", *split)),
        _chart("Age of the debt", "ages", *ages, ("Oldest debt, days late", *split)),
        _chart("Use of limits", "uses", uses, use_rows, ("Used of the limit", "Accounts", "Share")),
        *_largest(given, live, owed, write),
    ]


def _largest(given: PackInput, live: pa.Table, owed: int, write: Writer) -> list[dict[str, Any]]:
    """Return the concentration: the largest balances and their shares."""
    if not owed:
        return []
    at = pa.array(range(live.num_rows), pa.int64())
    ranked = live.append_column("at", at).sort_by(
        [("outstanding_minor", "descending"), ("at", "ascending")]
    )
    top = [
        r for r in ranked.slice(0, TOP_ACCOUNTS).to_pylist() if (r["outstanding_minor"] or 0) > 0
    ]
    drawn = [
        charts.Bar(_short(r["customer_no"] or str(n), 18), float(r["outstanding_minor"]),
                   _of(r["outstanding_minor"], owed, write, 2), SERIES[0])
        for n, r in enumerate(top, 1)
    ]  # fmt: skip
    rows = [
        (_short(r["customer_name"] or "", 40), write.amount(r["outstanding_minor"]),
         _of(r["outstanding_minor"], owed, write, 2))
        for r in top
    ]  # fmt: skip
    head = ("Largest accounts", f"Outstanding, {given.currency}", "Share")
    return [_chart("Concentration", "largest", drawn, rows, head)]


def _chart(
    title: str, file: str, drawn: Sequence[charts.Bar], rows: Any, head: Sequence[str]
) -> dict[str, Any]:
    said = "; ".join(f"{bar.name} {bar.text}" for bar in drawn)
    return {
        "title": title,
        "file": f"{file}.svg",
        "alt": f"Bar chart. {title}: {said}.",
        "svg": charts.bars(title, drawn),
        "head": head,
        "rows": rows,
    }


def _of(part: int, whole: int, write: Writer, places: int = 1) -> str:
    return write.percent(Fraction(part, whole), places) if whole else ""


def _entities(summary: Summary, write: Writer) -> dict[str, Any]:
    rows = [
        (_short(name, 40), write.number(f.accounts), write.amount(f.outstanding_minor),
         write.amount(f.limit_present_minor), write.amount(f.limit_proposed_minor),
         _share(f.utilisation_weighted, write))
        for name, f in list(summary.entities.items())[:WORST_MAX]
    ]  # fmt: skip
    head = ("Entity", "Accounts", "Outstanding", "Present limits", "Proposed limits", "Used")
    return {"entities": rows, "entity_head": head}


def _checks(summary: Summary, write: Writer) -> dict[str, Any]:
    rows = [
        (words.check(name), *(write.number(states.get(s, 0)) for s in CHECK_STATES))
        for name, states in sorted(summary.checks.items(), key=lambda item: _check_place(item[0]))
    ]
    return {"checks": rows, "check_head": ("Check", *map(words.status, CHECK_STATES))}


def _check_place(name: str) -> int:
    known = list(words.CHECKS)
    return known.index(name) if name in known else len(known)


def _worst(given: PackInput, live: pa.Table, write: Writer) -> dict[str, Any]:
    """Return the accounts the review ranks first, with what is wrong and what is proposed."""
    severe = pc.sum(pc.is_in(live["band"], value_set=pa.array(["Critical", "High"]))).as_py() or 0
    rows = live.slice(0, min(severe, WORST_MAX)).to_pylist()
    reasons = _reasons(given, live, len(rows))
    accounts = [
        {
            "band": row["band"] or words.NOT_ASSESSED,
            "name": _short(row["customer_name"] or row["customer_no"] or "", NAME_MAX),
            "who": _who(row),
            "outstanding": write.amount(row["outstanding_minor"]),
            "limit": write.amount(row["credit_limit_minor"]),
            "used": f"{row['ar_utilisation_pct']} %" if row["ar_utilisation_pct"] else "",
            "proposal": _proposal(row, write),
            "reasons": reasons[at],
        }
        for at, row in enumerate(rows)
    ]
    some = f"The first {len(rows)} of {write.number(severe)}" if severe > len(rows) else "All"
    note = (
        f"{some} accounts in band Critical or High, worst first, as the review ranks them."
        " The workbook says more of each."
    )
    return {"worst": accounts, "worst_note": note}


def _reasons(given: PackInput, live: pa.Table, count: int) -> list[str]:
    found = pack_rows.exception_rows(given.tables, live)
    found = found.filter(pc.less(found["at"], count))
    texts: list[list[str]] = [[] for _ in range(count)]
    for at, comment in zip(found["at"].to_pylist(), found["comment"].to_pylist(), strict=True):
        texts[at].append(comment or "")
    return [_short(" ".join(parts), REASONS_MAX) for parts in texts]


def _who(row: dict[str, Any]) -> str:
    parts = [row["customer_no"], row["entity"], words.listed(row["account_actions"])]
    return _short(" · ".join(filter(None, parts)), 160)


def _proposal(row: dict[str, Any], write: Writer) -> str:
    action = words.plain(row["limit_action"]) or words.NOT_ASSESSED
    same = row["recommended_limit_minor"] in {row["credit_limit_minor"], 0}
    return action if same else f"{action} to {write.amount(row['recommended_limit_minor'])}"


def _changes(live: pa.Table, write: Writer) -> dict[str, Any]:
    """Return the proposals that change a limit most."""
    delta = pc.subtract(live["recommended_limit_minor"], live["credit_limit_minor"])
    at = pa.array(range(live.num_rows), pa.int64())
    table = live.append_column("delta", delta).append_column("size", pc.abs(delta))
    table = table.append_column("at", at).filter(pc.not_equal(delta, 0))
    ranked = table.sort_by([("size", "descending"), ("at", "ascending")])
    rows = [
        (_short(r["customer_name"] or "", 44),
         _short(", ".join(filter(None, (r["customer_no"], r["entity"]))), 30),
         words.plain(r["limit_action"]), write.amount(r["credit_limit_minor"]),
         write.amount(r["recommended_limit_minor"]), write.amount(r["delta"]))
        for r in ranked.slice(0, CHANGES_MAX).to_pylist()
    ]  # fmt: skip
    whole = table.num_rows
    some = f"The {len(rows)} largest of {write.number(whole)} changes"
    note = (
        f"{some if whole > len(rows) else 'All changes'}. Signing decides on all of them; the sheet"
        " Recommendations of the workbook lists each."
    )
    return {"changes": rows, "changes_note": note}


def _quarantine(summary: Summary, write: Writer) -> dict[str, Any]:
    rows = [(words.plain(code), write.number(n)) for code, n in summary.quarantine_codes.items()]
    note = "Set apart by policy until the data is mended: in no total and no proposal."
    return {"quarantine": rows, "quarantine_note": note}


def _policy(given: PackInput) -> dict[str, Any]:
    """Return the policy's chapters, as many as fit the paper."""
    chapters, used = [], 0
    for title, sentences in given.policy_words:
        used += len(title) + sum(map(len, sentences))
        if used > POLICY_MAX:
            break
        chapters.append({"title": title, "sentences": list(sentences)})
    whole = len(chapters) == len(given.policy_words)
    note = "" if whole else "The first chapters; the workbook has all of them."
    return {"policy": chapters, "policy_note": note}


def _ending(given: PackInput) -> dict[str, Any]:
    run = given.identity
    facts = [
        ("Run", run.run_id),
        ("As of", run.as_of.isoformat()),
        ("Inputs, SHA-256", run.inputs_hash),
        ("Policy version", run.policy_version),
        ("Engine version", run.engine_version),
        *((f"Input: {_short(name, 60)}", digest) for name, digest in given.inputs[:20]),
    ]
    return {
        "run": {"id": run.run_id, "as_of": run.as_of.isoformat()},
        "identity": facts,
        "decision": f"On the proposals of run {run.run_id[:12]}, as listed in its workbook:",
        "choices": CHOICES,
        "signatures": SIGNATURES,
        "notes": words.notes(given.policy),
    }


def _short(text: str, most: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1].rstrip() + "…"
