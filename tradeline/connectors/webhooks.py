"""Send a signed message by HTTP POST, by the rules of Standard Webhooks.

The answer's status alone decides; its body is never read, a redirect is a failure, and all of it
together takes no longer than the time allowed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import time
from typing import TYPE_CHECKING, Any, Final

import httpcore

from tradeline.connectors.addresses import Egress, look_up, reachable, target
from tradeline.connectors.faults import NotDelivered
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

TIMEOUT_S: Final = 15.0
_PREFIX: Final = "whsec_"
_GONE: Final = 410  # the receiver wants no more of them


def secret(key: str, endpoint: str, serial: int) -> str:
    """Return an address's secret: derived from the server's key, so that none is stored."""
    text = f"tradeline webhook {endpoint} {serial}".encode()
    digest = hmac.new(key.encode(), text, hashlib.sha256).digest()
    return _PREFIX + base64.b64encode(digest).decode()


def sign(secrets: Sequence[str], *, message_id: str, at_s: int, body: bytes) -> str:
    """Return the header webhook-signature: one signature for each secret, parted by blanks."""
    signed = f"{message_id}.{at_s}.".encode() + body
    keys = [base64.b64decode(each.removeprefix(_PREFIX)) for each in secrets]
    made = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    return " ".join(f"v1,{each.decode()}" for each in made)


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, allowed: Egress,
    resolve: Callable[[str, int], Iterable[str]] = look_up, timeout_s: float = TIMEOUT_S,
    trusted: ssl.SSLContext | None = None,
) -> None:  # fmt: skip
    """Send a body and return when it was taken.

    Raises:
        NotDelivered: it was not, with the reason; never with what the other side wrote.
    """
    try:
        at = target(url, allowed)
    except ArgumentFault as fault:
        raise NotDelivered(fault.what, for_good=True) from fault
    backend = _OneAddress(reachable(at, allowed, resolve), time.monotonic() + timeout_s)
    place = httpcore.URL(
        scheme=at.scheme.encode(), host=at.host.encode(), port=at.port, target=at.path.encode()
    )
    try:
        with (
            httpcore.ConnectionPool(network_backend=backend, ssl_context=trusted) as pool,
            pool.stream("POST", place, headers=list(headers.items()), content=body) as answer,
        ):
            _judge(answer.status)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise NotDelivered(_plainly(error)) from error


def _judge(status: int) -> None:
    if status == _GONE:
        raise NotDelivered("the receiver answers 410: it wants no more", for_good=True)
    if not 200 <= status < 300:
        raise NotDelivered(f"the receiver answers {status}")


def _plainly(error: Exception) -> str:
    """Say what failed without a word of the other side's."""
    if isinstance(error, httpcore.TimeoutException):
        return "the receiver took too long"
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return "the receiver's certificate or encryption cannot be trusted"
    if isinstance(error, httpcore.ConnectError):
        return "the receiver cannot be reached"
    return "the receiver broke off, or answers what is not HTTP"


class _OneAddress(httpcore.NetworkBackend):
    """Connects to the address that was looked at, whatever the host; and ends in time."""

    def __init__(self, address: str, until: float) -> None:
        self.address, self.until = address, until

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Return a stream to the one address."""
        del host, timeout
        left = _left(self.until, httpcore.ConnectTimeout)
        stream = httpcore.SyncBackend().connect_tcp(
            self.address, port, left, local_address, socket_options
        )
        return _InTime(stream, self.until)


class _InTime(httpcore.NetworkStream):
    """A stream on which every step has only what is left of the whole time."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        del timeout
        return self.stream.read(max_bytes, _left(self.until, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it, part by part, so that a slow reader cannot stretch the time."""
        del timeout
        for start in range(0, len(buffer), 4096):
            part = buffer[start : start + 4096]
            self.stream.write(part, _left(self.until, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close it."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Encrypt; the certificate must be that of the host's name."""
        del timeout
        left = _left(self.until, httpcore.ConnectTimeout)
        return _InTime(self.stream.start_tls(ssl_context, server_hostname, left), self.until)

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream knows."""
        return self.stream.get_extra_info(info)


def _left(until: float, late: type[Exception]) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise late
    return left
