"""What a render costs its owner. The one place with prices.

AWS list prices of us-east-1 in US dollars, as of 2026-11: Lambda per GB-second and per request, S3 Standard per
GB-month and per request. The free tier, data transfer and the queue's own requests (below a hundredth of a cent a job)
are left out.
"""

from __future__ import annotations

GB_SECOND_USD = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
REQUEST_USD = 0.0000002
STORAGE_GB_MONTH_USD = 0.023
PUT_USD = 0.000005
GET_USD = 0.0000004

_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}


def render_cost_usd(
    *,
    busy_ms: int,
    attempts: int,
    memory_mb: int,
    machine: str,
    stored_bytes: int,
    retention_days: int,
    asked: int = 0,
    kept: int = 0,
) -> float:
    """The cost of a finished job in US dollars, rounded to a millionth.

    ``busy_ms`` is the run time of all its attempts, ``machine`` what ``platform.machine()`` says, ``stored_bytes`` what
    stays in the bucket for ``retention_days``. The last attempt ``asked`` the bucket for so many segments and ``kept``
    so many there.
    """
    architecture = _ARCHITECTURES.get(machine, "x86_64")
    compute = busy_ms / 1000 * memory_mb / 1024 * GB_SECOND_USD[architecture]
    storage = stored_bytes / 1e9 * STORAGE_GB_MONTH_USD * retention_days / 30
    return round(compute + attempts * REQUEST_USD + storage + asked * GET_USD + kept * PUT_USD, 6)
