"""The exception tree: one code and one HTTP status for each, as its drawing says."""

from __future__ import annotations

import inspect
import re

import pytest

from reelqueue import errors
from reelqueue.errors import AssetError, Detail, InvalidBody, ReelqueueError, readable

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, ReelqueueError)]


@pytest.mark.parametrize("error", ALL, ids=lambda cls: cls.__name__)
def test_every_error_is_drawn_in_the_docstring(error: type[ReelqueueError]) -> None:
    drawn = re.search(rf"\b{error.__name__}\b(.*)", errors.__doc__ or "")
    assert drawn is not None
    if error.status != 500:
        assert str(error.status) in drawn.group(1)


def test_no_code_stands_for_two_errors() -> None:
    codes = [cls.code for cls in ALL if "code" in vars(cls) and cls is not ReelqueueError]
    assert len(codes) == len(set(codes))


def test_a_body_with_many_mistakes_names_the_first_and_counts_the_rest() -> None:
    error = InvalidBody((Detail("/scenes/0/duration", "must be positive"), Detail("/theme", "is not known")))
    assert error.message == "scenes[0].duration: must be positive (and 1 more, see details)"
    assert error.code == "INVALID_REQUEST"


def test_mistakes_in_scenes_only_have_a_code_of_their_own() -> None:
    assert InvalidBody((Detail("/scenes/0/duration", "must be positive"),)).code == "INVALID_SCENE"


def test_an_asset_error_leads_to_the_element() -> None:
    error = AssetError("/scenes/1/elements/0/src", "is not there")
    assert error.as_dict()["details"] == [{"pointer": "/scenes/1/elements/0/src", "message": "is not there"}]


@pytest.mark.parametrize(
    ("pointer", "text"),
    [
        ("", "body"),
        ("/theme", "theme"),
        ("/scenes/2/elements/0/src", "scenes[2].elements[0].src"),
        ("/a~1b/c~0d", "a/b.c~d"),
    ],
)
def test_pointers_are_read_by_people(pointer: str, text: str) -> None:
    assert readable(pointer) == text
