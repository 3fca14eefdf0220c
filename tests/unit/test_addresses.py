"""Which addresses may be called, as far as an address alone tells it."""

from __future__ import annotations

import pytest

from reelqueue.addresses import AddressRefused, Gate, is_public, literal

PUBLIC = [
    "93.184.215.14",
    "1.1.1.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:82f::200e",
    "::ffff:93.184.215.14",
    "64:ff9b::93.184.215.14",
]
NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2", "169.254.0.1"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1"),
    *("198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
    *("::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1"),
    *("64:ff9b:1::10.0.0.1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1"),
    *("2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "3fff::1"),
    *("4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd12:3456::1", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1", "ff05::1:3", "no address"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7F.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("１２７.０.０.１", "127.0.0.1"),
        ("①②⑦.⓪.⓪.①", "127.0.0.1"),
        ("127。0。0。1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("fe80::1%25eth0", "fe80::1"),
        ("app.example.com", None),
        ("1.2.3.4.example.com", None),
    ],
)
def test_a_host_that_is_an_address_is_known_as_such(host: str, address: str | None) -> None:
    found = literal(host)
    assert (None if found is None else str(found)) == address


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "api.localhost", "printer.local", "metadata.google.internal", "nas.home.arpa"]
)
def test_names_that_are_nobody_elses_are_refused_without_a_look_up(host: str) -> None:
    with pytest.raises(AddressRefused, match=f"the host (?i:{host.rstrip('.')}).* is not a public one"):
        Gate().check_url(f"https://{host}/")


@pytest.mark.parametrize("url", ["http://app.example.com/", "ftp://app.example.com/", "file:///etc/passwd", "nothing"])
def test_only_https_is_called(url: str) -> None:
    with pytest.raises(AddressRefused, match="only https"):
        Gate().check_url(url)


@pytest.mark.parametrize("url", ["https://", "https:///path", "https://[::1", "https://app.example.com:99999/"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused, match=r"no host|not a URL"):
        Gate().check_url(url)


def test_only_the_ports_that_are_allowed_are_called() -> None:
    Gate().check_url("https://app.example.com:443/")
    with pytest.raises(AddressRefused, match="only port 443 is called, not 22"):
        Gate().check_url("https://app.example.com:22/")
    Gate(ports=(443, 8443)).check_url("https://app.example.com:8443/")
    with pytest.raises(AddressRefused, match="only port 443 or 8443 is called, not 6379"):
        Gate(ports=(443, 8443)).check_url("https://app.example.com:6379/")


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(AddressRefused, match=r"the host a\.example\.com has an address that is not a public one"):
        Gate().check_addresses("a.example.com", ["93.184.215.14", "10.0.0.1"])


def test_what_a_name_resolves_to_inside_is_not_told() -> None:
    with pytest.raises(AddressRefused) as refused:
        Gate().check_addresses("a.example.com", ["10.1.2.3"])
    assert "10.1.2.3" not in str(refused.value)


def test_the_local_stack_may_call_itself() -> None:
    gate = Gate(allow_private=True)
    gate.check_url("http://127.0.0.1:8080/hook")
    gate.check_url("http://localhost:8080/hook")
    gate.check_addresses("localhost", ["127.0.0.1", "::1"])
