"""Door 6 as an asset: the audited file that people open."""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from orchestration.defs.resources import RunLock
from orchestration.defs.warehouse import build_paths
from orchestration.extract.source import SourceConfig
from orchestration.land.catalogue import landed_catalogue
from orchestration.land.held import Held
from orchestration.publish.audit import MoneyFile, PublicationRefusedError
from orchestration.publish.dbt_manifest import load_manifest
from orchestration.publish.focus_export import export_focus
from orchestration.publish.holding import held_months
from orchestration.publish.publication import Publication, publish
from orchestration.publish.report import ReportError, write_report
from orchestration.settings import DBT_PROJECT_DIR, Settings

progress = logging.getLogger("tollgate")

PUBLISHED_KEY = dg.AssetKey(["publish", "warehouse"])
REPORT_KEY = dg.AssetKey(["publish", "report"])
EXPORT_KEY = dg.AssetKey(["publish", "focus_export"])
CHECK = "audit"
REPORT_CHECK = "written"


def build_publish_assets(
    settings: Settings, sources: Sequence[SourceConfig]
) -> list[dg.AssetsDefinition]:
    """Return the published file as an asset that hangs on every mart."""
    manifest = load_manifest(DBT_PROJECT_DIR)

    @dg.asset(
        key=PUBLISHED_KEY,
        deps=_mart_keys(manifest),
        group_name="6_publish",
        owners=["team:finops"],
        kinds={"duckdb"},
        description=(
            "The warehouse file that analysts and BI tools open. Control totals are read again "
            "from the data at every door; any difference refuses it and the old file stays."
        ),
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=PUBLISHED_KEY,
                description="Receipt, landed, conformed, allocated and published totals agree.",
            )
        ],
    )
    def published(lock: RunLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        paths = build_paths(settings)
        held = held_months(paths)
        money_files = [
            MoneyFile(
                current.source,
                current.billing_period,
                current.dataset,
                current.paths,
                current.receipt,
            )
            for current in landed_catalogue(settings.data_dir, sources, held)
            if current.dataset.money_column
        ]
        try:
            publication = publish(
                paths,
                money_files,
                manifest,
                allow_stale=settings.allow_stale,
                judge_all=settings.judge_all,
                log=progress.info,
            )
        except PublicationRefusedError as refused:
            progress.error(str(refused))
            raise dg.Failure(
                description=str(refused),
                metadata={
                    "findings": dg.MetadataValue.md(
                        "\n".join(f"- {finding}" for finding in refused.findings)
                    )
                },
                allow_retries=False,
            ) from None
        return dg.MaterializeResult(
            metadata=_metadata(settings, publication, held),
            check_results=[
                dg.AssetCheckResult(
                    check_name=CHECK,
                    passed=True,
                    description=f"{len(publication.periods)} source-months agree at every door.",
                )
            ],
        )

    assets = [published, _report(settings)]
    if settings.focus_export is not None:
        assets.append(_focus_export(settings, settings.focus_export))
    return assets


def _report(settings: Settings) -> dg.AssetsDefinition:
    @dg.asset(
        key=REPORT_KEY,
        deps=[PUBLISHED_KEY],
        group_name="6_publish",
        owners=["team:finops"],
        kinds={"html"},
        description=(
            "One HTML file for people who have never read a cloud bill: a page for each persona, "
            "made from the published file, opened by double-click."
        ),
        check_specs=[
            dg.AssetCheckSpec(
                REPORT_CHECK,
                asset=REPORT_KEY,
                description="The report could be made from what is published.",
            )
        ],
    )
    def report(lock: RunLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        path = settings.report_path
        try:
            written = write_report(settings.published_path, path)
        except ReportError as error:
            # What is published is good: the run says what is wrong with the report and stands.
            progress.error(f"report   {error}")
            return dg.MaterializeResult(
                metadata={"outcome": "not written", "file": dg.MetadataValue.path(os.fspath(path))},
                check_results=[
                    dg.AssetCheckResult(
                        check_name=REPORT_CHECK,
                        passed=False,
                        severity=dg.AssetCheckSeverity.WARN,
                        description=f"{error} The report that is there is an earlier one.",
                    )
                ],
            )
        if written.is_new:
            progress.info(f"publish  {path} ({written.byte_count:,} bytes)")
        return dg.MaterializeResult(
            metadata={
                "outcome": "written" if written.is_new else "unchanged: made from the same",
                "file": dg.MetadataValue.path(os.fspath(path)),
                "bytes": written.byte_count,
                "figures": written.figures,
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name=REPORT_CHECK,
                    passed=True,
                    description=f"{written.figures} questions are answered.",
                )
            ],
        )

    return report


def _focus_export(settings: Settings, target: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=EXPORT_KEY,
        deps=[PUBLISHED_KEY],
        group_name="6_publish",
        owners=["team:finops"],
        kinds={"parquet"},
        description=(
            "The FOCUS datasets of the published file, per billing period, as Parquet and CSV with "
            "a manifest. Periods that did not change are not written again."
        ),
    )
    def focus_export(lock: RunLock) -> dg.MaterializeResult:  # type: ignore[type-arg]
        export = export_focus(settings.published_path, target, progress.info)
        return dg.MaterializeResult(
            metadata={
                "target": target,
                "written_files": len(export.written),
                "unchanged_files": len(export.unchanged),
                "removed_files": len(export.removed),
            }
        )

    return focus_export


def _mart_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    return [
        dg.AssetKey([node["config"]["schema"], node["name"]])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["fqn"][1] == "marts"
    ]


def _metadata(settings: Settings, publication: Publication, held: Held) -> dict[str, Any]:
    new = publication.published
    outcome = "published" if new else "unchanged: nothing differs from the published file"
    months = [
        f"{month.source} {month.billing_period:%Y-%m}: {month.reason}" for month in held.periods
    ]
    return {
        "outcome": f"{outcome}, {len(months)} source-month(s) held" if months else outcome,
        "held_months": dg.MetadataValue.md("\n".join(f"- {month}" for month in months) or "none"),
        "file": dg.MetadataValue.path(os.fspath(settings.published_path)),
        "bytes": new.byte_count if new else settings.published_path.stat().st_size,
        "tables": new.tables if new else None,
        "audited_periods": len(publication.periods),
        "swept_files": publication.swept_files,
    }
