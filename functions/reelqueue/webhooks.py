"""Webhooks: what is posted to clients, signed and retried as the Standard Webhooks specification (1.0) has it.

The start and the end of a render are posted at least once, each with the same ``webhook-id`` on every try. The render
itself tries once, with a short time-out; what fails goes to the webhook queue, whose consumer follows
``RETRY_SECONDS``. Links and queue figures are made anew for every try: a presigned URL dies with the session of the
function that made it. What became of each event stands in the table (``deliveries.py``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests
from urllib3.util import Timeout

from reelqueue.addresses import AddressRefused
from reelqueue.jobs import Event, iso

FIRST_TRY_TIMEOUT = Timeout(connect=2, read=3, total=5)
"""Seconds to connect, to wait for an answer, and for all of it, when a render posts."""

RETRY_TIMEOUT = Timeout(connect=3, read=10, total=10)
"""The same for the consumer of the webhook queue."""

RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Pauses between tries, as the Standard Webhooks specification suggests; after the last, the dead-letter queue."""

LONGEST_PAUSE = max(RETRY_SECONDS)
"""No ``Retry-After`` is followed for longer; SQS can hide a message for 12 hours."""

GONE = 410
"""The answer of a receiver that wants no more of it."""

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the public prefix of all such secrets


@dataclass(frozen=True)
class Delivery:
    """How one try went: ``status`` is the HTTP status, None when there was no answer; ``retry_after`` are the seconds
    that the receiver asked for."""

    ok: bool
    status: int | None
    reason: str
    retry_after: int = 0


def body(event: Event, live: Mapping[str, object]) -> bytes:
    """The JSON that is posted; ``live`` adds to the job's data what depends on the moment (queue, links)."""
    message = {"type": event.type, "timestamp": iso(event.at), "data": {**event.data, **live}}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def signing_key(secret: str) -> bytes:
    """The key bytes of a secret, with or without its ``whsec_`` prefix.

    Raises:
        ValueError: it is not base64, or shorter than the 24 bytes that the specification asks for.
    """
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    if len(key) < 24:
        raise ValueError("the webhook secret must be the base64 of at least 24 bytes")
    return key


def sign(keys: Sequence[bytes], event_id: str, timestamp: int, content: bytes) -> str:
    """The ``webhook-signature`` header: for each key ``v1,`` and base64 of HMAC-SHA256 over ``id.timestamp.body``.

    A client accepts a message of which one signature is right, so that a secret can be changed while both are known.
    """
    signed = f"{event_id}.{timestamp}.".encode() + content
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in keys)


class Sender:
    """Posts events. ``keys`` gives the keys to sign with, ``session`` is a guarded one (``outgoing.py``), ``clock``
    gives epoch seconds."""

    def __init__(
        self, keys: Callable[[], Sequence[bytes]], *, clock: Callable[[], float], session: requests.Session
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._session = session

    def post(self, url: str, event: Event, live: Mapping[str, object], timeout: Timeout) -> Delivery:
        """One try. Any 2xx is success; redirects are failures and the answer's body is never read.

        Raises:
            SecretUnusable: there is nothing to sign with (``keys``).
        """
        content = body(event, live)
        timestamp = int(self._clock())
        headers = {
            "content-type": "application/json",
            "user-agent": "Reelqueue-Webhooks",
            "webhook-id": event.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._keys(), event.id, timestamp, content),
        }
        try:
            with self._session.post(
                url,
                data=content,
                headers=headers,
                timeout=timeout,  # type: ignore[arg-type] # its stubs do not know that it takes urllib3's
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, wait = answer.status_code, answer.headers.get("retry-after")
        except (AddressRefused, requests.RequestException) as error:
            return Delivery(False, None, _why(error))
        return Delivery(
            200 <= status < 300, status, f"the receiver answered {status}", retry_after(wait, self._clock())
        )


def _why(error: AddressRefused | requests.RequestException) -> str:
    """Why there was no answer. What libraries say holds the URL, in which a receiver may have a secret of its own."""
    match error:
        case AddressRefused():
            return f"it was not posted: {error}"
        case requests.Timeout():
            return "the receiver did not answer in time"
        case requests.exceptions.SSLError():
            return "TLS with the receiver failed: look at its certificate, and whether it is for this host"
        case requests.ConnectionError():
            return "the receiver cannot be reached, or broke off"
        case _:
            return f"what the receiver answered is no HTTP ({type(error).__name__})"


def retry_after(header: str | None, now: float) -> int:
    """The seconds that a ``Retry-After`` header asks for (RFC 9110, 10.2.3: seconds, or a date); 0 if it asks nothing.

    ``now`` are epoch seconds.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return 0
    return min(max(0, math.ceil(until - now)), LONGEST_PAUSE)


def next_try(age: float, *, at_least: int = 0, jitter: Callable[[], float] = random.random) -> int | None:
    """Seconds from now until the next try of an event that is ``age`` seconds old; None when it has had its last.

    The schedule hangs on the event's age and not on a count of receives: SQS counts a receive too when Lambda had no
    capacity to take the message. Up to 10 % are added by chance, so that a receiver that comes back is not overrun.
    A receiver that asks for more time (``at_least``) gets it; the tries that fall into that time are left out.
    """
    for due in itertools.accumulate(RETRY_SECONDS):
        if due > age:
            return max(at_least, math.ceil((due - age) * (1 + 0.1 * jitter())))
    return None
