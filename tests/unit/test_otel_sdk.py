"""OTLP as OpenTelemetry's own SDK writes it, not as a test imagines it."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_bills import FileSource

from orchestration.extract.landed_rows import pseudonym

sdk = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
exporter = pytest.importorskip(
    "opentelemetry.exporter.otlp.json.file.trace_exporter",
    reason="opentelemetry-exporter-otlp-json-file is not installed",
)

SENTENCE = "Ada Example wrote: the merger is on Friday"
# 2 October 2026, 10:00 UTC, in nanoseconds.
STARTED = 1_790_935_200_000_000_000


def write_spans(path: Path) -> None:
    """Write a call of the new conventions inside an agent, one of the old, and one that failed."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.trace import Status, StatusCode, set_span_in_context

    path.parent.mkdir(parents=True)
    resource = Resource.create({"service.name": "shop", "deployment.environment.name": "prod"})
    provider = sdk.TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter.FileSpanExporter(path)))
    tracer = provider.get_tracer("instrumentation")
    agent = tracer.start_span(
        "invoke_agent helper",
        start_time=STARTED,
        attributes={
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.provider.name": "openai",
            "gen_ai.usage.input_tokens": 1000,
        },
    )
    call = tracer.start_span(
        "chat gpt-5.4",
        context=set_span_in_context(agent),
        start_time=STARTED,
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-5.4",
            "gen_ai.response.model": "gpt-5.4-2026-03-05",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.request.temperature": 0.2,
            "gen_ai.input.messages": SENTENCE,
            "gen_ai.usage.input_tokens": 1000,
            "gen_ai.usage.cache_read.input_tokens": 600,
            "gen_ai.usage.output_tokens": 100,
            "user.id": "ada@example.com",
            "use_case": "chat",
        },
    )
    call.add_event("what was said", {"text": SENTENCE})
    call.end(STARTED + 3_500_000_000)
    agent.end(STARTED + 4_000_000_000)
    old = tracer.start_span(
        "openai.chat",
        start_time=STARTED,
        attributes={
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.prompt_tokens": 12,
            "gen_ai.usage.completion_tokens": 5,
        },
    )
    old.end(STARTED + 1_000_000_000)
    failed = tracer.start_span(
        "chat gpt-4o",
        start_time=STARTED,
        attributes={"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"},
    )
    failed.set_status(Status(StatusCode.ERROR, SENTENCE))
    failed.end(STARTED + 1_000_000_000)
    provider.shutdown()


def test_spans_of_the_sdk_are_read_each_call_once_and_nothing_of_what_was_said(
    tmp_path: Path,
) -> None:
    source = FileSource("otel", tmp_path / "bills", tmp_path / "data", {"sampled": False})
    write_spans(source.bills / "spans.jsonl")
    assert SENTENCE in (source.bills / "spans.jsonl").read_text()
    new, old, failed = sorted(source.rows(), key=lambda row: -(row["input_tokens"] or 0))
    assert str(new["started_at"]) == "2026-10-02 10:00:00"
    assert str(new["ended_at"]) == "2026-10-02 10:00:03.500000"
    known = ("operation", "model", "project_id", "environment", "use_case", "user_id")
    assert tuple(new[name] for name in known) == (
        "chat",
        "gpt-5.4-2026-03-05",
        "shop",
        "prod",
        "chat",
        pseudonym("key", "ada@example.com"),
    )
    assert (new["input_tokens"], new["cache_read_tokens"], new["output_tokens"]) == (1000, 600, 100)
    assert (old["model"], old["input_tokens"], old["output_tokens"]) == ("gpt-4o", 12, 5)
    assert (failed["is_failure"], failed["input_tokens"], failed["defects"]) == (True, None, None)
    assert {row["is_sampled"] for row in (new, old, failed)} == {False}
    held = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"merger" not in held and b"merger" not in "\n".join(source.said).encode()
