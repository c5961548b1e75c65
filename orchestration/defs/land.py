"""Door 2 as assets: one for each source, with the gates that a snapshot must pass to count."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import dagster as dg

from orchestration.defs.automation import month_partitions
from orchestration.defs.extract import extract_key, show_by_month
from orchestration.defs.resources import RunLock
from orchestration.extract.focus import KIND as FOCUS
from orchestration.extract.source import SourceConfig
from orchestration.land.focus_delivery import judge_deliveries
from orchestration.land.landing import Landed, land
from orchestration.settings import Settings

progress = logging.getLogger("tollgate")

# Most statements of landing keep one processor busy.
_LANDED_AT_ONCE = 2

_CHECKS = {
    "files": "Every file is byte for byte what the receipt says.",
    "shape": (
        "The Great Expectations suite over the profile: columns, numbers, timestamps, currencies, "
        "required values, the billing period."
    ),
    "receipt": "Rows and control totals equal the receipt exactly.",
}


def land_key(source: SourceConfig) -> dg.AssetKey:
    """Return the key of a source's land asset."""
    return dg.AssetKey(["land", source.name])


def build_land_assets(
    settings: Settings, sources: Sequence[SourceConfig]
) -> list[dg.AssetsDefinition]:
    """Return the land assets in one definition, so that they run in one step."""
    by_key = {land_key(source): source for source in sources}

    @dg.multi_asset(
        name="land",
        specs=[
            dg.AssetSpec(
                land_key(source),
                deps=[extract_key(source)],
                group_name="2_land",
                owners=["team:data-platform"],
                kinds={"parquet"},
                description=(
                    f"The rows of {source.name} as Parquet by billing period. A snapshot counts "
                    "once it passed every gate; until then the one before it stays in use."
                ),
            )
            for source in sources
        ],
        check_specs=[
            dg.AssetCheckSpec(
                name,
                asset=land_key(source),
                description=description,
                # Where stale periods may be published, a refused snapshot stops only itself.
                blocking=not settings.allow_stale,
            )
            for source in sources
            for name, description in _CHECKS.items()
        ],
        partitions_def=month_partitions(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def land_sources(
        context: dg.AssetExecutionContext,
        lock: RunLock,
    ) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        def land_source(key: dg.AssetKey) -> tuple[Sequence[Landed], float]:
            started = time.monotonic()
            landed = land(by_key[key], settings.data_dir, progress.info)
            judge_deliveries(by_key[key], settings.data_dir, progress.info)
            return landed, time.monotonic() - started

        # What is judged by the rules of FOCUS too takes longest, and begins first.
        keys = sorted(
            context.selected_asset_keys, key=lambda key: (by_key[key].kind != FOCUS.name, key)
        )
        # Every source lands before a blocking gate may end the step.
        with ThreadPoolExecutor(max_workers=_LANDED_AT_ONCE) as pool:
            results = list(pool.map(land_source, keys))
        for key, (landed, seconds) in zip(keys, results, strict=True):
            by_month: dict[str, list[Landed]] = {}
            for result in landed:
                by_month.setdefault(result.landing.billing_period, []).append(result)
            rest = show_by_month(context, key, by_month, _metadata)
            yield dg.MaterializeResult(
                asset_key=key,
                # Months land together: the seconds are of all.
                metadata={**rest, "seconds": round(seconds, 1)},
                check_results=[_check(key, name, landed) for name in _CHECKS],
            )

    return [land_sources]


def _metadata(landed: Sequence[Landed]) -> dict[str, Any]:
    money: dict[str, Decimal] = {}
    for result in landed:
        for currency, total in result.landing.exact_totals.items():
            name = f"billed_{currency.lower()}" if currency else "tokens"
            money[name] = money.get(name, Decimal(0)) + Decimal(total)
    rows = [
        dg.TableRecord(
            {
                "period": result.landing.billing_period,
                "dataset": result.landing.dataset,
                "state": result.state,
                "rows": result.landing.row_count,
                "snapshot": result.landing.snapshot_id,
            }
        )
        for result in landed
    ]
    return {
        "rows": sum(result.landing.row_count for result in landed),
        **{name: f"{total:f}" for name, total in sorted(money.items())},
        "periods": len({result.landing.billing_period for result in landed}),
        "newly_landed": sum(result.state == "new" for result in landed),
        "landings": dg.MetadataValue.table(
            rows,
            dg.TableSchema(
                [
                    dg.TableColumn(name, "int" if name == "rows" else "string")
                    for name in ("period", "dataset", "state", "rows", "snapshot")
                ]
            ),
        ),
    }


def _check(key: dg.AssetKey, name: str, landed: Sequence[Landed]) -> dg.AssetCheckResult:
    said = [
        (result.landing, check)
        for result in landed
        for check in result.landing.checks
        if check.name == name
    ]
    faults = [
        f"{landing.billing_period} {landing.dataset}: {check.sentence}"
        for landing, check in said
        if not check.passed
    ]
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(faults) or f"{len(said)} snapshot(s) let through.",
        metadata={
            "periods": dg.MetadataValue.md(
                "\n".join(
                    f"- {landing.billing_period} {landing.dataset}: {check.sentence}"
                    for landing, check in said
                )
                or "nothing was landed"
            )
        },
    )
