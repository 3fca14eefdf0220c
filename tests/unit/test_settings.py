"""Settings come from the environment, and a wrong one is named."""

from __future__ import annotations

import pytest

from reelqueue.settings import Settings


def test_each_field_is_a_variable_in_capitals() -> None:
    settings = Settings.from_env(
        {"TABLE_NAME": "jobs", "MAX_CONCURRENT_RENDERS": "2", "ALLOW_PRIVATE_ADDRESSES": "true", "HOME": "/"}
    )
    assert (settings.table_name, settings.max_concurrent_renders, settings.allow_private_addresses) == ("jobs", 2, True)


def test_without_variables_the_defaults_hold_and_private_addresses_are_closed() -> None:
    assert Settings.from_env({}) == Settings()
    assert not Settings().allow_private_addresses


def test_ports_are_numbers_with_commas_between() -> None:
    assert Settings().allowed_ports == (443,)
    assert Settings.from_env({"ALLOWED_PORTS": "443,8443"}).allowed_ports == (443, 8443)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALLOWED_PORTS", "https"), ("MAX_CONCURRENT_RENDERS", "five"), ("ALLOW_PRIVATE_ADDRESSES", "yes")],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name}='{value}'"):
        Settings.from_env({name: value})
