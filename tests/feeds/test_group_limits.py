"""Limits of groups: told by their scope, without an entity; what may be either is left open."""

from __future__ import annotations

import pytest

HEADER = "customer_no,entity,currency,limit,scope"


def entities(tray, *rows):
    """Return entity, scope and fault of each row."""
    feed = tray.feed("limits", "\n".join([HEADER, *rows]))
    return [(row["entity"], row["scope"], row["fault"]) for row in feed.table.to_pylist()]


def test_a_groups_limit_has_no_entity(tray):
    """The entity that the import names is for the other rows."""
    assert entities(tray, "1,,USD,5,group", "2,,USD,5,account", "3,,USD,5,", "4,X,USD,5,") == [
        ("", "group", None), ("MAIN", "account", None), ("MAIN", None, None), ("X", None, None),
    ]  # fmt: skip


def test_an_entity_beside_a_group_is_a_fault(tray):
    """A group spans the entities: one that is named contradicts it."""
    ((_, scope, fault),) = entities(tray, "1,IN01,USD,5,Group")
    assert (scope, fault) == ("group", "entity: is named, but a group's limit has none")


def test_an_odd_scope_is_a_fault(tray):
    """It is no default."""
    ((entity, scope, fault),) = entities(tray, "1,,USD,5,everything")
    assert (entity, scope, fault) == ("MAIN", None, "scope: everything")


@pytest.mark.parametrize("word", ["Group", "customer group", "CONSOLIDATED", "Parent"])
def test_words_for_a_group(tray, word):
    """Systems call it differently."""
    assert entities(tray, f"1,,USD,5,{word}") == [("", "group", None)]
