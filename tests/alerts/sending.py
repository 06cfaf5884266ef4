"""A process that delivers, to be killed: python sending.py repository organisation at port die.

It kills itself, without a word, after so many were sent and before the last is settled.
"""

from __future__ import annotations

import os
import signal
import sys
import uuid
from datetime import datetime
from ipaddress import ip_network


def main():
    """Deliver what is due in one organisation."""
    repository, organisation, at, port, die = sys.argv[1:6]
    sys.path.insert(0, repository)
    from tradeline.cli.book import open_book

    open_book()
    from tradeline.actions.delivery import Outside, deliver_all
    from tradeline.connectors.addresses import Egress

    sent = 0

    def tell(_step, _done, _all):
        nonlocal sent
        sent += 1
        if sent >= int(die):
            os.kill(os.getpid(), signal.SIGKILL)

    out = Outside(
        egress=Egress(networks=(ip_network("127.0.0.0/8"),), ports=frozenset({int(port)})),
        mail=None, key="11" * 32,
    )  # fmt: skip
    now = datetime.fromisoformat(at)
    deliver_all(out=out, clock=lambda: now, tell=tell, only=[uuid.UUID(organisation)])


if __name__ == "__main__":
    main()
