"""Commands on the audit trail: read it, seal it, export it, prove it."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads it from the signature
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import FINDINGS, guard
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradeline.files.audit_verify import Verdict

app = typer.Typer(
    help="The sealed audit trail: who did what, when, and the proof that it was not altered.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

Key = Annotated[
    str | None,
    typer.Option("--public-key", metavar="HEX", help="Key that signed the anchors; else our own."),
]


@app.command("list")
@guard()
def show(
    subject: Annotated[str | None, typer.Option(help="Only on this subject.")] = None,
    action: Annotated[str | None, typer.Option(help="Only of this action.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest events: when, who, through which door, what."""
    by = actor(organisation, user)
    from tradeline.cli.screen_upkeep import show_events
    from tradeline.queries.audit import events
    from tradeline.queries.reading import reading

    with reading(by, "audit.read"):
        found = events(subject=subject, action=action, count=count)
    if not as_json:
        show_events(found)
        return
    told = [
        {"seq": e.seq, "at": e.at.isoformat(), "by": e.by, "door": e.door, "action": e.action,
         "subject": e.subject, "event": e.body}
        for e in found
    ]  # fmt: skip
    typer.echo(json.dumps(told, ensure_ascii=False))


@app.command("seal")
@guard()
def seal(as_json: AsJson = False) -> None:
    """Seal what is not sealed yet in every organisation, and sign the heads of the chains."""
    from tradeline.cli.book import open_book

    open_book()
    sealed, signed = seal_now()
    if as_json:
        typer.echo(json.dumps({"sealed": sealed, "signed": signed}))
    else:
        typer.echo(f"{sealed} events sealed, {signed} heads signed.")


def seal_now() -> tuple[int, int]:
    """Seal and sign in the open book; return how many events and heads."""
    from django.conf import settings

    from tradeline.actions.sealing import seal_all, sign_heads

    sealed = seal_all()
    signed = sign_heads(
        private_key=bytes.fromhex(settings.DATABASE.audit_key),
        anchors=settings.DATABASE.anchors, at=datetime.now(UTC),
    )  # fmt: skip
    return sealed, len(signed)


@app.command("key")
@guard()
def key() -> None:
    """Print the public key that the signed heads are proved with."""
    from tradeline.cli.book import open_book

    open_book()
    typer.echo(own_public_key())


@app.command("export")
@guard()
def export(
    out: Annotated[Path, typer.Argument(help="File to write, JSON Lines.")],
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Write the organisation's sealed trail, to be proved elsewhere without the database."""
    by = actor(organisation, user)
    from tradeline.queries.audit import export_trail
    from tradeline.queries.reading import reading

    with _files(), reading(by, "audit.read"), out.open("wb") as file:
        count = export_trail(file, by.organisation_id)
    typer.echo(f"{count} records written. Prove them with: tradeline audit verify --export {out}")


@app.command("verify")
@guard()
def verify(
    exported: Annotated[
        Path | None, typer.Option("--export", help="A file from `audit export`, not the database.")
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option(help="File of signed heads; else the one beside the database.")
    ] = None,
    public_key: Key = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Prove that no event was altered, removed, added or reordered; name the first that was."""
    if exported is not None and anchors is not None and public_key is not None:
        verdict = _offline(exported, anchors, public_key)
    else:
        verdict = _with_book(exported, anchors, public_key, organisation, user)
    if as_json:
        facts = {name: getattr(verdict, name) for name in (
            "ok", "sentence", "records", "anchored", "uncovered", "anchors")}  # fmt: skip
        found = [{"code": f.code, "sentence": f.sentence, "seq": f.seq, "line": f.line}
                 for f in verdict.findings]  # fmt: skip
        typer.echo(json.dumps(facts | {"findings": found}))
    else:
        for finding in verdict.findings:
            typer.echo(finding.sentence)
        if verdict.ok:
            typer.echo(verdict.sentence)
    if not verdict.ok:
        raise typer.Exit(FINDINGS)


def _offline(exported: Path, anchors: Path, public_key: str) -> Verdict:
    """Verify two files with nothing but a public key; needs neither Django nor a database."""
    from tradeline.files.audit_verify import verify as verify_files

    with _files(), exported.open("rb") as records, anchors.open("rb") as heads:
        return verify_files(records, heads, _keys(public_key))


@contextmanager
def _files() -> Iterator[None]:
    """Turn a file that cannot be opened into an ArgumentFault."""
    try:
        yield
    except OSError as error:
        raise ArgumentFault(
            f"{error.filename} cannot be opened: {error.strerror}", mend="check the file's name"
        ) from error


def _keys(public_key: str) -> dict[str, bytes]:
    from tradeline.files.audit_anchors import key_id_of

    try:
        key = bytes.fromhex(public_key)
    except ValueError as error:
        raise ArgumentFault(
            "the public key is not hexadecimal", mend="give 64 digits; see: tradeline audit key"
        ) from error
    return {key_id_of(key): key}


def _with_book(
    exported: Path | None, anchors: Path | None, public_key: str | None,
    organisation: str | None, user: str | None,
) -> Verdict:  # fmt: skip
    by = actor(organisation, user)
    from django.conf import settings

    from tradeline.files.audit_verify import verify as verify_files
    from tradeline.queries.audit import export_trail
    from tradeline.queries.reading import reading

    signed = anchors or settings.DATABASE.anchors
    with _files():
        heads = io.BytesIO(signed.read_bytes() if anchors or signed.exists() else b"")
        trail = io.BytesIO(exported.read_bytes() if exported else b"")
    if exported is None:
        with reading(by, "audit.read"):
            export_trail(trail, by.organisation_id)
        trail.seek(0)
    keys = _keys(public_key or own_public_key())
    return verify_files(trail, heads, keys, organisation=str(by.organisation_id))


def own_public_key() -> str:
    """Return the public key of the key that signs the heads here, as hexadecimal digits."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from django.conf import settings

    seed = bytes.fromhex(settings.DATABASE.audit_key)
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw().hex()
