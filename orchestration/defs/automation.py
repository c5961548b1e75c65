"""The job, its schedule and its sensor; both are off until somebody turns them on."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import SourceConfig
from orchestration.settings import Settings

JOB_NAME = "bills_to_warehouse"

# A range of months in one run.
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

# How many months before today's a daily run pulls again: AWS and the AI vendors still change the
# month before for about two weeks after its end.
RESTATED_MONTHS = 2


def month_partitions(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """Return the month partitions from the first period to the open month."""
    # The partition of a month exists once the month is over; the offset lets the open one in.
    return dg.MonthlyPartitionsDefinition(start_date=f"{settings.first_period}-01", end_offset=1)


def range_tags(first: BillingPeriod, last: BillingPeriod) -> dict[str, str]:
    """Return the run tags that select the months from first to last."""
    return {RANGE_START: first.start.isoformat(), RANGE_END: last.start.isoformat()}


def build_jobs() -> list[Any]:
    """Return the one job: every asset, from bill to published file."""
    return [
        dg.define_asset_job(
            JOB_NAME,
            selection=dg.AssetSelection.all(),
            description="From bill to published file: pull, land, build, audit, publish.",
        )
    ]


def open_months(today: date) -> tuple[BillingPeriod, BillingPeriod]:
    """Return the first and the last month that a daily run pulls."""
    last = BillingPeriod.of(today)
    first = last
    for _ in range(RESTATED_MONTHS):
        first = BillingPeriod.of(date.fromordinal(first.start.toordinal() - 1))
    return first, last


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """Return the daily schedule over the open periods."""

    # Dagster refuses its own range tags as tags of a schedule, but takes them in a run request.
    @dg.schedule(
        name="daily_over_open_periods",
        job_name=JOB_NAME,
        cron_schedule="0 6 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Daily at 06:00 UTC: this month and the two before it, which still change.",
    )
    def daily_over_open_periods(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(tags=range_tags(*open_months(settings.today_now())))

    return [daily_over_open_periods]


def build_sensors(settings: Settings, sources: Sequence[SourceConfig]) -> list[dg.SensorDefinition]:
    """Return the sensor for new deliveries in the local folders of the sources."""
    folders = [Path(source.url) for source in sources if source.url and "://" not in source.url]

    @dg.sensor(
        name="new_deliveries",
        job_name=JOB_NAME,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Looks every five minutes for changed files in the sources' local folders.",
    )
    def new_deliveries(
        context: dg.SensorEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        state = _folder_state(folders)
        if state == context.cursor:
            yield dg.SkipReason("no file in the sources' folders has changed")
            return
        context.update_cursor(state)
        # No run key: a file that is put back as it was before is a delivery too.
        yield dg.RunRequest(tags=range_tags(*open_months(settings.today_now())))

    return [new_deliveries]


def _folder_state(folders: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*") if folder.is_dir() else [folder]):
            if file.is_file():
                status = file.stat()
                digest.update(f"{file}|{status.st_size}|{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
