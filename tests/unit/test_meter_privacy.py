"""What people wrote never reaches the disk: a sentence in every field of every format is not found.

The search looks into every file that is written (unpacked, and Parquet column by column) and into
what was said; ``tests/pipeline/test_meters.py`` does the same with the published warehouse.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from file_bills import FileSource
from meter_records import (
    BEDROCK_LOG,
    LANGFUSE,
    LITELLM,
    OTEL_SPAN,
    WRITERS,
    Record,
    changed,
    otlp,
    planted,
    write_jsonl,
)

from orchestration.extract.landed_rows import pseudonym
from orchestration.extract.metered_calls import id_sql, kept_id, pseudonym_sql

SENTENCE = "Ada Example (ada@example.com, 203.0.113.9) wrote: the merger is on Friday"
MARKS = ("Ada Example", "ada@example.com", "203.0.113.9", "merger")

RECORDS: dict[str, Record] = {
    "litellm": LITELLM,
    "langfuse": LANGFUSE,
    "bedrock_log": BEDROCK_LOG,
}
# What must be as it is for a record to be a call at all.
NEEDED: dict[str, tuple[str, ...]] = {
    "litellm": ("startTime",),
    "langfuse": ("startTime", "type"),
    "bedrock_log": ("timestamp",),
}


def found_marks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file below a folder that holds a mark, and the mark."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        texts = [content.decode("utf-8", "replace"), path.name]
        if path.suffix == ".parquet":
            with duckdb.connect() as connection:
                rows = connection.execute(f"select * from read_parquet('{path}')").fetchall()
            texts.append(repr(rows))
        for mark in MARKS:
            if any(mark.lower() in text.lower() for text in texts):
                yield str(path.relative_to(folder)), mark


@pytest.mark.parametrize("suffix", sorted(WRITERS))
@pytest.mark.parametrize("kind", sorted(RECORDS))
def test_a_sentence_in_every_field_is_found_in_no_file_and_no_log(
    tmp_path: Path, kind: str, suffix: str
) -> None:
    record = planted(RECORDS[kind], SENTENCE)
    for name in NEEDED[kind]:
        record[name] = RECORDS[kind][name]
    # a field that nobody has heard of is no other matter
    record["new_field"] = SENTENCE
    meter = FileSource(kind, tmp_path / "bills", tmp_path / "data", {"tags": ["feature"]})
    WRITERS[suffix](tmp_path / "bills" / f"logs{suffix}", [record, RECORDS[kind]])
    assert list(found_marks(tmp_path / "bills")), "the search finds nothing where everything is"
    assert len(meter.rows()) == 2
    assert list(found_marks(tmp_path / "data")) == []
    said = "\n".join(meter.said)
    assert [mark for mark in MARKS if mark in said] == []


def test_a_sentence_in_every_attribute_of_a_span_is_found_nowhere(tmp_path: Path) -> None:
    span = planted(OTEL_SPAN, SENTENCE)
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        span[name] = OTEL_SPAN[name]
    span["attributes"] |= {"gen_ai.operation.name": "chat", "gen_ai.prompt": SENTENCE}
    meter = FileSource("otel", tmp_path / "bills", tmp_path / "data", {"tags": ["feature"]})
    record = otlp(span, OTEL_SPAN)
    record["resourceSpans"][0]["resource"]["attributes"][0]["value"] = {"stringValue": SENTENCE}
    write_jsonl(tmp_path / "bills" / "spans.jsonl", [record])
    assert len(meter.rows()) == 2
    assert list(found_marks(tmp_path / "data")) == []
    assert [mark for mark in MARKS if mark in "\n".join(meter.said)] == []


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_a_file_that_breaks_off_in_a_sentence_is_not_quoted(tmp_path: Path, suffix: str) -> None:
    meter = FileSource("litellm", tmp_path / "bills", tmp_path / "data")
    path = tmp_path / "bills" / f"logs{suffix}"
    WRITERS[suffix](path, [planted(LITELLM, SENTENCE)] * 3)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - len(whole) // 4])
    states = meter.states()
    assert set(states.values()) == {"failed"}
    assert list(found_marks(tmp_path / "data")) == []
    assert [mark for mark in MARKS if mark in "\n".join(meter.said)] == []


def test_a_source_on_another_machine_is_read_without_a_copy_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.extract.object_store import ObjectStore

    meter = FileSource("litellm", tmp_path / "bills", tmp_path / "data")
    for suffix, write in WRITERS.items():
        write(tmp_path / "bills" / f"logs{suffix}", [changed(LITELLM, request_id=suffix[1:])])
    monkeypatch.setattr(ObjectStore, "local_path", lambda _self, _path: None)
    assert {row["call_id"] for row in meter.rows()} == {suffix[1:] for suffix in WRITERS}
    kept = {path.suffix for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert kept <= {".parquet", ".json"}


@pytest.mark.parametrize("user", ["Ada@Example.com", " ada@example.com", "user-AbC", "Ada Example"])
def test_a_user_is_the_same_pseudonym_in_files_and_in_answers(user: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set variable pseudonym_key = 'key'")
        row = connection.execute(f"select {pseudonym_sql('$user')}", {"user": user}).fetchone()
    assert row == (pseudonym("key", user),)


def test_a_user_of_one_case_is_one_person_in_an_address_and_two_in_an_id() -> None:
    assert pseudonym("key", "Ada@Example.com") == pseudonym("key", "ada@example.com ")
    assert pseudonym("key", "user-A") != pseudonym("key", "user-a")
    assert pseudonym("key", "user-A") != pseudonym("other", "user-A")
    assert pseudonym("key", " ") is None


@pytest.mark.parametrize("text", ["", "gpt-4o", "Ada Example", "ada@example.com", "a\nb"])
def test_an_id_is_kept_alike_in_files_and_in_answers(text: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set variable pseudonym_key = 'key'")
        row = connection.execute(f"select {id_sql('$text')}", {"text": text}).fetchone()
    assert row == (kept_id("key", text),)
