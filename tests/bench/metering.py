"""Calls of a gateway: from its exported file to the hourly shape of usage.

The calls are those of the demo company's gateway, over and over: each has an id, a session and
details of its own, so that nothing can be looked up that would differ in life.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import duckdb

from orchestration.demo.gateway import write_gateway_export
from orchestration.demo.world import World
from orchestration.extract.pull import pull
from orchestration.extract.source import SourceConfig
from orchestration.land.asking import pull_context
from orchestration.land.catalogue import write_warehouse_inputs
from orchestration.land.landing import land
from orchestration.land.org_tables import land_org_tables
from orchestration.publish.build import make_period_folders, write_settings_input
from orchestration.publish.dbt_manifest import load_manifest
from orchestration.publish.statements import closed_shapes, write_closed_inputs
from orchestration.settings import DBT_PROJECT_DIR, PROJECT_DIR, Settings, environment_for_dbt
from tests.bench.inputs import MONTH, SEED, day_after_delivery, period_of
from tests.bench.installation import Installation
from tests.bench.measure import Measured, run_command

MODEL = "int_metered_usage_litellm"
# Of four gigabytes; the rest is the process's own.
MEMORY_LIMIT = "3GB"
_CALLS = """
    select logs.* replace (
        concat(logs.request_id, '-', times.n) as request_id,
        concat(logs.session_id, '-', times.n) as session_id,
        concat(split_part(logs.user, '@', 1), '.', times.n % 50, '@demo.example') as user,
        concat('{"attempt": ', times.n, ', ', substr(logs.metadata, 2)) as metadata
    )
    from read_parquet($logs) as logs, range($times) as times(n)
    limit $calls
"""
_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Metered:
    """What it took.

    Attributes:
        run: The whole process, with the starts of Python and dbt.
        seconds: Of each door: ``extract``, ``land`` and ``conform``.
        windows: Rows of the hourly shape.
    """

    run: Measured
    seconds: Mapping[str, float]
    windows: int


def make_calls(place: Installation, calls: int) -> None:
    """Write an export of that many calls, and the sources file that names it."""
    made, export = place.root / "made", place.root / "export"
    write_gateway_export(World(SEED, Decimal(1), day_after_delivery()), made)
    export.mkdir(parents=True)
    logs = str(made / f"spend_logs_{period_of(MONTH)}.parquet")
    with duckdb.connect(
        config={"threads": place.threads, "preserve_insertion_order": False}
    ) as connection:
        row = connection.execute(
            "select count(*) from read_parquet($logs)", {"logs": logs}
        ).fetchone()
        assert row is not None
        target = str(export / f"spend_logs_{period_of(MONTH)}.parquet").replace("'", "''")
        connection.execute(
            f"copy ({_CALLS}) to '{target}' (format parquet)",
            {"logs": logs, "times": -(-calls // row[0]), "calls": calls},
        )
    place.write_sources([{"name": "gateway", "kind": "litellm", "url": str(export)}])


def meter(place: Installation) -> Metered:
    """Bring the calls into the hourly shape, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.metering", str(place.root / "export")]
    environment = place.environment(
        TOLLGATE_ORG_DIR=str(PROJECT_DIR / "tests" / "fixtures" / "org"),
        TOLLGATE_MEMORY_LIMIT=MEMORY_LIMIT,
    )
    run = run_command(command, environment, PROJECT_DIR, 900)
    said = json.loads(run.output.splitlines()[-1])
    return Metered(run, said["seconds"], said["windows"])


def main(export: str) -> None:
    """Pull, land and conform one export and print the seconds of each as JSON."""
    settings = Settings()
    # Programs that start are no speed of rows: dbt's start is not in the seconds either.
    importlib.import_module("great_expectations")
    source = SourceConfig(name="gateway", kind="litellm", url=export, options={})
    (pulled,), extract_seconds = _timed(lambda: pull(source, None, pull_context(settings)))
    (landed,), land_seconds = _timed(lambda: land(source, settings.data_dir, print))
    if pulled.state != "new" or landed.state != "new":
        raise SystemExit(f"{pulled.reason} {landed.landing.checks}")
    land_org_tables(settings.org_dir, settings.data_dir, settings.today)
    write_settings_input(settings.warehouse_dir, "USD", settings.today)
    write_warehouse_inputs(settings.data_dir, [source])
    manifest = load_manifest(DBT_PROJECT_DIR)
    write_closed_inputs([], settings.warehouse_dir, closed_shapes(manifest))
    make_period_folders(settings.warehouse_dir, manifest, [(source.name, MONTH)])
    target = settings.warehouse_dir / "target"
    subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--select", f"+{MODEL}"),
            *("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        env=environment_for_dbt(settings) | {"PYTHONPATH": str(PROJECT_DIR)},
        cwd=PROJECT_DIR,
        check=True,
    )
    results = json.loads((target / "run_results.json").read_text())["results"]
    (conform_seconds,) = (
        result["execution_time"] for result in results if result["unique_id"].endswith(MODEL)
    )
    calls, windows = _counted(settings)
    if calls != landed.landing.row_count:
        raise SystemExit(f"{calls:,} of {landed.landing.row_count:,} calls are in the windows")
    seconds = {"extract": extract_seconds, "land": land_seconds, "conform": conform_seconds}
    print(json.dumps({"seconds": seconds, "windows": windows}))


def _timed(make: Callable[[], _Made]) -> tuple[_Made, float]:
    started = time.monotonic()
    made = make()
    return made, time.monotonic() - started


def _counted(settings: Settings) -> tuple[int, int]:
    with duckdb.connect() as connection:
        found = connection.execute(
            "select sum(records_count), count(*) from read_parquet($files)",
            {"files": f"{settings.warehouse_dir}/conform/{MODEL}/*/*/*.parquet"},
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])


if __name__ == "__main__":
    os.environ.setdefault("TOLLGATE_PSEUDONYM_KEY", "a key of the bench")
    main(sys.argv[1])
