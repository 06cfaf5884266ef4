"""The tree of parent customers: which links would lead back to where they started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def on_a_cycle(parent_of: Mapping[str, str]) -> set[str]:
    """Return the customers that are their own ancestors; each has at most one parent."""
    looping: set[str] = set()
    seen: set[str] = set()
    for start in parent_of:
        path: dict[str, int] = {}
        node: str | None = start
        while node is not None and node not in seen and node not in path:
            path[node] = len(path)
            node = parent_of.get(node)
        if node in path:
            looping |= {each for each, place in path.items() if place >= path[node]}
        seen |= path.keys()
    return looping
