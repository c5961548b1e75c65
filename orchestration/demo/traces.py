"""The demo company's traces: Langfuse observations of its agents, and sampled spans of its app.

Langfuse records every call of two use cases since the gateway was put in. One of them calls through
the gateway, so both meters see its calls; the other calls its vendor directly. The app's spans are
OpenTelemetry's, of which one trace in a hundred is kept: they say nothing of totals.

Traces hold what was asked and answered; here it is one sentence, which must never get further.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.demo.gateway import (
    Discrepancy,
    gateway_logs,
    gateway_start,
    spend_logs,
)
from orchestration.demo.world import World

TRACED_BESIDE_THE_GATEWAY = "incident-helper"
TRACED_ALONE = "code-review"
SAMPLED_USE_CASE = "shopping-companion"
SAMPLED_ONE_IN = 100
# What people say to a model; nothing of it may reach the disk of the pipeline.
WHAT_WAS_SAID = "Ada Example (ada@example.com, 203.0.113.9) asked where the parcel is"

_TRACE_STREAM, _SPAN_STREAM = 8, 9
_PROJECT = "engineering-agents"


def traced(world: World) -> pl.DataFrame:
    """Return the world's rows of the use case that is traced and calls no gateway."""
    return world.inference.filter(
        (pl.col("use_case_id") == TRACED_ALONE) & (pl.col("usage_date") >= gateway_start(world))
    )


def trace_discrepancies(world: World) -> Iterator[Discrepancy]:
    """Yield the days and models of which the traces see a part of the model's use cases only."""
    sent = world.inference.group_by("usage_date", "vendor", "model").agg(
        pl.sum("requests").alias("sent")
    )
    for row in (
        traced(world)
        .group_by("usage_date", "vendor", "model")
        .agg(pl.sum("requests"))
        .join(sent, on=["usage_date", "vendor", "model"])
        .filter(pl.col("requests") < pl.col("sent"))
        .sort("usage_date", "model")
        .iter_rows(named=True)
    ):
        yield Discrepancy(
            row["usage_date"],
            TRACED_ALONE,
            row["model"],
            "traffic past the meter",
            "the model has other use cases, which nobody traces",
        )


def write_langfuse_export(world: World, folder: Path) -> int:
    """Write a Parquet file of observations a month, as blob exports do; return their number."""
    folder.mkdir(parents=True)
    beside = gateway_logs(world, TRACED_BESIDE_THE_GATEWAY).filter(pl.col("status") == "success")
    alone = [
        spend_logs(world, number, group, _TRACE_STREAM)
        for number, group in enumerate(traced(world).iter_rows(named=True))
    ]
    observations = _observations(pl.concat([beside, *alone])).sort("startTime", "id")
    for month, part in _by_month(observations, "startTime"):
        part.write_parquet(folder / f"observations_{month}.parquet")
    return observations.height


def _observations(logs: pl.DataFrame) -> pl.DataFrame:
    """Return logged calls as observations of Langfuse: the buckets of usage lie side by side."""
    buckets = {
        "input": pl.col("of_input_uncached"),
        "input_cache_read": pl.col("of_cache_read"),
        "input_cache_creation": pl.col("of_cache_write_5m") + pl.col("of_cache_write_1h"),
        "input_cache_creation_1h": pl.col("of_cache_write_1h"),
        "output": pl.col("of_output"),
        "total": pl.col("total_tokens"),
    }
    return logs.select(
        pl.concat_str(pl.lit("obs-"), pl.col("request_id")).alias("id"),
        pl.coalesce("session_id", "request_id").alias("traceId"),
        pl.lit(_PROJECT).alias("projectId"),
        pl.lit("GENERATION").alias("type"),
        pl.when(pl.col("status") == "success")
        .then(pl.lit("DEFAULT"))
        .otherwise(pl.lit("ERROR"))
        .alias("level"),
        pl.lit("prod").alias("environment"),
        "startTime",
        "endTime",
        "completionStartTime",
        pl.col("updated_at").alias("updatedAt"),
        pl.col("user").alias("userId"),
        pl.col("session_id").alias("sessionId"),
        "model",
        _json_of(buckets).alias("usageDetails"),
        pl.col("spend").alias("totalCost"),
        pl.concat_str(
            pl.lit('{"use_case": "'),
            pl.col("of_use_case"),
            pl.lit('", "ls_provider": "'),
            pl.col("custom_llm_provider"),
            pl.lit('"}'),
        ).alias("metadata"),
        pl.lit(WHAT_WAS_SAID).alias("input"),
        pl.lit(WHAT_WAS_SAID).alias("output"),
    )


