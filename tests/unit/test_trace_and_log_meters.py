"""Langfuse, Bedrock's invocation log and OpenTelemetry: what is kept of a call, and what is not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_bills import FileSource
from meter_records import (
    BEDROCK_LOG,
    LANGFUSE,
    MISSING,
    OTEL_SPAN,
    WRITERS,
    Record,
    changed,
    otlp,
    write_jsonl,
)

from orchestration.extract.landed_rows import pseudonym

ADA = pseudonym("key", "ada.example@example.com")
HOUR = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/10/02/10/log.json.gz"
FILES = {"langfuse": "observations/a.jsonl", "bedrock_log": HOUR, "otel": "spans.jsonl"}
RECORDS: Mapping[str, Record] = {
    "langfuse": LANGFUSE,
    "bedrock_log": BEDROCK_LOG,
    "otel": OTEL_SPAN,
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "langfuse": {"tags": ["feature"]},
    "bedrock_log": {"tags": ["feature"]},
    "otel": {"tags": ["feature"], "sampled": False},
}


def meter(tmp_path: Path, kind: str, **options: Any) -> FileSource:
    return FileSource(kind, tmp_path / "bills", tmp_path / "data", {**OPTIONS[kind], **options})


def export(source: FileSource, records: Sequence[Record], name: str = "") -> None:
    lines = [otlp(record) for record in records] if source.kind == "otel" else records
    write_jsonl(source.bills / (name or FILES[source.kind]), lines)


def known(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row says, without its clocks and what it does not know."""
    return {
        name: value
        for name, value in row.items()
        if value is not None and not name.endswith("_at") and value is not False
    }


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_a_generation_of_langfuse_is_read_alike_from_every_format(
    tmp_path: Path, suffix: str
) -> None:
    source = meter(tmp_path, "langfuse")
    span = changed(LANGFUSE, id="span-1", type="SPAN")
    WRITERS[suffix](source.bills / f"observations/a{suffix}", [LANGFUSE, span])
    WRITERS[suffix](source.bills / f"traces/a{suffix}", [{"id": "trace-1", "name": "no call"}])
    (row,) = source.rows()
    assert str(row["started_at"]) == "2026-10-02 10:00:00"
    assert known(row) == {
        "call_id": "observation-1",
        "operation": "GENERATION",
        "model": "gpt-5.6-sol-2026-07-01",
        "project_id": "project-3",
        "user_id": ADA,
        "use_case": "chat",
        "agent": "agent-2",
        "environment": "prod",
        "session_id": "session-1",
        "cycle_id": "trace-1",
        "tags": '{"feature":"answers"}',
        "input_tokens": 250,
        "cache_read_tokens": 600,
        "cache_write_tokens": 100,
        "audio_input_tokens": 50,
        "output_tokens": 40,
        "output_reasoning_tokens": 60,
        "estimated_cost_usd": Decimal("0.0123"),
    }


def test_the_older_names_of_langfuse_are_known_too(tmp_path: Path) -> None:
    source = meter(tmp_path, "langfuse")
    old = {
        "id": "observation-1",
        "type": "GENERATION",
        "start_time": "2026-10-02 10:00:00.000",
        "end_time": "2026-10-02 10:00:01.000",
        "provided_model_name": "gpt-4o",
        "usage_details": {"input": 5, "output": 3, "total": 8},
        "cost_details": {"total": 0.5},
    }
    export(source, [old])
    (row,) = source.rows()
    assert (row["model"], row["input_tokens"], row["output_tokens"]) == ("gpt-4o", 5, 3)
    assert (row["estimated_cost_usd"], row["defects"]) == (Decimal("0.5"), None)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ls_provider": "anthropic"},
        {"attributes": {"gen_ai.system": "anthropic"}},
        {"attributes": {"gen_ai.provider.name": "anthropic", "gen_ai.system": "older"}},
    ],
)
def test_langfuse_tells_the_provider_where_its_instrumentation_does(
    tmp_path: Path, metadata: Mapping[str, Any]
) -> None:
    source = meter(tmp_path, "langfuse")
    export(source, [changed(LANGFUSE, metadata=metadata)])
    (row,) = source.rows()
    assert row["provider"] == "anthropic"


def test_an_observation_that_is_exported_again_counts_as_it_was_written_last(
    tmp_path: Path,
) -> None:
    source = meter(tmp_path, "langfuse")
    usage = {"input": 9, "output": 1, "total": 10}
    ended = changed(LANGFUSE, usageDetails=usage, updatedAt="2026-10-02T10:30:00Z")
    export(source, [ended], "observations/10.jsonl")
    export(source, [LANGFUSE], "observations/11.jsonl")
    (row,) = source.rows()
    assert row["input_tokens"] == 9


