"""The guard at the moment of connecting. Nothing here leaves this machine: look-ups and connections are passed in."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from reelqueue import outgoing
from reelqueue.addresses import AddressRefused, Gate
from reelqueue.outgoing import Dialer, guarded_session

from .test_addresses import NOT_PUBLIC, PUBLIC

PUBLIC_ADDRESS = "93.184.215.14"
URL = "https://app.example.com/hook"
TIMEOUT = (2.0, 2.0)


@dataclass
class Server:
    """A server on this machine under TLS, whose certificate is for ``app.example.com`` and ``hop.example.com``."""

    port: int
    authority: Path
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    redirect: str | None = None


@dataclass
class Network:
    """The look-ups and connections of a session: each name has its addresses, and every address leads to the server."""

    server: Server
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    called: list[tuple[str, int]] = field(default_factory=list)
    dead: tuple[str, ...] = ()

    def resolve(self, host: str, port: int) -> list[str]:
        """What the name resolves to: each time the next of its answers, the last one for good."""
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            # No name: what the system makes of a number, without asking anybody.
            return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, timeout: float | None) -> socket.socket:
        self.called.append((address, port))
        if address in self.dead:
            raise ConnectionRefusedError("refused")
        return outgoing.connect("127.0.0.1", self.server.port, timeout)

    def session(self, gate: Gate | None = None) -> requests.Session:
        session = guarded_session(Dialer(gate or Gate(), self.resolve, self.connect))
        session.verify = str(self.server.authority)
        return session


def certificate(folder: Path, *hosts: str) -> tuple[Path, Path]:
    """A certificate for these hosts, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    keys = certificate(tmp_path_factory.mktemp("keys"), "app.example.com", "hop.example.com")
    server = Server(0, keys[0])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # in one packet: of two, the second one waits for the acknowledgement of the first

        def do_GET(self) -> None:
            server.paths.append(self.path)
            server.headers.append(dict(self.headers))
            self.send_response(302 if server.redirect else 200)
            if server.redirect:
                self.send_header("location", server.redirect)
            self.send_header("set-cookie", "who=you; Secure")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *args: object) -> None:
            pass

    class Http(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """A handshake that the client breaks off is what some of these tests are about."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*keys)
    with Http(("127.0.0.1", 0), Handler) as http:
        http.socket = context.wrap_socket(http.socket, server_side=True)
        server.port = http.server_port
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield server
        http.shutdown()
        thread.join()


@pytest.fixture
def network(running: Server) -> Network:
    running.paths, running.headers, running.redirect = [], [], None
    return Network(running, {"app.example.com": [[PUBLIC_ADDRESS]]})


@pytest.mark.parametrize("address", PUBLIC)
def test_a_name_with_a_public_address_is_called_at_that_address(network: Network, address: str) -> None:
    network.names = {"app.example.com": [[address]]}
    with network.session() as session:
        assert session.get(URL, timeout=TIMEOUT).text == "ok"
    assert network.called == [(address, 443)]
    assert network.server.headers[0]["Host"] == "app.example.com"


HOSTILE = [
    # Names that resolve to the inside.
    *[("https://app.example.com/", [address]) for address in NOT_PUBLIC],
    # One address of several, and the system's own ways of writing one.
    ("https://app.example.com/", [PUBLIC_ADDRESS, "169.254.169.254"]),
    ("https://app.example.com/", ["2606:2800:220:1:248:1893:25c8:1946", "fd00:ec2::254"]),
    *[
        (f"https://{host}/", [])
        for host in [
            *("127.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f000001", "0x7f.0.0.1", "0x7f.1"),
            *("017700000001", "0177.0.0.1", "0177.1", "2130706433", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376"),
            *("169.254.43518", "0xa.0.0.1", "012.0.0.1", "192.168.257", "１２７.０.０.１", "127。0。0。1", "①②⑦.1"),
            *("[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:169.254.169.254]"),
            *("[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]", "[fe80::1%25lo]", "[::127.0.0.1]"),
            *("localhost", "localhost.", "LocalHost", "x.localhost", "metadata.google.internal", "169.254.169.254."),
        ]
    ],
    # Other schemes, other ports, and what different parsers take for the host.
    ("http://app.example.com/", [PUBLIC_ADDRESS]),
    ("https://app.example.com:22/", [PUBLIC_ADDRESS]),
    ("https://app.example.com:6379/", [PUBLIC_ADDRESS]),
    ("https://app.example.com:8443/", [PUBLIC_ADDRESS]),
    ("https://app.example.com@127.0.0.1/", [PUBLIC_ADDRESS]),
    ("https://app.example.com:443@127.0.0.1/", [PUBLIC_ADDRESS]),
    ("https://127.0.0.1#@app.example.com/", [PUBLIC_ADDRESS]),
    ("https://127.0.0.1?@app.example.com/", [PUBLIC_ADDRESS]),
    ("https://127.0.0.1\\@app.example.com/", ["127.0.0.1"]),
    ("https://%31%32%37.0.0.1/", [PUBLIC_ADDRESS]),
    ("https://127.0.0.1%2f@app.example.com:22/", [PUBLIC_ADDRESS]),
]


def test_the_list_of_hostile_addresses_is_long() -> None:
    assert len(HOSTILE) >= 100


@pytest.mark.parametrize(("url", "addresses"), HOSTILE)
def test_no_connection_is_made_to_a_hostile_address(network: Network, url: str, addresses: list[str]) -> None:
    network.names = {"app.example.com": [addresses]}
    with network.session() as session, pytest.raises((AddressRefused, requests.RequestException)):
        session.get(url, timeout=TIMEOUT)
    assert network.called == []


def test_no_redirect_leads_to_a_hostile_address(network: Network) -> None:
    network.names["hop.example.com"] = [[PUBLIC_ADDRESS]]
    followed = []
    with network.session() as session:
        for url, addresses in HOSTILE:
            network.names["app.example.com"], network.server.redirect = [addresses], url
            with contextlib.suppress(AddressRefused, requests.RequestException):
                followed.append(session.get("https://hop.example.com/", timeout=TIMEOUT).url)
    assert followed == []
    assert set(network.called) == {(PUBLIC_ADDRESS, 443)}
    assert [headers["Host"] for headers in network.server.headers] == ["hop.example.com"] * len(HOSTILE)


def test_a_name_that_changes_between_two_look_ups_gains_nothing(network: Network) -> None:
    """Rebinding: there is one look-up for a connection, and the next one is checked as the first was."""
    network.names = {"app.example.com": [[PUBLIC_ADDRESS], ["127.0.0.1"]]}
    with network.session() as session:
        assert session.get(URL, timeout=TIMEOUT).text == "ok"
        assert (network.asked, network.called) == (["app.example.com"], [(PUBLIC_ADDRESS, 443)])
        session.close()
        with pytest.raises(AddressRefused, match="not a public one"):
            session.get(URL, timeout=TIMEOUT)
    assert network.called == [(PUBLIC_ADDRESS, 443)]


def test_the_certificate_must_be_for_the_name(network: Network) -> None:
    network.names = {"other.example.com": [[PUBLIC_ADDRESS]]}
    with network.session() as session, pytest.raises(requests.exceptions.SSLError, match=r"other\.example\.com"):
        session.get("https://other.example.com/", timeout=TIMEOUT)
    assert network.server.paths == []


def test_the_next_address_is_tried_when_one_does_not_answer(network: Network) -> None:
    network.names = {"app.example.com": [["2606:2800:220:1:248:1893:25c8:1946", PUBLIC_ADDRESS]]}
    network.dead = ("2606:2800:220:1:248:1893:25c8:1946",)
    with network.session() as session:
        assert session.get(URL, timeout=TIMEOUT).status_code == 200
    assert [address for address, _ in network.called] == ["2606:2800:220:1:248:1893:25c8:1946", PUBLIC_ADDRESS]


def test_a_host_that_does_not_answer_is_an_error_of_requests(network: Network) -> None:
    network.dead = (PUBLIC_ADDRESS,)
    with network.session() as session, pytest.raises(requests.ConnectionError, match="cannot be reached"):
        session.get(URL, timeout=TIMEOUT)


def test_an_unknown_host_is_named(network: Network) -> None:
    with network.session() as session, pytest.raises(AddressRefused, match=r"nowhere\.example\.com cannot be found"):
        session.get("https://nowhere.example.com/", timeout=TIMEOUT)


def test_nothing_of_the_environment_comes_between(
    network: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy would look the name up itself; a password of .netrc is not the receiver's."""
    (tmp_path / "netrc").write_text("machine app.example.com login admin password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with network.session() as session:
        session.proxies["https"] = "http://127.0.0.1:9"
        assert session.get(URL, timeout=TIMEOUT).status_code == 200
    assert network.called == [(PUBLIC_ADDRESS, 443)]
    assert "Authorization" not in network.server.headers[0]


def test_no_cookie_is_kept(network: Network) -> None:
    with network.session() as session:
        for _ in range(2):
            session.get(URL, timeout=TIMEOUT)
    assert "Cookie" not in network.server.headers[1]


@contextlib.contextmanager
def trickling(*, first_bytes: bytes, then: bytes) -> Iterator[int]:
    """The port of a receiver that sends one byte now and then, for ever: more often than any time-out of a socket."""
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(first_bytes)
                while not over.wait(0.05):
                    connection.sendall(then)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def session_to(port: int) -> requests.Session:
    connect = lambda address, named, timeout: outgoing.connect("127.0.0.1", port, timeout)  # noqa: E731
    return guarded_session(Dialer(Gate(allow_private=True), lambda host, named: ["127.0.0.1"], connect))


@pytest.mark.parametrize(
    ("url", "first_bytes", "then"),
    [
        pytest.param("http://app.example.com/", b"HTTP/1.1 200 OK\r\nx: ", b"y", id="in its headers"),
        # The beginning of a handshake message of 16 KB, as TLS frames it.
        pytest.param(URL, b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x00", id="in the handshake of TLS"),
    ],
)
def test_a_host_that_never_gets_on_is_broken_off(url: str, first_bytes: bytes, then: bytes) -> None:
    with trickling(first_bytes=first_bytes, then=then) as port:
        session = session_to(port)
        started = time.monotonic()
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            session.get(url, timeout=0.4)
        assert time.monotonic() - started < 2


def test_a_host_that_takes_the_request_byte_by_byte_is_broken_off() -> None:
    over = threading.Event()
    with contextlib.ExitStack() as stack:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        stack.enter_context(listener)

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                while not over.wait(0.02):
                    connection.recv(10_000)

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(over.set)
        session = session_to(listener.getsockname()[1])
        started = time.monotonic()
        with pytest.raises((requests.ConnectionError, requests.Timeout)):
            session.post("http://app.example.com/", data=bytes(30_000_000), timeout=0.4)
        assert time.monotonic() - started < 2


def test_addresses_share_the_time_to_connect() -> None:
    given: list[float] = []

    def connect(address: str, port: int, timeout: float | None) -> socket.socket:
        assert timeout is not None
        given.append(timeout)
        raise TimeoutError

    dial = Dialer(Gate(), lambda host, port: ["93.184.215.14", "93.184.215.15"], connect)
    with pytest.raises(TimeoutError):
        dial("app.example.com", 443, 2.0)
    assert given == [pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1)]


def test_the_system_resolver_reads_numbers_without_asking_anybody() -> None:
    assert outgoing.resolve("127.1", 443) == ["127.0.0.1"]
    assert ipaddress.ip_address(outgoing.resolve("::1", 443)[0]).is_loopback
