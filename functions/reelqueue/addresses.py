"""Which network addresses the service may call on behalf of a client.

Clients name webhook receivers and files. Without a guard they could name the inside of the network that the functions
run in, the metadata address above all. Only the local stack allows private addresses (``allow_private_addresses``).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

Resolve = Callable[[str, int], list[str]]


class AddressRefused(Exception):
    """The message says which address, and why."""


def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a host name.

    Raises:
        OSError: the name does not resolve.
    """
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_url(url: str, *, allow_private: bool, resolver: Resolve = resolve) -> None:
    """Refuse a URL whose scheme or whose host's addresses the service may not call.

    Raises:
        AddressRefused: not https (http where private addresses are allowed), no such host, or one of its addresses is
            not a public one (RFC 6890: private, loopback, link-local, shared, reserved, multicast).
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (allow_private and parts.scheme == "http"):
        raise AddressRefused(f"{parts.scheme or 'no scheme'}: only https addresses are called")
    host = parts.hostname
    if not host:
        raise AddressRefused("the address has no host")
    if allow_private:
        return
    try:
        addresses = resolver(host, parts.port or 443)
    except OSError as error:
        raise AddressRefused(f"the host {host} cannot be found") from error
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_global or mapped.is_multicast:
            raise AddressRefused(f"the host {host} has the address {text}, which is not a public one")
