"""Which addresses may be called."""

from __future__ import annotations

import pytest

from reelqueue.addresses import AddressRefused, check_url


def resolves_to(*addresses: str):  # type: ignore[no-untyped-def]
    return lambda host, port: list(addresses)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_pass(address: str) -> None:
    check_url("https://app.example.com/hook", allow_private=False, resolver=resolves_to(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "ff02::1",
        "::",
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="not a public one"):
        check_url("https://app.example.com/hook", allow_private=False, resolver=resolves_to(address))


def test_one_private_address_among_public_ones_is_enough() -> None:
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        check_url("https://a.example.com/", allow_private=False, resolver=resolves_to("93.184.216.34", "10.0.0.1"))


@pytest.mark.parametrize("url", ["http://app.example.com/", "ftp://app.example.com/", "file:///etc/passwd", "nothing"])
def test_only_https_is_called(url: str) -> None:
    with pytest.raises(AddressRefused, match="only https"):
        check_url(url, allow_private=False, resolver=resolves_to("93.184.216.34"))


def test_the_local_stack_may_call_itself() -> None:
    check_url("http://127.0.0.1:8080/hook", allow_private=True)


def test_an_unknown_host_is_named() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(AddressRefused, match=r"nowhere\.example\.com cannot be found"):
        check_url("https://nowhere.example.com/", allow_private=False, resolver=unknown)
