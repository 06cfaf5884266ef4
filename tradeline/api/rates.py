"""How many requests a key may make: a bucket per key that refills steadily."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from tradeline.api.problems import Problem

BURST_S: Final = 2
"""Seconds' worth of requests that may come at once."""


@dataclass(slots=True)
class Bucket:
    """What a key has left."""

    rate: int  # requests a second
    left: float
    at: float  # monotonic seconds of the last look

    @classmethod
    def full(cls, rate: int) -> Bucket:
        """Return a bucket that nothing was taken from."""
        return cls(rate, float(rate * BURST_S), time.monotonic())

    def take(self, count: int = 1) -> None:
        """Take requests out.

        A call of many may leave the bucket empty and more: then the next ones wait for it.

        Raises:
            Problem: nothing is left.
        """
        now = time.monotonic()
        self.left = min(self.rate * BURST_S, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            wait = max(1, -int(-(1 - self.left) // self.rate))
            raise Problem("too-many", f"This key may make {self.rate} requests a second.",
                          headers={"Retry-After": str(wait), **self.headers()})  # fmt: skip
        self.left -= count

    def headers(self) -> dict[str, str]:
        """Return the headers of the IETF's draft on rate limits."""
        return {"RateLimit-Policy": f'"key";q={self.rate * BURST_S};w={BURST_S}',
                "RateLimit": f'"key";r={max(0, int(self.left))};t={BURST_S}'}  # fmt: skip
