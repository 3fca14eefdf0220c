"""What a render costs its owner. The one place with prices.

AWS list prices of us-east-1 in US dollars, as of 2026-11: Lambda per GB-second and per request, S3 Standard per
GB-month and per request, Amazon Polly per character of neural voices. The free tier, data transfer and the queue's own
requests (below a hundredth of a cent a job) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

GB_SECOND_USD = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
REQUEST_USD = 0.0000002
STORAGE_GB_MONTH_USD = 0.023
PUT_USD = 0.000005
GET_USD = 0.0000004
SPOKEN_CHARACTER_USD = 0.000016

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
    compute = spent.ms / 1000 * memory_mb / 1024 * GB_SECOND_USD[architecture]
    storage = stored_bytes / 1e9 * STORAGE_GB_MONTH_USD * retention_days / 30
    requests = spent.invocations * REQUEST_USD + spent.gets * GET_USD + spent.puts * PUT_USD
    voices = spent.characters * SPOKEN_CHARACTER_USD
    return round(compute + storage + requests + voices, 6)
