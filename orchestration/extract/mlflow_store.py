"""What is known of a tracker's runs, and how little is asked of it to keep that up to date.

What was read is kept by the month in which a run began (its days by their own month) in
``data/extracted/<source>/.runs-<fingerprint>``, and a month's snapshot takes its file over without
copying it. Nothing is written before everything that was asked for has been read to its end.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import duckdb

from orchestration.extract.delivered_files import count_rows, raw_rows
from orchestration.extract.http import reported_periods
from orchestration.extract.landed_rows import path_literal, pseudonym
from orchestration.extract.metered_files import reading_calls
from orchestration.extract.mlflow_runs import (
    RUN_COLUMNS,
    RUN_DAY_COLUMNS,
    SAMPLE_COLUMNS,
    RunFormat,
    days_sql,
    runs_sql,
    samples_sql,
)
from orchestration.extract.mlflow_tracker import Tracker
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, PullContext, SourceConfig

# For so long after it ended a run is read again by each pull: people tag and delete it then.
_SETTLED_DAYS = 7

_PAGES_AT_A_TIME = 10
# Histories of so many runs are looked at together.
_MEASURED_RUNS = 50

# The number changes when what is kept of a run, or how, changes: all runs are read anew.
_SHAPE_VERSION = 1
_STATE = "asked.json"
_PERIOD_COLUMNS = {"runs": "started_at", "run_days": "window_start"}
_COLUMNS: Mapping[str, Mapping[str, str]] = {"runs": RUN_COLUMNS, "run_days": RUN_DAY_COLUMNS}


@dataclass(frozen=True)
class _State:
    """What a tracker was asked before.

    Attributes:
        asked_until: The day of the last pull, empty before the first.
        checked: On which day each month was asked for in its turn.
    """

    asked_until: str
    checked: Mapping[str, str]

    @classmethod
    def read(cls, folder: Path) -> _State:
        try:
            found = json.loads((folder / _STATE).read_bytes())
        except FileNotFoundError:
            return cls("", {})
        return cls(found["asked_until"], found["checked"])

    def write(self, folder: Path) -> None:
        temporary = folder / f".{_STATE}"
        content = {"asked_until": self.asked_until, "checked": dict(self.checked)}
        temporary.write_text(json.dumps(content, sort_keys=True), encoding="utf-8")
        os.replace(temporary, folder / _STATE)

    def month_in_turn(self, months: Sequence[str]) -> str | None:
        """Return the month that was asked for longest ago, None where there is none."""
        return min(months, key=lambda month: (self.checked.get(month, ""), month), default=None)


class TrackedRuns:
    """The runs of a tracker, as they are known after asking for what may have changed."""

    def __init__(
        self, source: SourceConfig, context: PullContext, tracker: Tracker, form: RunFormat
    ) -> None:
        self._source, self._context, self._tracker, self._form = source, context, tracker, form
        self._fingerprint = _fingerprint(form, context.pseudonym_key)
        self._folder = context.extracted_dir / source.name / f".runs-{self._fingerprint}"
        self._is_fresh = False

    def periods(self) -> list[BillingPeriod]:
        """Return the months in which any run began or was at work."""
        self._refresh()
        months = {path.stem for path in self._folder.glob("*/????-??.parquet")}
        return sorted(BillingPeriod.parse(month) for month in months)

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Take over what is known of a month."""
        self._refresh()
        draft.origin = self._source.url
        known = self._file(dataset.name, period.key)
        if not known.exists():
            draft.declared_empty = True
            return
        tag = f"{hashlib.sha256(known.read_bytes()).hexdigest()[:16]} {self._fingerprint}"
        draft.stop_if_unchanged([tag])
        target = draft.path / known.name
        os.link(known, target)
        draft.add_file(target, tag)
        count_rows(dataset, draft, self._source.name)

    def _file(self, dataset: str, month: str) -> Path:
        return self._folder / dataset / f"{month}.parquet"

    def _files(self, dataset: str) -> dict[str, Path]:
        """Return the files of a dataset by month."""
        return {
            path.stem: path for path in sorted(self._file(dataset, "x").parent.glob("????-??.*"))
        }

    def _refresh(self) -> None:
        """Ask the tracker once, and keep what it says when all of it is there."""
        if self._is_fresh:
            return
        for folder in self._folder.parent.glob(".runs-*"):
            if folder != self._folder:
                shutil.rmtree(folder)
        for name in _COLUMNS:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        state = _State.read(self._folder)
        with reading_calls(self._source.name, self._context.pseudonym_key) as connection:
            connection.execute(f"create temp table known as {self._known_sql()}")
            month = self._ask(connection, state)
            self._place(connection)
            self._measure(connection)
            self._keep(connection)
        today = self._context.today.isoformat()
        checked = {**state.checked, **({month: today} if month else {})}
        _State(today, checked).write(self._folder)
        self._is_fresh = True

    def _known_sql(self) -> str:
        columns = "run_id, started_at, status, measures_tag, gpu_count, gpu_utilisation_share"
        files = list(self._files("runs").values())
        if files:
            return f"select {columns} from ({raw_rows(files)})"
        nothing = ", ".join(
            f"cast(null as {RUN_COLUMNS[name]}) as {name}" for name in columns.split(", ")
        )
        return f"select {nothing} where false"

    def _ask(self, connection: duckdb.DuckDBPyConnection, state: _State) -> str | None:
        """Create the table of runs that may have changed; return the month that was checked."""
        first = self._first_day()
        since, month = first, None
        if state.asked_until:
            asked_until = date.fromisoformat(state.asked_until)
            since = max(first, asked_until - timedelta(days=_SETTLED_DAYS))
            held = self._files("runs")
            month = state.month_in_turn([key for key in held if key >= BillingPeriod.of(first).key])
        conditions = [
            "attributes.status = 'RUNNING'",
            f"attributes.start_time >= {_milliseconds(since)}",
            f"attributes.end_time >= {_milliseconds(since)}",
        ]
        if month:
            period = BillingPeriod.parse(month)
            conditions.append(
                f"attributes.start_time >= {_milliseconds(period.start)} "
                f"and attributes.start_time < {_milliseconds(period.end)}"
            )
        connection.execute(
            f"create temp table answered ({_typed(RUN_COLUMNS)}, gpu_metrics varchar[], "
            "asked_as varchar, is_placed boolean, read_order bigint)"
        )
        experiments = self._tracker.experiments(connection)
        self._take_in(
            connection,
            (
                page
                for condition in conditions
                for page in self._tracker.runs(connection, experiments, condition)
            ),
        )
        unheard = connection.execute(
            "select run_id from known where status = 'RUNNING' "
            "and run_id not in (select run_id from answered) order by run_id"
        ).fetchall()
        single = (self._tracker.run(connection, run_id) for (run_id,) in unheard)
        self._take_in(connection, (page for page in single if page is not None))
        return month

    def _take_in(self, connection: duckdb.DuckDBPyConnection, pages: Iterator[str]) -> None:
        """Put the runs of pages into the table of answers, several pages at a time."""
        read = f"insert into answered {runs_sql(self._form, self._context.today)}"
        numbered = enumerate(pages, start=1)
        while batch := list(islice(numbered, _PAGES_AT_A_TIME)):
            connection.execute(
                read,
                {"bodies": [body for _, body in batch], "numbers": [number for number, _ in batch]},
            )

    def _first_day(self) -> date:
        return reported_periods(self._source, self._context)[0].start

    def _place(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the table of changed runs; one whose start is not known lies where it was read."""
        last_day = self._context.today - timedelta(days=1)
        connection.execute(
            f"""
            create temp table found as
            with newest as (
                select * exclude (read_order) from answered
                qualify row_number() over (
                    partition by run_id order by read_order desc, ended_at desc, measures_tag
                ) = 1
            )

            select
                newest.* replace (
                    case
                        when newest.is_placed then newest.started_at
                        else coalesce(known.started_at, timestamp '{last_day}')
                    end as started_at,
                    coalesce(
                        newest.gpu_count,
                        case when newest.measures_tag = known.measures_tag then known.gpu_count end
                    ) as gpu_count,
                    case
                        when newest.measures_tag = known.measures_tag
                            then known.gpu_utilisation_share
                    end as gpu_utilisation_share
                ),
                newest.measures_tag is distinct from known.measures_tag as is_to_measure
            from newest
            left join known on newest.run_id = known.run_id
            where not newest.is_placed or newest.started_at >= timestamp '{self._first_day()}'
            """
        )

    def _measure(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the table of days of the runs whose measures changed."""
        connection.execute(f"create temp table samples ({_typed(SAMPLE_COLUMNS)})")
        connection.execute("create temp table measured as select * from found where false")
        connection.execute(f"create temp table found_days ({_typed(RUN_DAY_COLUMNS)})")
        to_measure = connection.execute(
            "select run_id, asked_as, gpu_metrics from found where is_to_measure order by run_id"
        ).fetchall()
        for first in range(0, len(to_measure), _MEASURED_RUNS):
            batch = to_measure[first : first + _MEASURED_RUNS]
            connection.execute("delete from samples")
            connection.execute("delete from measured")
            connection.execute(
                "insert into measured select * from found where list_contains($runs, run_id)",
                {"runs": [run_id for run_id, _, _ in batch]},
            )
            pages = [
                (run_id, metric, body)
                for run_id, asked_as, metrics in batch
                for metric in metrics
                for body in self._tracker.history(connection, asked_as, metric)
            ]
            if pages:
                runs, metrics, bodies = (list(column) for column in zip(*pages, strict=True))
                connection.execute(
                    f"insert into samples {samples_sql()}",
                    {"runs": runs, "metrics": metrics, "bodies": bodies},
                )
            connection.execute(f"insert into found_days {days_sql(self._context.today)}")
        connection.execute(
            """
            update found
            set gpu_count = days.gpu_count, gpu_utilisation_share = days.share
            from (
                select
                    run_id,
                    max(gpu_count) as gpu_count,
                    cast(
                        sum(used_gpu_seconds)
                        / sum(requested_gpu_seconds) filter (where used_gpu_seconds is not null)
                        as decimal(18, 12)
                    ) as share
                from found_days
                where defects is null
                group by run_id
            ) as days
            where found.run_id = days.run_id
            """
        )

    def _keep(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Write the months of which anything changed; all of them were read to the end by now."""
        changed = {
            "runs": "select run_id from found",
            "run_days": "select run_id from found where is_to_measure",
        }
        fresh = {"runs": "found", "run_days": "found_days"}
        for dataset, columns in _COLUMNS.items():
            placed_by, files = _PERIOD_COLUMNS[dataset], self._files(dataset)
            months = {
                month
                for (month,) in connection.execute(
                    f"select distinct strftime({placed_by}, '%Y-%m') from {fresh[dataset]}"
                ).fetchall()
            }
            # A run that had no start, or another end, lay in other months before.
            for month, path in files.items():
                held = connection.execute(
                    f"select count(*) from ({raw_rows([path])}) "
                    f"where run_id in ({changed[dataset]})"
                ).fetchone()
                if held is not None and held[0]:
                    months.add(month)
            kept = ", ".join(f"cast({name} as {kind}) as {name}" for name, kind in columns.items())
            for month in sorted(months):
                target = self._file(dataset, month)
                old = (
                    f"select {kept} from ({raw_rows([target])}) "
                    f"where run_id not in ({changed[dataset]}) union all "
                    if target.exists()
                    else ""
                )
                temporary = target.with_name(f".{target.name}")
                connection.execute(
                    f"copy (select * from ({old} select {kept} from {fresh[dataset]} "
                    f"where strftime({placed_by}, '%Y-%m') = '{month}') "
                    f"order by run_id, {placed_by}) to {path_literal(temporary)} "
                    "(format parquet, compression zstd)"
                )
                os.replace(temporary, target)


def _typed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


def _milliseconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _fingerprint(form: RunFormat, pseudonym_key: str) -> str:
    """Return a name for how runs are read: another key or another setting is another."""
    said = json.dumps([_SHAPE_VERSION, dict(form.labels), list(form.metrics), list(form.tags)])
    return (pseudonym(pseudonym_key, said) or "")[2:10]
