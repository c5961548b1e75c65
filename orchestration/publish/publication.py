"""Publication as a whole: decide, audit, sweep, flip."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.publish.audit import (
    Finding,
    MoneyFile,
    PublicationRefusedError,
    audit,
    changed_periods,
    differs_from_published,
)
from orchestration.publish.build import (
    BuildPaths,
    confirm_published,
    discard_build,
    made_from,
    sweep_period_files,
)
from orchestration.publish.flip import Published, freeze_and_flip
from orchestration.publish.statements import (
    closed_versions,
    differing_totals,
    kept_keys,
    verify_statements,
)


@dataclass(frozen=True)
class Publication:
    """What became of a build.

    Attributes:
        published: The new file, or None when nothing differed from the published one.
        periods: The (source, first day of period) pairs that were audited.
        swept_files: Period files that were removed because nothing names them any more.
    """

    published: Published | None
    periods: tuple[tuple[str, date], ...]
    swept_files: int


def publish(
    paths: BuildPaths,
    money_files: Iterable[MoneyFile],
    manifest: Mapping[str, Any],
    *,
    allow_stale: bool,
    judge_all: bool = False,
    held_inputs: str | None = None,
    log: Callable[[str], None],
) -> Publication:
    """Audit the build file and put it in the published file's place, or refuse.

    Args:
        paths: Where the installation keeps its warehouse.
        money_files: The current cost snapshots of every source.
        manifest: dbt's manifest.
        allow_stale: Publish although a source could not be brought up to date.
        judge_all: Audit every period, not only those that differ from what is published.
        held_inputs: Fingerprint of the inputs with held months in them, from which the build was
            made; None where nothing is held.
        log: Receives one line of progress at a time.

    Raises:
        PublicationRefusedError: A control total differs, a frozen statement is not as it was
            closed, or a source is stale and the organisation does not allow that. The published
            file is untouched.
    """
    findings = verify_statements(paths.statements_dir, paths.published_path)
    closed = [] if findings else closed_versions(paths.statements_dir)
    with duckdb.connect(str(paths.build_path), read_only=True) as connection:
        findings += [] if allow_stale else _stale(connection)
        differs = differs_from_published(connection)
        periods = _all_periods(connection) if judge_all else changed_periods(connection)
        if differs or judge_all:
            log(f"publish  auditing {len(periods)} source-months")
            findings += audit(connection, money_files, periods)
            findings += differing_totals(connection, closed)
    if findings:
        discard_build(paths)
        raise PublicationRefusedError(findings)
    if not differs:
        confirm_published(paths, [made_from(paths.build_path), held_inputs])
        discard_build(paths)
        log("publish  nothing differs from the published file; it stays as it is")
        return Publication(None, tuple(sorted(periods)), 0)
    naming = [path for path in (paths.published_path, paths.build_path) if path.exists()]
    swept = sweep_period_files(paths.warehouse_dir, manifest, naming, kept_keys(closed))
    published = freeze_and_flip(paths.build_path, paths.published_path)
    if held_inputs is not None:
        confirm_published(paths, [held_inputs])
    log(f"publish  {published.path} ({published.byte_count:,} bytes)")
    return Publication(published, tuple(sorted(periods)), swept)


def _all_periods(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, date]]:
    rows = connection.execute(
        "select distinct source, billing_period from tollgate.period_key "
        "where source <> '*' and billing_period is not null"
    ).fetchall()
    return {(source, period) for source, period in rows}


def _stale(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    rows = connection.execute(
        "select source, billing_period, reason, remedy from trust.rpt_freshness "
        "where freshness = 'stale' order by all"
    ).fetchall()
    return [
        Finding(source, period, f"{reason} What to do: {remedy}")
        for source, period, reason, remedy in rows
    ]
