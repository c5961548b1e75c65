"""The demo company's other meters agree with its world and its bill, and tell nothing of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml
from vendor_server import bytes_on_disk, pull_context

from orchestration.demo.bedrock_logs import LOGGED_USE_CASE, log_start, write_invocation_logs
from orchestration.demo.gateway import gateway_start
from orchestration.demo.machines import MachineDay
from orchestration.demo.opencost_answers import write_opencost_answers
from orchestration.demo.server import serve
from orchestration.demo.telemetry import (
    KEPT_DAYS,
    OUTAGE_DAY,
    OUTAGE_STEPS,
    RESTART_DAY,
    SERVED_MODELS,
    STEP_SECONDS,
    first_kept_day,
    served_usage,
    write_telemetry,
)
from orchestration.demo.traces import (
    SAMPLED_ONE_IN,
    SAMPLED_USE_CASE,
    TRACED_ALONE,
    TRACED_BESIDE_THE_GATEWAY,
    write_langfuse_export,
    write_sampled_spans,
)
from orchestration.demo.world import World
from orchestration.extract.pull import pull
from orchestration.extract.source import SourceConfig
from orchestration.settings import DEMO_DIR, Settings

MARKS = (b"Ada Example", b"ada@example.com", b"203.0.113.9", b"parcel", b"demo.example")
SETTINGS = Settings()
WORLD = World(SETTINGS.demo_seed, Decimal("0.05"), SETTINGS.demo_today)
FIRST = first_kept_day(WORLD)

Row = Mapping[str, Any]


def machine(day: date, name: str, instance_type: str, **changes: Any) -> MachineDay:
    said: dict[str, Any] = {
        "resource_id": name,
        "instance_type": instance_type,
        "usage_date": day,
        "hours": Decimal("12.5"),
        "owner_id": "search",
        "use_case_id": "query-rewrite",
        "list_cost": Decimal("10.06"),
        "busy_pct": 40,
        "at_work_pct": 100,
    }
    return MachineDay(**(said | changes))


# Of the two last days: one that serves all day, one of data scientists, one that trains in parts.
MACHINES = [
    each
    for number in (13, 14)
    for day in (FIRST + timedelta(days=number),)
    for each in (
        machine(day, "i-1", "g6.xlarge", hours=Decimal(24), list_cost=Decimal("19.3152")),
        machine(day, "i-2", "g6.12xlarge", owner_id="fraud-science", use_case_id=None),
        machine(day, "i-3", "p5.4xlarge", use_case_id="demand-explainer", at_work_pct=94),
    )
]


@dataclass(frozen=True)
class Pulled:
    """What the pipeline keeps of the meters, and what they held."""

    extracted: Path
    vendors: Path
    said: list[str]

    def rows(self, source: str) -> list[Row]:
        """Return the landed rows of a source; each is one that can be counted."""
        with duckdb.connect() as connection:
            files = f"{self.extracted}/{source}/*/*/*/*.parquet"
            found = connection.execute(f"select * from read_parquet('{files}')").pl()
        assert found.filter(pl.col("defects").is_not_null()).height == 0
        return list(found.iter_rows(named=True))


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulled]:
    """The meters of a small company, written, served and pulled as its sources file says."""
    folder = tmp_path_factory.mktemp("meters")
    vendors = folder / "vendors"
    write_langfuse_export(WORLD, vendors / "langfuse")
    write_sampled_spans(WORLD, vendors / "otlp")
    write_invocation_logs(WORLD, vendors / "aws" / "invocation-logs")
    write_telemetry(WORLD, MACHINES, vendors / "prometheus")
    write_opencost_answers(MACHINES, vendors / "opencost")
    for name in ("openai/costs", "openai/usage_completions", "anthropic/cost_report",
                 "anthropic/usage_messages"):  # fmt: skip
        path = vendors / f"{name}.parquet"
        path.parent.mkdir(exist_ok=True)
        pl.DataFrame(schema={"usage_date": pl.Date}).write_parquet(path)
    (vendors / "made.json").write_text(f'{{"today": "{WORLD.today}"}}', encoding="utf-8")
    listed = yaml.safe_load((DEMO_DIR / "sources.yaml").read_text(encoding="utf-8"))["sources"]
    said: list[str] = []
    context = pull_context(folder / "extracted", today=WORLD.today, said=said)
    kinds = []
    with serve(vendors, 0) as address:
        for source in listed:
            name, kind, url = (source.pop(key) for key in ("name", "kind", "url"))
            if kind in ("langfuse", "otel", "bedrock_log", "prometheus", "opencost"):
                place = address if url.startswith("http") else str(folder / url)
                for period in pull(SourceConfig(name, kind, place, source), None, context):
                    assert period.state == "new", period.reason
                kinds.append(kind)
    assert len(kinds) == 5
    yield Pulled(folder / "extracted", vendors, said)


TOKENS = ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "output")


def sent(use_case: str, first: date) -> dict[tuple[date, str], tuple[int, ...]]:
    """Return what the world sent of a use case from a day on, by day and model."""
    counts = ("requests", *(f"{name}_tokens" for name in TOKENS))
    found = (
        WORLD.inference.filter(
            (pl.col("use_case_id") == use_case) & (pl.col("usage_date") >= first)
        )
        .group_by("usage_date", "model")
        .agg(pl.sum(*counts))
    )
    return {row[:2]: row[2:] for row in found.iter_rows()}


def metered(rows: list[Row], model: str | None = None) -> dict[tuple[date, str], tuple[int, ...]]:
    """Return the same of calls whose counts lie beside one another."""
    sums: dict[tuple[date, str], list[int]] = {}
    for row in rows:
        found = sums.setdefault((row["started_at"].date(), model or row["model"]), [0] * 6)
        # what a meter cannot tell has no column
        writes, long_writes = row["cache_write_tokens"], row.get("cache_write_1h_tokens") or 0
        for place, count in enumerate(
            (
                not row["is_failure"],
                row["input_tokens"],
                row["cache_read_tokens"],
                writes - long_writes,
                long_writes,
                row["output_tokens"],
            )
        ):
            found[place] += count
    return {key: tuple(found) for key, found in sums.items()}


@pytest.mark.parametrize("use_case", [TRACED_ALONE, TRACED_BESIDE_THE_GATEWAY])
def test_traces_have_every_call_that_the_world_sent(pulled: Pulled, use_case: str) -> None:
    rows = [row for row in pulled.rows("agent_traces") if row["use_case"] == use_case]
    assert metered(rows) == sent(use_case, gateway_start(WORLD))
    assert {row["provider"] for row in rows} == {"anthropic"}


def test_spans_are_a_sample_and_say_so(pulled: Pulled) -> None:
    rows = pulled.rows("app_spans_sampled")
    assert rows and all(row["is_sampled"] for row in rows)
    world = sent(SAMPLED_USE_CASE, min(row["started_at"].date() for row in rows))
    kept = sum(not row["is_failure"] for row in rows)
    assert kept == sum(max(requests // SAMPLED_ONE_IN, 1) for requests, *_ in world.values())


def test_the_invocation_log_has_the_tokens_of_the_use_case_by_model(pulled: Pulled) -> None:
    rows = pulled.rows("bedrock_calls")
    (model,) = {row["model"] for row in rows}
    assert model == "anthropic.claude-haiku-4-5"
    world = sent(LOGGED_USE_CASE, log_start(WORLD))
    # a log does not tell how long what was written to the cache is kept
    assert {key: counts[1:3] + counts[-1:] for key, counts in metered(rows).items()} == {
        key: counts[1:3] + counts[-1:] for key, counts in world.items()
    }
    # the route that may run anywhere is sold at another price, and has its part of the tokens
    by_scope = {
        scope: sum(row["input_tokens"] for row in rows if row["region_scope"] == scope)
        for scope in ("regional", "global")
    }
    assert by_scope["global"] > 0
    assert sum(by_scope.values()) == sum(counts[1] for counts in world.values())
    assert {row["principal_id"] for row in rows if row["use_case"]} == {
        f"arn:aws:sts::555555555555:assumed-role/{LOGGED_USE_CASE}-app"
    }


def test_telemetry_counts_what_own_models_served_through_a_restart_and_an_outage(
    pulled: Pulled,
) -> None:
    rows = pulled.rows("gpu_telemetry")
    found: dict[tuple[date, str], list[int]] = {}
    for row in rows:
        if row["operation"] == "inference":
            sums = found.setdefault((row["window_start"].date(), row["model"]), [0] * 4)
            for place, name in enumerate(
                ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
            ):
                sums[place] += row[name] or 0
            assert row["use_case"] and row["project_id"] == row["use_case"]
    served = {
        (row["usage_date"], row["model"]): [
            row[name] for name in ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
        ]
        for row in served_usage(WORLD).iter_rows(named=True)
    }
    assert len(served) == KEPT_DAYS * len(SERVED_MODELS)
    assert found == served
    assert (FIRST + timedelta(days=RESTART_DAY), SERVED_MODELS[0].model) in served
    outage = [row for row in rows if row["operation"] == "outage"]
    assert {row["window_start"].date() for row in outage} == {FIRST + timedelta(days=OUTAGE_DAY)}
    assert sum(row["unmetered_seconds"] for row in outage) == len(OUTAGE_STEPS) * STEP_SECONDS


def test_telemetry_and_opencost_see_the_hours_of_the_bill(pulled: Pulled) -> None:
    by_meter: dict[str, dict[tuple[date, str], tuple[Decimal, Decimal]]] = {}
    for source in ("gpu_telemetry", "cluster_costs"):
        sums = by_meter.setdefault(source, {})
        for row in pulled.rows(source):
            if row["requested_gpu_seconds"] is not None:
                key = (row["window_start"].date(), row["project_id"])
                held, used = sums.get(key, (Decimal(0), Decimal(0)))
                sums[key] = (
                    held + row["requested_gpu_seconds"],
                    used + row["used_gpu_seconds"],
                )
    billed = {
        (each.usage_date, each.namespace): (
            each.hours * 3600 * each.type.gpus,
            each.hours * 36 * each.type.gpus * each.busy_pct * each.at_work_pct / 100,
        )
        for each in MACHINES
    }
    assert by_meter["cluster_costs"] == billed
    assert by_meter["gpu_telemetry"].keys() == billed.keys()
    for key, (held, used) in by_meter["gpu_telemetry"].items():
        if key[1] != "demand-explainer":
            assert (held, used) == billed[key]
    # a GPU that is cut in two counts once, in its instances, which are sevenths of it
    cut = (MACHINES[-1].usage_date, "demand-explainer")
    for measured, expected in zip(by_meter["gpu_telemetry"][cut], billed[cut], strict=True):
        assert measured == pytest.approx(expected, abs=Decimal("0.01"))


def test_opencost_reckons_the_list_cost_of_the_bill_s_machines(pulled: Pulled) -> None:
    rows = pulled.rows("cluster_costs")
    assert {row["operation"] for row in rows} == {"workload", "idle", "unmounted", "unallocated"}
    for day in {each.usage_date for each in MACHINES}:
        reckoned = sum(
            row["estimated_cost_usd"]
            for row in rows
            if row["operation"] in ("workload", "idle") and row["window_start"].date() == day
        )
        assert reckoned == sum(each.list_cost for each in MACHINES if each.usage_date == day)


def test_what_people_said_and_who_they_are_stays_with_the_meters(pulled: Pulled) -> None:
    """The search finds all of it where the meters lie, and nothing in what is kept or said."""
    for folder in ("langfuse", "otlp", "aws", "prometheus", "opencost"):
        held = _texts(pulled.vendors / folder)
        assert {mark for mark in MARKS[:4] if mark not in held} == set(), folder
    kept = _texts(pulled.extracted)
    assert [mark for mark in MARKS if mark in kept] == []
    assert [mark for mark in MARKS if mark.decode() in "\n".join(pulled.said)] == []


def _texts(folder: Path) -> bytes:
    """Return all that stands below a folder, Parquet row by row."""
    found = [bytes_on_disk(folder)]
    with duckdb.connect() as connection:
        for path in sorted(folder.rglob("*.parquet")):
            rows = connection.execute(f"select * from read_parquet('{path}')").fetchall()
            found.append(repr(rows).encode())
    return b"\n".join(found)