def test_a_call_of_the_invocation_log_is_read_without_its_bodies(tmp_path: Path) -> None:
    source = meter(tmp_path, "bedrock_log")
    export(source, [BEDROCK_LOG])
    (row,) = source.rows()
    assert known(row) == {
        "call_id": "request-1",
        "operation": "ConverseStream",
        "provider": "aws_bedrock",
        "region_scope": "regional",
        "model": "anthropic.claude-sonnet-4-5-20250929",
        "region": "us-west-2",
        "account_id": "111122223333",
        "principal_id": "arn:aws:sts::111122223333:assumed-role/rag-api",
        "user_id": ADA,
        "use_case": "chat",
        "tags": '{"feature":"answers"}',
        "input_tokens": 812,
        "cache_read_tokens": 4096,
        "cache_write_tokens": 100,
        "output_tokens": 131,
    }


@pytest.mark.parametrize(
    ("principal", "is_person"),
    [
        ("assumed-role/rag-api/Ada.Example@Example.com", True),
        ("assumed-role/AWSReservedSSO_Analyst_0a1b/ada", True),
        ("user/ada", True),
        ("assumed-role/rag-api/live", False),
        ("assumed-role/rag-api/botocore-session-1760000000", False),
        ("user/BedrockAPIKey-b204", False),
        ("root", False),
    ],
)
def test_only_who_signs_in_is_a_user_of_bedrock(
    tmp_path: Path, principal: str, is_person: bool
) -> None:
    source = meter(tmp_path, "bedrock_log")
    export(source, [BEDROCK_LOG | {"identity": {"arn": f"arn:aws:sts::111122223333:{principal}"}}])
    (row,) = source.rows()
    assert (row["user_id"] is not None) is is_person


def test_a_profile_is_resolved_by_the_sources_file_and_never_guessed(tmp_path: Path) -> None:
    profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/ab12cd"
    unknown = profile.replace("ab12cd", "zz99")
    source = meter(tmp_path, "bedrock_log", profiles={profile: "anthropic.claude-sonnet-4-5"})
    export(
        source,
        [
            changed(BEDROCK_LOG, modelId=profile),
            changed(BEDROCK_LOG, modelId=unknown, requestId="request-2"),
        ],
    )
    rows = {
        row["call_id"]: (row["model"], row["region_scope"], row["profile_id"])
        for row in source.rows()
    }
    assert rows == {
        "request-1": ("anthropic.claude-sonnet-4-5", "regional", profile),
        "request-2": (unknown, None, unknown),
    }


@pytest.mark.parametrize(
    ("called", "scope"),
    [
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "regional"),
        ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "regional"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "global"),
        (
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/"
            "global.anthropic.claude-haiku-4-5-20251001-v1:0",
            "global",
        ),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
            "regional",
        ),
        ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1", "global"),
    ],
)
def test_what_a_call_names_tells_where_it_may_run_and_so_what_it_costs(
    tmp_path: Path, called: str, scope: str
) -> None:
    """What is routed within a geography is sold at the price of a region, worldwide is another."""
    profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1"
    profiles = {profile: "global.anthropic.claude-haiku-4-5-20251001-v1:0"}
    source = meter(tmp_path, "bedrock_log", profiles=profiles)
    export(source, [changed(BEDROCK_LOG, modelId=called)])
    (row,) = source.rows()
    assert (row["model"], row["region_scope"]) == (
        "anthropic.claude-haiku-4-5-20251001",
        scope,
    )


def test_the_hours_of_a_day_are_one_part_and_a_new_hour_reads_that_day_again(
    tmp_path: Path,
) -> None:
    source = meter(tmp_path, "bedrock_log")
    export(source, [BEDROCK_LOG])
    export(
        source, [changed(BEDROCK_LOG, requestId="request-2")], HOUR.replace("/10/log", "/11/log")
    )
    # what was too long for a line lies beside the log and is no log
    export(source, [{"messages": "what is said"}], HOUR.replace("log.json", "data/body.json"))
    assert len(source.rows()) == 2
    parts = list((source.data / "extracted").glob("bill/calls/2026-10/*/*.parquet"))
    assert len(parts) == 1


