"""What has queued up goes together, nothing waits for more, and each keeps its own answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest

from tradeline.api.combiner import BATCH_MAX, LANES_MAX, WAITING_MAX, Combiner
from tradeline.api.parties import Answer, Party
from tradeline.api.problems import Problem

ONE, OTHER = Party(UUID(int=1), UUID(int=9)), Party(UUID(int=2), UUID(int=9))


@dataclass
class Database:
    """Settles after a while, and remembers the statements."""

    takes_s: float = 0.02
    statements: list = field(default_factory=list)
    at: list = field(default_factory=list)
    open: int = 0
    most: int = 0

    async def settle(self, who, asked, until):
        """Return each request's own text."""
        del until
        self.statements.append((who, list(asked)))
        self.at.append(time.monotonic())
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(self.takes_s)
        self.open -= 1
        if "poison" in asked:
            raise psycopg.errors.NumericValueOutOfRange
        return [Answer(201, text) for text in asked]

    def sizes(self):
        """Return how many went together."""
        return [len(asked) for _, asked in self.statements]


def run(scenario):
    """Run a scenario with a limit on its time."""
    return asyncio.run(asyncio.wait_for(scenario, 20))


async def ask(combiner, text, who=ONE):
    """Return the answer's body to a request with a key of its own."""
    return (await combiner.ask(who, text, (text,))).body


async def ask_all(combiner, texts, who=ONE):
    """Ask at one moment; return bodies or errors."""
    calls = (ask(combiner, text, who) for text in texts)
    return await asyncio.gather(*calls, return_exceptions=True)


def test_alone_a_request_goes_at_once():
    """It waits for nothing, and for nobody to join it."""

    async def scenario():
        database = Database(takes_s=0)
        combiner = Combiner(database.settle)
        began = time.monotonic()
        assert await ask(combiner, "a") == "a"
        assert database.at[0] - began < 0.003

    run(scenario())


def test_what_gathers_goes_together():
    """While one is under way others gather; all get their own answers."""

    async def scenario():
        database = Database()
        combiner = Combiner(database.settle)
        texts = [str(number) for number in range(1_000)]
        answers = []
        for start in range(0, 1_000, 250):
            answers += await ask_all(combiner, texts[start : start + 250])
        assert answers == texts
        assert max(database.sizes()) <= BATCH_MAX
        assert len(database.statements) <= 40
        assert database.most <= LANES_MAX

    run(scenario())


def test_none_waits_for_a_slow_statement():
    """After 5 ms those that wait go beside a statement that takes long."""

    async def scenario():
        database = Database(takes_s=0.3)
        combiner = Combiner(database.settle)
        slow = asyncio.create_task(ask(combiner, "slow"))
        await asyncio.sleep(0.01)
        others = asyncio.create_task(ask_all(combiner, ["a", "b"]))
        await asyncio.gather(slow, others)
        assert 0.004 < database.at[1] - database.at[0] < 0.1
        assert database.sizes() == [1, 2]

    run(scenario())


def test_one_party_does_not_hold_up_another():
    """Each has lines and connections of its own, whatever the other asks."""

    async def scenario():
        database = Database(takes_s=0.05)
        combiner = Combiner(database.settle)
        flood = asyncio.create_task(ask_all(combiner, [str(n) for n in range(WAITING_MAX)]))
        await asyncio.sleep(0.01)
        began = time.monotonic()
        assert await ask(combiner, "mine", OTHER) == "mine"
        assert time.monotonic() - began < 0.15
        assert not flood.done()
        await flood
        assert all(len({who}) == 1 for who, _ in database.statements)

    run(scenario())


def test_first_come_is_first_served():
    """Within a party no request is overtaken by a later one for long."""

    async def scenario():
        database = Database(takes_s=0.001)
        combiner = Combiner(database.settle)
        order = []

        async def noted(text):
            order.append(int(await ask(combiner, text)))

        await asyncio.gather(*(noted(str(number)) for number in range(500)))
        assert max(abs(place - number) for place, number in enumerate(order)) <= 3 * BATCH_MAX

    run(scenario())


def test_beyond_the_queue_others_are_told_to_come_again():
    """Quickly, and with Retry-After; those who wait are served."""

    async def scenario():
        database = Database(takes_s=0.05)
        combiner = Combiner(database.settle)
        answers = await ask_all(combiner, [str(number) for number in range(2 * WAITING_MAX)])
        busy = [each for each in answers if isinstance(each, Problem)]
        assert 0 < len(busy) <= WAITING_MAX
        assert {(each.status, each.headers["Retry-After"]) for each in busy} == {(503, "1")}
        assert len(answers) - len(busy) >= WAITING_MAX
        assert not combiner._lines

    run(scenario())


