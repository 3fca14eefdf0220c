"""Basic auth fails closed."""

from __future__ import annotations

import base64

import pytest

from authorizer.app import authenticate

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
    ],
)
def test_everything_else_is_refused(header: str) -> None:
    assert authenticate(SECRET, header) is None
