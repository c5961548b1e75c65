"""What is kept of OpenCost: days of what workloads held, used and are reckoned to cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.extract.landed_rows import path_literal
from orchestration.extract.metered_calls import id_sql, sql_text, tags_json
from orchestration.extract.metered_files import reading_calls
from orchestration.extract.metered_windows import WINDOW_COLUMNS
from orchestration.extract.source import SourceConfig, SourceError

_DOLLARS = "USD"
_NUMBERS = ("gpuHours", "gpuUsageAverage", "minutes", "totalCost")
_START = "cast(timezone('UTC', try_cast(one->>'$.window.start' as timestamptz)) as timestamp)"
_END = "cast(timezone('UTC', try_cast(one->>'$.window.end' as timestamptz)) as timestamp)"


@dataclass(frozen=True)
class Allocations:
    """How the answers of one OpenCost are read.

    Attributes:
        source: The source.
        labels: The label that says each of who used it.
        tags: Labels that are kept as free tags.
        pseudonym_key: Key of the hash in place of a text that is no id.
    """

    source: SourceConfig
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    pseudonym_key: str

    def write_days(self, body: str, place: str, file_of: Callable[[date], Path]) -> list[date]:
        """Write the landed windows of each day of an answer and return the days.

        Args:
            body: The answer.
            place: Where it came from, for errors.
            file_of: The Parquet file of a day; it may refuse a day.

        Raises:
            SourceError: It is no list of allocations of whole days.
        """
        with reading_calls(self.source.name, self.pseudonym_key) as connection:
            self._check(connection, body, place)
            connection.execute(
                f"create temp table windows as {self._windows_sql()}", {"body": body}
            )
            columns = ", ".join(
                f"cast({name} as {kind}) as {name}" for name, kind in WINDOW_COLUMNS.items()
            )
            found = connection.execute(
                "select distinct cast(window_start as date) as day from windows order by day"
            ).fetchall()
            for (day,) in found:
                connection.execute(
                    f"copy (select {columns} from windows where window_start = timestamp '{day}' "
                    f"order by all) to {path_literal(file_of(day))} "
                    "(format parquet, compression zstd)"
                )
        return [day for (day,) in found]

    def refusal(self, place: str, reason: str) -> SourceError:
        """Return the error of an answer that cannot be read; nothing of it is quoted."""
        return SourceError(
            self.source.name,
            f"{place}: {reason}.",
            "give answers of OpenCost's allocation API in steps of a day, and pull again.",
        )

    def _check(self, connection: duckdb.DuckDBPyConnection, body: str, place: str) -> None:
        row = connection.execute(
            "select is_json, case when is_json then json_extract_string($body, '$.code') end, "
            "case when is_json then json_type($body, '$.data') end "
            "from (select json_valid($body) as is_json)",
            {"body": body},
        ).fetchone()
        assert row is not None
        is_json, code, data = row
        if not is_json:
            raise self.refusal(place, "the answer is no complete JSON")
        if code != "200":
            raise self.refusal(place, "the answer does not say that it is a success")
        if data != "ARRAY":
            raise self.refusal(place, "the answer is no list of allocations")
        row = connection.execute(
            f"select count(*) from ({_ALLOCATIONS}) "
            f"where ({_START} = date_trunc('day', {_START}) "
            f"and {_END} = {_START} + interval 1 day) is not true",
            {"body": body},
        ).fetchone()
        if row is not None and row[0]:
            raise self.refusal(place, f"{row[0]} allocation(s) are of no whole UTC day")

    def _windows_sql(self) -> str:
        who = [
            *(
                f"{id_sql(_label(label))} as {'team_id' if name == 'team' else name}"
                for name, label in self.labels.items()
            ),
            f"{id_sql(_text('properties.cluster'))} as account_id",
            f"{id_sql(_text('properties.namespace'))} as project_id",
            f"{tags_json({key: _label(key) for key in self.tags})} as tags",
        ]
        numbers = ", ".join(
            f"{_number(name)} as {name}, {_text(name)} as said_{name}" for name in _NUMBERS
        )
        is_dollars = self.source.options.get("currency", _DOLLARS) == _DOLLARS
        told = (
            "window_start", "window_end", "operation", "provider", "account_id", "project_id",
            "team_id", "use_case", "agent", "environment", "tags", "requested_gpu_seconds",
            "used_gpu_seconds", "estimated_cost_usd", "defects",
        )  # fmt: skip
        untold = ", ".join(
            f"cast(null as {kind}) as {name}"
            for name, kind in WINDOW_COLUMNS.items()
            if name not in told
        )
        return f"""
        with allocations as ({_ALLOCATIONS}),

        read as (
            select
                {_START} as window_start,
                case
                    when contains(name, '__idle__') then 'idle'
                    when contains(name, '__unmounted__') then 'unmounted'
                    when contains(name, '__unallocated__') then 'unallocated'
                    else 'workload'
                end as operation,
                {", ".join(who)},
                {numbers}
            from allocations
        ),

        judged as (
            select
                *,
                case
                    {
            " ".join(
                f"when {name} is null and said_{name} is not null then '{name} is no number'"
                for name in _NUMBERS
            )
        }
                    when gpuHours < 0 then 'the time of GPUs is negative'
                    when gpuUsageAverage < 0 then 'the use of GPUs is negative'
                    when minutes < 0 or minutes > 1440 then 'it ran for more or less than its day'
                    when totalCost is null then 'the cost is missing'
                end as defects
            from read
        )

        select
            window_start,
            window_start + interval 1 day as window_end,
            operation,
            'self_hosted' as provider,
            account_id,
            project_id,
            team_id,
            use_case,
            agent,
            environment,
            tags,
            /* what is idle was not asked for by anybody */
            sum(case when operation = 'workload' then gpuHours * 3600 end)
                as requested_gpu_seconds,
            /* the use is the mean share of each of a container's GPUs, not a number of GPUs */
            sum(case when operation = 'workload' then gpuUsageAverage * gpuHours * 3600 end)
                as used_gpu_seconds,
            {"sum(totalCost)" if is_dollars else "null"} as estimated_cost_usd,
            defects,
            {untold}
        from judged
        group by all
        """


# An object a container and day; a step without any is null.
_ALLOCATIONS = """
    select each.key as name, each.value as one
    from (
        select unnest(map_entries(step)) as each
        from (
            select unnest(steps) as step
            from (
                select from_json(json_extract($body, '$.data'), '["MAP(VARCHAR, JSON)"]') as steps
            )
        )
        where step is not null
    )
"""


def _text(path: str) -> str:
    return f"nullif(one->>{sql_text('$.' + path)}, '')"


def _label(name: str) -> str:
    # Kubernetes' labels arrive as Prometheus writes them, without points and hyphens.
    return f"nullif(one->>{sql_text(f'$.properties.labels.{chr(34)}{name}{chr(34)}')}, '')"


def _number(name: str) -> str:
    found = _text(name)
    if name == "gpuUsageAverage":
        found = f"coalesce({found}, {_text('gpuAllocation.gpuUsageAverage')})"
    return f"try_cast({found} as decimal(38, 12))"
