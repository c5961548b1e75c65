"""MLflow: training runs of a real server, and of one that misbehaves or has a long past."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import mlflow_server
import pytest
from mlflow_server import at, running_server
from vendor_server import (
    KEY,
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

from orchestration.demo.experiments import tracking_apis
from orchestration.demo.vendor_api import ApiError
from orchestration.extract import mlflow, mlflow_tracker
from orchestration.extract.landed_columns import landed_columns
from orchestration.extract.landed_rows import path_list, pseudonym
from orchestration.extract.mlflow_runs import RUN_COLUMNS, RUN_DAY_COLUMNS
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import SourceConfig

Row = dict[str, Any]
TODAY = date(2026, 11, 10)
SENTENCE = "Ada Example (ada@example.com, 203.0.113.9) wrote: the merger is on Friday"
MARKS = (b"Ada Example", b"ada@example.com", b"203.0.113.9", b"merger")
GPU = "system/gpu_{}_utilization_percentage"
MEMORY = "system/gpu_{}_memory_usage_megabytes"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return waits_in_a_list(monkeypatch, mlflow)


def tracked(
    run_id: str,
    start: object = "2026-11-03 06:00",
    end: object = "2026-11-03 10:00",
    **changes: Any,
) -> Row:
    """Return a run as a tracker keeps it: two GPUs for four hours, at 40 and at 60 per cent."""
    started = at(start) if isinstance(start, str) else start
    ended = at(end) if isinstance(end, str) else end
    info = {
        "run_id": run_id,
        "run_name": "a run",
        "experiment_id": "1",
        "user_id": "ada",
        "status": "FINISHED" if ended is not None else "RUNNING",
        "start_time": started,
        "end_time": ended,
        "lifecycle_stage": "active",
    }
    info.update({name: said for name, said in changes.items() if name in info})
    when = started if isinstance(started, int) else at("2026-11-03 06:00")
    return {
        "info": {name: said for name, said in info.items() if said is not None},
        "tags": {
            "use_case": "fraud-notes",
            "model": "ranker",
            "resource_id": "i-1",
            **changes.get("tags", {}),
        },
        "history": changes.get(
            "history",
            {
                GPU.format(0): [(when, 30.0), (when + 60_000, 50.0)],
                GPU.format(1): [(when, 60.0)],
                "f1": [(when, 0.5), (when + 1, 0.75)],
            },
        ),
        "params": changes.get("params", {}),
    }


class Fake:
    """A tracker that holds runs and counts what it was asked for."""

    def __init__(self, *runs: Row) -> None:
        self.runs = list(runs)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.shown_runs = 0
        self.changed: Callable[[str, bytes], bytes] = lambda _path, body: body

    def __call__(self, asked: Asked) -> Answer:
        question: dict[str, Any] = (
            json.loads(asked.body) if asked.body else {k: v[0] for k, v in asked.params.items()}
        )
        self.asked.append((asked.path.removeprefix("/api/2.0/mlflow/"), question))
        pairs = [
            (name, str(item))
            for name, said in question.items()
            for item in (said if isinstance(said, list) else [said])
        ]
        api = next(api for api in tracking_apis(self.runs) if api.path == asked.path)
        try:
            answer = api.answer(pairs, asked.headers)
        except ApiError as error:
            answer = api.refusal(error)
        self.shown_runs += len(answer.body.get("runs", []))
        return Answer(self.changed(asked.path, json.dumps(answer.body).encode()), answer.status)

    def histories(self) -> int:
        return sum(path == "metrics/get-history" for path, _ in self.asked)

    def forget(self) -> None:
        self.asked, self.shown_runs = [], 0


def pulled(
    url: str, folder: Path, today: date = TODAY, said: list[str] | None = None, **options: Any
) -> dict[tuple[str, str], Pulled]:
    """Pull a tracker and return what became of each dataset and month."""
    config = SourceConfig(
        "tracker", "mlflow", url, {"first_period": "2026-01", "metrics": ["f1"], **options}
    )
    found = pull(config, None, pull_context(folder, today=today, said=said))
    return {(each.dataset, each.period.key if each.period else ""): each for each in found}


def rows(found: Mapping[tuple[str, str], Pulled], dataset: str) -> list[Row]:
    """Return the landed rows of a dataset, each with what it says."""
    paths = [
        path
        for (name, _), each in sorted(found.items())
        if name == dataset and each.snapshot is not None
        for path in each.snapshot.file_paths()
    ]
    if not paths:
        return []
    with duckdb.connect() as connection:
        cursor = connection.execute(
            f"select * from read_parquet({path_list(paths)}) order by run_id"
        )
        names = [column[0] for column in cursor.description]
        read = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: said for name, said in row.items() if said is not None} for row in read]


def by_id(found: Mapping[tuple[str, str], Pulled]) -> dict[str, Row]:
    return {row["run_id"]: row for row in rows(found, "runs")}


def states(found: Mapping[tuple[str, str], Pulled]) -> set[str]:
    return {each.state for each in found.values()}


def test_landed_columns_are_those_that_dbt_declares() -> None:
    assert list(RUN_COLUMNS) == list(landed_columns("mlflow", "runs"))
    assert list(RUN_DAY_COLUMNS) == list(landed_columns("mlflow", "run_days"))


# A real server.


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mlflow_server.Tracker]:
    if (reason := mlflow_server.missing()) is not None:
        pytest.skip(reason)
    with running_server(tmp_path_factory.mktemp("mlflow") / "server") as tracker:
        yield tracker


def test_a_real_tracker_from_its_first_pull_to_a_late_end_and_a_deletion(
    real: mlflow_server.Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_tracker, "_PAGE_RUNS", 2)
    monkeypatch.setattr(mlflow_tracker, "_PAGE_SAMPLES", 1)
    one, other = real.experiment(SENTENCE), real.experiment("other")
    tags = {"use_case": "fraud-notes", "team": "risk", "model": "ranker", "resource_id": "i-1"}
    outer = real.run(
        one,
        "2026-10-31 22:00",
        ended="2026-11-01 02:00",
        name=SENTENCE,
        tags=tags
        | {
            "mlflow.note.content": SENTENCE,
            "mlflow.source.git.repoURL": "ssh://ada@example.com/merger",
            "feature": "ranking",
        },
        params={"prompt": SENTENCE},
        metrics={"f1": 0.8125, "loss": 0.25},
        history={
            GPU.format(0): [("2026-10-31 22:00", 20), ("2026-11-01 00:30", 80)],
            GPU.format(1): [("2026-10-31 23:00", 40), ("2026-11-01 01:30", 90)],
            MEMORY.format(0): [("2026-10-31 22:00", 1073.741824)],
        },
    )
    nested = real.run(
        one,
        "2026-10-31 22:00",
        ended="2026-10-31 23:00",
        tags={"mlflow.parentRunId": outer, "gpu_count": "2"},
    )
    killed = real.run(
        other, "2026-11-04 06:00", ended="2026-11-04 07:00", status="KILLED", tags=tags
    )
    failed = real.run(
        other,
        "2026-11-02 08:00",
        ended="2026-11-02 09:00",
        status="FAILED",
        metrics={"f1": "NaN"},
    )
    at_work = real.run(other, "2026-11-08 12:00", tags=tags | {"gpu_count": "4"})
    said: list[str] = []
    first = pulled(real.url, tmp_path, said=said, tags=["feature"])
    runs = by_id(first)
    assert {run_id: row["status"] for run_id, row in runs.items()} == {
        outer: "FINISHED",
        nested: "FINISHED",
        killed: "KILLED",
        failed: "FAILED",
        at_work: "RUNNING",
    }
    assert runs[outer] | {"measures_tag": ""} == {
        "run_id": outer,
        "experiment_id": one,
        "started_at": datetime.fromisoformat("2026-10-31 22:00"),
        "ended_at": datetime.fromisoformat("2026-11-01 02:00"),
        "is_timed": True,
        "status": "FINISHED",
        "is_deleted": False,
        "user_id": pseudonym("pepper", "ada@example.com"),
        "team_id": "risk",
        "use_case": "fraud-notes",
        "trained_model": "ranker",
        "resource_id": "i-1",
        "tags": '{"feature":"ranking"}',
        "gpu_count": 2,
        # a mean of 30 in two hours of October, of 85 in two of November
        "gpu_utilisation_share": Decimal("0.575"),
        "metric_name": "f1",
        "metric_value": Decimal("0.8125"),
        "measures_tag": "",
    }
    assert runs[nested]["parent_run_id"] == outer
    assert runs[nested]["gpu_count"] == 2 and "gpu_utilisation_share" not in runs[nested]
    assert runs[failed]["metric_name"] == "f1" and "metric_value" not in runs[failed]
    assert "ended_at" not in runs[at_work]
    days = {(row["run_id"], row["window_start"].day): row for row in rows(first, "run_days")}
    assert set(days) == {(outer, 31), (outer, 1), (nested, 31), (at_work, 8), (at_work, 9)}
    assert days[outer, 31]["requested_gpu_seconds"] == 2 * 7200
    assert days[outer, 31]["used_gpu_seconds"] == Decimal("0.3") * 2 * 7200
    assert days[outer, 31]["used_gpu_memory_gibseconds"] == 2 * 7200
    assert days[outer, 1]["used_gpu_seconds"] == Decimal("0.85") * 2 * 7200
    assert days[at_work, 8]["requested_gpu_seconds"] == 4 * 12 * 3600
    assert "used_gpu_seconds" not in days[nested, 31]
    held = bytes_on_disk(tmp_path) + repr(rows(first, "runs")).encode() + "\n".join(said).encode()
    assert [mark for mark in MARKS if mark in held] == []

    # it ended before the second pull, and somebody deleted an older one
    real.end(at_work, "2026-11-09 18:00")
    real.post("runs/delete", {"run_id": killed})
    second = pulled(real.url, tmp_path, TODAY + timedelta(days=1), tags=["feature"])
    runs = by_id(second)
    assert runs[at_work]["ended_at"] == datetime.fromisoformat("2026-11-09 18:00")
    assert runs[killed]["is_deleted"] and runs[killed]["status"] == "KILLED"
    assert second["runs", "2026-10"].state == "unchanged"
    days = {(row["run_id"], row["window_start"].day): row for row in rows(second, "run_days")}
    assert days[at_work, 9]["requested_gpu_seconds"] == 4 * 18 * 3600


# How little is asked.


def test_a_daily_pull_reads_what_is_new_however_long_the_past(
    server: VendorServer, tmp_path: Path
) -> None:
    past = [
        tracked(
            f"{month:02d}{number:02d}", f"2026-{month:02d}-15 06:00", f"2026-{month:02d}-15 10:00"
        )
        for month in range(1, 11)
        for number in range(5)
    ]
    at_work = tracked("work", "2026-11-08 06:00", None)
    fake = Fake(*past, at_work)
    server.answers_by(fake)
    assert len(by_id(pulled(server.url, tmp_path))) == 51
    assert fake.histories() == 2 * 51
    fake.forget()
    fake.runs.append(tracked("new", "2026-11-10 06:00", "2026-11-10 07:00"))
    found = pulled(server.url, tmp_path, TODAY + timedelta(days=1))
    assert {key for key, each in found.items() if each.state != "unchanged"} == {
        ("runs", "2026-11"),
        ("run_days", "2026-11"),
    }
    # the run at work (by its state and by its start), the new one twice, and a month in turn
    assert fake.shown_runs == 2 + 2 + 5
    assert fake.histories() == 2 * 2


def test_nothing_new_is_nothing_new(server: VendorServer, tmp_path: Path) -> None:
    fake = Fake(tracked("a"), tracked("b", tags={"gpu_count": "8"}, history={}))
    server.answers_by(fake)
    pulled(server.url, tmp_path)
    fake.forget()
    assert states(pulled(server.url, tmp_path)) == {"unchanged"}
    assert fake.histories() == 0


def test_a_run_that_ended_while_nobody_asked_is_found(server: VendorServer, tmp_path: Path) -> None:
    fake = Fake(tracked("a", "2026-11-01 06:00", None), tracked("b", "2026-11-02 06:00", None))
    server.answers_by(fake)
    pulled(server.url, tmp_path)
    # the one ended without a word of when, the other is gone
    fake.runs = [tracked("a", "2026-11-01 06:00", None, status="FAILED")]
    found = by_id(pulled(server.url, tmp_path, date(2026, 12, 24)))
    assert found["a"]["defects"] == "it is over and has no end"
    assert found["b"]["status"] == "RUNNING"


def test_a_change_long_after_the_end_is_found_when_its_month_has_its_turn(
    server: VendorServer, tmp_path: Path
) -> None:
    fake = Fake(
        *(tracked(f"r{m}", f"2026-{m:02d}-15 06:00", f"2026-{m:02d}-15 10:00") for m in (7, 8, 9))
    )
    server.answers_by(fake)
    pulled(server.url, tmp_path)
    fake.runs[1]["info"]["lifecycle_stage"] = "deleted"
    fake.runs[1]["tags"]["use_case"] = "call-summary"
    seen = []
    for day in range(1, 4):
        found = by_id(pulled(server.url, tmp_path, TODAY + timedelta(days=day)))["r8"]
        seen.append((found["is_deleted"], found["use_case"]))
    assert seen == [(False, "fraud-notes"), (True, "call-summary"), (True, "call-summary")]


def test_the_time_of_a_run_at_work_grows_by_the_day(server: VendorServer, tmp_path: Path) -> None:
    server.answers_by(Fake(tracked("a", "2026-11-08 06:00", None)))
    for day in (0, 1):
        found = pulled(server.url, tmp_path, TODAY + timedelta(days=day))
        seconds = sum(row["requested_gpu_seconds"] for row in rows(found, "run_days"))
        assert seconds == 2 * 3600 * (18 + 24 + 24 * day)


def test_another_key_or_setting_reads_all_runs_anew(server: VendorServer, tmp_path: Path) -> None:
    server.answers_by(Fake(tracked("a", tags={"app": "call-summary"})))
    assert by_id(pulled(server.url, tmp_path))["a"]["use_case"] == "fraud-notes"
    found = pulled(server.url, tmp_path, labels={"use_case": "app"})
    assert by_id(found)["a"]["use_case"] == "call-summary"


def test_the_first_of_the_metrics_that_a_run_has_is_the_one(
    server: VendorServer, tmp_path: Path
) -> None:
    when = at("2026-11-03 07:00")
    history = {"loss": [(when, 0.1)], "recall": [(when, 0.6)], "f1": [(when, 0.7)]}
    server.answers_by(Fake(tracked("a", history=history)))
    row = by_id(pulled(server.url, tmp_path, metrics=["precision", "recall", "f1"]))["a"]
    assert (row["metric_name"], row["metric_value"]) == ("recall", Decimal("0.6"))
    row = by_id(pulled(server.url, tmp_path, metrics=["precision"]))["a"]
    assert "metric_name" not in row and "metric_value" not in row


# What is wrong with a run.

FUTURE = at("2027-03-01 00:00")
MUTATIONS: dict[str, tuple[Row, str]] = {
    "a start that is missing": (tracked("bad", None), "its start is missing"),
    "a start of zero": (tracked("bad", 0), "its start is missing"),
    "a start in words": (tracked("bad", None, start_time="yesterday"), "its start is no time"),
    "a start in the future": (tracked("bad", FUTURE, None), "its start is in the future"),
    "an end in words": (tracked("bad", end_time="soon"), "its end is no time"),
    "an end in the future": (tracked("bad", end=FUTURE), "its end is in the future"),
    "an end before its start": (
        tracked("bad", end="2026-11-03 05:00"),
        "it ends before it begins",
    ),
    "no end": (tracked("bad", end=None, status="FINISHED"), "it is over and has no end"),
    "a status that nobody knows": (tracked("bad", status="PAUSED"), "its status is unknown"),
    "a number of GPUs in words": (
        tracked("bad", tags={"gpu_count": "eight"}),
        "its number of GPUs is none",
    ),
    "a negative number of GPUs": (
        tracked("bad", tags={"gpu_count": "-8"}),
        "its number of GPUs is none",
    ),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_run_that_cannot_be_counted_is_kept_out_and_takes_nothing_with_it(
    server: VendorServer, tmp_path: Path, mutation: str
) -> None:
    bad, defect = MUTATIONS[mutation]
    # a start in words cannot be asked for by its time, but what is at work is always shown
    if not isinstance(bad["info"].get("start_time"), int):
        bad["info"]["status"] = "RUNNING"
    server.answers_by(Fake(bad, tracked("good")))
    for _ in range(2):
        found = by_id(pulled(server.url, tmp_path))
        assert found["bad"]["defects"] == defect
        assert "defects" not in found["good"]
        assert found["good"]["gpu_utilisation_share"] == Decimal("0.466666666667")


SAMPLES: dict[str, tuple[object, str]] = {
    "no number": ("NaN", "a measure of its GPUs is no number"),
    "a text": ("high", "a measure of its GPUs is no number"),
    "negative": (-1.0, "a measure of its GPUs is negative"),
    "more than all": (100.5, "its GPUs are used by more than 100 per cent"),
}


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_measure_that_cannot_be_keeps_the_day_out_and_not_the_run(
    server: VendorServer, tmp_path: Path, sample: str
) -> None:
    said, defect = SAMPLES[sample]
    history = {GPU.format(0): [(at("2026-11-03 06:00"), 50.0), (at("2026-11-03 07:00"), said)]}
    server.answers_by(Fake(tracked("bad", history=history), tracked("good")))
    found = pulled(server.url, tmp_path)
    bad, good = rows(found, "run_days")
    assert (bad["defects"], bad["requested_gpu_seconds"]) == (defect, 4 * 3600)
    assert "defects" not in good
    assert "gpu_utilisation_share" not in by_id(found)["bad"]


@pytest.mark.parametrize("said", ["NaN", "Infinity", "good"])
def test_a_metric_that_is_no_number_takes_nothing_from_what_the_run_cost(
    server: VendorServer, tmp_path: Path, said: str
) -> None:
    server.answers_by(Fake(tracked("a", history={"f1": [(at("2026-11-03 07:00"), said)]})))
    row = by_id(pulled(server.url, tmp_path))["a"]
    assert row["metric_name"] == "f1"
    assert "metric_value" not in row and "defects" not in row


def test_a_run_that_comes_twice_is_one(server: VendorServer, tmp_path: Path) -> None:
    server.answers_by(Fake(tracked("a"), tracked("a")))
    found = pulled(server.url, tmp_path)
    assert len(rows(found, "runs")) == len(rows(found, "run_days")) == 1


def test_a_run_without_an_id_is_kept_out(server: VendorServer, tmp_path: Path) -> None:
    nameless = tracked("x", history={})
    del nameless["info"]["run_id"]
    server.answers_by(Fake(nameless, tracked("good")))
    found = by_id(pulled(server.url, tmp_path))
    (bad,) = [row for run_id, row in found.items() if run_id.startswith("missing-")]
    assert bad["defects"] == "the run has no id" and "good" in found


def test_a_run_whose_start_becomes_known_lies_in_its_month_alone(
    server: VendorServer, tmp_path: Path
) -> None:
    fake = Fake(tracked("a", None, None))
    server.answers_by(fake)
    assert by_id(pulled(server.url, tmp_path))["a"]["started_at"].month == 11
    fake.runs = [tracked("a", "2026-10-20 06:00", None), tracked("b")]
    found = pulled(server.url, tmp_path, TODAY + timedelta(days=1))
    (row,) = [row for row in rows(found, "runs") if row["run_id"] == "a"]
    assert row["started_at"].month == 10 and "defects" not in row


# What is no answer.


def cut(path: str, body: bytes) -> bytes:
    return body[: len(body) // 2] if path.endswith("runs/search") else body


def renamed(path: str, body: bytes) -> bytes:
    return body.replace(b'"runs"', b'"results"') if path.endswith("runs/search") else body


def circling(path: str, body: bytes) -> bytes:
    if not path.endswith("runs/search") or b'"runs"' not in body:
        return body
    return json.dumps(json.loads(body) | {"next_page_token": "eyJvZmZzZXQiOiAwfQ=="}).encode()


def another_version(path: str, body: bytes) -> bytes:
    return b'["v3"]' if path.endswith("experiments/search") else body


def nameless_experiments(path: str, body: bytes) -> bytes:
    return body.replace(b"experiment_id", b"id") if path.endswith("experiments/search") else body


def half_a_history(path: str, body: bytes) -> bytes:
    return body[:-3] if path.endswith("get-history") else body


BAD_ANSWERS: dict[str, tuple[Callable[[str, bytes], bytes], str]] = {
    "half a page": (cut, "runs/search: the answer is no complete JSON"),
    "a renamed field": (renamed, "runs/search: the answer is no list of runs"),
    "pages in a circle": (circling, "the token of the next page came twice"),
    "another version": (another_version, "the answer is no list of experiments"),
    "experiments without ids": (nameless_experiments, "an experiment has no id"),
    "half a history": (half_a_history, "get-history: the answer is no complete JSON"),
}


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_an_answer_that_is_none_is_refused_by_name_and_what_was_there_stays(
    server: VendorServer, tmp_path: Path, bad: str
) -> None:
    fake = Fake(tracked("a"))
    server.answers_by(fake)
    pulled(server.url, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    fake.changed, words = BAD_ANSWERS[bad]
    fake.runs.append(tracked("merger", "2026-11-09 06:00", "2026-11-09 07:00"))
    (failed,) = pulled(server.url, tmp_path).values()
    assert failed.state == "failed" and words in failed.reason
    assert "merger" not in failed.reason
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == before
    fake.changed = lambda _path, body: body
    assert set(by_id(pulled(server.url, tmp_path))) == {"a", "merger"}


def test_a_tracker_that_is_down_is_named_and_asked_again_later(
    server: VendorServer, tmp_path: Path, waits: list[float]
) -> None:
    server.answers(error_answer(503, "starting"))
    (failed,) = pulled(server.url, tmp_path).values()
    assert "6 times in a row" in failed.reason and len(waits) == 5


# Keys and settings.


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (KEY, f"Bearer {KEY}"),
        ("ada:pass-word", "Basic " + base64.b64encode(b"ada:pass-word").decode()),
    ],
)
def test_a_token_or_a_user_and_password_come_from_the_environment(
    server: VendorServer, tmp_path: Path, key: str, header: str
) -> None:
    server.answers_by(Fake(tracked("a")))
    config = SourceConfig("tracker", "mlflow", server.url, {"admin_key_env": VARIABLE})
    pull(config, None, pull_context(tmp_path, today=TODAY, key=key))
    assert {asked.headers.get("authorization") for asked in server.asked} == {header}
    assert key.encode() not in bytes_on_disk(tmp_path)


def test_a_tracker_that_asks_for_a_key_is_named(server: VendorServer, tmp_path: Path) -> None:
    server.answers(json_answer({"error_code": "UNAUTHENTICATED"}, 401))
    (failed,) = pulled(server.url, tmp_path).values()
    assert "asks for a key (HTTP 401)" in failed.reason and "admin_key_env" in failed.reason


WRONG_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "a label that nobody knows": ({"labels": {"colour": "x"}}, "'labels' must be a map of team"),
    "a label that is no text": ({"labels": {"team": 5}}, "'labels' must be a map of team"),
    "metrics that are no list": ({"metrics": "f1"}, "'metrics' must be a list"),
    "tags that are no list": ({"tags": "feature"}, "'tags' must be a list"),
    "a month that is none": ({"first_period": "soon"}, "'first_period' is wrong"),
}


@pytest.mark.parametrize("wrong", WRONG_OPTIONS)
def test_a_wrong_setting_is_named(server: VendorServer, tmp_path: Path, wrong: str) -> None:
    options, words = WRONG_OPTIONS[wrong]
    server.answers_by(Fake(tracked("a")))
    (failed,) = pulled(server.url, tmp_path, **options).values()
    assert failed.state == "failed" and words in failed.reason


def test_a_sentence_in_every_field_is_in_no_file_and_no_log(
    server: VendorServer, tmp_path: Path
) -> None:
    planted = tracked("x")
    planted["info"] |= dict.fromkeys(
        ("run_id", "run_uuid", "run_name", "experiment_id", "user_id", "artifact_uri"), SENTENCE
    )
    planted["info"]["new_field"] = SENTENCE
    known = ("use_case", "team", "model", "environment", "resource_id", "feature")
    others = ("mlflow.note.content", "mlflow.source.name", "mlflow.user", "mlflow.parentRunId")
    planted["tags"] = dict.fromkeys((*known, *others, "mlflow.source.git.repoURL"), SENTENCE)
    planted["params"] = {SENTENCE: SENTENCE}
    planted["history"] |= {SENTENCE: [(at("2026-11-03 06:00"), SENTENCE)]}
    said: list[str] = []
    server.answers_by(Fake(planted))
    found = pulled(server.url, tmp_path, said=said, tags=["feature"])
    (row,) = rows(found, "runs")
    (day,) = rows(found, "run_days")
    for name in ("run_id", "use_case", "team_id", "trained_model", "environment", "resource_id"):
        assert row[name] == day[name] and row[name].startswith("h_"), name
    assert row["user_id"].startswith("u_")
    held = (
        bytes_on_disk(tmp_path)
        + repr([rows(found, "runs"), rows(found, "run_days")]).encode()
        + "\n".join(said).encode()
    )
    assert [mark for mark in MARKS if mark in held] == []
