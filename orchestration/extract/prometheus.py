"""Prometheus: what vLLM served and what GPUs did, by the hour, from its HTTP range API.

Counters are read at every step and subtracted by us: a counter that fell began anew, and what it
shows is what was used since. PromQL's ``increase`` would stretch what it saw to the edges of its
range. What was used while Prometheus was down shows when it comes back, up to a month later, and
is counted in that hour; the time itself is a row of operation ``outage``, and a day of which
nothing is there has no row at all: unmetered and not without use.

A GPU that is cut into instances (MIG) has its own series beside theirs: it does not count where one
of its instances does. An instance is its part of the GPU's slices, as its profile says.
API: https://prometheus.io/docs/prometheus/latest/querying/api/, metrics:
https://docs.vllm.ai/en/latest/usage/metrics.html, https://github.com/NVIDIA/dcgm-exporter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.extract.http import ApiClient, Params, admin_key
from orchestration.extract.landed_rows import path_literal
from orchestration.extract.metered_calls import sql_text, tag_keys
from orchestration.extract.metered_days import MeterDays
from orchestration.extract.metered_files import reading_calls
from orchestration.extract.metered_windows import (
    WINDOW_COLUMNS,
    named_labels,
    window_dataset,
)
from orchestration.extract.prometheus_windows import (
    COUNTERS,
    DAY_SECONDS,
    GAUGES,
    HOUR_SECONDS,
    windows_sql,
)
from orchestration.extract.source import Kind, PullContext, SourceConfig, SourceError

_PROCESS_START = "process_start_time_seconds"
_RANGE_PATH = "/api/v1/query_range"
# How far back a counter is looked for that was not seen on the day before.
_LOOKED_BACK_DAYS = 31
# Remote writers and servers that were cut off bring samples late.
_SETTLED_DAYS = 1
# While the server works at one day's answer, another's is read.
_DAYS_AT_ONCE = 2
_DEFAULT_STEP_SECONDS = 60
# A server gives at most 11,000 points of a series at once.
_LEAST_STEP_SECONDS = 10
# A sample is in force for five minutes; a longer step would not see every scrape that failed.
_LONGEST_STEP_SECONDS = 300

_METERED = "{__name__=~" + json.dumps("|".join((*COUNTERS, *GAUGES))) + "}"
_COUNTERS = "__name__=~" + json.dumps("|".join(COUNTERS))
# Labels that tell copies of one server from each other, not series.
_COPY_LABELS = ("prometheus_replica", "__replica__", "replica")


@dataclass(frozen=True)
class _Asking:
    """How one Prometheus is asked.

    Attributes:
        source: The source.
        client: Its API.
        step_seconds: Time between the points of a series.
        labels: The label that says each of who used it.
        tags: Labels that are kept as free tags.
        pseudonym_key: Key of the hash in place of a label that is no id.
    """

    source: SourceConfig
    client: ApiClient
    step_seconds: int
    labels: Mapping[str, str]
    tags: tuple[str, ...]
    pseudonym_key: str

    def held_days(self, first: date, last: date) -> list[date]:
        """Return the days from a first to before a last of which any series is there."""
        query = f"count({_last_of_a_day(_METERED)})"
        end = last - timedelta(days=1)
        with self._reading() as connection:
            self._ask(
                connection,
                "held",
                query,
                _midnight(first) + DAY_SECONDS,
                _midnight(end) + DAY_SECONDS,
                DAY_SECONDS,
            )
            found = connection.execute(
                "select distinct moment from held_points order by moment"
            ).fetchall()
        return [_day_of(moment - DAY_SECONDS) for (moment,) in found]

    def write_day(self, day: date, target: Path) -> bool:
        """Write the landed windows of a day and say whether there are any."""
        start = _midnight(day)
        end = start + DAY_SECONDS
        with self._reading() as connection:
            self._ask(connection, "day", _METERED, start, end, self.step_seconds)
            known = _last_of_a_day("{" + _COUNTERS + "}")
            self._ask(connection, "known", known, start, start, 1)
            jobs = self._jobs(connection)
            of_jobs = "{job=~" + json.dumps("|".join(jobs)) + "}" if jobs else '{job=""}'
            begun = _PROCESS_START + of_jobs
            self._ask(connection, "begun", begun, start, end, self.step_seconds)
            known = _last_of_a_day(_PROCESS_START + of_jobs)
            self._ask(connection, "known_begun", known, start, start, 1)
            self._look_further_back(connection, start)
            self._ask(connection, "scraped", "count(up)", start, end, self.step_seconds)
            self._ask(connection, "down", f"up{of_jobs} == 0", start, end, self.step_seconds)
            connection.execute(windows_sql(self.step_seconds, self.labels, self.tags, start))
            columns = ", ".join(
                f"cast({name} as {kind}) as {name}" for name, kind in WINDOW_COLUMNS.items()
            )
            connection.execute(
                f"copy (select {columns} from windows order by all) to {path_literal(target)} "
                "(format parquet, compression zstd)"
            )
            row = connection.execute("select count(*) from windows").fetchone()
        return row is not None and row[0] > 0

    def _look_further_back(self, connection: duckdb.DuckDBPyConnection, start: int) -> None:
        """Find what counters showed that were not seen on the day before, and yet had counted.

        Their target was down for longer than that, or Prometheus was. It is seldom asked for.
        """
        targets = connection.execute(
            f"""
            with counted as (
                select distinct labels['job'] as job, labels['instance'] as instance
                from day_series
                where labels['__name__'] in ({", ".join(sql_text(name) for name in COUNTERS)})
            )

            select coalesce(job, ''), coalesce(instance, '')
            from counted
            anti join (
                select labels['job'] as job, labels['instance'] as instance from known_series
                union
                select begun_series.labels['job'], begun_series.labels['instance']
                from begun_points
                inner join begun_series on begun_points.series = begun_series.series
                where begun_points.value >= {start}
            ) as explained
                on counted.job is not distinct from explained.job
                and counted.instance is not distinct from explained.instance
            order by all
            """
        ).fetchall()
        if not targets:
            return
        jobs, instances = (
            json.dumps("|".join(re.escape(name) for name in sorted({*names})))
            for names in zip(*targets, strict=True)
        )
        of_targets = f"job=~{jobs},instance=~{instances}"
        for table, selector in (
            ("known", "{" + f"{_COUNTERS},{of_targets}" + "}"),
            ("known_begun", _PROCESS_START + "{" + of_targets + "}"),
        ):
            self._ask(
                connection,
                "earlier",
                _last_of_a_day(selector),
                start - _LOOKED_BACK_DAYS * DAY_SECONDS,
                start - DAY_SECONDS,
                DAY_SECONDS,
            )
            connection.execute(
                f"""
                insert into {table}_points by name
                select * from earlier_points
                anti join {table}_series using (series)
                qualify row_number() over (partition by series order by moment desc) = 1
                """
            )
            connection.execute(
                f"""
                insert into {table}_series by name
                select * from earlier_series
                anti join {table}_series using (series)
                """
            )

    @contextmanager
    def _reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with reading_calls(self.source.name, self.pseudonym_key) as connection:
            yield connection

    def _ask(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: str,
        query: str,
        start: int,
        end: int,
        step_seconds: int,
    ) -> None:
        """Create two tables of what a query answers.

        ``<table>_series`` has the labels of each series, ``<table>_points`` its times and values.
        """
        params: Params = {"query": query, "start": start, "end": end, "step": step_seconds}
        body = self.client.text(_RANGE_PATH, params)
        place = f"{_RANGE_PATH} of {_day_of(start)}"
        self._check(connection, body, place)
        shape = json.dumps({"metric": "MAP(VARCHAR, VARCHAR)", "values": [["VARCHAR"]]})
        copies = ", ".join(sql_text(label) for label in _COPY_LABELS)
        connection.execute(
            f"""
            create or replace temp table {table}_answer as
            with answered as (
                select from_json(unnest(from_json(
                    json_extract($body, '$.data.result'), '["JSON"]'
                )), {sql_text(shape)}) as one
            ),

            /* Copies of one server answer the same series: the one with most points counts. */
            distinguished as (
                select
                    one.metric as labels,
                    one.values as points,
                    sha256(cast(list_sort(list_filter(
                        map_entries(one.metric), lambda e: e.key not in ({copies})
                    )) as varchar)) as series
                from answered
            )

            select * from distinguished
            qualify row_number() over (
                partition by series order by len(points) desc, cast(labels as varchar)
            ) = 1
            """,
            {"body": body},
        )
        connection.execute(
            f"create or replace temp table {table}_series as select series, labels "
            f"from {table}_answer where len(points) > 0"
        )
        connection.execute(
            f"""
            create or replace temp table {table}_points as
            select
                series,
                cast(try_cast(point[1] as double) as bigint) as moment,
                point[2] as said,
                /* Eighteen digits are read fifty times as fast as thirty-eight. Of a text with an
                   exponent they may be others, and Prometheus seldom writes one. */
                coalesce(
                    case when not contains(lower(point[2]), 'e')
                        then try_cast(point[2] as decimal(18, 9))
                    end,
                    try_cast(point[2] as decimal(38, 9))
                ) as value
            from (select series, unnest(points) as point from {table}_answer)
            """
        )
        connection.execute(f"drop table {table}_answer")
        row = connection.execute(
            f"select count(*) from {table}_points "
            "where moment is null or moment < $start or moment > $end",
            {"start": start, "end": end},
        ).fetchone()
        if row is not None and row[0]:
            raise self._refusal(place, f"{row[0]} sample(s) lie outside the time asked for")

    def _check(self, connection: duckdb.DuckDBPyConnection, body: str, place: str) -> None:
        """Refuse an answer that is no matrix of series; nothing of it is quoted."""
        row = connection.execute(
            "select json_valid($body), "
            "case when json_valid($body) then json_extract_string($body, '$.status') end, "
            "case when json_valid($body) then json_extract_string($body, '$.data.resultType') end, "
            "case when json_valid($body) then json_type($body, '$.data.result') end",
            {"body": body},
        ).fetchone()
        assert row is not None
        is_json, status, result_type, result = row
        if not is_json:
            raise self._refusal(place, "the answer is no complete JSON")
        if status != "success":
            raise self._refusal(place, "the answer does not say that it is a success")
        if result_type != "matrix" or result != "ARRAY":
            raise self._refusal(place, "the answer is no matrix of series")

    def _refusal(self, place: str, reason: str) -> SourceError:
        return SourceError(
            self.source.name,
            f"{place}: {reason}.",
            "see that the url is that of a Prometheus server or of one that answers as it does, "
            "and pull again.",
        )

    def _jobs(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        found = connection.execute(
            "select distinct labels['job'] from (select labels from day_series union all "
            "select labels from known_series) where labels['job'] <> '' order by 1"
        ).fetchall()
        return [re.escape(job) for (job,) in found]


def _last_of_a_day(selector: str) -> str:
    """Return the query of the last sample of each series in the day before a point in time."""
    return f"last_over_time({selector}[1d])"


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _day_of(moment: int) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def _step_seconds(source: SourceConfig) -> int:
    step = source.options.get("step_seconds", _DEFAULT_STEP_SECONDS)
    if (
        isinstance(step, bool)
        or not isinstance(step, int)
        or not _LEAST_STEP_SECONDS <= step <= _LONGEST_STEP_SECONDS
        or HOUR_SECONDS % step
    ):
        raise SourceError(
            source.name,
            f"'step_seconds' must be {_LEAST_STEP_SECONDS} to {_LONGEST_STEP_SECONDS} and divide "
            "an hour.",
            "write the interval at which it scrapes, such as step_seconds: 60.",
        )
    return int(step)


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[MeterDays]:
    key = admin_key(source, context) if "admin_key_env" in source.options else None
    step, labels, tags = _step_seconds(source), named_labels(source), tag_keys(source)
    with ApiClient(source.name, source.url, key, say=context.say) as client:
        asking = _Asking(source, client, step, labels, tags, context.pseudonym_key)
        yield MeterDays(
            source,
            context,
            settled_days=_SETTLED_DAYS,
            held=asking.held_days,
            write_day=asking.write_day,
            at_once=_DAYS_AT_ONCE,
        )


KIND = Kind(
    "prometheus",
    (window_dataset(),),
    _open,
    ("admin_key_env", "first_period", "step_seconds", "labels", "tags"),
)
