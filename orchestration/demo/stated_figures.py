"""What the demo company states about its use of AI and no bill says: outcomes and training runs.

Both are made with the bills, because they agree with them: outcomes come of the requests that the
world sent, and runs lie in the hours that machines were billed for.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import polars as pl

from orchestration.demo.world import USE_CASES, World

OUTCOME_TABLE = "outcome.csv"
TRAINING_RUN_TABLE = "training_run.csv"

_OUTCOME_COLUMNS = (
    "use_case_id",
    "outcome_name",
    "outcome_quantity",
    "quality_share",
    "outcome_state",
    "stated_by",
    "stated_on",
    "valid_from",
    "valid_to",
    "note",
)
_RUN_COLUMNS = (
    "run_id",
    "parent_run_id",
    "use_case_id",
    "trained_model",
    "resource_id",
    "started_at",
    "ended_at",
    "run_state",
    "gpu_count",
    "gpu_utilisation_share",
    "metric_name",
    "metric_value",
    "note",
)
_Row = Mapping[str, object]


@dataclass(frozen=True)
class Outcome:
    """What a use case brings about.

    Attributes:
        use_case_id: The use case.
        outcome_name: What is counted.
        per_thousand_requests: Outcomes of a thousand requests.
        quality_pct: How many of a hundred outcomes were good; None where nobody judges.
        outcome_state: ``measured`` or ``estimated by owner``.
        stated_by: The role that states it.
    """

    use_case_id: str
    outcome_name: str
    per_thousand_requests: int
    quality_pct: int | None
    outcome_state: str
    stated_by: str


_MEASURED, _ESTIMATED = "measured", "estimated by owner"

# Of the other use cases nobody in the company states outcomes.
OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "care-chat", "chat answered without a person", 310, 92, _MEASURED, "head of customer care"
    ),
    Outcome("call-summary", "call summarised", 1000, 96, _MEASURED, "head of customer care"),
    Outcome("returns-triage", "return sorted", 970, 95, _MEASURED, "head of customer care"),
    Outcome(
        "query-rewrite",
        "search that led to a click",
        640,
        None,
        _MEASURED,
        "product manager search",
    ),
    Outcome("catalogue-tags", "item tagged", 1000, 98, _MEASURED, "product manager search"),
    Outcome("product-copy", "description published", 420, 88, _MEASURED, "head of marketing"),
    Outcome(
        "checkout-assistant", "order helped along", 55, None, _MEASURED, "product manager checkout"
    ),
    Outcome("shopping-companion", "basket begun", 70, None, _ESTIMATED, "product manager app"),
    Outcome("fraud-notes", "case note accepted", 900, 94, _MEASURED, "head of fraud"),
    Outcome("contract-review", "contract reviewed", 120, 90, _ESTIMATED, "head of procurement"),
    Outcome("invoice-reading", "invoice read", 980, 97, _MEASURED, "head of accounting"),
    Outcome("coding-agent", "change merged", 60, 85, _ESTIMATED, "head of engineering"),
    Outcome("code-review", "review comment kept", 480, None, _MEASURED, "head of engineering"),
    Outcome("incident-helper", "incident shortened", 12, None, _ESTIMATED, "head of operations"),
    Outcome("policy-check", "claim checked", 850, 93, _ESTIMATED, "general counsel"),
    Outcome("demand-explainer", "forecast explained", 900, 90, _MEASURED, "head of planning"),
    Outcome("delivery-agent", "delivery rescued", 90, 80, _MEASURED, "head of logistics"),
    Outcome("claim-extraction", "document read", 950, 95, _MEASURED, "head of logistics"),
    Outcome("archive-tags", "document tagged", 1000, 97, _MEASURED, "general counsel"),
    Outcome("knowledge-search", "question answered", 700, None, _ESTIMATED, "head of ML platform"),
)


def write_outcomes(path: Path, world: World) -> None:
    """Write the organisation's table of outcomes: a row for each month in production.

    Args:
        path: The CSV file; it is replaced.
        world: The company's world, whose requests the outcomes come of.
    """
    _write(path, _OUTCOME_COLUMNS, _outcomes(world))


def _outcomes(world: World) -> Iterator[_Row]:
    live = {use_case.use_case_id: use_case.first_production_on for use_case in USE_CASES}
    months = (
        world.inference.with_columns(pl.col("usage_date").dt.truncate("1mo").alias("month"))
        .select("use_case_id", "month", "usage_date", "requests")
        .sort("use_case_id", "usage_date")
    )
    for outcome in OUTCOMES:
        begun = live[outcome.use_case_id]
        if begun is None:
            continue
        by_month = (
            months.filter(
                (pl.col("use_case_id") == outcome.use_case_id) & (pl.col("usage_date") >= begun)
            )
            .group_by("month")
            .agg(pl.col("requests").sum())
            .sort("month")
        )
        for month, requests in by_month.iter_rows():
            end = min((month + timedelta(days=31)).replace(day=1), world.today)
            yield {
                "use_case_id": outcome.use_case_id,
                "outcome_name": outcome.outcome_name,
                "outcome_quantity": requests * outcome.per_thousand_requests // 1000,
                "quality_share": None
                if outcome.quality_pct is None
                else f"0.{outcome.quality_pct:02d}",
                "outcome_state": outcome.outcome_state,
                "stated_by": outcome.stated_by,
                "stated_on": min(end + timedelta(days=2), world.today).isoformat(),
                "valid_from": max(month, begun).isoformat(),
                "valid_to": end.isoformat(),
                "note": None,
            }


_MODELS = {
    "fraud-notes": ("fraud-ranker", "average precision", 740, 900),
    "demand-explainer": ("demand-forecaster", "forecast accuracy", 610, 830),
    "catalogue-tags": ("catalogue-tagger", "f1", 680, 860),
}
_GPUS = {"p5.48xlarge": 8, "g6.12xlarge": 4}
_FIRST_HOUR = time(6)
# An hour and a bit on spot is what an interrupted machine has worked.
_INTERRUPTED_HOURS = 1.2
# Of a machine's time a run takes so much; the rest is start, download and clearing up.
_AT_WORK_PCT = 94


def training_runs(aws_dir: Path, today: date) -> list[_Row]:
    """Return the training runs of the world: one for each day that a machine trained.

    Args:
        aws_dir: Folder of the AWS export.
        today: First day that has not happened yet.
    """
    return list(_runs(_machine_days(aws_dir), today))


def write_training_runs(path: Path, runs: Iterable[_Row]) -> None:
    """Write training runs as the organisation's table of them.

    Args:
        path: The CSV file; it is replaced.
        runs: The runs.
    """
    _write(path, _RUN_COLUMNS, runs)


def _machine_days(aws_dir: Path) -> Sequence[tuple[str, str, str, date, float]]:
    """Return use case, resource, instance type, day and hours of each day of training."""
    files = [str(file) for file in sorted(aws_dir.rglob("*.parquet"))]
    if not files:
        return []
    return duckdb.execute(
        """
        select
            resource_tags['user_use_case'] as use_case_id,
            line_item_resource_id,
            regexp_extract(line_item_usage_type, '(p5.48|g6.12)xlarge', 0) as instance_type,
            cast(line_item_usage_start_date as date) as usage_date,
            sum(line_item_usage_amount) as hours
        from read_parquet($1, union_by_name = true)
        where
            line_item_line_item_type = 'Usage'
            and regexp_matches(
                line_item_usage_type, '(Train:ml\\.p5|BoxUsage:p5|SpotUsage:g6)\\..*xlarge$'
            )
            and instance_type <> ''
            and use_case_id in (select unnest($2))
        group by all
        order by usage_date, line_item_resource_id
        """,
        [files, list(_MODELS)],
    ).fetchall()


def _runs(days: Iterable[tuple[str, str, str, date, float]], today: date) -> Iterator[_Row]:
    counts = dict.fromkeys(_MODELS, 0)
    for use_case_id, resource_id, instance_type, day, hours in days:
        trained_model, metric, first, best = _MODELS[use_case_id]
        counts[use_case_id] += 1
        number = counts[use_case_id]
        start = datetime.combine(day, _FIRST_HOUR)
        length = timedelta(seconds=int(hours * 3600) * _AT_WORK_PCT // 100)
        is_interrupted = instance_type == "g6.12xlarge" and hours < _INTERRUPTED_HOURS
        is_running = day == today - timedelta(days=1) and not is_interrupted
        state = (
            "preempted"
            if is_interrupted
            else "running"
            if is_running
            else "failed"
            if number % 9 == 4
            else "finished"
        )
        # every run closes a twelfth of what is left to the best that can be reached
        reached = best - (best - first) * 11**number // 12**number - number % 3
        run = {
            "run_id": f"{trained_model}-{number:03d}",
            "parent_run_id": None,
            "use_case_id": use_case_id,
            "trained_model": trained_model,
            "resource_id": resource_id,
            "started_at": _time(start),
            "ended_at": None if is_running else _time(start + length),
            "run_state": state,
            "gpu_count": _GPUS[instance_type],
            "gpu_utilisation_share": None if number % 5 == 0 else f"0.{35 + number * 7 % 28}",
            "metric_name": metric if state == "finished" else None,
            "metric_value": f"{reached // 10}.{reached % 10}" if state == "finished" else None,
            "note": None,
        }
        yield run
        if state == "finished" and number % 4 == 0:
            yield from _folds(run, start, length)


def _folds(run: _Row, start: datetime, length: timedelta) -> Iterator[_Row]:
    """Two nested runs: the parent trains twice on parts of the data and puts them together."""
    for fold in (1, 2):
        begun = start + length * (fold - 1) * 2 // 5
        yield {
            **run,
            "run_id": f"{run['run_id']}-fold-{fold}",
            "parent_run_id": run["run_id"],
            "started_at": _time(begun.replace(microsecond=0)),
            "ended_at": _time((begun + length * 2 // 5).replace(microsecond=0)),
            "metric_name": None,
            "metric_value": None,
        }


def _time(moment: datetime) -> str:
    return f"{moment.isoformat(timespec='seconds')}Z"


def _write(path: Path, columns: Sequence[str], rows: Iterable[_Row]) -> None:
    temporary = path.with_name(f".{path.name}")
    with temporary.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)
