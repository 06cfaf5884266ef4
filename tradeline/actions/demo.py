"""Make the example company: people, entities, policy, a past, and today's files.

Everything goes the way a user's own files go: written to disk, read, checked, applied. A call
that was interrupted is taken up again by the next one, since a file is never applied twice.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradeline.actions.acting import Actor
from tradeline.actions.horizon import roll_day
from tradeline.actions.imports import ImportRequest, import_feed
from tradeline.actions.mitigants import add_cover
from tradeline.actions.organisations import add_entity, found_organisation
from tradeline.actions.people import enrol, first_person
from tradeline.engine.exposure import Cover
from tradeline.files import demo_files
from tradeline.files.demo_company import AS_OF, COMPANY, INSURED
from tradeline.files.feeds import ReadOptions, Source, read_feed
from tradeline.models import ImportBatch, LegalEntity, Mitigant, User
from tradeline.models.context import acting
from tradeline.policy.load import load_preset, parse_policy
from tradeline.queries.exposure import of_account
from tradeline.queries.people import members, organisations_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from tradeline.files.feeds import Feed

    Tell = Callable[[str, int, int], None]

OTHER_COMPANY: Final = "Fabrikam"
FOUNDER: Final = "carl"
PEOPLE: Final = {
    "anna": ("Anna", "analyst"), "mia": ("Mia", "manager"), "carl": ("Carl", "controller"),
    "sam": ("Sam", "sales"), "ada": ("Ada", "auditor"), "ivan": ("Ivan", "admin"),
}  # fmt: skip
ENTITIES: Final = (
    ("US01", "Northwind Traders Inc.", "USD", "US"),
    ("DE01", "Northwind Traders GmbH", "EUR", "DE"),
)
_TODAY: Final = (
    ("customers", demo_files.CUSTOMERS), ("rates", demo_files.RATES),
    ("limits", demo_files.LIMITS), ("payments", demo_files.PAYMENTS),
    ("ar", demo_files.RECEIVABLES), ("orders", demo_files.ORDERS),
)  # fmt: skip
_FULL: Final = ("ar", "orders")
_READERS: Final = 2  # a file is read in a process of its own while another is applied

Job = tuple[str, date, Path]


@dataclass(frozen=True, kw_only=True)
class Demo:
    """The example company as it stands."""

    organisation_id: UUID
    name: str
    suffix: str  # of its logins: "" for the first, "2" for the second
    made: bool  # by this call
    files: int = 0  # applied by this call
    rows: int = 0
    set_aside: int = 0

    @property
    def logins(self) -> dict[str, str]:
        """Return the role of each login."""
        return {login + self.suffix: role for login, (_, role) in PEOPLE.items()}


def make_demo(
    *, again: bool = False, empty: bool = False, door: str, at: datetime,
    tell: Tell = lambda *_: None,
) -> Demo:  # fmt: skip
    """Make the example company, or say that it is there; `again` makes one more.

    `empty` stops after people, entities and policy, so that one may take the files in oneself.
    """
    suffix, known = (None, None) if again else _standing()
    made = known is None or suffix is None
    if known is None or suffix is None:
        suffix = _free_suffix()
        known = _found(_name(suffix), suffix, door=door, at=at)
    _staff(known, suffix, door=door, at=at)
    name = _name(suffix)
    analyst = User.objects.get(username="anna" + suffix)
    by = Actor(organisation_id=known, user_id=analyst.pk, door=door)
    if empty or _is_filled(by):
        return Demo(organisation_id=known, name=name, suffix=suffix, made=made)
    files, rows, aside = _fill(by, at=at, tell=tell)
    if not again:
        _found_other(door=door, at=at)
    return Demo(organisation_id=known, name=name, suffix=suffix, made=True, files=files, rows=rows,
                set_aside=aside)  # fmt: skip


def _suffix(count: int) -> str:
    return "" if count == 1 else str(count)


def _free_suffix() -> str:
    """Return the first number that no login of the cast has yet."""
    taken, count = set(User.objects.values_list("username", flat=True)), 1
    while any(login + _suffix(count) in taken for login in PEOPLE):
        count += 1
    return _suffix(count)


def _name(suffix: str) -> str:
    return f"{COMPANY} {suffix}".strip()


def _standing() -> tuple[str, UUID] | tuple[None, None]:
    """Return suffix and organisation of the first example company there is."""
    for founder in User.objects.filter(username__startswith=FOUNDER).order_by("date_joined"):
        suffix = founder.username.removeprefix(FOUNDER)
        for each in organisations_of(founder):
            if each.name == _name(suffix):
                return suffix, each.pk
    return None, None


def _found(name: str, suffix: str, *, door: str, at: datetime) -> UUID:
    """Found the company; `_staff` brings in everyone else."""
    policy = parse_policy(demo_files.POLICY_TEXT, demo_files.POLICY)
    founder = User.objects.filter(username=FOUNDER + suffix).first() or first_person(
        login=FOUNDER + suffix, name=PEOPLE[FOUNDER][0], mail=_mail(FOUNDER + suffix), at=at
    )
    return found_organisation(name=name, policy=policy, by=founder, door=door, at=at).pk


def _mail(login: str) -> str:
    """Return an address that nobody can have: the ending is kept for examples."""
    return f"{login}@northwind.example"


def _staff(company: UUID, suffix: str, *, door: str, at: datetime) -> None:
    """Enrol the people and add the entities that are not there yet."""
    founder = User.objects.get(username=FOUNDER + suffix)
    by = Actor(organisation_id=company, user_id=founder.pk, door=door)
    with acting(by):
        there = {member.login for member in members()}
        codes = set(LegalEntity.objects.values_list("code", flat=True))
    for login, (given, role) in PEOPLE.items():
        if login + suffix not in there:
            enrol(login=login + suffix, name=given, roles=[role], mail=_mail(login + suffix),
                  by=by, at=at)  # fmt: skip
    for code, entity, currency, country in ENTITIES:
        if code not in codes:
            add_entity(code=code, name=entity, currency=currency, country=country, by=by, at=at)


def _is_filled(by: Actor) -> bool:
    with acting(by):
        return ImportBatch.objects.filter(kind="orders", as_of=AS_OF).exists()


def _fill(by: Actor, *, at: datetime, tell: Tell) -> tuple[int, int, int]:
    """Apply past and present; return how many files and rows, and rows set aside."""
    with tempfile.TemporaryDirectory() as folder:
        history = demo_files.write_history(Path(folder) / "history")
        demo_files.write_book(Path(folder) / "book")
        today = [(kind, AS_OF, Path(folder) / "book" / name) for kind, name in _TODAY]
        counts = [_apply(history, by, "Thirteen months", at=at, tell=tell),
                  _apply(today, by, "Today's files", at=at, tell=tell)]  # fmt: skip
    _insure(by, at=at)
    roll_day(day=AS_OF, by=by, at=at)
    files, rows, aside = (sum(column) for column in zip(*counts, strict=True))
    return files, rows, aside


def _apply(
    jobs: list[Job], by: Actor, name: str, *, at: datetime, tell: Tell
) -> tuple[int, int, int]:
    tell(name, 0, len(jobs))
    rows = aside = 0
    with ThreadPoolExecutor(_READERS) as readers:
        for done, (job, feed) in enumerate(zip(jobs, readers.map(_read, jobs), strict=True), 1):
            kind, day, _ = job
            request = ImportRequest(
                feed=feed, day=day, full_extract=kind in _FULL, confirmed=kind in _FULL
            )
            result = import_feed(request, by=by, at=at)
            rows, aside = rows + result.rows_in, aside + result.rows_quarantined
            tell(name, done, len(jobs))
    return len(jobs), rows, aside


def _read(job: Job) -> Feed:
    kind, _, path = job
    tax = True if kind == "orders" else None
    return read_feed(Source(path=path), kind, ReadOptions(), entity="", tax_included=tax)  # type: ignore[arg-type]


def _insure(by: Actor, *, at: datetime) -> None:
    """Insure one account, as a credit insurer would: nine tenths up to its own limit."""
    with acting(by):
        row = of_account(INSURED)[0]
        if Mitigant.objects.filter(account_id=row.account_id).exists():
            return
    cover = Cover(
        kind="insurance", amount_minor=60_000_00, cover_bp=9_000, haircut_bp=0,
        valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31), terms_days_max=None,
        presentation_days=0,
    )  # fmt: skip
    add_cover(account_id=row.account_id, cover=cover, currency=row.currency,
              reference="Policy TC-20417", by=by, at=at)  # fmt: skip


def _found_other(*, door: str, at: datetime) -> None:
    """Found a second company with a customer of the same number; neither sees the other's rows."""
    if User.objects.filter(username="fay").exists():
        return
    fay = first_person(login="fay", name="Fay", at=at)
    company = found_organisation(
        name=OTHER_COMPANY, policy=load_preset("standard"), by=fay, door=door, at=at
    )
    by = Actor(organisation_id=company.pk, user_id=fay.pk, door=door)
    add_entity(code="FAB", name="Fabrikam Inc.", currency="USD", country="US", by=by, at=at)
    with tempfile.TemporaryDirectory() as folder:
        jobs = demo_files.write_other(Path(folder))
        _apply(jobs, by, OTHER_COMPANY, at=at, tell=lambda *_: None)


def actor_of(demo: Demo, login: str, *, door: str) -> Actor:
    """Return a person of the example company, acting for it."""
    person = User.objects.get(username=login + demo.suffix)
    return Actor(organisation_id=demo.organisation_id, user_id=person.pk, door=door)

