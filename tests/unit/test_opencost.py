"""OpenCost: what workloads held, used and are reckoned to cost, and answers that are none."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from file_bills import FileSource
from vendor_server import (
    Answer,
    Asked,
    VendorServer,
    bytes_on_disk,
    error_answer,
    json_answer,
    pull_context,
    waits_in_a_list,
)

from orchestration.extract import opencost
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.landed_rows import path_list
from orchestration.extract.metered_windows import WINDOW_COLUMNS
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import SourceConfig

Row = dict[str, Any]
SENTENCE = "Ada Example (ada@example.com, 203.0.113.9) wrote: the merger\nis on Friday"
MARKS = (b"Ada Example", b"ada@example.com", b"203.0.113.9", b"merger")
DAY = date(2026, 10, 3)

# Half a day on two GPUs, each of which was at work for a quarter of it.
TRAINING: Row = {
    "name": "east/node-1/fraud/train-1/main",
    "properties": {
        "cluster": "east",
        "node": "node-1",
        "namespace": "fraud",
        "pod": "train-1",
        "container": "main",
        "labels": {"app": "fraud-notes", "owner": "fraud-science", "feature": "retraining"},
        "annotations": {"note": "what people write"},
    },
    "minutes": 720.0,
    "cpuCoreHours": 96.0,
    "gpuHours": 24.0,
    "gpuUsageAverage": 0.25,
    "gpuCost": 48.5,
    "gpuCostAdjustment": -2.25,
    "totalCost": 50.12345,
    "totalEfficiency": None,
}
IDLE: Row = {
    "properties": {"cluster": "east"},
    "minutes": 1440,
    "gpuHours": 12.0,
    "totalCost": 20.5,
}
ALLOCATIONS: Mapping[str, Row] = {
    TRAINING["name"]: TRAINING,
    "east/__idle__": IDLE,
    "east/__unmounted__/__unmounted__": {"properties": {"cluster": "east"}, "totalCost": 1},
    "__unallocated__": {"properties": {"cluster": "east"}, "totalCost": 0.25},
}


def changed(**changes: Any) -> Row:
    return {**copy.deepcopy(TRAINING), **changes}


def answer(day: date, allocations: Mapping[str, Row]) -> Row:
    """Return a day's answer as the API gives it."""
    window = {"start": f"{day}T00:00:00Z", "end": f"{day + timedelta(days=1)}T00:00:00Z"}
    step = {name: {"window": window, **allocation} for name, allocation in allocations.items()}
    return {"code": 200, "data": [step or None]}


class Api:
    """Answers a day's allocations; other days have none."""

    def __init__(self, days: Mapping[date, Mapping[str, Row]]) -> None:
        self.days = dict(days)
        self.asked: list[date] = []

    def __call__(self, asked: Asked) -> Answer:
        start = date.fromisoformat(asked.params["window"][0][:10])
        self.asked.append(start)
        return json_answer(answer(start, self.days.get(start, {})))


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, opencost)


def run(
    server: VendorServer,
    folder: Path,
    today: date = date(2026, 10, 4),
    said: list[str] | None = None,
    **options: Any,
) -> Pulled:
    given = {"first_period": "2026-10", "labels": {"use_case": "app", "team": "owner"}, **options}
    config = SourceConfig("cluster", "opencost", server.url, given)
    (pulled,) = pull(config, None, pull_context(folder, today=today, said=said))
    return pulled


def rows_of(pulled: Pulled) -> list[Row]:
    """Return the landed windows of a snapshot by operation, each with what it says."""
    assert pulled.snapshot is not None, pulled.reason
    if not pulled.snapshot.file_paths():
        return []
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select * from read_parquet({path_list(pulled.snapshot.file_paths())}) order by all"
        )
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    rows.sort(key=lambda row: (row["operation"], str(row["account_id"])))
    return [{name: said for name, said in row.items() if said is not None} for row in rows]


