"""Billing periods: calendar months, half-open, UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_KEY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class BillingPeriod:
    """One month; ``start`` is inside it, ``end`` is the first day after it."""

    start: date

    def __post_init__(self) -> None:
        if self.start.day != 1:
            raise ValueError(
                f"a billing period starts on the first day of a month, not {self.start}"
            )

    @classmethod
    def of(cls, day: date) -> BillingPeriod:
        """Return the period that a day lies in."""
        return cls(day.replace(day=1))

    @classmethod
    def parse(cls, key: str) -> BillingPeriod:
        """Return the period of a key such as ``2026-10``.

        Raises:
            ValueError: The text is no year and month.
        """
        match = _KEY.fullmatch(key)
        if match is None:
            raise ValueError(f"{key!r} is no billing period; write it as 2026-10")
        return cls(date(int(match[1]), int(match[2]), 1))

    @classmethod
    def span(cls, first: BillingPeriod, last: BillingPeriod) -> Iterator[BillingPeriod]:
        """Yield the periods from first to last, both included."""
        period = first
        while period <= last:
            yield period
            period = cls(period.end)

    @property
    def end(self) -> date:
        """First day after the period."""
        if self.start.month == 12:
            return date(self.start.year + 1, 1, 1)
        return self.start.replace(month=self.start.month + 1)

    @property
    def key(self) -> str:
        """Year and month, as folders and Parquet partitions spell it."""
        return f"{self.start:%Y-%m}"

    def __str__(self) -> str:
        return self.key
