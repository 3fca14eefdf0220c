"""What the service finds around it: environment variables, no settings read before, and a log that somebody reads."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator

from reelqueue.deployment import deployment
from reelqueue.observability import logger
from reelqueue.settings import settings

ENVIRONMENT = {
    "TABLE_NAME": "reelqueue",
    "BUCKET_NAME": "videos",
    "JOBS_QUEUE_URL": "jobs",
    "WEBHOOK_QUEUE_URL": "webhooks",
    "WEBHOOK_DEAD_LETTERS_URL": "dead-letters",
    "RENDER_FUNCTION_NAME": "render",
    "RATE_LIMIT_PER_MINUTE": "60000",
    "ALLOW_PRIVATE_ADDRESSES": "true",
}

_log = logging.getLogger(logger.name)


@contextlib.contextmanager
def surroundings(
    variables: dict[str, str], read: Callable[[logging.LogRecord], None], level: int = logging.ERROR
) -> Iterator[None]:
    """The world around one deployment. ``read`` gets what is logged from ``level`` on; nothing is printed."""

    def keep(record: logging.LogRecord) -> bool:
        read(record)
        return False

    environment, level_before = dict(os.environ), _log.level
    os.environ.update(ENVIRONMENT | variables)
    _log.setLevel(level)
    _log.addFilter(keep)
    _forget()
    try:
        # Metrics are printed (embedded metric format).
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        _log.removeFilter(keep)
        _log.setLevel(level_before)
        os.environ.clear()
        os.environ.update(environment)
        _forget()


def _forget() -> None:
    for cache in (settings, deployment):
        cache.cache_clear()
