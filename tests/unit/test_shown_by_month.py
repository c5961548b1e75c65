"""What Dagster shows at a month of a source: what became of that month in a run over many."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from orchestration.defs.extract import show_by_month

KEY = dg.AssetKey(["extract", "bills"])


def rows_of(results: Sequence[int]) -> dict[str, Any]:
    return {"rows": sum(results)}


def shown(by_month: dict[str, list[int]]) -> dict[str, dict[str, Any]]:
    """Run over the three months from 2026-08 and return what is shown at each."""

    @dg.multi_asset(
        specs=[dg.AssetSpec(KEY)],
        partitions_def=dg.MonthlyPartitionsDefinition("2026-01-01", end_date="2026-12-01"),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def bills(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        rest = show_by_month(context, KEY, by_month, rows_of)
        yield dg.MaterializeResult(asset_key=KEY, metadata={**rest, "seconds": 1.5})

    run = dg.materialize(
        [bills],
        tags={
            "dagster/asset_partition_range_start": "2026-08-01",
            "dagster/asset_partition_range_end": "2026-10-01",
        },
    )
    events = [
        event.step_materialization_data.materialization
        for event in run.all_events
        if event.is_step_materialization
    ]
    return {
        event.partition: {name: value.value for name, value in event.metadata.items()}
        for event in events
    }


def test_a_month_shows_its_own_rows_and_what_all_have_in_common() -> None:
    found = shown({"2026-08": [3, 4], "2026-09": [5], "2026-10": [0]})
    assert found == {
        "2026-08-01": {"rows": 7, "seconds": 1.5},
        "2026-09-01": {"rows": 5, "seconds": 1.5},
        "2026-10-01": {"rows": 0, "seconds": 1.5},
    }


def test_what_was_not_asked_for_is_shown_where_a_month_has_nothing_of_its_own() -> None:
    found = shown({"2026-08": [3], "2026-02": [10], "": [1]})
    assert [found[f"2026-{month}-01"]["rows"] for month in ("08", "09", "10")] == [3, 11, 11]
