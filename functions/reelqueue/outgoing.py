"""HTTP to addresses that clients named, held to the rules of ``addresses.py`` at the moment of connecting.

A host is looked up once, and the connection goes to one of the addresses that were checked then: a name that resolves
to another address a moment later (DNS rebinding) gains nothing. urllib3 still knows the host by its name, so TLS
verifies that name. Every request passes this way, a redirect's too; no proxy, cookie or password of the environment
comes between.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import HTTPResponse

from reelqueue.addresses import AddressRefused, Gate

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float | None], socket.socket]

# How many of a host's addresses are tried; they share the time to connect.
_ADDRESSES_TRIED = 2


def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a host name, the system's favourite first.

    Raises:
        OSError: the name does not resolve.
    """
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(address: str, port: int, timeout: float | None) -> socket.socket:
    """A TCP connection to an IP address.

    Raises:
        OSError: it does not answer.
    """
    # The address is numeric, so nothing is looked up here: this gives it its family, and an IPv6 address its scope.
    [(family, kind, protocol, _, place), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
    )
    connection = socket.socket(family, kind, protocol)
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(timeout)
        connection.connect(place)
    except BaseException:
        connection.close()
        raise
    return connection


@dataclass(frozen=True)
class Dialer:
    """Connects to hosts behind a gate. ``resolver`` and ``connect`` are the network."""

    gate: Gate
    resolver: Resolve = resolve
    connect: Connect = connect

    def __call__(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connection to one of the host's addresses, all of which have been checked.

        Raises:
            AddressRefused: the port or one of the addresses may not be called, or there is no such host.
            OSError: none of the addresses answers.
        """
        self.gate.check_port(port)
        try:
            addresses = list(dict.fromkeys(self.resolver(host.strip("[]"), port)))
        except (OSError, UnicodeError) as error:
            raise AddressRefused(f"the host {host} cannot be found") from error
        self.gate.check_addresses(host, addresses)
        failure = OSError(f"the host {host} has no address")
        tried = addresses[:_ADDRESSES_TRIED]
        ends = time.monotonic() + (timeout or 0)
        for number, address in enumerate(tried):
            share = None if timeout is None else max(0.001, (ends - time.monotonic()) / (len(tried) - number))
            try:
                return self.connect(address, port, share)
            except OSError as error:
                failure = error
        raise failure


class _Plain(HTTPConnection):
    """A connection of urllib3 that is made by a ``Dialer``, and held to its time in all that it does.

    A socket's own time-out begins anew with every byte, so somebody who sends one now and then, or takes one, could
    hold on for hours: in the handshake of TLS, while the request is sent, before the answer's headers are complete.
    """

    def __init__(self, *args: Any, dial: Dialer, **options: Any) -> None:
        super().__init__(*args, **options)
        self._dial = dial
        self._line: socket.socket | None = None
        self._ends = 0.0

    def connect(self) -> None:
        seconds = _seconds(self.timeout)
        self._ends = time.monotonic() + (seconds or 0)
        try:
            with _within(seconds, self._hang_up):
                super().connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"the host {self.host} did not answer in time") from error
        finally:
            if self._line is not None:
                self._line.close()
                self._line = None

    def _new_conn(self) -> socket.socket:
        timeout = _seconds(self.timeout)
        try:
            connection = self._dial(self._dns_host, self.port, timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"the host {self.host} did not answer in time") from error
        except OSError as error:
            raise NewConnectionError(self, f"the host {self.host} cannot be reached: {error}") from error
        # TLS takes the socket away from this object before the handshake; a second handle can still shut it down.
        self._line = connection.dup()
        if timeout is not None and time.monotonic() > self._ends:
            connection.close()
            raise ConnectTimeoutError(self, f"the host {self.host} did not answer in time")
        return connection

    def _hang_up(self) -> None:
        _shut(self._line)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        with _within(_seconds(self.timeout), partial(_shut, self.sock)):
            super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 has it
        with _within(_seconds(self.timeout), partial(_shut, self.sock)):
            return super().getresponse()


class _Secure(_Plain, HTTPSConnection):
    """The same under TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class GuardedAdapter(HTTPAdapter):
    """The transport of ``requests`` behind a gate."""

    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_PlainPool, dial=self._dialer),
            "https": partial(_SecurePool, dial=self._dialer),
        }

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send one request.

        Raises:
            AddressRefused: its address may not be called.
            requests.RequestException: it cannot be reached, or does not answer in time.
        """
        self._dialer.gate.check_url(str(request.url))
        # A proxy would do the look-up itself, and connect to whatever it finds.
        return super().send(request, *args, **{**options, "proxies": None})


def guarded_session(dialer: Dialer) -> requests.Session:
    """A session that calls nothing but what the dialer's gate lets through, and takes nothing from its environment."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    adapter = GuardedAdapter(dialer)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


@contextmanager
def _within(seconds: float | None, hang_up: Callable[[], None]) -> Iterator[None]:
    """Hang up when the block takes longer than this.

    Raises:
        TimeoutError: it took longer, however the block took the end of the connection.
    """
    if seconds is None:
        yield
        return
    over = threading.Event()

    def end() -> None:
        over.set()
        hang_up()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if over.is_set():
            raise TimeoutError("the host did not answer in time")


def _shut(connection: socket.socket | None) -> None:
    """End a connection that another thread waits for."""
    if connection is not None:
        with suppress(OSError):  # closed meanwhile
            # Not SSLSocket's: that would take the socket's TLS away from the thread that reads from it.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _seconds(timeout: object) -> float | None:
    return float(timeout) if isinstance(timeout, int | float) else None
