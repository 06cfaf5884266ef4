"""The terminal door: commands and their order in the help."""

from __future__ import annotations

from typing import Annotated

import typer

from tradeline.cli import (
    alerts,
    audit,
    cover,
    demo,
    doctor,
    exports,
    exposure,
    gate,
    holds,
    imports,
    keys,
    organisations,
    outbox,
    people,
    policies,
    quarantine,
    reviews,
    serve,
    terms,
    webhooks,
)

app = typer.Typer(
    help="Trade-credit management: review a portfolio by a written policy, and prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("review")(reviews.review)
app.command("replay")(reviews.replay)
app.command("demo")(demo.demo)
app.add_typer(organisations.app, name="organisation")
app.add_typer(people.app, name="people")
app.add_typer(keys.app, name="keys")
app.command("import")(imports.import_file)
app.add_typer(exposure.app, name="exposure")
app.command("check")(gate.check)
app.command("decision")(gate.decision)
app.add_typer(holds.app, name="holds")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(exports.app, name="export")
app.add_typer(policies.app, name="policy")
app.command("cover")(cover.cover)
app.add_typer(terms.app, name="terms")
app.add_typer(alerts.app, name="alerts")
app.add_typer(webhooks.app, name="webhook")
app.add_typer(outbox.app, name="outbox")
app.command("deliver")(outbox.deliver)
app.command("digest")(outbox.digest)
app.add_typer(audit.app, name="audit")
app.command("serve")(serve.serve)
app.command("sweep")(holds.sweep)
app.command("roll")(doctor.roll)
app.command("doctor")(doctor.doctor)
app.add_typer(doctor.database, name="database")


def _version(asked: bool) -> None:
    if asked:
        from tradeline.engine.version import VERSION

        typer.echo(f"tradeline {VERSION}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Trade-credit management: review a portfolio by a written policy, and prove it."""
    del version
