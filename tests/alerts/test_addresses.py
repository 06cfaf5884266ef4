"""No URL leads inside: a listener on loopback would hear of it, and so would the resolver."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import httpcore
import pytest
from post_office import free_port

from tradeline.connectors import addresses, webhooks
from tradeline.connectors.addresses import Egress, is_public, reachable, target
from tradeline.connectors.faults import NotDelivered
from tradeline.errors import ArgumentFault

PORT = free_port()
HERE = Egress(ports=frozenset({PORT, 80}))  # the port is no obstacle: the address must be
LOOPBACK = Egress(networks=(ip_network("127.0.0.0/8"),), ports=frozenset({PORT}))

HOSTS = """
127.0.0.1 127.0.0.2 127.1 127.0.1 127.255.255.254 0 0.0.0.0 0x7f.1 0x7f000001 0x7f.0x0.0x0.0x1
0177.0.0.1 0177.1 017700000001 2130706433 127.0.0.1. localhost LOCALHOST localhost. 10.0.0.1 10.1
172.16.0.1 172.31.255.255 192.168.0.1 192.168.1 100.64.0.1 100.100.100.200 169.254.169.254
169.254.0.1 0xa9fea9fe 2852039166 0xa9.254.169.254 192.0.0.1 198.18.0.1 192.0.2.1 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16 [::1] [::] [0::1]
[0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:169.254.169.254] [::ffff:10.0.0.1]
[::127.0.0.1] [fe80::1] [fec0::1] [fc00::1] [fd00:ec2::254] [ff02::1] [64:ff9b::7f00:1]
[64:ff9b:1::1] [2002:7f00:1::] [2001:0:7f00:1::] [2001:db8::1] [100::1] [3fff::1]
""".split()  # noqa: SIM905 - a list of literals would be three times as long
URLS = [f"https://{host}:PORT/" for host in HOSTS]
TRICKS = [
    "http://127.0.0.1:PORT/", "https://good.example@127.0.0.1:PORT/",
    "https://good.example:x@127.0.0.1:PORT/", "https://127.0.0.1:PORT#@good.example/",
    "https://127.0.0.1:PORT\\@good.example/", "https://good.example\\@127.0.0.1:PORT/",
    "https://127.0.0.1%00.good.example:PORT/", "https://127.0.0.1\r\nHost:x:PORT/",
    "https://127.0.0.1 :PORT/", " https://127.0.0.1:PORT/", "https:127.0.0.1:PORT/",
    "https:/127.0.0.1:PORT/", "https:///127.0.0.1:PORT/", "//127.0.0.1:PORT/",
    "https://①②⑦.⓪.⓪.①:PORT/", "https://127。0。0。1:PORT/", "https://\u217cocalhost:PORT/",
    "https://[::1%25lo]:PORT/", "https://[fe80::1%lo]:PORT/", "https://[v1.fe80]:PORT/",
    "https://[127.0.0.1]:PORT/", "https://127.0.0.1:PORT:PORT/", "https://127.0.0.1:99999/",
    "https://127.0.0.1:0x50/", "HTTPS://127.0.0.1:PORT/", "file://127.0.0.1:PORT/etc/passwd",
    "gopher://127.0.0.1:PORT/", "ftp://127.0.0.1:PORT/", "unix:///127.0.0.1:PORT", "",
    "https://", "https://:443/", "https://..:443/", "https://a..b:PORT/", "https://good.example:22/",
]  # fmt: skip


@pytest.fixture(scope="module")
def canary():
    """Return how many connections a listener on every address of this machine got."""
    listener = socket.create_server(("127.0.0.1", PORT))
    heard = []

    def listen():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            heard.append(connection)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield heard
    listener.close()


@pytest.mark.parametrize("url", URLS + TRICKS, ids=repr)
def test_no_trick_connects_inside(canary, url, monkeypatch):
    """Each is refused before a connection is made to anything at all."""
    monkeypatch.setattr(socket, "create_connection", _never)
    before = len(canary)
    with pytest.raises(NotDelivered):
        webhooks.post(url.replace("PORT", str(PORT)), headers={}, body=b"{}", allowed=HERE,
                      timeout_s=2)  # fmt: skip
    assert len(canary) == before


def _never(address, *_args, **_options):
    pytest.fail(f"it connects to {address}")


def test_there_are_enough_tricks():
    """The brief asked for sixty; loopback itself is named in more than ten ways."""
    assert len({*URLS, *TRICKS}) > 60


def test_the_canary_hears(canary):
    """The positive control: with loopback allowed the same call connects."""
    before = len(canary)
    with pytest.raises(NotDelivered, match=r"broke off|encryption"):
        webhooks.post(f"https://127.0.0.1:{PORT}/", headers={}, body=b"{}", allowed=LOOPBACK)
    time.sleep(0.05)
    assert len(canary) == before + 1


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["2606:4700::1", "::ffff:10.0.0.1"],
        ["93.184.216.34", "169.254.169.254"], [], ["fe80::1%eth0"], ["not an address"],
    ],
)  # fmt: skip
def test_every_address_of_a_name_must_be_public(found):
    """One inside among several is enough to refuse; so is none."""
    with pytest.raises(NotDelivered):
        reachable(target("https://hooks.example.com/", Egress()), Egress(), lambda *_: found)


def test_the_name_is_looked_up_once_and_that_address_used(monkeypatch):
    """A name that answers otherwise the second time leads nowhere else (DNS rebinding)."""
    answers, connected = iter([["93.184.216.34"], ["127.0.0.1"]]), []

    def connect(address, *_args, **_options):
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotDelivered, match="cannot be reached"):
        webhooks.post(
            "https://rebinding.example/in", headers={}, body=b"", allowed=Egress(),
            resolve=lambda *_: next(answers),
        )  # fmt: skip
    assert connected == [("93.184.216.34", 443)]
    assert next(answers) == ["127.0.0.1"]  # nobody asked


@pytest.mark.parametrize("text", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are(text):
    """Ordinary ones of both kinds are reachable."""
    assert is_public(ip_address(text))


def test_a_good_url_is_taken_apart():
    """Scheme, host, port and path with its query; the path is sent as it is written."""
    at = target("https://hooks.example.com/a/b?c=%2F&d", Egress())
    assert (at.host, at.port, at.path) == ("hooks.example.com", 443, "/a/b?c=%2F&d")
    assert target("https://hooks.example.com", Egress()).path == "/"


def test_plain_http_needs_a_named_network():
    """It is taken for the networks that the operator named, and for no others."""
    with pytest.raises(ArgumentFault):
        target(f"http://127.0.0.1:{PORT}/", HERE)
    at = target(f"http://outside.example:{PORT}/", LOOPBACK)
    with pytest.raises(NotDelivered):
        reachable(at, LOOPBACK, lambda *_: ["93.184.216.34"])


def test_the_operator_s_settings():
    """Networks and ports are read from text; what cannot be read is refused."""
    made = addresses.egress("10.1.0.0/16, fd00::/8", "8443,9000")
    assert made.ports == {443, 8443, 9000}
    assert reachable(target("https://10.1.2.3:8443/", made), made) == "10.1.2.3"
    with pytest.raises(ArgumentFault):
        addresses.egress("10.1.0.0/99", "")
    with pytest.raises(ArgumentFault):
        addresses.egress("", "http")


def serve(answer):
    """Start a server of one connection and return its port; `answer` gets the socket."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            with suppress(OSError):
                answer(connection)

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def posted(port, timeout_s=5.0):
    """Post to a port of loopback; return how long it took and why it failed."""
    allowed = Egress(networks=LOOPBACK.networks, ports=frozenset({port}))
    began = time.monotonic()
    try:
        webhooks.post(f"http://127.0.0.1:{port}/", headers={}, body=b"{}", allowed=allowed,
                      timeout_s=timeout_s)  # fmt: skip
        why = ""
    except NotDelivered as fault:
        why = fault.reason
    return time.monotonic() - began, why


