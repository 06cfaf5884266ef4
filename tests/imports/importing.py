"""A process that imports one file, to be killed: python importing.py repository organisation user.

It prints READY once the file is read, and DONE once the import is committed. `TRADELINE_TEST_DIE`
names a step (see DIE) at which it kills itself without a word.
"""

from __future__ import annotations

import os
import signal
import sys
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

DIE = ("Checking", "Accounts", "Applying", "Recording", "recorded", "committed")


def main():
    """Read the file, tell, import it, tell."""
    repository, organisation, user, path, kind = sys.argv[1:6]
    sys.path.insert(0, repository)
    from tradeline.cli.book import open_book

    open_book()
    from tradeline.actions.imports import ImportRequest, import_feed
    from tradeline.files.feeds import ReadOptions, Source, read_feed
    from tradeline.models.context import Actor

    by = Actor(organisation_id=uuid.UUID(organisation), user_id=uuid.UUID(user), door="cli")
    options = ReadOptions(currency="INR", date_order="ymd", decimal=".")
    feed = read_feed(Source(path=Path(path)), kind, options, entity="IN01")
    request = ImportRequest(feed=feed, day=date(2026, 6, 30))
    _say("READY")
    import_feed(request, by=by, at=datetime.now(UTC), tell=_die)
    _die("committed", 0, 1)
    _say("DONE")


def _say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def _die(step, done, _all):
    name = "recorded" if (step, done) == ("Recording", 1) else step
    if os.environ.get("TRADELINE_TEST_DIE") == name:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
