"""A request as the crew gets it: what its models hold, without what checks it.

Pydantic and the models take a third of the time in which all else of a worker is loaded, and a worker checks nothing.
So a request is sent as plain values of the same names, and who renders tells elements by their ``type``: it never
loads the models, except as types (the linter sees to that).
"""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any


class Plain(SimpleNamespace):
    """What stands for a model: its fields and its own properties, as values."""


class PlainPickler(pickle.Pickler):
    """Pickles models as ``Plain``, wherever they stand in what is pickled, and all else as it is."""

    def reducer_override(self, obj: Any) -> Any:
        """What is pickled in place of a model."""
        if not hasattr(type(obj), "__pydantic_fields__"):
            return NotImplemented
        computed = {
            name: getattr(obj, name)
            for kind in type(obj).__mro__
            if kind.__module__.startswith("reelqueue.")
            for name, value in vars(kind).items()
            if isinstance(value, property)
        }
        return _plain, (vars(obj) | computed,)


def _plain(values: dict[str, Any]) -> Plain:
    return Plain(**values)
