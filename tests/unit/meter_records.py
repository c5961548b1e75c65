"""Records of meters, as each kind writes them, and files of them in the formats that it exports."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

Record = dict[str, Any]

LITELLM: Record = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
    "spend": 0.0123,
    "total_tokens": 1100,
    "prompt_tokens": 1000,
    "completion_tokens": 100,
    "startTime": "2026-10-02T10:00:00.000Z",
    "endTime": "2026-10-02T10:00:03.500Z",
    "completionStartTime": "2026-10-02T10:00:00.500Z",
    "updated_at": "2026-10-02T10:00:04.000Z",
    "model": "gpt-5.6-sol-2026-07-01",
    "model_group": "chat",
    "custom_llm_provider": "openai",
    "user": "Ada.Example@Example.com",
    "end_user": "",
    "team_id": "team-7",
    "organization_id": "org-1",
    "metadata": {
        "user_api_key_project_id": "project-3",
        "usage_object": {
            "prompt_tokens_details": {
                "cached_tokens": 600,
                "cache_creation_tokens": 100,
                "cache_creation_token_details": {"ephemeral_1h_input_tokens": 40},
                "audio_tokens": 30,
                "image_tokens": 20,
            },
            "completion_tokens_details": {"reasoning_tokens": 60, "audio_tokens": 5},
        },
        "attempted_retries": 2,
        "spend_logs_metadata": {"use_case": "chat", "feature": "answers"},
    },
    "session_id": "session-1",
    "cache_hit": "False",
    "request_tags": ["environment:prod", "User-Agent: curl/8"],
    "requester_ip_address": "203.0.113.9",
    "messages": [{"role": "user", "content": "what is said"}],
    "response": {"choices": []},
    "status": "success",
    "agent_id": "agent-2",
}


def changed(record: Record, **changes: Any) -> Record:
    """Return a copy of a record with fields changed; ``a__b`` is field ``b`` of object ``a``."""
    made = copy.deepcopy(record)
    for name, value in changes.items():
        place, *below = name.split("__")
        target = made
        for step in below:
            target = target[place]
            place = step
        if value is MISSING:
            target.pop(place)
        else:
            target[place] = value
    return made


MISSING = object()


def write_jsonl(path: Path, records: Sequence[Record]) -> None:
    """Write records as JSON lines, packed when the name ends in ``.gz``."""
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def write_csv(path: Path, records: Sequence[Record]) -> None:
    """Write records as CSV, nested values as JSON texts."""
    _copy(path, records, "(format csv, header)")


def write_parquet(path: Path, records: Sequence[Record]) -> None:
    """Write records as Parquet: whole numbers and texts, nested values as JSON texts."""
    _copy(path, records, "(format parquet)")


def _copy(path: Path, records: Sequence[Record], how: str) -> None:
    names = list(dict.fromkeys(name for record in records for name in record))
    kinds = {name: _kind([record.get(name) for record in records]) for name in names}
    columns = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table records ({columns})")
        for record in records:
            values = [_flat(record.get(name)) for name in names]
            connection.execute(
                f"insert into records values ({', '.join('?' for _ in names)})", values
            )
        connection.execute(f"copy records to '{path}' {how}")


def _kind(values: Sequence[Any]) -> str:
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, int) and not isinstance(value, bool) for value in present):
        return "bigint"
    if present and all(isinstance(value, float | int) for value in present):
        return "double"
    return "varchar"


def _flat(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


WRITERS: Mapping[str, Callable[[Path, Sequence[Record]], None]] = {
    ".jsonl": write_jsonl,
    ".jsonl.gz": write_jsonl,
    ".csv": write_csv,
    ".parquet": write_parquet,
}


def planted(value: Any, sentence: str) -> Any:
    """Return a record with a sentence in the place of every text, at any depth."""
    if isinstance(value, dict):
        return {name: planted(inner, sentence) for name, inner in value.items()}
    if isinstance(value, list):
        return [planted(inner, sentence) for inner in value]
    return sentence if isinstance(value, str) else value


LANGFUSE: Record = {
    "id": "observation-1",
    "traceId": "trace-1",
    "projectId": "project-3",
    "type": "GENERATION",
    "name": "what it is called",
    "level": "DEFAULT",
    "environment": "prod",
    "startTime": "2026-10-02T10:00:00.000Z",
    "endTime": "2026-10-02T10:00:03.500Z",
    "completionStartTime": "2026-10-02T10:00:00.500Z",
    "updatedAt": "2026-10-02T10:00:04.000Z",
    "userId": "Ada.Example@Example.com",
    "sessionId": "session-1",
    "model": "gpt-5.6-sol-2026-07-01",
    "usageDetails": {
        "input": 250,
        "input_cache_read": 600,
        "input_cache_creation": 100,
        "input_audio": 50,
        "output": 40,
        "output_reasoning": 60,
        "total": 1100,
    },
    "costDetails": {"total": 0.0123},
    "totalCost": 0.0123,
    "tags": ["use_case:chat"],
    "metadata": {"feature": "answers", "agent": "agent-2"},
    "input": [{"role": "user", "content": "what is said"}],
    "output": "what is answered",
}
BEDROCK_LOG: Record = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-10-02T10:00:00Z",
    "accountId": "111122223333",
    "identity": {"arn": "arn:aws:sts::111122223333:assumed-role/rag-api/Ada.Example@Example.com"},
    "region": "us-east-1",
    "inferenceRegion": "us-west-2",
    "requestId": "request-1",
    "operation": "ConverseStream",
    "modelId": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "input": {
        "inputContentType": "application/json",
        "inputTokenCount": 812,
        "cacheReadInputTokenCount": 4096,
        "cacheWriteInputTokenCount": 100,
        "inputBodyJson": {"messages": "what is said"},
    },
    "output": {
        "outputContentType": "application/json",
        "outputTokenCount": 131,
        "outputBodyJson": {"message": "what is answered"},
    },
    "requestMetadata": {"use_case": "chat", "feature": "answers"},
}


def otlp(*spans: Record) -> Record:
    """Return spans as one line of OTLP's JSON; values of attributes are texts or whole numbers."""
    resource = {"service.name": "shop", "deployment.environment.name": "prod"}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [
                    {"spans": [{**span, "attributes": _attributes(span["attributes"])}]}
                    for span in spans
                ],
            }
        ]
    }


def _attributes(values: Mapping[str, Any]) -> list[Record]:
    return [
        {
            "key": name,
            "value": {"stringValue": value} if isinstance(value, str) else {"intValue": str(value)},
        }
        for name, value in values.items()
    ]


# 2 October 2026, 10:00:00 UTC, in nanoseconds.
_TEN_O_CLOCK = 1_790_935_200_000_000_000
OTEL_SPAN: Record = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat gpt-5.6-sol",
    "startTimeUnixNano": str(_TEN_O_CLOCK),
    "endTimeUnixNano": str(_TEN_O_CLOCK + 3_500_000_000),
    "status": {},
    "attributes": {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.6-sol",
        "gen_ai.response.model": "gpt-5.6-sol-2026-07-01",
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.cache_read.input_tokens": 600,
        "gen_ai.usage.cache_write.input_tokens": 100,
        "gen_ai.usage.output_tokens": 100,
        "gen_ai.usage.reasoning.output_tokens": 60,
        "gen_ai.agent.id": "agent-2",
        "gen_ai.conversation.id": "session-1",
        "gen_ai.input.messages": "what is said",
        "enduser.id": "Ada.Example@Example.com",
        "use_case": "chat",
        "feature": "answers",
    },
}