def test_landed_columns_are_those_that_dbt_declares() -> None:
    assert list(WINDOW_COLUMNS) == list(landed_columns("opencost", "windows"))


def test_workloads_idle_and_what_nobody_owns_are_told_apart(
    server: VendorServer, tmp_path: Path
) -> None:
    server.answers_by(Api({DAY: ALLOCATIONS}))
    rows = rows_of(run(server, tmp_path, tags=["feature"]))
    said = [
        {k: v for k, v in row.items() if k not in ("window_start", "window_end")} for row in rows
    ]
    assert said == [
        {
            "operation": "idle",
            "provider": "self_hosted",
            "account_id": "east",
            "estimated_cost_usd": Decimal("20.5"),
        },
        {
            "operation": "unallocated",
            "provider": "self_hosted",
            "account_id": "east",
            "estimated_cost_usd": Decimal("0.25"),
        },
        {
            "operation": "unmounted",
            "provider": "self_hosted",
            "account_id": "east",
            "estimated_cost_usd": Decimal(1),
        },
        {
            "operation": "workload",
            "provider": "self_hosted",
            "account_id": "east",
            "project_id": "fraud",
            "team_id": "fraud-science",
            "use_case": "fraud-notes",
            "tags": '{"feature":"retraining"}',
            # 24 GPU-hours; a quarter of them
            "requested_gpu_seconds": Decimal(86400),
            "used_gpu_seconds": Decimal(21600),
            "estimated_cost_usd": Decimal("50.12345"),
        },
    ]
    assert {(str(row["window_start"]), str(row["window_end"])) for row in rows} == {
        ("2026-10-03 00:00:00", "2026-10-04 00:00:00")
    }


def test_days_are_asked_for_again_until_their_costs_are_adjusted(
    server: VendorServer, tmp_path: Path
) -> None:
    api = Api({DAY: {"a": changed(totalCost=50)}})
    server.answers_by(api)
    assert rows_of(run(server, tmp_path))[0]["estimated_cost_usd"] == 50
    api.asked.clear()
    api.days[DAY] = {"a": changed(totalCost=41.5)}
    adjusted = run(server, tmp_path, date(2026, 10, 6))
    assert rows_of(adjusted)[0]["estimated_cost_usd"] == Decimal("41.5")
    # none was three days old when it was asked for first
    assert min(api.asked) == date(2026, 10, 1)
    api.asked.clear()
    # it is settled now, and OpenCost may forget it
    assert rows_of(run(server, tmp_path, date(2026, 10, 7))) == rows_of(adjusted)
    api.asked.clear()
    api.days.clear()
    assert rows_of(run(server, tmp_path, date(2026, 10, 8))) == rows_of(adjusted)
    assert DAY not in api.asked


def test_a_cost_in_another_currency_is_no_estimate_in_dollars(
    server: VendorServer, tmp_path: Path
) -> None:
    server.answers_by(Api({DAY: ALLOCATIONS}))
    assert all("estimated_cost_usd" not in row for row in
               rows_of(run(server, tmp_path, currency="EUR")))  # fmt: skip


def test_an_older_server_is_asked_at_its_own_path(server: VendorServer, tmp_path: Path) -> None:
    api = Api({DAY: ALLOCATIONS})
    server.answers_by(
        lambda asked: api(asked) if asked.path == "/allocation" else error_answer(404, "no")
    )
    assert len(rows_of(run(server, tmp_path))) == 4


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"gpuHours": "many"}, "gpuHours is no number"),
        ({"totalCost": "NaN"}, "totalCost is no number"),
        ({"totalCost": None}, "the cost is missing"),
        ({"gpuHours": -1}, "the time of GPUs is negative"),
        ({"gpuUsageAverage": -0.5}, "the use of GPUs is negative"),
        ({"minutes": 2000}, "it ran for more or less than its day"),
        ({"minutes": "all day"}, "minutes is no number"),
        ({"gpuUsageAverage": "some"}, "gpuUsageAverage is no number"),
    ],
)
def test_what_cannot_be_counted_is_kept_out_and_nothing_good_with_it(
    server: VendorServer, tmp_path: Path, changes: Row, defect: str
) -> None:
    server.answers_by(Api({DAY: {"bad": changed(**changes), "good": TRAINING}}))
    rows = rows_of(run(server, tmp_path))
    assert {row.get("defects") for row in rows} == {defect, None}
    (good,) = [row for row in rows if "defects" not in row]
    assert good["requested_gpu_seconds"] == 86400
    (bad,) = [row for row in rows if "defects" in row]
    if "totalCost" not in changes:
        assert bad["estimated_cost_usd"] == Decimal("50.12345")


