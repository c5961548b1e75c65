"""Months that a gate stopped: what counts of them in place of the newest delivery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass(frozen=True)
class HeldPeriod:
    """A month of a source that waits for somebody.

    Attributes:
        source: Source name.
        billing_period: First day of the month.
        reason: What the gate found, with the money that it touches.
        what_to_do: What releases the month.
        held_since: Day of the first run that held it.
        snapshot_ids: The published snapshots by landed relation, which count until then; none
            where the month was never published, which is then left out.
    """

    source: str
    billing_period: date
    reason: str
    what_to_do: str
    held_since: date
    snapshot_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """All months that are held.

    Attributes:
        periods: The months.
        org_tables: Files of the organisation's tables by name, with the published rows of these
            months in place of the newest.
    """

    periods: tuple[HeldPeriod, ...] = ()
    org_tables: Mapping[str, Path] = field(default_factory=dict)

    def of(self, source: str, billing_period: date) -> HeldPeriod | None:
        """Return a month of a source if it is held."""
        for period in self.periods:
            if (period.source, period.billing_period) == (source, billing_period):
                return period
        return None


NOTHING_HELD = Held()
