"""The only Dagster code: assets, checks, jobs, schedules, sensors and resources, each thin.

What belongs here: one call into a door's package per asset, and what Dagster shows of it. What does
not: anything that touches bills; that must read and test without Dagster.
"""

import dagster as dg

from orchestration.defs.automation import build_jobs, build_schedules, build_sensors
from orchestration.defs.closing import build_closing_jobs
from orchestration.defs.extract import build_extract_assets
from orchestration.defs.land import build_land_assets
from orchestration.defs.preview import build_preview_job
from orchestration.defs.publish import build_publish_assets
from orchestration.defs.resources import build_resources
from orchestration.defs.run_history import hold_history_open
from orchestration.defs.warehouse import build_warehouse_assets
from orchestration.extract.source import load_sources
from orchestration.settings import Settings, export_for_dbt


def build_definitions(settings: Settings) -> dg.Definitions:
    """Assemble everything that Dagster shows for one installation.

    Args:
        settings: The installation; tests pass their own.

    Raises:
        SourceConfigError: The sources file names what is wrong in it.
    """
    export_for_dbt(settings)
    hold_history_open()
    sources = load_sources(settings.sources)
    return dg.Definitions(
        assets=[
            *build_extract_assets(settings, sources),
            *build_land_assets(settings, sources),
            *build_warehouse_assets(settings, sources),
            *build_publish_assets(settings, sources),
        ],
        jobs=[*build_jobs(), *build_closing_jobs(settings), build_preview_job(settings)],
        schedules=build_schedules(settings),
        sensors=build_sensors(settings, sources),
        resources=build_resources(settings),
        # Each process costs about ten seconds of imports: one process does the whole run.
        executor=dg.in_process_executor,
    )