def test_a_span_is_read_from_otlp(tmp_path: Path) -> None:
    source = meter(tmp_path, "otel")
    export(source, [OTEL_SPAN])
    (row,) = source.rows()
    assert [str(row[name]) for name in ("started_at", "ended_at")] == [
        "2026-10-02 10:00:00",
        "2026-10-02 10:00:03.500000",
    ]
    assert known(row) == {
        "call_id": "5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174",
        "operation": "chat",
        "provider": "openai",
        "model": "gpt-5.6-sol-2026-07-01",
        "project_id": "shop",
        "user_id": ADA,
        "use_case": "chat",
        "agent": "agent-2",
        "environment": "prod",
        "session_id": "session-1",
        "cycle_id": "5b8efff798038103d269b633813fc60c",
        "tags": '{"feature":"answers"}',
        "input_tokens": 1000,
        "cache_read_tokens": 600,
        "cache_write_tokens": 100,
        "output_tokens": 100,
        "output_reasoning_tokens": 60,
    }


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_span_is_read_from_rows_with_the_old_names(tmp_path: Path, suffix: str) -> None:
    source = meter(tmp_path, "otel")
    row = {
        "trace_id": "t1",
        "span_id": "s1",
        "start_time": "2026-10-02 10:00:00",
        "end_time": "2026-10-02 10:00:01",
        "status_code": "STATUS_CODE_ERROR",
        "span_attributes": {
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 12,
            "gen_ai.usage.completion_tokens": 5,
        },
    }
    WRITERS[suffix](source.bills / f"spans{suffix}", [row])
    (found,) = source.rows()
    assert known(found) == {
        "call_id": "t1-s1",
        "cycle_id": "t1",
        "provider": "openai",
        "model": "gpt-4o",
        "is_failure": True,
        "input_tokens": 12,
        "output_tokens": 5,
    }


def test_a_span_that_repeats_the_calls_inside_it_is_no_call(tmp_path: Path) -> None:
    source = meter(tmp_path, "otel")
    agent = changed(OTEL_SPAN, spanId="a1")
    agent["attributes"]["gen_ai.operation.name"] = "invoke_agent"
    database = {**changed(OTEL_SPAN, spanId="b1"), "attributes": {"db.system": "postgresql"}}
    export(source, [OTEL_SPAN, agent, database])
    assert len(source.rows()) == 1


def test_traces_are_taken_for_sampled_unless_the_source_says_otherwise(tmp_path: Path) -> None:
    for options, is_sampled in (({"sampled": True}, True), ({"sampled": False}, False)):
        source = meter(tmp_path / str(is_sampled), "otel", **options)
        export(source, [OTEL_SPAN])
        assert source.rows()[0]["is_sampled"] is is_sampled
    silent = FileSource("otel", tmp_path / "bills", tmp_path / "data")
    export(silent, [OTEL_SPAN])
    assert silent.rows()[0]["is_sampled"] is True
    wrong = FileSource("otel", tmp_path / "bills", tmp_path / "more", {"sampled": "no"})
    assert "'sampled' must be true or false" in wrong.failure()


def _attribute(name: str, value: Any) -> dict[str, Any]:
    attributes = {**OTEL_SPAN["attributes"], name: value}
    return {"attributes": {key: said for key, said in attributes.items() if said is not MISSING}}


