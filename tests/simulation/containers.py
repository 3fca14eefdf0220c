"""The containers in which handlers run: Lambda shares no module between two invocations at the same time."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

from tests.simulation.tasks import Process


class Containers:
    """Modules of handlers, in as many copies as are at work. A container whose process was killed is not used again."""

    _free: dict[str, list[Any]] = {}  # noqa: RUF012 - to load a copy takes longer than to use it

    @classmethod
    def invoke(cls, module: ModuleType, event: Mapping[str, Any], process: Process) -> Any:
        """Call a handler."""
        free = cls._free.setdefault(module.__name__, [module])
        container = free.pop() if free else _copy(module)
        context = SimpleNamespace(
            function_name=process.name,
            memory_limit_in_mb="3008",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:{process.name}",
            aws_request_id=process.name,
        )
        try:
            answer = container.lambda_handler(event, context)
        except Exception:
            free.append(container)
            raise
        free.append(container)
        return answer


def _copy(module: ModuleType) -> ModuleType:
    spec = module.__spec__
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    return copy
