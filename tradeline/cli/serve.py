"""The command that serves the desk and the API over HTTP."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated, Final

import typer

from tradeline.cli.book import open_book
from tradeline.cli.errors import guard
from tradeline.errors import ArgumentFault, FileFault

CONNECTIONS_MAX: Final = 4_096
"""Connections that may be open; further ones are not taken up until others end."""
_BACKLOG: Final = 1_024


@guard()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8000,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TLS certificate, with its chain (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its private key (PEM).")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy in front of it does the TLS.")
    ] = False,
    combine: Annotated[
        bool, typer.Option(help="Settle what has queued up in one statement.")
    ] = True,
) -> None:
    """Serve the desk and the API until interrupted; /healthz and /readyz tell how it is."""
    _refuse_unsafe(host, certificate, private_key, behind_proxy=behind_proxy)
    open_book()
    os.environ["TRADELINE_COMBINE"] = "on" if combine else "off"
    os.environ["TRADELINE_SECURE"] = "on" if certificate or behind_proxy else "off"
    scheme = "https" if certificate else "http"
    typer.echo(f"The desk is at {scheme}://{host}:{port}/ and the API at /api/v1/ ; stop it with "
               "Ctrl-C.")  # fmt: skip
    _run(host, port, certificate, private_key)


def _refuse_unsafe(
    host: str, certificate: Path | None, private_key: Path | None, *, behind_proxy: bool
) -> None:
    """Raise ArgumentFault where keys would travel in the clear, or files are missing."""
    if (certificate is None) != (private_key is None):
        raise ArgumentFault("--certificate and --private-key go together", mend="give both")
    for path in filter(None, (certificate, private_key)):
        if not path.is_file():
            raise FileFault("there is no such file", where=str(path), mend="check the path")
    if certificate is None and not behind_proxy and not _is_loopback(host):
        raise ArgumentFault(
            f"on {host} keys and orders would travel in the clear", where="--host",
            mend="give --certificate and --private-key, or --behind-proxy where a proxy does the "
            "TLS and nobody else reaches this port",
        )  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _run(host: str, port: int, certificate: Path | None, private_key: Path | None) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.http import HTTP1Settings

    Granian(
        "tradeline.asgi:application", address=host, port=port, interface=Interfaces.ASGI,
        workers=1, backlog=_BACKLOG, backpressure=CONNECTIONS_MAX, respawn_failed_workers=True,
        http=HTTPModes.http1, http1_settings=HTTP1Settings(max_buffer_size=256 * 1024),
        websockets=False, loop=Loops.uvloop,
        ssl_cert=certificate, ssl_key=private_key, workers_kill_timeout=10,
    ).serve()  # fmt: skip