def test_use_is_the_mean_of_all_gpus_that_were_held(server: VendorServer, tmp_path: Path) -> None:
    eight = changed(minutes=1440, gpuHours=192, gpuUsageAverage=0.5)
    server.answers_by(Api({DAY: {"a": eight}}))
    (row,) = rows_of(run(server, tmp_path))
    assert (row["requested_gpu_seconds"], row["used_gpu_seconds"]) == (691_200, 345_600)


def test_unknown_use_of_gpus_is_unknown_and_not_none(server: VendorServer, tmp_path: Path) -> None:
    nested = changed(gpuUsageAverage=None, gpuAllocation={"gpuUsageAverage": 0.5})
    unknown = changed(gpuUsageAverage=None, properties={"cluster": "west"})
    server.answers_by(Api({DAY: {"a": nested, "b": unknown}}))
    east, west = rows_of(run(server, tmp_path))
    assert (east["account_id"], east["used_gpu_seconds"]) == ("east", 43200)
    assert west["account_id"] == "west" and "used_gpu_seconds" not in west


def test_what_people_write_is_in_no_file_and_no_log(server: VendorServer, tmp_path: Path) -> None:
    labels = dict.fromkeys(("app", "owner", "feature", "agent", "environment"), SENTENCE)
    properties = {
        **dict.fromkeys(("cluster", "namespace", "pod", "container", "node"), SENTENCE),
        "labels": labels,
        "annotations": {"note": SENTENCE},
    }
    said: list[str] = []
    server.answers_by(Api({DAY: {SENTENCE: changed(name=SENTENCE, properties=properties)}}))
    (row,) = rows_of(run(server, tmp_path, said=said, tags=["feature"]))
    assert all(row[name].startswith("h_") for name in ("account_id", "project_id", "use_case"))
    held = bytes_on_disk(tmp_path) + repr(row).encode() + "\n".join(said).encode()
    assert [mark for mark in MARKS if mark in held] == []


def of_window(start: str, end: str) -> Answer:
    return json_answer(
        {"code": 200, "data": [{"a": {**TRAINING, "window": {"start": start, "end": end}}}]}
    )


BAD_ANSWERS: Mapping[str, tuple[Answer, str]] = {
    "no JSON": (Answer(b"<html>"), "no complete JSON"),
    "half an answer": (Answer(b'{"code":200,"data":[{"a":'), "no complete JSON"),
    "an error with 200": (json_answer({"code": 500, "message": "merger"}), "not say that it is"),
    "another schema": (json_answer({"code": 200, "data": {"sets": []}}), "no list of allocations"),
    "a later day": (
        of_window("2026-10-04T00:00:00Z", "2026-10-05T00:00:00Z"),
        "it answers 2026-10-04",
    ),
    "hours": (of_window("2026-10-03T00:00:00Z", "2026-10-03T01:00:00Z"), "no whole UTC day"),
    "no window": (json_answer({"code": 200, "data": [{"a": TRAINING}]}), "no whole UTC day"),
    "down": (error_answer(503, "starting"), "6 times in a row"),
    "no access": (error_answer(403, "no"), "asks for a key"),
}