USAGE = LANGFUSE["usageDetails"]
INPUT = BEDROCK_LOG["input"]
# What is wrong with one record of a kind, and the words that keep it out.
KEPT_OUT: dict[str, tuple[str, dict[str, Any], str]] = {
    "langfuse: a text for a number": (
        "langfuse",
        {"usageDetails": {**USAGE, "input": "many"}},
        "input_tokens is no whole number",
    ),
    "langfuse: negative tokens": (
        "langfuse",
        {"usageDetails": {**USAGE, "output": -40}},
        "output_tokens is negative",
    ),
    "langfuse: a bucket that nobody knows": (
        "langfuse",
        {"usageDetails": {**USAGE, "video": 5, "total": 1105}},
        "the buckets do not add up to the total",
    ),
    "langfuse: cache larger than the input": (
        "langfuse",
        {"usageDetails": {**USAGE, "input_cache_read": 9600}},
        "the buckets do not add up to the total",
    ),
    "langfuse: renamed usage": (
        "langfuse",
        {"usageDetails": MISSING, "usageInfo": USAGE},
        "the tokens are missing",
    ),
    "langfuse: usage that is cut off": (
        "langfuse",
        {"usageDetails": '{"input": 25'},
        "a nested object is no JSON",
    ),
    "langfuse: a clock in the future": (
        "langfuse",
        {"startTime": "2030-01-01T00:00:00Z"},
        "the clock is in the future",
    ),
    "langfuse: an end before the beginning": (
        "langfuse",
        {"endTime": "2026-10-02T09:59:59Z"},
        "it ends before it begins",
    ),
    "langfuse: no id": ("langfuse", {"id": None}, "the call has no id"),
    "bedrock: an unknown schema version": (
        "bedrock_log",
        {"schemaVersion": "2.0"},
        "the schema is not known",
    ),
    "bedrock: another kind of log": (
        "bedrock_log",
        {"schemaType": "AgentLog"},
        "the schema is not known",
    ),
    "bedrock: a text for a number": (
        "bedrock_log",
        {"input": {**INPUT, "inputTokenCount": "many"}},
        "input_tokens is no whole number",
    ),
    "bedrock: negative tokens": (
        "bedrock_log",
        {"input": {**INPUT, "cacheReadInputTokenCount": -1}},
        "cache_read_tokens is negative",
    ),
    "bedrock: a missing count": (
        "bedrock_log",
        {"output": {"outputContentType": "application/json"}},
        "the tokens are missing",
    ),
    "bedrock: a clock in the future": (
        "bedrock_log",
        {"timestamp": "2030-01-01T00:00:00Z"},
        "the clock is in the future",
    ),
    "bedrock: a clock that is no time": (
        "bedrock_log",
        {"timestamp": "soon"},
        "started_at is no time",
    ),
    "bedrock: no model": ("bedrock_log", {"modelId": MISSING}, "the model is missing"),
    "bedrock: no id": ("bedrock_log", {"requestId": MISSING}, "the call has no id"),
    "otel: a text for a number": (
        "otel",
        _attribute("gen_ai.usage.input_tokens", "many"),
        "input_tokens is no whole number",
    ),
    "otel: negative tokens": (
        "otel",
        _attribute("gen_ai.usage.output_tokens", -5),
        "output_tokens is negative",
    ),
    "otel: a cache larger than the input": (
        "otel",
        _attribute("gen_ai.usage.cache_read.input_tokens", 1001),
        "the cache is larger than the input",
    ),
    "otel: reasoning larger than the output": (
        "otel",
        _attribute("gen_ai.usage.reasoning.output_tokens", 101),
        "the parts are larger than the output",
    ),
    "otel: a renamed attribute": (
        "otel",
        _attribute("gen_ai.usage.output_tokens", MISSING),
        "the tokens are missing",
    ),
    "otel: a clock in the future": (
        "otel",
        {"startTimeUnixNano": "1900000000000000000", "endTimeUnixNano": "1900000000000000001"},
        "the clock is in the future",
    ),
    "otel: a clock that is no time": (
        "otel",
        {"startTimeUnixNano": "soon"},
        "started_at is no time",
    ),
    "otel: an end before the beginning": (
        "otel",
        {"endTimeUnixNano": "1790935199000000000"},
        "it ends before it begins",
    ),
}
GOOD: Mapping[str, Mapping[str, Any]] = {
    "langfuse": {"id": "good"},
    "bedrock_log": {"requestId": "good"},
    "otel": {"spanId": "good"},
}


@pytest.mark.parametrize("name", sorted(KEPT_OUT))
def test_a_record_that_cannot_be_counted_is_kept_out_and_its_neighbour_is_not(
    tmp_path: Path, name: str
) -> None:
    kind, changes, words = KEPT_OUT[name]
    source = meter(tmp_path, kind)
    export(source, [changed(RECORDS[kind], **changes), changed(RECORDS[kind], **GOOD[kind])])
    rows = source.rows()
    (good,) = [row for row in rows if row["defects"] is None]
    (bad,) = [row for row in rows if row["defects"] is not None]
    assert good["call_id"].endswith("good")
    assert words in bad["defects"]


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_half_written_gzip_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    source = meter(tmp_path, kind)
    path = source.bills / FILES[kind].removesuffix(".gz")
    path = path.with_name(path.name + ".gz")
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps(RECORDS[kind]).encode() * 50)[:-20])
    assert f"{path.name} is cut off or damaged" in source.failure()


@pytest.mark.parametrize("kind", sorted(FILES))
def test_overlapping_exports_count_a_call_once(tmp_path: Path, kind: str) -> None:
    source = meter(tmp_path, kind)
    export(source, [RECORDS[kind]])
    export(source, [RECORDS[kind], changed(RECORDS[kind], **GOOD[kind])], f"again/{FILES[kind]}")
    assert len(source.rows()) == 2


@pytest.mark.parametrize("kind", sorted(FILES))
def test_a_label_with_a_line_break_does_not_stay_as_it_is(tmp_path: Path, kind: str) -> None:
    source = meter(tmp_path, kind)
    broken = {
        "langfuse": {"metadata": {"feature": "two\nlines"}},
        "bedrock_log": {"requestMetadata": {"feature": "two\nlines"}},
        "otel": _attribute("feature", "two\nlines"),
    }[kind]
    export(source, [changed(RECORDS[kind], **broken)])
    (row,) = source.rows()
    assert row["tags"].startswith('{"feature":"h_') and row["defects"] is None
