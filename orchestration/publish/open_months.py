"""Which months of the published file are not over, so that nobody takes a part for a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

_MONTHS = """
    select
        billing_period,
        bool_and(period_status = 'complete') as is_over,
        min(date_diff('day', billing_period, window_end_date)) as least_days,
        max(date_diff('day', billing_period, window_end_date)) as most_days
    from reference.dim_billing_period
    group by all
    order by billing_period
"""


@dataclass(frozen=True)
class PublishedMonth:
    """A month of the published file.

    Attributes:
        month: Its first day.
        is_over: Whether its last day is over at every source.
        least_days: How many of its days the source that is behind the others has; None unknown.
        most_days: The same of the source that is ahead of them.
    """

    month: date
    is_over: bool
    least_days: int | None
    most_days: int | None

    @property
    def sentence(self) -> str:
        """Say of a month that is not over how far it goes."""
        if self.least_days is None or self.most_days is None:
            return f"{self.month:%B %Y} is open."
        days = " to ".join(dict.fromkeys((str(self.least_days), str(self.most_days))))
        return f"{self.month:%B %Y} is open: it has {days} days so far."


def published_months(connection: duckdb.DuckDBPyConnection) -> list[PublishedMonth]:
    """Return the months of the published file, the first one first.

    Raises:
        duckdb.Error: The file is none that is published.
    """
    return [PublishedMonth(*row) for row in connection.execute(_MONTHS).fetchall()]


def last_whole_month(months: Sequence[PublishedMonth]) -> date | None:
    """Return the last month that is over; the last one where none is, None where there is none."""
    whole = [one.month for one in months if one.is_over] or [one.month for one in months]
    return max(whole, default=None)
