"""Which network addresses the service may call on behalf of a client: the rules, without any network.

Clients name webhook receivers and files. Without a guard they could name the inside of the network that the functions
run in, the metadata address above all. ``outgoing.py`` holds every connection to these rules; submission refuses what
an address alone gives away. Only the local stack allows private addresses (``allow_private_addresses``).
"""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# IANA's special-purpose registry (RFC 6890), multicast, and what is reserved. Written out, since ``is_global`` of
# Python's ipaddress says other things in other releases: 3.11.7 calls 64:ff9b:1::/48, 2002::/16 and 5f00::/16 global.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by the customers of a carrier
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and with it the metadata address
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, deprecated
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and the broadcast address
    )
)
# All that is public in IPv6 lies in here: no loopback, link-local, unique local, site-local or multicast address.
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)
# Addresses that stand for an IPv4 address in their last 32 bits, and are as public as that one is.
_CARRIES_V4 = (
    ipaddress.IPv6Network("::ffff:0:0/96"),  # IPv4-mapped: the system connects to the IPv4 address
    ipaddress.IPv6Network("64:ff9b::/96"),  # NAT64 (RFC 6052), which DNS64 makes of public IPv4 addresses
)
# Names that are no public host's, by RFC 6761, RFC 6762, RFC 8375 and ICANN's reservation.
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
_PORTS = {"https": 443, "http": 80}


class AddressRefused(Exception):
    """The message says which address, and why."""


@dataclass(frozen=True)
class Gate:
    """What may be called: https on these ports and public addresses, or with ``allow_private`` whatever speaks http."""

    allow_private: bool = False
    ports: tuple[int, ...] = (443,)

    def check_url(self, url: str) -> None:
        """Refuse a URL for what can be seen without a look-up: scheme, port, an address instead of a name.

        Raises:
            AddressRefused: the URL is of no use, whatever its name resolves to.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise AddressRefused("the address is not a URL") from None
        if parts.scheme != "https" and not (self.allow_private and parts.scheme == "http"):
            raise AddressRefused(f"{parts.scheme or 'no scheme'}: only https addresses are called")
        if not host:
            raise AddressRefused("the address has no host")
        self.check_port(_PORTS[parts.scheme] if port is None else port)
        if self.allow_private:
            return
        name = _spelled_out(host)
        if any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
            raise AddressRefused(f"the host {host} is not a public one")
        address = literal(host)
        if address is not None:
            self.check_addresses(host, [str(address)])

    def check_port(self, port: int) -> None:
        """Refuse a port on which services of another kind listen.

        Raises:
            AddressRefused: it is none of the ports that the deployment allows.
        """
        if port not in self.ports and not self.allow_private:
            allowed = " or ".join(map(str, self.ports))
            raise AddressRefused(f"only port {allowed} is called, not {port}")

    def check_addresses(self, host: str, addresses: Iterable[str]) -> None:
        """Refuse a host one of whose addresses is not a public one, even if others are.

        Raises:
            AddressRefused: names the address.
        """
        for address in addresses:
            if not self.allow_private and not is_public(address):
                # What a name resolves to inside of the network is not told to those who cannot see it.
                itself = literal(host)
                which = f"the address {host} is" if itself is not None else f"the host {host} has an address that is"
                raise AddressRefused(f"{which} not a public one")


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public internet.

    >>> is_public("93.184.215.14"), is_public("169.254.169.254"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if parsed.version == 4:
        return not any(parsed in network for network in _NOT_PUBLIC_V4)
    if any(parsed in network for network in _CARRIES_V4):
        return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)))
    return parsed in _UNICAST_V6 and not any(parsed in network for network in _NOT_PUBLIC_V6)


def literal(host: str) -> Address | None:
    """The address that a host is, if it is no name: in any way of writing that a resolver understands.

    >>> [str(literal(host)) for host in ("127.1", "0x7f.1", "017700000001", "2130706433")]
    ['127.0.0.1', '127.0.0.1', '127.0.0.1', '127.0.0.1']
    """
    plain = _spelled_out(host).strip("[]").partition("%")[0]
    try:
        return ipaddress.ip_address(plain)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(plain))
    except (OSError, UnicodeEncodeError):
        return None


def _spelled_out(host: str) -> str:
    """A host as it is looked up: full-width digits and dots, circled letters and the like are plain ones by then."""
    return unicodedata.normalize("NFKC", host).replace("\u3002", ".").lower().rstrip(".")
