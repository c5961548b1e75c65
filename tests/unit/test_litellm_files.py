"""LiteLLM's spend logs in files: what is kept of a call, what is kept out, each call once."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from file_bills import FileSource, tree
from meter_records import LITELLM, MISSING, WRITERS, Record, changed

from orchestration.extract.landed_rows import pseudonym
from orchestration.extract.period import BillingPeriod
from orchestration.extract.snapshot import current_snapshot, period_folder

NOVEMBER = BillingPeriod.parse("2026-11")
SECOND = changed(LITELLM, request_id="chatcmpl-2", prompt_tokens=2000)


@pytest.fixture
def meter(tmp_path: Path) -> FileSource:
    return FileSource("litellm", tmp_path / "bills", tmp_path / "data", {"tags": ["feature"]})


def export(meter: FileSource, name: str, records: Sequence[Record]) -> None:
    suffix = next(s for s in sorted(WRITERS, key=len, reverse=True) if name.endswith(s))
    WRITERS[suffix](meter.bills / name, records)


def by_id(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert len({row["call_id"] for row in rows}) == len(rows)
    return {row["call_id"]: row for row in rows}


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_a_call_is_read_alike_from_every_format(meter: FileSource, suffix: str) -> None:
    export(meter, f"logs{suffix}", [LITELLM])
    (row,) = meter.rows()
    assert row == {
        "call_id": "chatcmpl-1",
        "started_at": datetime.fromisoformat("2026-10-02 10:00:00"),
        "ended_at": datetime.fromisoformat("2026-10-02 10:00:03.500"),
        "first_token_at": datetime.fromisoformat("2026-10-02 10:00:00.500"),
        "changed_at": datetime.fromisoformat("2026-10-02 10:00:04"),
        "operation": "acompletion",
        "provider": "openai",
        "model": "gpt-5.6-sol-2026-07-01",
        "service_tier": None,
        "region": None,
        "region_scope": None,
        "key_id": LITELLM["api_key"],
        "team_id": "team-7",
        "project_id": "project-3",
        "account_id": "org-1",
        "principal_id": None,
        "profile_id": None,
        "user_id": pseudonym("key", "ada.example@example.com"),
        "use_case": "chat",
        "agent": "agent-2",
        "environment": "prod",
        "session_id": "session-1",
        "cycle_id": "session-1",
        "tags": '{"feature":"answers"}',
        "is_failure": False,
        "is_cache_hit": False,
        "is_sampled": False,
        "retries": 2,
        "input_tokens": 1000,
        "cache_read_tokens": 600,
        "cache_write_tokens": 100,
        "cache_write_1h_tokens": 40,
        "audio_input_tokens": 30,
        "image_input_tokens": 20,
        "output_tokens": 100,
        "output_reasoning_tokens": 60,
        "audio_output_tokens": 5,
        "image_output_tokens": None,
        "estimated_cost_usd": Decimal("0.0123"),
        "defects": None,
    }


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("spend", "cast(0.1 as double) + cast(0.2 as double)", None),
        ("spend", "cast('4.6e-13' as double)", None),
        ("spend", "cast('NaN' as double)", "the estimate is no number"),
        ("prompt_tokens", "cast(-1 as bigint)", "input_tokens is negative"),
        ("endTime", "timestamp '2026-10-02 09:00:00'", "it ends before it begins"),
        ("endTime", "cast('infinity' as timestamp)", "ended_at is no time"),
    ],
)
def test_columns_with_types_of_their_own_say_what_their_texts_would(
    meter: FileSource, tmp_path: Path, column: str, value: str, words: str | None
) -> None:
    """Times, whole numbers and floats are not printed and parsed again; the call is the same."""
    meter.bills.mkdir()
    record = tmp_path / "record.jsonl"
    WRITERS[".jsonl"](record, [LITELLM])
    typed = (
        "select * replace (cast(startTime as timestamp) as startTime, cast(endTime as timestamp) "
        "as endTime, cast(prompt_tokens as bigint) as prompt_tokens, cast(spend as double) as "
        "spend, to_json(metadata)::varchar as metadata, to_json(request_tags)::varchar as "
        f"request_tags) from '{record}'"
    )
    found = []
    for kinds in ("*", "columns(*)::varchar"):
        path = meter.bills / "logs.parquet"
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select {kinds} from (select * replace ({value} as {column}) "
                f"from ({typed}))) to '{path}' (format parquet)"
            )
        (row,) = meter.rows()
        found.append(row)
    by_type, by_text = found
    assert by_type == by_text
    assert (by_type["defects"] is None) is (words is None)
    assert words is None or words in by_type["defects"]


def test_the_older_places_of_the_cache_are_known_too(meter: FileSource) -> None:
    usage = {"cache_read_input_tokens": 7, "cache_creation_input_tokens": 5}
    old = changed(LITELLM, metadata={"additional_usage_values": usage})
    export(meter, "logs.jsonl", [old])
    (row,) = meter.rows()
    assert (row["cache_read_tokens"], row["cache_write_tokens"]) == (7, 5)


# What is wrong with one record, and the words that keep it out; its good neighbour stays.
KEPT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "a text for a number": ({"prompt_tokens": "many"}, "input_tokens is no whole number"),
    "a fraction of a token": ({"completion_tokens": 1.5}, "output_tokens is no whole number"),
    "negative attempts": ({"metadata__attempted_retries": -1}, "retries is negative"),
    "negative tokens": ({"completion_tokens": -1}, "output_tokens is negative"),
    "more tokens than fit": ({"prompt_tokens": 10**25}, "input_tokens is no whole number"),
    "a cache larger than the input": (
        {"metadata__usage_object__prompt_tokens_details__cached_tokens": 5000},
        "the cache is larger than the input",
    ),
    "reasoning larger than the output": (
        {"metadata__usage_object__completion_tokens_details__reasoning_tokens": 101},
        "the parts are larger than the output",
    ),
    "a clock in the future": ({"startTime": "2027-01-01T00:00:00Z"}, "the clock is in the future"),
    "a clock that is not set": ({"startTime": "1970-01-01T00:00:00Z"}, "its time is not known"),
    "a clock that is no time": ({"startTime": "soon"}, "started_at is no time"),
    "an end before the beginning": (
        {"endTime": "2026-10-02T09:00:00Z"},
        "it ends before it begins",
    ),
    "no id": ({"request_id": ""}, "the call has no id"),
    "no model": ({"model": "", "model_group": ""}, "the model is missing"),
    "a renamed count": ({"prompt_tokens": MISSING, "promptTokens": 1000}, "the tokens are missing"),
    "metadata that is cut off": ({"metadata": '{"usage_object": {"pro'}, "a nested object is no"),
    "an estimate that is no number": ({"spend": "NaN"}, "the estimate is no number"),
}


@pytest.mark.parametrize("name", sorted(KEPT_OUT))
def test_a_record_that_cannot_be_counted_is_kept_out_and_its_neighbour_is_not(
    meter: FileSource, name: str
) -> None:
    changes, words = KEPT_OUT[name]
    export(meter, "logs.jsonl", [changed(LITELLM, **changes), SECOND])
    rows = meter.rows()
    (good,) = [row for row in rows if row["defects"] is None]
    (bad,) = [row for row in rows if row["defects"] is not None]
    assert (good["call_id"], good["input_tokens"]) == ("chatcmpl-2", 2000)
    assert words in bad["defects"]
    # what it does say stays with it
    assert bad["output_tokens"] == 100 or "completion_tokens" in changes


def cut_off(path: Path) -> None:
    packed = gzip.compress(json.dumps(LITELLM).encode() * 50)
    path.write_bytes(packed[:-20])


def no_column(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        WRITERS[path.suffix](path, [changed(LITELLM, **{name: MISSING})])

    return write


# What is wrong with a file, and the words in which it is refused; nothing of it is taken in.
REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a half-written gzip": ("logs.jsonl.gz", cut_off, "logs.jsonl.gz is cut off or damaged"),
    "a half-written line": (
        "logs.jsonl",
        lambda path: path.write_text(json.dumps(LITELLM) + "\n" + '{"request_id": "secret words'),
        "logs.jsonl, near line 3: it is no valid jsonl file",
    ),
    "Parquet that is none": (
        "logs.parquet",
        lambda path: path.write_bytes(b"PAR1 secret words"),
        "logs.parquet: it is no valid parquet file",
    ),
    "a missing column of tokens": (
        "logs.csv",
        no_column("completion_tokens"),
        "logs.csv has no column completion_tokens (its output)",
    ),
    "a missing column of times": (
        "logs.parquet",
        no_column("startTime"),
        "logs.parquet has no column startTime (when it began)",
    ),
    "missing metadata, without which the cache is unknown": (
        "logs.parquet",
        no_column("metadata"),
        "logs.parquet has no column metadata",
    ),
    "a line with more fields than the header": (
        "logs.csv",
        lambda path: (
            WRITERS[".csv"](path, [LITELLM]),
            path.write_text(path.read_text() + "1,2\n"),
        ),
        "logs.csv",
    ),
    "no call at all": ("logs.jsonl", lambda path: path.write_text(""), "hold no call"),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_cannot_be_read_is_refused_by_name_and_not_quoted(
    meter: FileSource, name: str
) -> None:
    file, write, words = REFUSED[name]
    meter.bills.mkdir(parents=True)
    write(meter.bills / file)
    reason = meter.failure()
    assert words in reason
    assert "secret words" not in reason + "".join(meter.said)
    assert not list((meter.data / "extracted").rglob("receipt.json"))


def test_small_files_that_are_read_together_become_the_parts_of_each_alone(
    meter: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(meter, "a.jsonl", [LITELLM, changed(LITELLM, request_id="x", prompt_tokens="many")])
    export(meter, "b.jsonl.gz", [SECOND, changed(LITELLM, startTime="2026-09-30T23:00:00Z")])
    third = changed(LITELLM, request_id="chatcmpl-3")
    (meter.bills / "c.json").write_text(json.dumps([third], default=str))
    (meter.bills / "d.jsonl").write_text("")
    extracted = meter.data / "extracted"

    def parts() -> dict[str, bytes]:
        meter.pull()
        found = {
            str(path.relative_to(extracted)): path.read_bytes()
            for path in extracted.rglob("*.parquet")
        }
        shutil.rmtree(extracted)
        return found

    together = parts()
    # a part and a snapshot's file of each month of each file, and what was read of the empty one
    assert len(together) == 9
    monkeypatch.setattr("orchestration.extract.metered_files._FILES_TOGETHER", 1)
    assert parts() == together


def test_of_small_files_the_one_that_cannot_be_read_is_named(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM])
    export(meter, "c.jsonl", [SECOND])
    (meter.bills / "b.jsonl").write_text('{"request_id": "secret words"\n')
    reason = meter.failure()
    assert "b.jsonl" in reason
    assert "a.jsonl" not in reason and "c.jsonl" not in reason
    assert "secret words" not in reason + "".join(meter.said)


def test_overlapping_exports_count_a_call_once_and_the_last_change_of_it(
    meter: FileSource,
) -> None:
    later = changed(LITELLM, prompt_tokens=1001, updated_at="2026-10-02T11:00:00.000Z")
    export(meter, "a.jsonl", [later, SECOND])
    export(meter, "b.csv", [LITELLM, changed(LITELLM, request_id="chatcmpl-3")])
    rows = by_id(meter.rows())
    # the file that comes later holds the older record of it
    assert {call: row["input_tokens"] for call, row in rows.items()} == {
        "chatcmpl-1": 1001,
        "chatcmpl-2": 2000,
        "chatcmpl-3": 1000,
    }


def test_the_same_file_under_two_names_counts_once(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM, SECOND])
    export(meter, "copy/b.jsonl", [LITELLM, SECOND])
    assert len(by_id(meter.rows())) == 2


def test_the_receipt_counts_calls_and_tokens_and_no_money(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM, SECOND, LITELLM])
    meter.pull()
    folder = period_folder(
        meter.data / "extracted", "bill", "calls", BillingPeriod.parse("2026-10")
    )
    snapshot = current_snapshot(folder)
    assert snapshot is not None
    receipt = snapshot.receipt
    assert (receipt.row_count, receipt.measure, receipt.totals) == (2, "tokens", {"": 3200})


def test_a_file_that_is_known_is_not_read_again(
    meter: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(meter, "09.jsonl", [changed(LITELLM, startTime="2026-09-30T23:00:00Z")])
    export(meter, "10.jsonl", [LITELLM])
    assert meter.states() == {"2026-09": "new", "2026-10": "new"}
    read: list[str] = []
    from orchestration.extract import metered_files

    original = metered_files.MeterFiles._records

    def remember(self: Any, connection: Any, file: Any, path: str) -> Any:
        read.append(file.path)
        return original(self, connection, file, path)

    monkeypatch.setattr(metered_files.MeterFiles, "_records", remember)
    assert meter.states() == {"2026-09": "unchanged", "2026-10": "unchanged"}
    assert read == []
    # a late call of September in a new file: September and nothing else is made again
    export(
        meter,
        "11.jsonl",
        [changed(LITELLM, request_id="late", startTime="2026-09-30T23:30:00Z")],
    )
    assert meter.states() == {"2026-09": "new", "2026-10": "unchanged"}
    assert read == ["11.jsonl"]
    assert len(meter.rows(BillingPeriod.parse("2026-09"))) == 2


def test_a_file_that_is_gone_takes_its_calls_with_it_and_the_shrunken_month_is_held(
    meter: FileSource,
) -> None:
    export(meter, "a.jsonl", [LITELLM])
    export(meter, "b.jsonl", [SECOND])
    assert meter.states() == {"2026-10": "new"}
    (meter.bills / "b.jsonl").unlink()
    assert meter.states() == {"2026-10": "held"}


def test_another_pseudonym_key_reads_everything_anew(
    meter: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(meter, "a.jsonl", [LITELLM])
    (before,) = meter.rows()
    from orchestration.extract import metered_files

    original = metered_files.MeterFiles.__init__

    def with_another_key(self: Any, source: Any, context: Any, form: Any, **how: Any) -> None:
        from dataclasses import replace

        original(self, source, replace(context, pseudonym_key="another"), form, **how)

    monkeypatch.setattr(metered_files.MeterFiles, "__init__", with_another_key)
    (after,) = meter.rows()
    assert after["user_id"] == pseudonym("another", "ada.example@example.com")
    assert after["user_id"] != before["user_id"]


def test_an_unchanged_export_leaves_every_byte_as_it_is(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM, SECOND])
    meter.rows()
    before = tree(meter.data)
    meter.rows()
    assert tree(meter.data) == before


def test_a_part_of_an_older_version_with_more_columns_stands_beside_a_new_one(
    meter: FileSource,
) -> None:
    export(meter, "a.jsonl", [LITELLM])
    meter.pull()
    (part,) = (meter.data / "extracted" / "bill").glob(".parts-*/*/2026-10.parquet")
    with duckdb.connect() as connection:
        rows = connection.read_parquet(str(part))
        # nobody tells LiteLLM a region
        assert "region" not in rows.columns
        rows.project("*, null::varchar as region").write_parquet(f"{part}.wide")
    Path(f"{part}.wide").replace(part)
    export(meter, "b.jsonl", [SECOND])
    assert {row["region"] for row in by_id(meter.rows()).values()} == {None}
    assert len(meter.rows()) == 2


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("gpt-4o", True),
        ("claude-3-5-sonnet@20240620", True),
        ("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/ab12cd", True),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("Ada Example", False),
        ("ada@example.com", False),
        ("203.0.113.9", False),
        ("203.0.113.9:443", False),
        ("2001:db8::1", False),
        ("two\nlines", False),
        ("sk-1234567890", False),
        ("x" * 201, False),
    ],
)
def test_only_what_looks_like_an_id_is_kept_as_it_is(
    meter: FileSource, text: str, is_kept: bool
) -> None:
    export(meter, "a.jsonl", [changed(LITELLM, team_id=text)])
    (row,) = meter.rows()
    assert (row["team_id"] == text) is is_kept
    assert is_kept or row["team_id"].startswith("h_")


def test_what_the_gateway_answers_from_its_own_cache_and_what_fails_is_told_apart(
    meter: FileSource,
) -> None:
    failed = changed(LITELLM, request_id="f", status="failure", prompt_tokens=0, model="")
    failed["metadata"] = {"status": "failure"}
    failed["completion_tokens"] = 0
    export(meter, "a.jsonl", [changed(LITELLM, cache_hit="True"), failed])
    rows = by_id(meter.rows())
    assert (rows["chatcmpl-1"]["is_cache_hit"], rows["chatcmpl-1"]["is_failure"]) == (True, False)
    assert (rows["f"]["is_cache_hit"], rows["f"]["is_failure"]) == (False, True)
    assert rows["f"]["defects"] is None or "model" in rows["f"]["defects"]


def test_tags_that_nobody_allowed_are_not_kept(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM])
    (row,) = FileSource("litellm", meter.bills, meter.data).rows()
    assert row["tags"] is None


def test_a_list_of_tags_that_is_none_is_refused(meter: FileSource) -> None:
    export(meter, "a.jsonl", [LITELLM])
    broken = FileSource("litellm", meter.bills, meter.data, {"tags": "feature"})
    assert "'tags' must be a list of keys" in broken.failure()


def test_a_call_of_last_month_in_this_months_file_is_of_last_month(meter: FileSource) -> None:
    export(
        meter,
        "a.jsonl",
        [
            LITELLM,
            changed(
                LITELLM,
                request_id="n",
                startTime="2026-11-01T00:00:00Z",
                endTime="2026-11-01T00:00:01Z",
            ),
        ],
    )
    assert [row["call_id"] for row in meter.rows()] == ["chatcmpl-1"]
    assert [row["call_id"] for row in meter.rows(NOVEMBER)] == ["n"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-02 10:00:00", "2026-10-02 10:00:00"),
        ("2026-10-02T10:00:00.250Z", "2026-10-02 10:00:00.250000"),
        ("2026-10-02T10:00:00-05:00", "2026-10-02 15:00:00"),
        ("2026-10-02T10:00:00+0530", "2026-10-02 04:30:00"),
        ("1790935200000000000", "2026-10-02 10:00:00"),
    ],
)
def test_a_clock_is_read_with_its_offset(meter: FileSource, text: str, expected: str) -> None:
    export(meter, "a.jsonl", [changed(LITELLM, startTime=text, endTime="")])
    (row,) = meter.rows()
    assert (str(row["started_at"]), row["defects"]) == (expected, None)
