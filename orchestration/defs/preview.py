"""What other allocation rules would make of a month, as a job: the terminal calls it as well."""

import logging
from pathlib import Path

import dagster as dg

from orchestration.defs.resources import RunLock
from orchestration.extract.period import BillingPeriod
from orchestration.land.org_tables import OrgTableError
from orchestration.publish.allocation_preview import (
    PreviewError,
    last_published_period,
    preview_allocation,
    preview_table,
)
from orchestration.settings import Settings

progress = logging.getLogger("tollgate")

PREVIEW_JOB = "allocate_preview"


class OtherRules(dg.Config):
    """Where the other rules are, and which month to allocate by them.

    Attributes:
        rules: Folder with the tables that differ.
        month: Such as 2026-10; empty for the last one that is over.
    """

    rules: str
    month: str = ""


def build_preview_job(settings: Settings) -> dg.JobDefinition:
    """Return the job that previews an allocation."""

    @dg.op(name="allocate_under_other_rules")
    def allocate(context: dg.OpExecutionContext, config: OtherRules, lock: RunLock) -> None:
        try:
            period = (
                BillingPeriod.parse(config.month).start
                if config.month
                else last_published_period(settings)
            )
            changes = preview_allocation(settings, Path(config.rules), period, progress.info)
        except (OrgTableError, PreviewError, ValueError) as error:
            progress.error(str(error))
            raise dg.Failure(description=str(error), allow_retries=False) from None
        for line in preview_table(changes, settings.reporting_currency):
            progress.info(line)
        columns = ("outcome", "owner_id", "published", "previewed", "change")
        context.add_output_metadata(
            {
                "who_gains_and_who_loses": dg.MetadataValue.table(
                    [
                        dg.TableRecord(
                            {
                                "outcome": found.outcome,
                                "owner_id": found.owner_id or "nobody",
                                "published": f"{found.published:f}",
                                "previewed": f"{found.previewed:f}",
                                "change": f"{found.change:f}",
                            }
                        )
                        for found in changes
                    ],
                    dg.TableSchema([dg.TableColumn(name) for name in columns]),
                )
            }
        )

    @dg.job(
        name=PREVIEW_JOB,
        description=(
            "Allocate a month under other rules (config: rules, a folder with the tables that "
            "differ; month, such as 2026-10) and show who gains and who loses. Publishes nothing."
        ),
    )
    def preview_job() -> None:
        allocate()

    return preview_job