def _endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def _drip(text, every=0.05):
    def answer(connection):
        for byte in text:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return answer


def test_a_huge_answer_is_not_read():
    """Its status is enough: 10 GB that follow are left where they are."""
    took, why = posted(serve(_endless))
    assert (took < 1, why) == (True, "")


def test_a_slow_answer_ends_in_time():
    """A byte now and then does not stretch the time: the whole of it counts."""
    took, why = posted(serve(_drip(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500)), timeout_s=0.4)
    assert 0.3 < took < 1.5
    assert why == "the receiver took too long"


def test_endless_headers_end():
    """Headers without an end are no HTTP answer."""

    def answer(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"x: " + b"y" * 1000 + b"\r\n")

    assert "not HTTP" in posted(serve(answer))[1]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_failures(canary, status):
    """Wherever it points, nobody goes there."""
    before = len(canary)
    head = f"HTTP/1.1 {status} X\r\nlocation: http://127.0.0.1:{PORT}/\r\ncontent-length: 0\r\n\r\n"
    _, why = posted(serve(lambda connection: connection.sendall(head.encode())))
    assert why == f"the receiver answers {status}"
    assert len(canary) == before


def test_what_the_other_side_writes_is_not_shown():
    """Neither status line nor body reach who reads the reason."""
    secret = b"HTTP/1.1 500 root:x:0:0\r\ncontent-length: 9\r\n\r\nroot:x:0:"
    assert posted(serve(lambda connection: connection.sendall(secret)))[1] == (
        "the receiver answers 500"
    )


def test_the_certificate_must_be_the_host_s(tmp_path):
    """Encrypted to the name in the URL: another name's certificate, or nobody's, is refused."""
    trusted, port = _encrypted(tmp_path, "hooks.example.com")
    allowed = Egress(networks=LOOPBACK.networks, ports=frozenset({port}))

    def send(host, trust):
        webhooks.post(f"https://{host}:{port}/", headers={}, body=b"{}", allowed=allowed,
                      resolve=lambda *_: ["127.0.0.1"], trusted=trust)  # fmt: skip

    send("hooks.example.com", trusted)
    for host, trust in (("other.example.com", trusted), ("hooks.example.com", None)):
        with pytest.raises(NotDelivered, match="cannot be trusted"):
            send(host, trust)


def _encrypted(folder, name):
    """Start an HTTPS server with a certificate of its own; return who trusts it, and the port."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "public.pem", folder / "private.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption(),
    ))  # fmt: skip
    return ssl.create_default_context(cafile=str(public)), _https(public, private)


def _https(public, private):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        for _ in range(3):
            plain, _ = listener.accept()
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    told = b""
                    while not told.endswith(b"{}"):  # closed before the end, it would be reset
                        told += connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 204 X\r\n\r\n")
            except OSError:
                continue

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def test_the_library_has_what_is_used():
    """The backend that connects is public in the library, so that its place is not guessed."""
    assert issubclass(httpcore.SyncBackend, httpcore.NetworkBackend)
