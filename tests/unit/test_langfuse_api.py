"""Langfuse's public API: pages of a day's observations, asked again until they have settled."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from meter_records import LANGFUSE, Record, changed, planted
from vendor_server import (
    VARIABLE,
    Answer,
    Asked,
    VendorServer,
    bytes_on_disk,
    error_answer,
    json_answer,
    pull_context,
    waits_in_a_list,
)

from orchestration.extract import langfuse_api
from orchestration.extract.landed_rows import path_list
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import SourceConfig

KEYS = "pk-lf-public:sk-lf-secret"
SENTENCE = "Ada Example (ada@example.com, 203.0.113.9) wrote: the merger\nis on Friday"
MARKS = (b"Ada Example", b"ada@example.com", b"203.0.113.9", b"merger")
DAY = date(2026, 10, 2)


class Api:
    """Answers the observations of a day, two a page, by a cursor."""

    def __init__(self, *records: Record) -> None:
        self.records = list(records)
        self.asked: list[Asked] = []

    @property
    def days(self) -> set[str]:
        return {asked.params["fromStartTime"][0][:10] for asked in self.asked}

    def __call__(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        day = asked.params["fromStartTime"][0][:10]
        found = [record for record in self.records if record["startTime"].startswith(day)]
        first = int(asked.params.get("cursor", ["0"])[0])
        more = first + 2 < len(found)
        meta = {"cursor": str(first + 2)} if more else {}
        return json_answer({"data": found[first : first + 2], "meta": meta})


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, langfuse_api)


def run(
    server: VendorServer,
    folder: Path,
    today: date = date(2026, 10, 3),
    key: str = KEYS,
    said: list[str] | None = None,
) -> Pulled:
    options = {"first_period": "2026-10", "admin_key_env": VARIABLE, "tags": ["feature"]}
    config = SourceConfig("traces", "langfuse", server.url, options)
    context = pull_context(folder, today=today, key=key, said=said)
    (pulled,) = pull(config, None, context)
    return pulled


def rows_of(pulled: Pulled) -> dict[str, dict[str, Any]]:
    """Return the landed calls of a snapshot by their ids."""
    assert pulled.snapshot is not None, pulled.reason
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from read_parquet({path_list(pulled.snapshot.file_paths())})"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["call_id"]: row for row in rows}


def numbered(count: int) -> list[Record]:
    return [changed(LANGFUSE, id=f"observation-{number}") for number in range(count)]


def test_all_pages_of_a_day_are_read_and_what_was_said_is_not_asked_for(
    server: VendorServer, tmp_path: Path
) -> None:
    span = changed(LANGFUSE, id="span", type="SPAN")
    api = Api(*numbered(5), span)
    server.answers_by(api)
    rows = rows_of(run(server, tmp_path))
    assert set(rows) == {f"observation-{number}" for number in range(5)}
    row = rows["observation-3"]
    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (250, 600, 40)
    assert (row["use_case"], row["tags"]) == ("chat", '{"feature":"answers"}')
    packed = base64.b64encode(KEYS.encode()).decode()
    assert {asked.headers["authorization"] for asked in api.asked} == {f"Basic {packed}"}
    assert all("io" not in asked.params["fields"][0].split(",") for asked in api.asked)


def test_a_day_is_asked_for_again_until_late_ends_have_come(
    server: VendorServer, tmp_path: Path
) -> None:
    api = Api(LANGFUSE)
    server.answers_by(api)
    assert rows_of(run(server, tmp_path))["observation-1"]["output_tokens"] == 40
    usage = {"input": 9, "output": 1, "total": 10}
    api.records = [changed(LANGFUSE, usageDetails=usage)]
    assert rows_of(run(server, tmp_path, date(2026, 10, 6)))["observation-1"]["output_tokens"] == 1
    api.asked.clear()
    api.records = []
    settled = run(server, tmp_path, date(2026, 10, 9))
    assert rows_of(settled)["observation-1"]["output_tokens"] == 1
    assert "2026-10-08" in api.days
    api.asked.clear()
    run(server, tmp_path, date(2026, 10, 9))
    assert "2026-10-02" not in api.days


def test_an_observation_that_comes_twice_counts_once(server: VendorServer, tmp_path: Path) -> None:
    later = changed(
        LANGFUSE,
        usageDetails={"input": 9, "output": 1, "total": 10},
        updatedAt="2026-10-02T11:00:00Z",
    )
    server.answers_by(Api(LANGFUSE, later, *numbered(1)))
    rows = rows_of(run(server, tmp_path))
    assert (len(rows), rows["observation-1"]["output_tokens"]) == (2, 1)


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({"usageDetails": {"input": -5, "output": 1}}, "input_tokens is negative"),
        ({"usageDetails": {"input": "many", "output": 1}}, "input_tokens is no whole number"),
        ({"usageDetails": {}}, "the tokens are missing"),
        ({"usageDetails": {"input": 1, "new": 4, "total": 5}}, "the buckets do not add up"),
        ({"endTime": "2026-10-01T00:00:00Z"}, "it ends before it begins"),
        ({"endTime": "later"}, "ended_at is no time"),
        ({"model": None}, "the model is missing"),
        ({"totalCost": "free"}, "the estimate is no number"),
        ({"id": None}, "the call has no id"),
    ],
)
def test_what_cannot_be_counted_is_kept_with_what_is_wrong(
    server: VendorServer, tmp_path: Path, change: Record, defect: str
) -> None:
    server.answers_by(Api({**LANGFUSE, **change}, *numbered(1)))
    rows = rows_of(run(server, tmp_path))
    assert rows.pop("observation-0")["defects"] is None
    (bad,) = rows.values()
    assert defect in bad["defects"]


BAD_ANSWERS: Mapping[str, tuple[Answer, str]] = {
    "no JSON": (Answer(b"<html>"), "no complete JSON"),
    "half an answer": (Answer(b'{"data":[{"id":'), "no complete JSON"),
    "another schema": (json_answer({"observations": []}), "no list of observations"),
    "another day": (
        json_answer({"data": [changed(LANGFUSE, startTime="2026-10-20T10:00:00Z")], "meta": {}}),
        "of another day",
    ),
    "a circle": (json_answer({"data": [], "meta": {"cursor": "again"}}), "came twice"),
    "an older server": (error_answer(404, "merger"), "HTTP 404"),
    "no access": (error_answer(401, KEYS), "refuses the key"),
    "down": (error_answer(503, "starting"), "6 times in a row"),
}


@pytest.mark.parametrize("bad", sorted(BAD_ANSWERS))
def test_an_answer_that_is_none_is_refused_by_name_and_what_was_there_stays(
    server: VendorServer, tmp_path: Path, bad: str
) -> None:
    server.answers_by(Api(LANGFUSE))
    good = run(server, tmp_path)
    given, words = BAD_ANSWERS[bad]
    server.answers(given)
    failed = run(server, tmp_path)
    assert failed.state == "failed"
    assert words in failed.reason and KEYS not in failed.reason
    assert set(rows_of(good)) == {"observation-1"}


@pytest.mark.parametrize("key", ["pk-lf-public", ":sk", "pk:", "a:b:c"])
def test_a_variable_that_does_not_hold_both_keys_is_named(
    server: VendorServer, tmp_path: Path, key: str
) -> None:
    failed = run(server, tmp_path, key=key)
    assert VARIABLE in failed.reason and "two keys" in failed.reason


def test_what_people_wrote_is_in_no_file_and_no_log(server: VendorServer, tmp_path: Path) -> None:
    record = planted(LANGFUSE, SENTENCE)
    for name in ("startTime", "type"):
        record[name] = LANGFUSE[name]
    record["input"] = record["new_field"] = SENTENCE
    said: list[str] = []
    server.answers_by(Api(record, LANGFUSE))
    rows = rows_of(run(server, tmp_path, said=said))
    assert len(rows) == 2
    held = bytes_on_disk(tmp_path) + repr(rows).encode() + "\n".join(said).encode()
    assert [mark for mark in MARKS if mark in held] == []