def test_a_queue_that_does_not_move_takes_nobody_in(monkeypatch):
    """Once the first has waited half a second, further ones are told at once; then all is well."""
    from tradeline.api import combiner as module

    monkeypatch.setattr(module, "AGE_S_MAX", 0.05)

    async def scenario():
        database = Database(takes_s=0.2)
        combiner = Combiner(database.settle, lanes_max=1)
        first = asyncio.create_task(ask(combiner, "a"))
        await asyncio.sleep(0.01)
        waiting = asyncio.create_task(ask_all(combiner, ["b", "c"]))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        with pytest.raises(Problem) as refused:
            await ask(combiner, "late")
        assert (refused.value.kind, time.monotonic() - began < 0.01) == ("busy", True)
        assert await ask(combiner, "other", OTHER) == "other"
        assert (await first, await waiting) == ("a", ["b", "c"])
        assert await ask(combiner, "again") == "again"

    run(scenario())


def test_what_waited_too_long_is_not_sent(monkeypatch):
    """Too little of its two seconds is left: it is not decided, and takes no other with it."""
    from tradeline.api import combiner as module

    monkeypatch.setattr(module, "SETTLE_S_MIN", module.DEADLINE_S - 0.1)

    async def scenario():
        database = Database(takes_s=0.15)
        combiner = Combiner(database.settle, lanes_max=1)
        first = asyncio.create_task(ask(combiner, "first"))
        await asyncio.sleep(0.01)
        old = asyncio.create_task(ask(combiner, "old"))
        await asyncio.sleep(0.1)
        young = asyncio.create_task(ask(combiner, "young"))
        answers = await asyncio.gather(first, old, young, return_exceptions=True)
        assert (answers[0], answers[1].kind, answers[2]) == ("first", "not-decided", "young")
        assert [text for _, asked in database.statements for text in asked] == ["first", "young"]

    run(scenario())


def test_one_key_or_order_is_never_twice_in_a_statement():
    """The second sees what the first did; the order in which they came stays."""

    async def scenario():
        database = Database(takes_s=0.01)
        combiner = Combiner(database.settle)
        calls = [combiner.ask(ONE, f"{order}{turn}", (("order", order),))
                 for turn in range(5) for order in "abc"]  # fmt: skip
        await asyncio.gather(combiner.ask(ONE, "first", ("x",)), *calls)
        for _, asked in database.statements:
            assert len({text[0] for text in asked}) == len(asked)
        flat = [text for _, asked in database.statements for text in asked]
        for order in "abc":
            assert [text for text in flat if text[0] == order] == [f"{order}{n}" for n in range(5)]

    run(scenario())


def test_what_cannot_be_decided_fails_all_of_its_statement():
    """Closed: each gets the problem, none an answer."""

    async def scenario():
        async def away(who, asked, until):
            await asyncio.sleep(0.01)
            raise Problem("not-decided", "away")

        combiner = Combiner(away)
        answers = await ask_all(combiner, [str(number) for number in range(200)])
        assert all(isinstance(each, Problem) and each.status == 503 for each in answers)
        assert not combiner._lines

    run(scenario())


def test_one_bad_request_fails_alone():
    """A request that makes a statement fail takes no other with it."""

    async def scenario():
        database = Database(takes_s=0.005)
        combiner = Combiner(database.settle)
        texts = [str(number) for number in range(50)] + ["poison"]
        answers = await ask_all(combiner, texts)
        assert answers[:-1] == texts[:-1]
        assert isinstance(answers[-1], psycopg.Error)

    run(scenario())


def test_switched_off_each_goes_alone():
    """With batches of one the statements are as many as the requests."""

    async def scenario():
        database = Database(takes_s=0.001)
        combiner = Combiner(database.settle, batch_max=1, lanes=8, lanes_max=8)
        await ask_all(combiner, [str(number) for number in range(40)])
        assert database.sizes() == [1] * 40
        assert database.most == 8

    run(scenario())


def test_an_asker_who_left_is_passed_over():
    """What nobody waits for any more, and was not sent, is not sent."""

    async def scenario():
        database = Database(takes_s=0.02)
        combiner = Combiner(database.settle, lanes_max=1)
        first = asyncio.create_task(ask(combiner, "first"))
        await asyncio.sleep(0.001)
        gone = asyncio.create_task(ask(combiner, "gone"))
        await asyncio.sleep(0.001)
        gone.cancel()
        assert await first == "first"
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert await ask(combiner, "last") == "last"
        assert "gone" not in [text for _, asked in database.statements for text in asked]

    run(scenario())