@pytest.mark.parametrize("bad", sorted(BAD_ANSWERS))
def test_an_answer_that_is_none_is_refused_by_name_and_what_was_there_stays(
    server: VendorServer, tmp_path: Path, bad: str
) -> None:
    server.answers_by(Api({DAY: ALLOCATIONS}))
    good = run(server, tmp_path)
    given, words = BAD_ANSWERS[bad]
    server.answers(given)
    failed = run(server, tmp_path)
    assert failed.state == "failed"
    assert words in failed.reason and "merger" not in failed.reason
    assert len(rows_of(good)) == 4


# Answers that somebody saved.


def files(tmp_path: Path, **options: Any) -> FileSource:
    given = {"labels": {"use_case": "app", "team": "owner"}, **options}
    return FileSource("opencost", tmp_path / "bills", tmp_path / "data", given)


def save(source: FileSource, name: str, content: Row | bytes) -> None:
    said = content if isinstance(content, bytes) else json.dumps(content).encode()
    source.bills.mkdir(parents=True, exist_ok=True)
    (source.bills / name).write_bytes(gzip.compress(said) if name.endswith(".gz") else said)


def test_files_are_read_as_the_api_and_land_with_their_money(tmp_path: Path) -> None:
    source = files(tmp_path)
    save(source, "2026-10-03.json.gz", answer(DAY, ALLOCATIONS))
    rows = {row["operation"]: row for row in source.rows()}
    assert set(rows) == {"workload", "idle", "unmounted", "unallocated"}
    assert rows["workload"]["requested_gpu_seconds"] == 86400
    assert sum(row["estimated_cost_usd"] for row in rows.values()) == Decimal("71.87345")
    assert source.states() == {"2026-10": "unchanged"}


def test_of_two_files_with_one_day_the_later_counts(tmp_path: Path) -> None:
    source = files(tmp_path)
    twice = answer(DAY, {"a": TRAINING})
    twice["data"] += answer(date(2026, 10, 4), {"a": TRAINING})["data"]
    save(source, "export-1.json", twice)
    save(source, "export-2.json", answer(DAY, {"a": changed(totalCost=40)}))
    costs = {row["window_start"].day: row["estimated_cost_usd"] for row in source.rows()}
    assert costs == {3: Decimal(40), 4: Decimal("50.12345")}


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = files(tmp_path)
    save(source, "a.json", answer(DAY, {"a": TRAINING}))
    source.states()
    save(source, "b.json", answer(date(2026, 10, 4), {"a": TRAINING}))
    read: list[str] = []
    of_disk = opencost.ObjectStore.read
    monkeypatch.setattr(
        opencost.ObjectStore, "read", lambda self, path: read.append(path) or of_disk(self, path)
    )
    assert len(source.rows()) == 2
    assert read == ["b.json"]


BAD_FILES: Mapping[str, tuple[str, Row | bytes, str]] = {
    "cut off": ("b.json", b'{"code":200,"data":[{"a":', "b.json: the answer is no complete JSON"),
    "not packed": ("b.json", b"\xff\xfe", "b.json: it is no text in UTF-8"),
    "another schema": ("b.json", {"version": 9}, "b.json: the answer does not say"),
    "nothing": ("a.json", {"code": 200, "data": []}, "hold no allocation"),
}


@pytest.mark.parametrize("bad", sorted(BAD_FILES))
def test_a_file_that_is_none_is_named(tmp_path: Path, bad: str) -> None:
    source = files(tmp_path)
    save(source, "a.json", answer(DAY, {"a": TRAINING}))
    name, content, words = BAD_FILES[bad]
    save(source, name, content)
    assert words in source.failure()


def test_a_packed_file_that_is_half_written_is_named(tmp_path: Path) -> None:
    source = files(tmp_path)
    save(source, "a.json.gz", answer(DAY, {"a": TRAINING}))
    whole = (source.bills / "a.json.gz").read_bytes()
    (source.bills / "a.json.gz").write_bytes(whole[: len(whole) // 2])
    assert "a.json.gz: it is cut off or damaged" in source.failure()
