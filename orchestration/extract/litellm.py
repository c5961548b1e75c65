"""LiteLLM's spend logs: one record a request, from exported files or from its PostgreSQL.

The records are those of ``LiteLLM_SpendLogs``, exported as Parquet, CSV or JSON. Prompt tokens
include what was read from and written to a cache; how much that was stands in ``metadata``. The
spend is LiteLLM's own estimate from list prices: it is kept as such and is never a bill.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from orchestration.extract.metered_calls import INCLUSIVE, CallFormat, call_dataset
from orchestration.extract.metered_database import MeterDatabase, TableForm
from orchestration.extract.metered_files import MeterFiles
from orchestration.extract.postgres import open_database
from orchestration.extract.source import Kind, PullContext, Reader, SourceConfig

_USAGE = ("metadata", "usage_object")
_MORE_USAGE = ("metadata", "additional_usage_values")
_INPUT_DETAILS = (*_USAGE, "prompt_tokens_details")
_OUTPUT_DETAILS = (*_USAGE, "completion_tokens_details")
_WRITE_DETAILS = (*_INPUT_DETAILS, "cache_creation_token_details")

FORMAT = CallFormat(
    fields={
        "call_id": [("request_id",)],
        "started_at": [("startTime",)],
        "ended_at": [("endTime",)],
        "first_token_at": [("completionStartTime",)],
        "changed_at": [("updated_at",), ("endTime",)],
        "operation": [("call_type",)],
        "provider": [("custom_llm_provider",)],
        "model": [("model",), ("model_group",)],
        "service_tier": [(*_USAGE, "service_tier"), ("metadata", "service_tier")],
        "key_id": [("api_key",)],
        "team_id": [("team_id",), ("metadata", "user_api_key_team_id")],
        "project_id": [("metadata", "user_api_key_project_id")],
        "account_id": [("organization_id",), ("metadata", "user_api_key_org_id")],
        "user_id": [("end_user",), ("user",)],
        "agent": [("agent_id",)],
        "session_id": [("session_id",)],
        "retries": [("metadata", "attempted_retries")],
        "status": [("status",), ("metadata", "status")],
        "cache_hit": [("cache_hit",)],
        "input_tokens": [("prompt_tokens",)],
        "cache_read_tokens": [
            (*_USAGE, "cache_read_input_tokens"),
            (*_INPUT_DETAILS, "cached_tokens"),
            (*_MORE_USAGE, "cache_read_input_tokens"),
        ],
        "cache_write_tokens": [
            (*_USAGE, "cache_creation_input_tokens"),
            (*_INPUT_DETAILS, "cache_creation_tokens"),
            (*_MORE_USAGE, "cache_creation_input_tokens"),
        ],
        "cache_write_1h_tokens": [
            (*_WRITE_DETAILS, "ephemeral_1h_input_tokens"),
            (*_USAGE, "cache_creation", "ephemeral_1h_input_tokens"),
        ],
        "audio_input_tokens": [(*_INPUT_DETAILS, "audio_tokens")],
        "image_input_tokens": [(*_INPUT_DETAILS, "image_tokens")],
        "output_tokens": [("completion_tokens",)],
        "output_reasoning_tokens": [(*_OUTPUT_DETAILS, "reasoning_tokens")],
        "audio_output_tokens": [(*_OUTPUT_DETAILS, "audio_tokens")],
        "image_output_tokens": [(*_OUTPUT_DETAILS, "image_tokens")],
        "estimated_cost_usd": [("spend",)],
    },
    required={
        "the id of a request": ["request_id"],
        "when it began": ["startTime"],
        "its model": ["model"],
        "its input": ["prompt_tokens"],
        "its output": ["completion_tokens"],
        "what else it used": ["metadata"],
    },
    derived={
        # LiteLLM's name for whoever has no name.
        "user_id": "nullif(user_id, 'default_user_id')",
        # Of an agent LiteLLM keeps the calls of one run together as a session.
        "cycle_id": "case when agent is not null then session_id end",
        "is_failure": "coalesce(lower(status) = 'failure', false)",
        "is_cache_hit": "coalesce(lower(cache_hit) = 'true', false)",
        "is_sampled": "false",
    },
    tag_places=[("metadata", "spend_logs_metadata"), ("metadata", "requester_metadata")],
    tag_list="request_tags",
    defects={
        "the tokens are missing": (
            "(input_tokens is null or output_tokens is null) and raw_input_tokens is null "
            "and not is_failure"
        ),
        "the cache is larger than the input": (
            "coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) "
            "> greatest(input_tokens, 0)"
        ),
        "the parts are larger than the input": (
            "coalesce(audio_input_tokens, 0) + coalesce(image_input_tokens, 0) "
            "> greatest(input_tokens, 0)"
        ),
        "the parts are larger than the output": (
            "greatest(coalesce(output_reasoning_tokens, 0), coalesce(audio_output_tokens, 0) "
            "+ coalesce(image_output_tokens, 0)) > greatest(output_tokens, 0)"
        ),
        "one-hour cache writes are larger than all": (
            "cache_write_1h_tokens > coalesce(cache_write_tokens, 0)"
        ),
    },
)


CALLS = call_dataset(INCLUSIVE)

# A record is written after the clock that it bears: a transaction takes its time, and LiteLLM
# writes in batches. Versions without `updated_at` only tell when the call ended.
_TABLE = TableForm(
    table='"LiteLLM_SpendLogs"',
    changed=("updated_at", "endTime"),
    overlaps={"updated_at": timedelta(minutes=15), "endTime": timedelta(days=3)},
    form=FORMAT,
)
_DATABASE = ("postgresql://", "postgres://")


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[Reader]:
    if source.url.startswith(_DATABASE):
        with open_database(source, context) as database:
            yield MeterDatabase(source, context, database, _TABLE)
    else:
        yield MeterFiles(source, context, FORMAT)


KIND = Kind("litellm", (CALLS,), _open, ("storage_options", "tags", "password_env"))
