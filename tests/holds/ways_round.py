"""Statements by which somebody might let an order go alone, as the application's role, generated.

Each is one of these verbs at one of the proposals of a scene, by one of its people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from tests.holds.desk import Desk
    from tradeline.models.context import Actor

SIGN = """INSERT INTO sign_off (organisation_id, id, proposal_id, level, signer_id, human,
    maker_human, decision, reason, payload_sha256, at)
    VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, %s, %s, 'so', %s, now())"""
PROPOSE = """INSERT INTO proposal (organisation_id, id, kind, hold_id, payload, payload_sha256,
    evidence, evidence_sha256, levels, maker_id, maker_human, reason, state, created_at, expires_at,
    outcome)
    VALUES (%s, gen_random_uuid(), 'hold_release', %s, %s, '', '{}', '', '{analyst}', %s, %s, 'so',
    %s, now(), now() + interval '1 day', '')"""
HOLD = """INSERT INTO hold (organisation_id, id, commitment_id, account_id, line_id, decision_id,
    order_no, version, currency, amount_minor, delta_minor, codes, priority, state, created_at,
    expires_at, settled_at, released_minor, usable_until, proposal_id)
    SELECT organisation_id, gen_random_uuid(), commitment_id, account_id, line_id, decision_id,
    order_no, version, currency, amount_minor, delta_minor, codes, priority, 'released', created_at,
    expires_at, now(), amount_minor, now() + interval '1 day', %s FROM hold WHERE id = %s"""
NAMES = ("analyst", "manager", "controller", "seller", "auditor", "admin", "stranger")
Made = list[tuple[str, str, list[Any]]]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Proposals of a desk by how far they are, and the people around them."""

    desk: Desk
    asked: dict[str, Any]  # by what became of it: fresh, half signed, applied...
    people: dict[str, Actor]
    unasked: str  # a hold that nobody has proposed anything about


@dataclass(frozen=True, kw_only=True)
class Way:
    """One statement by somebody."""

    name: str
    who: str
    sql: str
    values: tuple[Any, ...]


def scene(desk: Desk) -> Scene:
    """Return proposals in every state: one level and two, fresh and settled."""
    from tests.holds.desk import now
    from tradeline.actions import holds, proposals

    people = {name: getattr(desk.people, name) for name in NAMES} | {"creator": desk.seller}
    amounts = {"fresh": 10_000_001, "half": 10_000_002, "single": 600_000, "refused": 600_001,
               "withdrawn": 600_002}  # fmt: skip
    asked = {name: desk.propose(desk.held(amount)) for name, amount in amounts.items()}
    asked["rejecting"] = holds.propose_reject(
        hold_id=desk.held(600_003), reason="so", at=now(), by=people["manager"]
    )
    desk.sign(asked["half"], people["manager"])
    facts = {"reason": "so", "at": now()}
    proposals.refuse(proposal_id=asked["refused"].proposal_id, by=people["manager"],
                     payload_sha256=asked["refused"].payload_sha256, **facts)  # fmt: skip
    proposals.withdraw(proposal_id=asked["withdrawn"].proposal_id, by=people["analyst"], **facts)
    return Scene(desk=desk, asked=asked, people=people, unasked=desk.held(600_004))


def ways(scene: Scene) -> list[Way]:
    """Return every way round, but for what these people may indeed do."""
    made = [
        Way(name=f"{state}: {name}", who=who, sql=sql, values=tuple(values))
        for who, actor in scene.people.items()
        for state, asked in scene.asked.items()
        for name, sql, values in [*_signing(scene, actor, asked), *_changing(asked),
                                  *_settling(asked)]
        if not _may(who, state, name)
    ]  # fmt: skip
    made += [Way(name=name, who=who, sql=sql, values=tuple(values))
             for who, actor in scene.people.items()
             for name, sql, values in _anew(scene, actor)]  # fmt: skip
    return made


MAY = {
    ("manager", "fresh"), ("controller", "fresh"), ("controller", "half"), ("manager", "single"),
    ("controller", "single"), ("analyst", "rejecting"), ("controller", "rejecting"),
}  # fmt: skip
"""Whose turn it is: these sign and refuse."""
NEXT = {"half": 2}


def _may(who: str, state: str, name: str) -> bool:
    maker = "manager" if state == "rejecting" else "analyst"
    level = NEXT.get(state, 1)
    return (
        (name in {f"sign {level}", f"refuse {level}"} and (who, state) in MAY)
        or (name == "to withdrawn" and who == maker and state not in {"refused", "withdrawn"})
    )  # fmt: skip


