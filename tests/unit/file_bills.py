"""Bills as files in a folder: writes them, pulls and lands them, and reads them as dbt does."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
from jinja2 import Environment

from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.registry import KINDS
from orchestration.extract.snapshot import current_snapshot, period_folder
from orchestration.extract.source import Dataset, PullContext, SourceConfig
from orchestration.land.landing import Landed, land, landing_path, read_landing
from orchestration.land.profile import Profile
from orchestration.land.suite import Verdict
from orchestration.settings import DBT_PROJECT_DIR

Line = Mapping[str, Any]
OCTOBER = BillingPeriod.parse("2026-10")
TODAY = date(2026, 11, 16)

_MACROS: Any = (
    Environment()
    .from_string((DBT_PROJECT_DIR / "macros" / "engine" / "values.sql").read_text())
    .module
)


def money_sql(column: str) -> str:
    """Return the SQL that dbt's views of landed rows read money with."""
    return str(_MACROS.duckdb__exact_decimal(column, "decimal(38, 12)", 2000))


def quotient_sql(amount: str, units: str) -> str:
    """Return the SQL that the marts divide an amount by units with, to 12 decimals."""
    return str(_MACROS.duckdb__per_request(amount, units))


def quantity_sql(column: str) -> str:
    """Return the SQL that dbt's views of landed rows read prices and quantities with."""
    return str(_MACROS.duckdb__exact_decimal(column, "decimal(38, 15)", 2))


@dataclass(frozen=True)
class FileSource:
    """A source of files and the data folder that it is pulled and landed into."""

    kind: str
    bills: Path
    data: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @property
    def config(self) -> SourceConfig:
        return SourceConfig("bill", self.kind, str(self.bills), self.options)

    @property
    def dataset(self) -> Dataset:
        return KINDS[self.kind].datasets[0]

    def pull(self) -> list[Pulled]:
        context = PullContext(
            self.data / "extracted",
            TODAY,
            BillingPeriod.parse("2015-01"),
            "key",
            lambda _: None,
            self.said.append,
        )
        return pull(self.config, None, context)

    def states(self) -> dict[str, str]:
        """Pull and return what became of each period."""
        return {pulled.period.key if pulled.period else "": pulled.state for pulled in self.pull()}

    def failure(self) -> str:
        """Pull and return why the one thing that was pulled failed."""
        (pulled,) = self.pull()
        assert (pulled.state, pulled.snapshot) == ("failed", None), pulled
        return pulled.reason

    def land(self) -> list[Landed]:
        """Land what was pulled; Great Expectations takes its time and judges in test_landing."""
        with mock.patch("orchestration.land.landing.judge", judge_by_counts):
            return land(self.config, self.data, self.said.append)

    def rows(self, period: BillingPeriod = OCTOBER) -> list[dict[str, Any]]:
        """Pull and land what is there, and return a period's rows as dbt's view has them."""
        for pulled in self.pull():
            assert pulled.state in ("new", "unchanged"), pulled.reason
        for landed in self.land():
            assert landed.landing.passed, landed.landing.checks
        folder = period_folder(self.data / "extracted", "bill", self.dataset.name, period)
        snapshot = current_snapshot(folder)
        assert snapshot is not None
        landing = read_landing(landing_path(self.data, snapshot))
        assert landing is not None
        files = [self.data / name for name in landing.files]
        return landed_view(self.kind, self.dataset.name, files, self.data / "shape.parquet")


def judge_by_counts(_name: str, profiles: Mapping[BillingPeriod, Profile]) -> list[Verdict]:
    """Say what the suite says: a rule that some row breaks has failed."""
    return [
        Verdict(broken.rule, (period,))
        for period, found in profiles.items()
        for broken in found.broken
    ]


def landed_view(
    kind: str, dataset: str, files: Sequence[Path], shape: Path
) -> list[dict[str, Any]]:
    """Return landed rows as the macro ``create_land_views`` shows them to dbt's models."""
    columns = landed_columns(kind, dataset)
    selected = ", ".join(f"{_value(name, kind)} as {name}" for name, kind in columns.items())
    shaped = ", ".join(
        f"cast(null as {'tinyint' if kind.startswith('decimal') else kind}) as {name}"
        for name, kind in columns.items()
    )
    paths = ", ".join(f"'{path}'" for path in [shape, *files])
    with duckdb.connect() as connection:
        connection.execute(f"copy (select {shaped} where false) to '{shape}' (format parquet)")
        found = connection.execute(
            f"select {selected} from read_parquet([{paths}], union_by_name = true, "
            "hive_partitioning = false)"
        )
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _value(name: str, kind: str) -> str:
    if kind == "decimal(38, 12)":
        return money_sql(name)
    if kind == "decimal(38, 15)":
        return quantity_sql(name)
    return (
        f"nullif(cast({name} as varchar), '')" if kind == "varchar" else f"cast({name} as {kind})"
    )


def write_csv(path: Path, lines: Sequence[Line], *, header: Sequence[str] = (), **how: Any) -> None:
    """Write lines as CSV, packed when the name ends in ``.gz``; a map becomes a JSON text.

    Args:
        path: The file.
        lines: The lines; what one lacks is empty.
        header: The columns in order, by default as the lines bring them.
        how: ``encoding``, and anything that Python's CSV writer takes.
    """
    names = list(header) or list(dict.fromkeys(name for line in lines for name in line))
    encoding = how.pop("encoding", "utf-8")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, **how)
    writer.writeheader()
    for line in lines:
        writer.writerow({name: _as_text(value) for name, value in line.items()})
    content = text.getvalue().encode(encoding)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _as_text(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value


def write_parquet(path: Path, lines: Sequence[Line], types: Mapping[str, str]) -> None:
    """Write lines as Parquet.

    Args:
        path: The file.
        lines: The lines; what one lacks is NULL.
        types: The columns in order and their types.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table lines ({columns})")
        for line in lines:
            values = [line.get(name) for name in types]
            places = ", ".join("?" for _ in types)
            connection.execute(f"insert into lines values ({places})", values)
        connection.execute(f"copy lines to '{path}' (format parquet)")


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
