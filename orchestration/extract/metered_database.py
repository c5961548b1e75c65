"""Meters that keep their calls in a database: each pull reads what is new or changed since.

A month's snapshot is the parts of the one before and a part of what came since, so that a daily
pull reads the day and not the history. What is new is told by the record's own clock of its last
change; the clock of a call says which month it is of, so that late records find their month however
late they are. Records that the meter has deleted meanwhile stay: snapshots are the record.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import quoted
from orchestration.extract.delivered_files import count_rows
from orchestration.extract.landed_rows import path_list, path_literal
from orchestration.extract.metered_calls import (
    CALL_FILE,
    CallFormat,
    calls_sql,
    reading_fingerprint,
    tag_keys,
)
from orchestration.extract.metered_files import reading_calls, split_by_month, take_over_parts
from orchestration.extract.period import BillingPeriod
from orchestration.extract.postgres import Database
from orchestration.extract.snapshot import Draft
from orchestration.extract.source import Dataset, PullContext, SourceConfig, SourceError

_STATE = "state.json"


@dataclass(frozen=True)
class TableForm:
    """Where a database keeps calls.

    Attributes:
        table: The table, as SQL spells it.
        changed: Columns that tell when a record was last written, the best first.
        overlaps: How far back each of them is asked again.
        form: How a call is written.
    """

    table: str
    changed: Sequence[str]
    overlaps: Mapping[str, timedelta]
    form: CallFormat


class MeterDatabase:
    """An open meter's database.

    Args:
        source: The source.
        context: What a pull may know of the installation.
        database: The open database.
        table: Where it keeps calls.
    """

    def __init__(
        self, source: SourceConfig, context: PullContext, database: Database, table: TableForm
    ) -> None:
        self._source = source
        self._context = context
        self._database = database
        self._table = table
        self._tags = tag_keys(source)
        fingerprint = reading_fingerprint(source, context.pseudonym_key)
        self._folder = context.extracted_dir / source.name / f".pulls-{fingerprint}"
        self._fingerprint = fingerprint
        self._parts: dict[BillingPeriod, list[Path]] | None = None

    def periods(self) -> list[BillingPeriod]:
        """Return the months of which calls were read, now or before."""
        return sorted(self._by_month())

    def fetch(self, dataset: Dataset, period: BillingPeriod, draft: Draft) -> None:
        """Take over the month's parts, each call once."""
        parts = self._by_month()[period]
        draft.origin = self._source.url
        tags = [f"{part.parent.name} {self._fingerprint}" for part in parts]
        draft.stop_if_unchanged(tags)
        names = [f"{part.parent.name}.parquet" for part in parts]
        take_over_parts(draft, list(zip(names, parts, tags, strict=True)))
        count_rows(dataset, draft, self._source.name)

    def _by_month(self) -> dict[BillingPeriod, list[Path]]:
        if self._parts is None:
            self._read_what_is_new()
            parts: dict[BillingPeriod, list[Path]] = {}
            for pull in sorted(self._folder.glob("pull-*")):
                for part in sorted(pull.glob("????-??.parquet")):
                    parts.setdefault(BillingPeriod.parse(part.stem), []).append(part)
            if not parts:
                raise SourceError(
                    self._source.name,
                    f"the table {self._table.table} holds no call.",
                    "look at what the meter records; no calls at all are never taken for no use.",
                )
            self._parts = parts
        return self._parts

    def _read_what_is_new(self) -> None:
        """Write one more pull's parts, unless nothing changed since the last."""
        present = self._checked_columns()
        clock = next((name for name in self._table.changed if name in present), None)
        if clock is None:
            raise SourceError(
                self._source.name,
                f"the table {self._table.table} has none of {', '.join(self._table.changed)}.",
                "without a clock of the last change, what is new cannot be told.",
            )
        pulls = [_Pull.read(path) for path in sorted(self._folder.glob("pull-*"))]
        newest = [pull.newest for pull in pulls if pull.newest is not None]
        asked_from = max(newest) - self._table.overlaps[clock] if newest else None
        wanted = {name.lower() for name in self._table.form.columns()}
        names = [name for name in present if name.lower() in wanted]
        selected = ", ".join(f"{quoted(name)}::text as {quoted(name)}" for name in names)
        query = f"select {selected} from {self._table.table}"
        if asked_from is not None:
            query += f" where {quoted(clock)} >= %s"
        place = self._folder / f"pull-{len(pulls) + 1:06d}"
        unfinished = self._folder / f".{place.name}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        try:
            with reading_calls(self._source.name, self._context.pseudonym_key) as connection:
                files = self._batches(connection, query, asked_from, names, unfinished)
                known = [
                    part
                    for pull in pulls
                    if asked_from is None or pull.latest is None or pull.latest >= asked_from
                    for part in pull.parts()
                ]
                if files and known:
                    columns = self._table.form.told_columns(self._tags)
                    files = _without_known(connection, files, known, columns)
                if not files:
                    return
                state = _clocks(connection, files, self._context.today)
                split_by_month(connection, files, unfinished, self._context.today)
            (unfinished / _STATE).write_text(json.dumps(state))
            os.replace(unfinished, place)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _checked_columns(self) -> list[str]:
        present = self._database.columns(self._table.table)
        if not present:
            raise SourceError(
                self._source.name,
                f"there is no table {self._table.table}, or this user may not see it.",
                "point the url at the meter's own database and let the user read the table.",
            )
        held = {name.lower() for name in present}
        for ours, names in self._table.form.required.items():
            if not held & {name.lower() for name in names}:
                raise SourceError(
                    self._source.name,
                    f"{self._table.table} has no column {' or '.join(names)} ({ours}).",
                    "this version of the meter is not known; without it nothing can be counted.",
                )
        return present

    def _batches(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: str,
        asked_from: datetime | None,
        names: Sequence[str],
        folder: Path,
    ) -> list[Path]:
        """Write the calls of the database's answer as it comes, and return the files."""
        files: list[Path] = []
        parameters = [] if asked_from is None else [asked_from]
        for batch in self._database.batches(query, parameters, names):
            connection.register("batch", batch)
            part = folder / f"batch-{len(files):06d}.parquet"
            calls = calls_sql(
                "batch",
                dict.fromkeys(names, "VARCHAR"),
                self._table.form,
                self._tags,
                self._context.today,
            )
            connection.execute(f"copy ({calls}) to {path_literal(part)} {CALL_FILE}")
            connection.unregister("batch")
            files.append(part)
        return files


