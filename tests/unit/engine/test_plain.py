"""The request as those get it who render: the same values, without what checks them."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
from typing import Any

from reelqueue.spec import parse_request
from reelqueue.spec_values import Model
from render.engine.plain import Plain, PlainPickler
from tests.golden.cases import CASES
from tests.golden.frames import request_of

# All that a crew loads, but for what draws captions, which makes texts of its own.
LOADED = "render.engine.start, render.engine.foreman, render.engine.text, render.engine.vp9, render.engine.spectrum"


def sent(value: object) -> Any:
    """A value as it arrives."""
    pipe = io.BytesIO()
    PlainPickler(pipe).dump(value)
    return pickle.loads(pipe.getvalue())


def assert_same(plain: Any, model: Any) -> None:
    """All fields, and whatever is reckoned from them, however deep."""
    if isinstance(model, Model):
        assert type(plain) is Plain
        own = [kind for kind in type(model).__mro__ if kind.__module__.startswith("reelqueue.")]
        properties = {name for kind in own for name, value in vars(kind).items() if isinstance(value, property)}
        assert set(vars(plain)) == set(type(model).model_fields) | properties
        for name, value in vars(plain).items():
            assert_same(value, getattr(model, name))
    elif isinstance(model, tuple):
        assert len(plain) == len(model)
        for one, other in zip(plain, model, strict=True):
            assert_same(one, other)
    else:
        assert plain == model


def test_a_request_arrives_with_all_that_it_says() -> None:
    for case in CASES.values():
        request = request_of(case.theme, case.scenes, case.size, 25)
        assert_same(sent(request), request)


def test_what_is_alike_is_alike_when_it_arrives() -> None:
    body = {"webhookUrl": "https://app.example.com/hook", "scenes": [{"text": "A"}, {"text": "A"}, {"text": "B"}]}
    one, same, other = sent(parse_request(body)).scenes
    assert one == same != other


def test_who_renders_does_not_load_what_checks_requests() -> None:
    found = f"import sys, {LOADED}; print(sorted(name for name in sys.modules if name.startswith('pydantic')))"
    run = subprocess.run([sys.executable, "-c", found], check=True, capture_output=True, text=True, env=path())
    assert run.stdout == "[]\n"


def path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path)}
