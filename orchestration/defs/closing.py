"""Closing and reopening a month, as jobs: the terminal and the UI call the same two functions."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import dagster as dg

from orchestration.defs.resources import RunLock
from orchestration.defs.warehouse import build_paths, write_inputs
from orchestration.extract.source import load_sources
from orchestration.land.org_tables import OrgTableError, land_org_tables
from orchestration.publish.audit import PublicationRefusedError
from orchestration.publish.build import inputs_fingerprint, is_published
from orchestration.publish.closing import (
    CloseRefusedError,
    close_period,
    limits_in_force,
    reopen_period,
)
from orchestration.publish.dbt_manifest import project_fingerprint
from orchestration.publish.statements import verify_statements
from orchestration.settings import DBT_PROJECT_DIR, Settings

progress = logging.getLogger("tollgate")

CLOSE_JOB = "close_month"
REOPEN_JOB = "reopen_month"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def close_month(settings: Settings, month: str, say: Callable[[str], None]) -> None:
    """Close a month of what is published. The caller holds the run lock.

    Args:
        settings: The installation.
        month: Such as 2026-09.
        say: Receives one line at a time.

    Raises:
        CloseRefusedError: The month cannot be closed; the message says why and what to do.
    """
    period = _period(month)
    paths = build_paths(settings)
    try:
        tables = land_org_tables(settings.org_dir, settings.data_dir, settings.today_now())
        if tables.rule_faults:
            raise OrgTableError(tables.rule_faults)
        write_inputs(settings, load_sources(settings.sources))
    except (OrgTableError, PublicationRefusedError) as error:
        raise CloseRefusedError(f"{month} stays open. {error}") from None
    code_version = project_fingerprint(DBT_PROJECT_DIR)
    inputs = inputs_fingerprint(paths.warehouse_dir, code_version, settings.ledger_table_rows)
    closed = close_period(
        paths.statements_dir,
        paths.published_path,
        period,
        is_up_to_date=is_published(paths, inputs),
        today=settings.today,
        closed_at=datetime.now(UTC).isoformat("T", "seconds"),
        code_version=code_version,
        limits=limits_in_force(paths.warehouse_dir, period),
        say=say,
    )
    say(
        f"{month} is closed: {len(closed.manifest['files'])} files in {closed.folder}. "
        "The next run shows it; what comes later is booked in the next open month."
    )


def reopen_month(settings: Settings, month: str, reason: str, say: Callable[[str], None]) -> None:
    """Reopen a closed month; its version stays on disk. The caller holds the run lock.

    Raises:
        CloseRefusedError: The month is not closed, its statements are not as they were closed, or
            there is no reason.
    """
    paths = build_paths(settings)
    findings = verify_statements(paths.statements_dir, paths.published_path)
    if findings:
        raise CloseRefusedError(str(PublicationRefusedError(findings)))
    now = datetime.now(UTC).isoformat("T", "seconds")
    marker = reopen_period(paths.statements_dir, _period(month), reason, now)
    say(f"{month} is open again ({marker}). The next run shows it; the next closing is a new one.")


def _period(month: str) -> date:
    if not _MONTH.fullmatch(month):
        raise CloseRefusedError(f"{month!r} is no month such as 2026-09.")
    return date.fromisoformat(f"{month}-01")


class MonthToClose(dg.Config):
    """Which month to close."""

    month: str


class MonthToReopen(dg.Config):
    """Which month to reopen, and why."""

    month: str
    reason: str


def build_closing_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """Return the jobs that close and reopen a month."""

    @dg.op(name="freeze_statements")
    def close(config: MonthToClose, lock: RunLock) -> None:
        _as_step(lambda: close_month(settings, config.month, progress.info))

    @dg.op(name="open_statements")
    def reopen(config: MonthToReopen, lock: RunLock) -> None:
        _as_step(lambda: reopen_month(settings, config.month, config.reason, progress.info))

    @dg.job(
        name=CLOSE_JOB,
        description=(
            "Check a month (config: month, such as 2026-09) and freeze its statements. Needs a "
            "publication that is up to date."
        ),
    )
    def close_job() -> None:
        close()

    @dg.job(
        name=REOPEN_JOB,
        description="Open a closed month again (config: month, reason). Its version is kept.",
    )
    def reopen_job() -> None:
        reopen()

    return [close_job, reopen_job]


def _as_step(work: Callable[[], Any]) -> None:
    try:
        work()
    except CloseRefusedError as refused:
        progress.error(str(refused))
        raise dg.Failure(description=str(refused), allow_retries=False) from None