@dataclass(frozen=True)
class _Pull:
    """An earlier pull: its folder, its newest plausible clock of a change, and its latest."""

    path: Path
    newest: datetime | None
    latest: datetime | None

    @classmethod
    def read(cls, path: Path) -> _Pull:
        state = json.loads((path / _STATE).read_bytes())
        clocks = (datetime.fromisoformat(at) if at else None for at in state.values())
        return cls(path, *clocks)

    def parts(self) -> list[Path]:
        return sorted(self.path.glob("????-??.parquet"))


def _without_known(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[Path],
    known: Sequence[Path],
    columns: Sequence[str],
) -> list[Path]:
    """Leave out records that an earlier pull holds as they are: the overlap brings them again.

    Where a call was put (its month, when its own clock is impossible) does not make it another.
    """
    same = " and ".join(
        f"known.{name} is not distinct from new.{name}"
        for name in columns
        if name not in ("started_at", "defects")
    )
    fresh = files[0].with_name("fresh.parquet")
    connection.execute(
        f"copy (select * from read_parquet({path_list(files)}) as new where not exists ("
        f"select 1 from read_parquet({path_list(known)}) as known where {same})) "
        f"to {path_literal(fresh)} {CALL_FILE}"
    )
    for file in files:
        file.unlink()
    row = connection.execute(f"select count(*) from read_parquet({path_list([fresh])})").fetchone()
    return [fresh] if row is not None and row[0] else []


def _clocks(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], today: date
) -> dict[str, str | None]:
    """Return the newest clock of a change that can be true, and the latest of all."""
    row = connection.execute(
        f"select max(changed_at) filter (where changed_at < timestamp '{today}' + interval 2 day), "
        f"max(changed_at) from read_parquet({path_list(files)})"
    ).fetchone()
    assert row is not None
    newest, latest = row
    return {
        "newest": newest.isoformat() if newest else None,
        "latest": latest.isoformat() if latest else None,
    }
