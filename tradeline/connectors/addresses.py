"""Where a message may be sent: which URLs, ports and addresses.

Someone else writes the URL, so it may be a way into the network that the server stands in. A name
is looked up once, every address it has must be public, and the connection goes to the very address
that was looked at: a second look-up could answer otherwise.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tradeline.connectors.faults import NotDelivered
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Address = IPv4Address | IPv6Address

HTTPS_PORT: Final = 443
_HOST: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
_VISIBLE: Final = re.compile(r"[!-~]+")
_UNICAST: Final = IPv6Network("2000::/3")  # all that is routed publicly
# IANA's special-purpose registries, for Python's own lists are those of its version; and one server
# of a cloud that is inside with a public number.
_SPECIAL_4: Final = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
)))  # fmt: skip
_SPECIAL_6: Final = tuple(map(IPv6Network, (
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
)))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Egress:
    """What may be reached besides public addresses over HTTPS; nothing unless somebody says so."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()  # plain HTTP is allowed there too
    ports: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Let the standard port always be there."""
        object.__setattr__(self, "ports", self.ports | {HTTPS_PORT})


@dataclass(frozen=True, kw_only=True)
class Target:
    """The parts of a URL that was looked at; nothing reads the text a second time."""

    scheme: str
    host: str
    port: int
    path: str  # with its query


def egress(networks: str, ports: str) -> Egress:
    """Return what two settings allow: networks and ports, each parted by commas.

    Raises:
        ArgumentFault: one of them cannot be read.
    """
    try:
        return Egress(
            networks=tuple(ip_network(each) for each in _parted(networks)),
            ports=frozenset(int(each) for each in _parted(ports)),
        )
    except ValueError as error:
        raise ArgumentFault(
            f"{error}", where="TRADELINE_WEBHOOK_NETWORKS and TRADELINE_WEBHOOK_PORTS",
            mend="write networks as 10.1.0.0/16 and ports as 8443, parted by commas",
        ) from error  # fmt: skip


def _parted(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def target(url: str, allowed: Egress) -> Target:
    """Return the parts of a URL.

    Raises:
        ArgumentFault: it is none that a message is sent to.
    """
    if not _VISIBLE.fullmatch(url) or "\\" in url or "#" in url:
        raise _unfit(url, "it has blanks, backslashes, a fragment or letters beyond ASCII")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _unfit(url, str(error)) from error
    if parts.scheme not in ({"https", "http"} if allowed.networks else {"https"}):
        raise _unfit(url, "it does not begin with https://")
    if "@" in parts.netloc:
        raise _unfit(url, "it holds a login")
    if not (_is_address(host) if ":" in host else _HOST.fullmatch(host)):
        raise _unfit(url, "it names no host")
    port = port or (HTTPS_PORT if parts.scheme == "https" else 80)
    if port not in allowed.ports:
        raise _unfit(url, f"port {port} is not allowed")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port, path=path)


def _is_address(host: str) -> bool:
    try:
        return "%" not in host and bool(ip_address(host))
    except ValueError:
        return False


def _unfit(url: str, why: str) -> ArgumentFault:
    return ArgumentFault(
        f"no message is sent to '{url[:200]}': {why}",
        mend="give a public address such as https://hooks.example.com/credit",
    )


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which they should be tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def reachable(
    at: Target, allowed: Egress, resolve: Callable[[str, int], Iterable[str]] = look_up
) -> str:
    """Return the one address to connect to; all that the host has are looked at.

    Raises:
        NotDelivered: the host has no address, or one that lies inside.
    """
    try:
        found = [ip_address(text.partition("%")[0]) for text in resolve(at.host, at.port)]
    except (OSError, UnicodeError, ValueError) as error:
        raise NotDelivered(f"{at.host} cannot be looked up") from error
    if not found:
        raise NotDelivered(f"{at.host} has no address")
    for address in found:
        named = any(address in network for network in allowed.networks)
        if not named and (at.scheme != "https" or not is_public(address)):
            raise NotDelivered(f"{at.host} leads to an address that is not public")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Return whether an address belongs to the public network, and to nothing inside."""
    if isinstance(address, IPv6Address):
        special = address not in _UNICAST or any(address in each for each in _SPECIAL_6)
    else:
        special = any(address in each for each in _SPECIAL_4)
    return address.is_global and not special