def _signing(scene: Scene, actor: Actor, asked: Any) -> Made:
    org, me = scene.desk.people.analyst.organisation_id, actor.user_id

    def put(level: Any, signer: Any, word: str = "sign", seen: str | None = None) -> list[Any]:
        nobody, seen = uuid4(), asked.payload_sha256 if seen is None else seen
        return [org, asked.proposal_id, level, signer, nobody, nobody, word, seen]

    made = [(f"{word} {level}", SIGN, put(level, me, word))
            for word in ("sign", "refuse") for level in (0, 1, 2, 3)]  # fmt: skip
    made += [(f"sign {level} as {name}", SIGN, put(level, other.user_id)) for level in (1, 2)
             for name, other in scene.people.items() if other.user_id != me]  # fmt: skip
    seen = {"another payload": "0" * 64, "nothing": "", "the evidence": asked.evidence_sha256}
    made += [(f"sign {what}", SIGN, put(1, me, "sign", digest)) for what, digest in seen.items()]
    return made


def _changing(asked: Any) -> Made:
    key = asked.proposal_id
    richer = json.dumps(dict(asked.payload) | {"amount": "1.00"})
    sets = {
        "payload": richer, "payload_sha256": "0" * 64, "evidence": "{}", "levels": ["analyst"],
        "maker_id": uuid4(), "maker_human": uuid4(), "reason": "better", "hold_id": uuid4(),
        "expires_at": "2099-01-01", "created_at": "2099-01-01", "kind": "none",
    }  # fmt: skip
    made = [(f"change {name}", f"UPDATE proposal SET {name} = %s WHERE id = %s", [value, key])
            for name, value in sets.items()]  # fmt: skip
    made += [(f"to {state}", "UPDATE proposal SET state = %s, settled_at = now() WHERE id = %s",
              [state, key]) for state in
             ("approved", "applied", "rejected", "withdrawn", "expired")]  # fmt: skip
    return [
        *made, ("delete", "DELETE FROM proposal WHERE id = %s", [key]),
        ("delete signatures", "DELETE FROM sign_off WHERE proposal_id = %s", [key]),
        ("turn signatures", "UPDATE sign_off SET decision = 'sign' WHERE proposal_id = %s", [key]),
        ("move signatures", "UPDATE sign_off SET proposal_id = %s", [key]),
    ]  # fmt: skip


def _settling(asked: Any) -> Made:
    order = asked.payload
    call = {
        "turn": 0, "client": "x", "key": str(asked.proposal_id), "body_sha256": "", "door": "api",
        "customer": order["customer"], "entity": order["entity"], "order_no": order["order_no"],
        "amount_minor": 1, "currency": "USD",
    }  # fmt: skip
    made = [
        ("carry out", "SELECT app.apply_proposal(%s, 'api')", [asked.proposal_id]),
        ("release inside", "SELECT app.release_hold(p, h, 'api') FROM proposal p JOIN hold h ON "
         "h.id = p.hold_id WHERE p.id = %s", [asked.proposal_id]),
        ("release", "UPDATE hold SET state = 'released', released_minor = amount_minor, "
         "proposal_id = %s, usable_until = now() + interval '1 day', settled_at = now() "
         "WHERE id = %s",
         [asked.proposal_id, asked.hold_id]),
        ("plant a release", HOLD, [asked.proposal_id, asked.hold_id]),
    ]  # fmt: skip
    made += [(verb, "SELECT answer FROM app.check_orders(%s)",
              [json.dumps([call | {"verb": verb}])]) for verb in ("reject", "lapse")]  # fmt: skip
    return made


def _anew(scene: Scene, actor: Actor) -> Made:
    """Return proposals that are signed as they are made, or for somebody else."""
    org, me = scene.desk.people.analyst.organisation_id, actor.user_id
    other = replace(actor, user_id=scene.people["admin"].user_id).user_id
    fair = dict(scene.asked["single"].payload)
    row = scene.desk.hold(scene.unasked)
    fair |= {"amount": "6000.04", "hold": row["id"], "order_no": row["order_no"]}

    def text(**changes: Any) -> str:
        return json.dumps({k: v for k, v in sorted((fair | changes).items()) if v is not None},
                          separators=(",", ":"))  # fmt: skip

    made = [(f"begin as {state}", PROPOSE, [org, row["id"], text(), me, me, state])
            for state in ("approved", "applied")]  # fmt: skip
    if other != me:
        made.append(("for somebody", PROPOSE, [org, row["id"], text(), other, other, "submitted"]))
    bad = {
        "more": {"amount": "6000.05"}, "less than nothing": {"amount": "-1.00"},
        "in other digits": {"amount": "6000.040"}, "no amount": {"amount": None},
        "another currency": {"currency": "EUR"}, "another order": {"order_no": "SO-1"},
        "another hold": {"hold": scene.asked["fresh"].payload["hold"]},
        "no action": {"action": None}, "another action": {"action": "grant"},
        "more words": {"note": "so"}, "a version": {"version": 9},
    }  # fmt: skip
    made += [(f"propose {name}", PROPOSE, [org, row["id"], text(**change), me, me, "submitted"])
             for name, change in bad.items()]  # fmt: skip
    return made
