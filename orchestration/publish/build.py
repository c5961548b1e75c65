"""The build file: a run's own copy of the published warehouse, thrown away when the run fails."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

_CONFIRMED = "confirmed.json"
_CLOSED_WITHIN_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.1


class BuildInUseError(RuntimeError):
    """Somebody else writes the build file."""


@dataclass(frozen=True)
class BuildPaths:
    """Where one installation keeps its warehouse.

    Attributes:
        warehouse_dir: Period files, inputs of dbt and the build file.
        build_path: The file that dbt writes.
        published_path: The file that people open.
    """

    warehouse_dir: Path
    build_path: Path
    published_path: Path

    @property
    def statements_dir(self) -> Path:
        """Where the statements of closed periods are kept, for good."""
        return self.published_path.with_name("statements")


def open_build(paths: BuildPaths) -> None:
    """Start the build file as a copy of the published one, or as none when nothing is published."""
    paths.warehouse_dir.mkdir(parents=True, exist_ok=True)
    _wait_until_closed(paths.build_path)
    discard_build(paths)
    if paths.published_path.exists():
        temporary = paths.build_path.with_suffix(".opening")
        shutil.copyfile(paths.published_path, temporary)
        os.replace(temporary, paths.build_path)


def discard_build(paths: BuildPaths) -> None:
    """Remove the build file and what DuckDB keeps beside it: its log, and rows it put on disk."""
    for leftover in paths.warehouse_dir.glob(f"{paths.build_path.stem}.*"):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink()


def _wait_until_closed(build_path: Path) -> None:
    """Wait until the dbt of a run that was killed has let go of the build file.

    DuckDB holds a lock on the file that it writes. Such a dbt ends by itself within a moment
    (``dbt_lifeline``); a new one must not write beside it.

    Raises:
        BuildInUseError: Somebody holds the file and does not let go.
    """
    deadline = time.monotonic() + _CLOSED_WITHIN_SECONDS
    while build_path.exists():
        with build_path.open("rb") as handle:
            try:
                fcntl.lockf(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise BuildInUseError(
                        f"Another process writes {build_path}, though no run holds the lock. "
                        "Stop that process, then run again."
                    ) from None
        time.sleep(_LOOK_EVERY_SECONDS)


def write_settings_input(
    warehouse_dir: Path, reporting_currency: str, today: date, fiscal_year_start_month: int = 1
) -> None:
    """Write what dbt needs to know of the settings, atomically.

    Two files, because their keys differ: `setting` (setting_name, setting_value) holds what changes
    numbers, `clock` (today_date) what changes every day.

    Args:
        warehouse_dir: The warehouse folder, whose ``inputs`` are written.
        reporting_currency: ISO 4217 code.
        today: The day that the run takes as today.
        fiscal_year_start_month: 1 to 12, the month in which the year of statements begins.
    """
    with duckdb.connect() as connection:
        settings = connection.sql(
            "select 'reporting_currency' as setting_name, $currency as setting_value "
            "union all select 'fiscal_year_start_month', $month order by all",
            params={"currency": reporting_currency, "month": str(fiscal_year_start_month)},
        )
        _write_input(settings, warehouse_dir / "inputs" / "setting.parquet")
        clock = connection.sql("select $today as today_date", params={"today": today})
        _write_input(clock, warehouse_dir / "inputs" / "clock.parquet")


def _write_input(rows: duckdb.DuckDBPyRelation, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}")
    rows.write_parquet(str(temporary))
    os.replace(temporary, target)


def inputs_fingerprint(warehouse_dir: Path, project_fingerprint: str, row_limit: int) -> str:
    """Return what the whole warehouse is made from, as one hash.

    Args:
        warehouse_dir: The warehouse folder, whose inputs are written.
        project_fingerprint: Hash of the dbt project's files.
        row_limit: Above so many charges the published ledger is a view.
    """
    digest = hashlib.sha256(f"{project_fingerprint} {row_limit}".encode())
    for path in sorted((warehouse_dir / "inputs").glob("*.parquet")):
        if not path.name.startswith("shape_"):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def made_from(published_path: Path) -> str | None:
    """Return the fingerprint of what the published file was made from, None without a file."""
    if not published_path.exists():
        return None
    with duckdb.connect(str(published_path), read_only=True) as connection:
        is_there = connection.execute(
            "select count(*) from duckdb_tables() "
            "where schema_name = 'tollgate' and table_name = 'made_from'"
        ).fetchone()
        if is_there is None or is_there[0] == 0:
            return None
        found = connection.execute("select inputs_fingerprint from tollgate.made_from").fetchone()
    return str(found[0]) if found else None


def confirm_published(paths: BuildPaths, fingerprints: Iterable[str | None]) -> None:
    """Remember that each of these inputs gives what is published: a next run need not look."""
    confirmed = {
        "inputs_fingerprints": sorted({found for found in fingerprints if found}),
        "published": _identity(paths.published_path),
    }
    temporary = paths.warehouse_dir / f".{_CONFIRMED}"
    temporary.write_text(json.dumps(confirmed), encoding="utf-8")
    os.replace(temporary, paths.warehouse_dir / _CONFIRMED)


def is_published(paths: BuildPaths, fingerprint: str) -> bool:
    """Say whether these inputs give what is published: it was made from them or confirmed so."""
    if made_from(paths.published_path) == fingerprint:
        return True
    try:
        confirmed = json.loads((paths.warehouse_dir / _CONFIRMED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return (
        paths.published_path.exists()
        and confirmed["published"] == _identity(paths.published_path)
        # a file of an earlier version names one fingerprint under another name
        and fingerprint in confirmed.get("inputs_fingerprints", ())
    )


def _identity(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_ino, status.st_mtime_ns, status.st_size]


def write_made_from(build_path: Path, fingerprint: str) -> None:
    """Write into the build file what it is made from; a publication carries it along."""
    with duckdb.connect(str(build_path)) as connection:
        connection.execute("create schema if not exists tollgate")
        connection.execute(
            "create or replace table tollgate.made_from as select $made_from as inputs_fingerprint",
            {"made_from": fingerprint},
        )


def period_files_are_there(paths: BuildPaths, manifest: Mapping[str, Any]) -> bool:
    """Say whether every period file that the published file names is on disk."""
    with duckdb.connect(str(paths.published_path), read_only=True) as connection:
        named = {
            (relation, key)
            for relation, key in connection.execute(
                "select relation, key from tollgate.period_key where billing_period is not null"
            ).fetchall()
        }
    for door, model in ledger_models(manifest):
        there = {file.stem for file in (paths.warehouse_dir / door / model).glob("*/*/*.parquet")}
        if not {key for relation, key in named if relation == f"{door}.{model}"} <= there:
            return False
    return True


def make_period_folders(
    warehouse_dir: Path,
    manifest: Mapping[str, Any],
    source_periods: Iterable[tuple[str, date]],
) -> None:
    """Make the folders that COPY writes period files into, for every ledger-sized model.

    Args:
        warehouse_dir: The warehouse folder.
        manifest: dbt's manifest.
        source_periods: Pairs of source name and first day of a billing period.
    """
    pairs = sorted({*source_periods, *(("all", period) for _, period in source_periods)})
    for door, model in ledger_models(manifest):
        for source, period in pairs:
            folder = warehouse_dir / door / model / f"source={source}"
            (folder / f"billing_period={period:%Y-%m}").mkdir(parents=True, exist_ok=True)


def ledger_models(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (door, model name) of every model that is kept in period files."""
    return sorted(
        (node["fqn"][1], node["alias"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "period_files"
    )


def sweep_period_files(
    warehouse_dir: Path,
    manifest: Mapping[str, Any],
    published: Iterable[Path],
    kept: Iterable[str] = (),
) -> int:
    """Remove period files that nothing names any more; return how many.

    A published file and the one before it keep theirs, so that a reader of either finds what a
    view lists.

    Args:
        warehouse_dir: The warehouse folder.
        manifest: dbt's manifest.
        published: Published files, which keep what they name.
        kept: Keys that closed periods name; theirs stay too.
    """
    named = set(kept)
    for path in published:
        with duckdb.connect(str(path), read_only=True) as connection:
            named |= {
                row[0]
                for row in connection.execute("select key from tollgate.period_key").fetchall()
            }
    removed = 0
    for door, model in ledger_models(manifest):
        for file in (warehouse_dir / door / model).glob("*/*/*.parquet"):
            if file.stem not in named:
                file.unlink()
                removed += 1
    return removed
