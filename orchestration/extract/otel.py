"""Spans of OpenTelemetry's GenAI conventions: OTLP in JSON, or rows of spans in Parquet and CSV.

The names of attributes changed over the years; the old ones are read where the new are missing.
Input tokens include what was read from and written to the cache. Traces are usually sampled, and
then say nothing of totals: unless the source says ``sampled: false``, its calls are marked so and
never summed to totals. Conventions: https://opentelemetry.io/docs/specs/semconv/gen-ai/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from orchestration.extract.metered_calls import (
    ATTRIBUTED,
    INCLUSIVE,
    CallFormat,
    call_dataset,
    json_lines,
    sampled_option,
    sql_text,
    tag_keys,
)
from orchestration.extract.metered_files import MeterFiles
from orchestration.extract.source import Kind, PullContext, SourceConfig

_SPAN = ("attributes", "span_attributes")
_RESOURCE = ("resource", "resource_attributes")


def _attribute(*names: str) -> list[tuple[str, ...]]:
    return [(column, name) for name in names for column in _SPAN]


_ATTRIBUTES = {
    "operation": _attribute("gen_ai.operation.name", "llm.request.type"),
    "provider": _attribute("gen_ai.provider.name", "gen_ai.system"),
    "model": _attribute("gen_ai.response.model", "gen_ai.request.model"),
    "service_tier": _attribute(
        "openai.response.service_tier",
        "gen_ai.openai.response.service_tier",
        "openai.request.service_tier",
        "gen_ai.openai.request.service_tier",
    ),
    "user_id": _attribute("user.id", "enduser.id"),
    "agent": _attribute("gen_ai.agent.id", "gen_ai.agent.name"),
    "session_id": _attribute("gen_ai.conversation.id", "session.id"),
    "error": _attribute("error.type"),
    "input_tokens": _attribute("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "cache_read_tokens": _attribute(
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"
    ),
    "cache_write_tokens": _attribute(
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
    ),
    "output_tokens": _attribute("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    "output_reasoning_tokens": _attribute(
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"
    ),
}
_SERVICE: list[tuple[str, ...]] = [(column, "service.name") for column in _RESOURCE]
_PLACE: list[tuple[str, ...]] = [
    (column, name)
    for name in ("deployment.environment.name", "deployment.environment")
    for column in _RESOURCE
]

FORMAT = CallFormat(
    fields={
        "call_id": [("spanId",), ("span_id",)],
        "trace": [("traceId",), ("trace_id",)],
        "started_at": [("startTimeUnixNano",), ("start_time_unix_nano",), ("start_time",)],
        "ended_at": [("endTimeUnixNano",), ("end_time_unix_nano",), ("end_time",)],
        "status_code": [("status", "code"), ("status_code",)],
        "project_id": _SERVICE,
        "environment": _PLACE,
        **_ATTRIBUTES,
    },
    required={
        "the id of a span": ["spanId", "span_id"],
        "when it began": ["startTimeUnixNano", "start_time_unix_nano", "start_time"],
        "its attributes": list(_SPAN),
    },
    derived={
        "call_id": "concat_ws('-', trace, call_id)",
        "cycle_id": "trace",
        "changed_at": "ended_at",
        # 2 is the number of an error; the Parquet writers spell it.
        "is_failure": (
            "error is not null or coalesce(upper(status_code) in "
            "('2', 'ERROR', 'STATUS_CODE_ERROR'), false)"
        ),
        "is_cache_hit": "false",
        "is_sampled": "true",
    },
    tag_places=[(column,) for column in (*_SPAN, *_RESOURCE)],
    defects={
        "the tokens are missing": (
            "(raw_input_tokens is null or raw_output_tokens is null) and not is_failure"
        ),
        # Some instrumentations of Anthropic leave the cache out of the input.
        "the cache is larger than the input": (
            "coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0) "
            "> greatest(input_tokens, 0)"
        ),
        "the parts are larger than the output": (
            "coalesce(output_reasoning_tokens, 0) > greatest(output_tokens, 0)"
        ),
    },
    # A span of an agent or a workflow repeats the tokens of the calls inside it.
    kept=(
        "(provider is not null or model is not null) and coalesce(operation, 'chat') not in "
        "('invoke_agent', 'create_agent', 'invoke_workflow', 'execute_tool')"
    ),
)


def _looked_at(tags: tuple[str, ...]) -> list[str]:
    """Return the keys of the attributes that are looked at; no other is."""
    lists: list[list[tuple[str, ...]]] = [*_ATTRIBUTES.values(), _SERVICE, _PLACE]
    keys = [place[-1] for places in lists for place in places]
    return list(dict.fromkeys([*keys, *ATTRIBUTED, *tags]))


_ATTRIBUTE_SHAPE = json.dumps(
    [
        {
            "key": "VARCHAR",
            "value": dict.fromkeys(
                ("stringValue", "intValue", "doubleValue", "boolValue"), "VARCHAR"
            ),
        }
    ]
)
_EACH = """unnest(from_json({}, '["JSON"]'))"""


def _attribute_object(attributes: str, keys: list[str]) -> str:
    """Return SQL of a JSON object of OTLP's list of attributes; of equal keys the first."""
    pairs = ", ".join(
        f"{sql_text(key)}, list_filter({attributes}, lambda a: a.key = {sql_text(key)})[1].said"
        for key in keys
    )
    return f"json_object({pairs})"


def _attribute_list(listed: str) -> str:
    return (
        f"list_transform(from_json({listed}, {sql_text(_ATTRIBUTE_SHAPE)}), lambda a: struct_pack("
        'key := a.key, said := coalesce(a.value."stringValue", a.value."intValue", '
        'a.value."doubleValue", a.value."boolValue")))'
    )


def _spans_sql(path: str, keys: list[str]) -> str:
    """Return SQL of the spans of OTLP's JSON as flat objects, allow-listed attributes only."""
    resource_spans = _EACH.format("json->'$.resourceSpans'")
    scope_spans = _EACH.format("r->'$.scopeSpans'")
    spans = _EACH.format("s->'$.spans'")
    about_resource = _attribute_list("r->'$.resource.attributes'")
    about_span = _attribute_list("span->'$.attributes'")
    return (
        "(select json_object('traceId', span->>'$.traceId', 'spanId', span->>'$.spanId', "
        "'startTimeUnixNano', span->>'$.startTimeUnixNano', "
        "'endTimeUnixNano', span->>'$.endTimeUnixNano', "
        "'status', json_object('code', span->>'$.status.code'), "
        f"'resource', {_attribute_object('of_resource', keys)}, "
        f"'attributes', {_attribute_object('of_span', keys)}) as json from ("
        f"select *, {about_span} as of_span from ("
        f"select of_resource, {spans} as span from ("
        f"select {about_resource} as of_resource, {scope_spans} as s from ("
        f"select {resource_spans} as r from {json_lines(path)})))))"
    )


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[MeterFiles]:
    keys = _looked_at(tag_keys(source))
    derived = {**FORMAT.derived, "is_sampled": sampled_option(source, default=True)}
    yield MeterFiles(
        source,
        context,
        replace(FORMAT, derived=derived),
        objects=lambda path: _spans_sql(path, keys),
    )


KIND = Kind("otel", (call_dataset(INCLUSIVE),), _open, ("storage_options", "tags", "sampled"))
