"""What a render costs its owner. The one place with prices.

AWS list prices of us-east-1 in US dollars, as of ``PRICES_OF``: Lambda per GB-second (of memory, and of what ``/tmp``
has over the 512 MB that are free) and per request, S3 Standard per GB-month and per request, Amazon
Polly per character of neural voices.

Left out are the free tier, data transfer, the queue's own requests (below a hundredth of a cent a job), the days for
which segments are kept, and the seconds in which Lambda starts a container and in which a render that has ended posts
its webhook.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PRICES_OF = "2026-11"
GB_SECOND_USD = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
TMP_GB_SECOND_USD = 0.0000000309
REQUEST_USD = 0.0000002
STORAGE_GB_MONTH_USD = 0.023
PUT_USD = 0.000005
GET_USD = 0.0000004
SPOKEN_CHARACTER_USD = 0.000016

TMP_MB = 10_240
"""What the template gives a render as ``/tmp``."""

_FREE_TMP_MB = 512
_PART_BYTES = 8 * 1024 * 1024
"""boto3 uploads what is larger in parts of this size."""

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Spent:
    """What renders of a job have used: run time, invocations of their function, segments asked for and kept, and
    characters that Amazon Polly has spoken.

    Segments and characters are counted as far as renders lived to tell of them.
    """

    ms: int = 0
    invocations: int = 0
    gets: int = 0
    puts: int = 0
    characters: int = 0


def render_cost_usd(spent: Spent, *, memory_mb: int, machine: str, stored_bytes: int, retention_days: int) -> float:
    """The cost of a finished job in US dollars, rounded to a millionth.

    ``spent`` counts all its invocations, ``machine`` is what ``platform.machine()`` says, ``stored_bytes`` what stays
    in the bucket for ``retention_days``.
    """
    architecture = _ARCHITECTURES.get(machine, "x86_64")
    seconds = spent.ms / 1000
    compute = seconds * memory_mb / 1024 * GB_SECOND_USD[architecture]
    compute += seconds * (TMP_MB - _FREE_TMP_MB) / 1024 * TMP_GB_SECOND_USD
    storage = stored_bytes / 1e9 * STORAGE_GB_MONTH_USD * retention_days / 30
    puts = spent.puts + _puts(stored_bytes) + 1
    requests = spent.invocations * REQUEST_USD + spent.gets * GET_USD + puts * PUT_USD
    voices = spent.characters * SPOKEN_CHARACTER_USD
    return round(compute + storage + requests + voices, 6)


def _puts(stored_bytes: int) -> int:
    """Requests for the upload of a video; its poster is one more."""
    parts = math.ceil(stored_bytes / _PART_BYTES)
    return parts + 2 if parts > 1 else 1
