"""OpenCost: what workloads of a cluster held and used, by the day, and what it takes that to cost.

The allocation API answers one object a container and day. Besides workloads it names what is idle
(``__idle__``), storage that nothing mounts (``__unmounted__``) and what belongs to nobody
(``__unallocated__``): they keep their names as operations. Its costs are list prices until it has
read the cloud's bill, a day or two later, so a day is asked for again until it is three days old.
They are an estimate beside the bill and never added to it.
API: https://opencost.io/docs/integrations/api/. It gives no currency; the source may say one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.extract.http import ApiClient, Params, RefusedRequestError, admin_key
from orchestration.extract.landed_rows import path_literal
from orchestration.extract.metered_calls import id_sql, sql_text, tag_keys, tags_json
from orchestration.extract.metered_files import reading_calls
from orchestration.extract.metered_windows import (
    WINDOW_COLUMNS,
    MeterDays,
    named_labels,
    window_dataset,
)
from orchestration.extract.source import Kind, PullContext, SourceConfig, SourceError

# Newer versions answer at the first path, older ones at the second.
_PATHS = ("/allocation/compute", "/allocation")
_SETTLED_DAYS = 3
_DOLLARS = "USD"
_NUMBERS = ("gpuHours", "gpuUsageAverage", "minutes", "totalCost")


@dataclass(frozen=True)
class _Asking:
    """How one OpenCost is asked.

    Attributes:
        source: The source.
        client: Its API.
        labels: The label that says each of who used it.
        tags: Labels that are kept as free tags.
        pseudonym_key: Key of the hash in place of a text that is no id.
    """

    source: SourceConfig
    client: ApiClient
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    pseudonym_key: str

    def held_days(self, first: date, last: date) -> Collection[date]:
        """Return all days: the API does not say which it holds."""
        return [first + timedelta(days=number) for number in range((last - first).days)]

    def write_day(self, day: date, target: Path) -> int:
        """Write the landed windows of a day and return their number."""
        window = f"{day}T00:00:00Z,{day + timedelta(days=1)}T00:00:00Z"
        body = self._answer({"window": window, "step": "1d", "includeIdle": "true"})
        with reading_calls(self.source.name, self.pseudonym_key) as connection:
            self._check(connection, body, day)
            connection.execute(
                f"create temp table windows as {self._windows_sql(day)}", {"body": body}
            )
            columns = ", ".join(
                f"cast({name} as {kind}) as {name}" for name, kind in WINDOW_COLUMNS.items()
            )
            connection.execute(
                f"copy (select {columns} from windows order by all) to {path_literal(target)} "
                "(format parquet, compression zstd)"
            )
            row = connection.execute("select count(*) from windows").fetchone()
        assert row is not None
        rows_count: int = row[0]
        return rows_count

    def _answer(self, params: Params) -> str:
        try:
            return self.client.text(_PATHS[0], params)
        except RefusedRequestError as error:
            if error.status != 404:
                raise
            return self.client.text(_PATHS[1], params)

    def _check(self, connection: duckdb.DuckDBPyConnection, body: str, day: date) -> None:
        """Refuse an answer that is no list of allocations of the day; nothing of it is quoted."""
        row = connection.execute(
            "select is_json, case when is_json then json_extract_string($body, '$.code') end, "
            "case when is_json then json_type($body, '$.data') end "
            "from (select json_valid($body) as is_json)",
            {"body": body},
        ).fetchone()
        assert row is not None
        is_json, code, data = row
        if not is_json:
            raise self._refusal(day, "the answer is no complete JSON")
        if code != "200":
            raise self._refusal(day, "the answer does not say that it is a success")
        if data != "ARRAY":
            raise self._refusal(day, "the answer is no list of allocations")
        row = connection.execute(
            f"select count(*) from ({_ALLOCATIONS}) "
            "where try_cast(one->>'$.window.start' as timestamptz) is distinct from $start "
            "or try_cast(one->>'$.window.end' as timestamptz) is distinct from $end",
            {
                "body": body,
                "start": f"{day} 00:00:00+00",
                "end": f"{day + timedelta(days=1)} 00:00:00+00",
            },
        ).fetchone()
        if row is not None and row[0]:
            raise self._refusal(day, f"{row[0]} allocation(s) are of another window")

    def _refusal(self, day: date, reason: str) -> SourceError:
        return SourceError(
            self.source.name,
            f"{_PATHS[0]} of {day}: {reason}.",
            "see that the url is that of OpenCost's API, and pull again.",
        )

    def _windows_sql(self, day: date) -> str:
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
            timestamp '{day}' as window_start,
            timestamp '{day + timedelta(days=1)}' as window_end,
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
            sum(case when operation = 'workload' then gpuUsageAverage * minutes * 60 end)
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


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[MeterDays]:
    key = admin_key(source, context) if "admin_key_env" in source.options else None
    labels, tags = named_labels(source), tag_keys(source)
    with ApiClient(source.name, source.url, key, say=context.say) as client:
        asking = _Asking(source, client, labels, tags, context.pseudonym_key)
        yield MeterDays(
            source,
            context,
            settled_days=_SETTLED_DAYS,
            held=asking.held_days,
            write_day=asking.write_day,
        )


KIND = Kind(
    "opencost",
    (window_dataset(),),
    _open,
    ("admin_key_env", "first_period", "currency", "labels", "tags"),
)
