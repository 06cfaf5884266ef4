"""Which of some overdue items to pay: the cheapest choice that does, exactly."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Weighed(NamedTuple):
    """An item by what it costs to pay and what paying it gains."""

    cost: int
    gain: int


def cheapest(items: Sequence[Weighed], *, gain: int, cost: int) -> tuple[int, ...] | None:
    """Return the places of the items that together cost least, reaching a gain and a cost.

    None where even the best choice does not reach them. Both halves' choices are listed and met in
    the middle: with 20 items that is two lists of 1,024. Source: Horowitz and Sahni, 1974.
    """
    middle = len(items) // 2
    left, right = _choices(items, 0, middle), _choices(items, middle, len(items))
    left.sort(key=lambda choice: choice[1])  # the more the left gains, the less the right must
    right.sort(key=lambda choice: choice[1], reverse=True)
    open_: list[tuple[int, int]] = []  # cost and choice of the right ones that gain enough
    best: tuple[int, int] | None = None
    for left_cost, left_gain, chosen in left:
        while len(open_) < len(right) and left_gain + right[len(open_)][1] >= gain:
            insort(open_, (right[len(open_)][0], right[len(open_)][2]))
        place = bisect_left(open_, (cost - left_cost, 0))
        if place < len(open_):
            found = (left_cost + open_[place][0], chosen | open_[place][1])
            best = found if best is None else min(best, found)
    return None if best is None else tuple(n for n in range(len(items)) if best[1] >> n & 1)


def _choices(items: Sequence[Weighed], first: int, last: int) -> list[tuple[int, int, int]]:
    """Return cost, gain and bits of every choice among some of the items."""
    found = [(0, 0, 0)]
    for place in range(first, last):
        item = items[place]
        found += [(cost + item.cost, gain + item.gain, bits | 1 << place)
                  for cost, gain, bits in found]  # fmt: skip
    return found