def _json_of(values: dict[str, pl.Expr]) -> pl.Expr:
    parts: list[pl.Expr] = []
    for number, (name, value) in enumerate(values.items()):
        parts += [pl.lit(f'{", " if number else "{"}"{name}": '), value]
    return pl.concat_str(*parts, pl.lit("}"))


def _by_month(frame: pl.DataFrame, clock: str) -> Iterator[tuple[str, pl.DataFrame]]:
    months = frame.with_columns(pl.col(clock).dt.strftime("%Y-%m").alias("month"))
    for part in months.partition_by("month"):
        yield part["month"][0], part.drop("month")


def write_sampled_spans(world: World, folder: Path) -> int:
    """Write a file of OTLP's JSON a month with the spans that were kept; return their number."""
    folder.mkdir(parents=True)
    sent = world.inference.filter(
        (pl.col("use_case_id") == SAMPLED_USE_CASE) & (pl.col("usage_date") >= _spans_start(world))
    )
    spans = 0
    for month, part in _by_month(sent, "usage_date"):
        with (folder / f"spans_{month}.jsonl").open("w", encoding="utf-8") as lines:
            for number, group in enumerate(part.iter_rows(named=True)):
                logs = spend_logs(
                    world, 1000 * int(month[-2:]) + number, _sample_of(group), _SPAN_STREAM
                )
                lines.write(json.dumps(_request(logs, group["use_case_id"])) + "\n")
                spans += logs.height
    return spans


def _spans_start(world: World) -> date:
    """Return the day since which spans are exported: the first of the month before this."""
    start = gateway_start(world)
    return start.replace(month=start.month % 12 + 1, year=start.year + start.month // 12)


def _sample_of(group: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the world with one in so many of its requests and tokens."""
    return {
        name: max(value // SAMPLED_ONE_IN, 1) if isinstance(value, int) else value
        for name, value in group.items()
    }


def _request(logs: pl.DataFrame, service: str) -> dict[str, Any]:
    """Return an export request of OTLP with a span a call."""
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": _attributes(
                        {"service.name": service, "deployment.environment.name": "prod"}
                    )
                },
                "scopeSpans": [{"spans": [_span(row) for row in logs.iter_rows(named=True)]}],
            }
        ]
    }


def _span(row: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(row["request_id"].encode()).hexdigest()
    is_failure = row["status"] == "failure"
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": row["custom_llm_provider"],
        "gen_ai.request.model": row["model"],
        "gen_ai.usage.input_tokens": row["prompt_tokens"],
        "gen_ai.usage.cache_read.input_tokens": row["of_cache_read"],
        "gen_ai.usage.cache_write.input_tokens": row["of_cache_write_5m"]
        + row["of_cache_write_1h"],
        "gen_ai.usage.output_tokens": row["of_output"],
        "gen_ai.input.messages": WHAT_WAS_SAID,
        "enduser.id": row["user"],
        "use_case": row["of_use_case"],
        **({"error.type": "timeout"} if is_failure else {}),
    }
    return {
        "traceId": digest[:32],
        "spanId": digest[32:48],
        "name": f"chat {row['model']}",
        "startTimeUnixNano": _nanoseconds(row["startTime"]),
        "endTimeUnixNano": _nanoseconds(row["endTime"]),
        "status": {"code": 2} if is_failure else {},
        "attributes": _attributes(said),
    }


def _nanoseconds(moment: datetime) -> str:
    return str(round(moment.replace(tzinfo=UTC).timestamp() * 1_000_000) * 1000)


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "key": name,
            "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value},
        }
        for name, value in values.items()
    ]
