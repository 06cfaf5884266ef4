"""A program that asks the gate, to be killed: python asking.py repository url key ids... calls.

It prints READY when its statement is settled and not committed, or each key that is committed.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid

import psycopg


def main():
    """Ask once and wait to be killed, or ask on and on and tell of each commit."""
    sys.path.insert(0, sys.argv[1])
    how, url, organisation = sys.argv[2:5]
    with psycopg.connect(url, autocommit=True) as connection:
        {"once": _once, "on": _on}[how](connection, uuid.UUID(organisation))


def _once(connection, organisation):
    with connection.transaction():
        _ask(connection, organisation, json.loads(sys.argv[5]))
        _say("READY")
        time.sleep(60)


def _on(connection, organisation):
    _say("READY")
    while True:
        call = json.loads(sys.argv[5])
        call["key"] = call["order_no"] = str(uuid.uuid4())
        with connection.transaction():
            _ask(connection, organisation, call)
        _say(call["key"])


def _ask(connection, organisation, call):
    from tools.gate_checker import token

    told = token(organisation, os.environ["TRADELINE_CONTEXT_KEY"], connection.info.backend_pid)
    connection.execute("SELECT set_config('tradeline.context', %s, true)", [told])
    connection.execute("SELECT * FROM app.check_orders(%s)", [json.dumps([call | {"turn": 0}])])


def _say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
