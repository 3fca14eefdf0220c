"""Basic auth fails closed."""

from __future__ import annotations

import base64
import hmac

import pytest

from authorizer.app import authenticate
from reelqueue.deployment import SecretUnusable

SECRET = {
    "username": "admin",
    "password": "correct horse",
    "callers": [{"username": "shop", "password": "böttle"}, {"username": "broken", "password": ""}],
}


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def test_the_administrator_is_known() -> None:
    caller = authenticate(SECRET, basic("admin:correct horse"))
    assert caller is not None
    assert (caller["username"], caller["administrator"]) == ("admin", True)


def test_other_callers_are_known_and_no_administrators() -> None:
    caller = authenticate(SECRET, basic("shop:böttle"))
    assert caller is not None
    assert caller.get("administrator") is None


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Bearer abc",
        basic("admin"),
        basic("admin:"),
        basic("admin:wrong"),
        basic(":correct horse"),
        basic("broken:"),
        basic("admin:correct horse "),
        "Basic ÄÖÜ",
        basic("nobody:correct horse"),
    ],
)
def test_everything_else_is_refused(header: str) -> None:
    assert authenticate(SECRET, header) is None


@pytest.mark.parametrize(
    "change",
    [
        {"password": None},
        {"password": 12345678},
        {"password": ["correct horse"]},
        {"username": None},
        {"callers": None},
        {"callers": {"username": "shop", "password": "x"}},
        {"callers": ["shop"]},
        {"callers": [{"username": "shop"}]},
    ],
)
def test_a_secret_that_is_not_of_its_form_lets_nobody_in(change: dict[str, object]) -> None:
    for header in (basic("admin:correct horse"), basic("admin:None"), basic("shop:None"), basic("admin:12345678"), ""):
        with pytest.raises(SecretUnusable):
            authenticate(SECRET | change, header)


@pytest.mark.parametrize("credentials", ["admin:correct horse", "admin:wrong", "nobody:at all", "", "x" * 10_000])
def test_every_caller_is_compared_by_digests_of_one_length(credentials: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def noted(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    authenticate(SECRET, basic(credentials))
    assert lengths == [(32, 32)] * 3
