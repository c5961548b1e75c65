"""Langfuse: generations of traces, from its blob exports (JSON lines, CSV, Parquet) or its API.

Both exports are known, the one of observations (snake_case) and the enriched one (camelCase). An
observation that ended late is exported again: the record that changed last counts. The buckets of
``usageDetails`` lie beside one another, and ``total`` stands among them; where the buckets that are
known here do not add up to it, there is one that would be lost, so the record is kept out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath

from orchestration.extract.langfuse_api import open_api
from orchestration.extract.metered_calls import (
    DISJOINT,
    CallFormat,
    call_dataset,
    sampled_option,
)
from orchestration.extract.metered_files import MeterFiles
from orchestration.extract.source import Kind, PullContext, Reader, SourceConfig


def _both(camel: str, snake: str) -> list[tuple[str, ...]]:
    return [(camel,), (snake,)]


def _bucket(*names: str) -> list[tuple[str, ...]]:
    return [(column, name) for column in ("usageDetails", "usage_details") for name in names]


FORMAT = CallFormat(
    fields={
        "call_id": [("id",)],
        "started_at": _both("startTime", "start_time"),
        "ended_at": _both("endTime", "end_time"),
        "first_token_at": _both("completionStartTime", "completion_start_time"),
        "changed_at": [
            *_both("updatedAt", "updated_at"),
            ("event_ts",),
            *_both("endTime", "end_time"),
            *_both("startTime", "start_time"),
        ],
        "operation": [("type",)],
        # There is no field for who served the model: LangChain and OpenTelemetry tell it beside.
        "provider": [
            ("metadata", "ls_provider"),
            ("metadata", "attributes", "gen_ai.provider.name"),
            ("metadata", "attributes", "gen_ai.system"),
        ],
        "model": [*_both("model", "provided_model_name"), ("providedModelName",)],
        "service_tier": _both("usagePricingTierName", "usage_pricing_tier_name"),
        "project_id": _both("projectId", "project_id"),
        "user_id": _both("userId", "user_id"),
        "environment": [("environment",)],
        "session_id": _both("sessionId", "session_id"),
        "cycle_id": _both("traceId", "trace_id"),
        "level": [("level",)],
        "input_tokens": _bucket("input"),
        "cache_read_tokens": _bucket(
            "input_cache_read", "input_cached_tokens", "cache_read_input_tokens"
        ),
        "cache_write_tokens": _bucket(
            "input_cache_creation", "input_cache_write", "cache_creation_input_tokens"
        ),
        "cache_write_1h_tokens": _bucket("input_cache_creation_1h"),
        "audio_input_tokens": _bucket("input_audio", "input_audio_tokens"),
        "image_input_tokens": _bucket("input_image", "input_image_tokens"),
        "output_tokens": _bucket("output"),
        "output_reasoning_tokens": _bucket("output_reasoning", "output_reasoning_tokens"),
        "audio_output_tokens": _bucket("output_audio", "output_audio_tokens"),
        "image_output_tokens": _bucket("output_image", "output_image_tokens"),
        "total": _bucket("total"),
        "estimated_cost_usd": [
            *_both("totalCost", "total_cost"),
            ("costDetails", "total"),
            ("cost_details", "total"),
        ],
    },
    required={
        "the id of an observation": ["id"],
        "its kind": ["type"],
        "when it began": ["startTime", "start_time"],
        "its model": ["model", "provided_model_name", "providedModelName"],
        "what it used": ["usageDetails", "usage_details"],
    },
    derived={
        "is_failure": "coalesce(upper(level) = 'ERROR', false)",
        "is_cache_hit": "false",
        "is_sampled": "false",
    },
    tag_places=[("metadata",)],
    tag_list="tags",
    defects={
        "the tokens are missing": (
            "raw_input_tokens is null and raw_output_tokens is null and not is_failure"
        ),
        "the buckets do not add up to the total": (
            "try_cast(raw_total as bigint) <> "
            + " + ".join(f"coalesce({name}, 0)" for name in DISJOINT)
        ),
        "one-hour cache writes are larger than all": (
            "cache_write_1h_tokens > coalesce(cache_write_tokens, 0)"
        ),
    },
    # Spans and events are no calls of a model.
    kept="upper(operation) in ('GENERATION', 'EMBEDDING')",
)


def _is_observation_file(path: str) -> bool:
    """Say whether a file may hold observations: traces and scores are exported beside them."""
    return not {"traces", "scores"} & {part.lower() for part in PurePosixPath(path).parts[:-1]}


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[Reader]:
    derived = {**FORMAT.derived, "is_sampled": sampled_option(source)}
    form = replace(FORMAT, derived=derived)
    if source.url.startswith(("http://", "https://")):
        with open_api(source, context, form) as reader:
            yield reader
    else:
        yield MeterFiles(source, context, form, is_calls=_is_observation_file)


KIND = Kind(
    "langfuse",
    (call_dataset(DISJOINT),),
    _open,
    ("storage_options", "tags", "sampled", "admin_key_env", "first_period"),
)
