"""Door 1 as assets: one for each source, by month, pulled side by side in one step."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, TypeVar

import dagster as dg

from orchestration.defs.automation import month_partitions
from orchestration.defs.resources import RunLock
from orchestration.extract.period import BillingPeriod
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.registry import KINDS
from orchestration.extract.source import SourceConfig
from orchestration.land.asking import pull_context
from orchestration.publish.dbt_process import stand_ready
from orchestration.settings import Settings

CHECK = "every_period_was_pulled"

_Result = TypeVar("_Result")


def extract_key(source: SourceConfig) -> dg.AssetKey:
    """Return the key of a source's extract asset."""
    return dg.AssetKey(["extract", source.name])


def asked_periods(context: dg.AssetExecutionContext) -> list[BillingPeriod]:
    """Return the months that a run asks for."""
    return [BillingPeriod.of(date.fromisoformat(key)) for key in context.partition_keys]


def build_extract_assets(
    settings: Settings, sources: Sequence[SourceConfig]
) -> list[dg.AssetsDefinition]:
    """Return the extract assets in one definition, so that they run in one step."""
    by_key = {extract_key(source): source for source in sources}

    @dg.multi_asset(
        name="extract",
        specs=[
            dg.AssetSpec(
                extract_key(source),
                group_name="1_extract",
                owners=["team:data-platform"],
                kinds={source.kind},
                description=(
                    f"What {source.name} ({source.kind}) delivered, untouched: immutable snapshots "
                    f"of {', '.join(dataset.name for dataset in KINDS[source.kind].datasets)} by "
                    "billing period, each with a receipt of its files, hashes, rows and totals."
                ),
                metadata={"kind": source.kind, "url": source.url or "the vendor's own address"},
            )
            for source in sources
        ],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=extract_key(source),
                description="Every asked period was pulled whole; what shrank or failed is named.",
            )
            for source in sources
        ],
        partitions_def=month_partitions(settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def extract(context: dg.AssetExecutionContext, lock: RunLock) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        asked = asked_periods(context)
        chosen = [by_key[key] for key in sorted(context.selected_asset_keys)]

        def pull_source(source: SourceConfig) -> list[Pulled]:
            pulled = pull(source, asked, pull_context(settings))
            if any(result.state == "new" for result in pulled):
                stand_ready()
            return pulled

        with ThreadPoolExecutor(max_workers=max(1, len(chosen))) as pool:
            pulls = pool.map(pull_source, chosen)
            for source, pulled in zip(chosen, pulls, strict=True):
                by_month: dict[str, list[Pulled]] = {}
                for result in pulled:
                    by_month.setdefault(result.period.key if result.period else "", []).append(
                        result
                    )
                yield dg.MaterializeResult(
                    asset_key=extract_key(source),
                    metadata=show_by_month(context, extract_key(source), by_month, _metadata),
                    check_results=[_check(source, pulled)],
                )

    return [extract]


def show_by_month(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    by_month: Mapping[str, Sequence[_Result]],
    metadata: Callable[[Sequence[_Result]], dict[str, Any]],
) -> dict[str, Any]:
    """Show at each month of a run what became of that month, not of all; return the rest's.

    Args:
        context: Dagster's, of a step that makes months.
        key: The asset.
        by_month: What became of each month, such as ``2026-10``.
        metadata: Says what Dagster shows of some results.

    Returns:
        What Dagster shows at a month of which nothing is known: what the run did not ask for.
    """
    periods = zip(asked_periods(context), context.partition_keys, strict=True)
    asked = {period.key: partition for period, partition in periods}
    for month in by_month.keys() & asked.keys():
        context.add_asset_metadata(metadata(by_month[month]), key, asked[month])
    rest = [result for month in by_month.keys() - asked.keys() for result in by_month[month]]
    return metadata(rest)


def _metadata(pulled: Sequence[Pulled]) -> dict[str, Any]:
    known = [result for result in pulled if result.snapshot is not None]
    money: dict[str, Any] = {}
    for result in known:
        assert result.snapshot is not None
        for currency, total in result.snapshot.receipt.totals.items():
            name = f"billed_{currency.lower()}" if currency else "tokens"
            money[name] = money.get(name, 0) + total
    rows = [
        dg.TableRecord(
            {
                "period": result.period.key if result.period else "all",
                "dataset": result.dataset or "all",
                "state": result.state,
                "rows": result.snapshot.receipt.row_count if result.snapshot else 0,
                "snapshot": result.snapshot.receipt.snapshot_id if result.snapshot else "",
                "seconds": f"{result.seconds:.1f}",
                "reason": result.reason,
            }
        )
        for result in pulled
    ]
    return {
        "rows": sum(r.snapshot.receipt.row_count for r in known if r.snapshot),
        **{name: f"{total:f}" for name, total in sorted(money.items())},
        "periods": len({result.period for result in known}),
        "new_snapshots": sum(result.state == "new" for result in pulled),
        "seconds": round(sum(result.seconds for result in pulled), 1),
        "pulls": dg.MetadataValue.table(
            rows,
            dg.TableSchema(
                [
                    dg.TableColumn(name, "int" if name == "rows" else "string")
                    for name in (
                        "period",
                        "dataset",
                        "state",
                        "rows",
                        "snapshot",
                        "seconds",
                        "reason",
                    )
                ]
            ),
        ),
    }


def _check(source: SourceConfig, pulled: Sequence[Pulled]) -> dg.AssetCheckResult:
    faults = [result for result in pulled if result.state in ("held", "failed")]
    sentences = [
        f"{result.period.key if result.period else 'all periods'} {result.dataset}: {result.reason}"
        for result in faults
    ]
    return dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=extract_key(source),
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(sentences) or f"{len(pulled)} pull(s), all whole.",
        metadata={"sentence": " ".join(sentences) or "all whole"},
    )
