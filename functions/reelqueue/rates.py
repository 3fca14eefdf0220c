"""How often a caller may submit: a token bucket, kept as one number.

The generic cell rate algorithm (ITU-T I.371) stores the theoretical arrival time of the next request: the moment at
which the bucket would be full again. A request is refused while that lies further ahead than a full bucket lasts.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bucket:
    """A bucket of ``per_minute`` tokens that refills evenly within a minute. All times are epoch milliseconds."""

    per_minute: int

    @property
    def interval(self) -> int:
        """Milliseconds per token."""
        return max(1, 60_000 // self.per_minute)

    @property
    def depth(self) -> int:
        """How far the arrival time may lie ahead for one more request to be let in, in milliseconds."""
        return self.interval * (self.per_minute - 1)

    def wait(self, now: int, arrival: int | None) -> int:
        """Milliseconds until a token is free, 0 if one is."""
        return max(0, (arrival or 0) - now - self.depth)

    def headers(self, now: int, arrival: int | None) -> dict[str, str]:
        """What a client is told of its bucket: the fields of draft-ietf-httpapi-ratelimit-headers-10.

        ``r`` requests may follow at once; after ``t`` seconds it may be the whole ``q`` again.
        """
        ahead = max(0, (arrival or 0) - now)
        left = max(0, (self.depth - ahead) // self.interval + 1)
        return {
            "RateLimit-Policy": f'"submit";q={self.per_minute};w=60',
            "RateLimit": f'"submit";r={left};t={-(-ahead // 1000)}',
        }
