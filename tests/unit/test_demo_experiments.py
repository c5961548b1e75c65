"""The demo company's tracker holds its world's runs and answers as MLflow does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from orchestration.demo.experiments import (
    TRACKED_MODEL,
    TrackingApi,
    read_tracked_runs,
    stated_runs,
    tracked_run_id,
    tracked_runs,
    tracking_apis,
    write_tracked_runs,
)
from orchestration.demo.vendor_api import ApiError

RUN = {
    "run_id": "fraud-ranker-001",
    "parent_run_id": None,
    "use_case_id": "fraud-notes",
    "trained_model": TRACKED_MODEL,
    "resource_id": "i-1",
    "started_at": "2026-10-05T06:00:00Z",
    "ended_at": "2026-10-05T15:24:00Z",
    "run_state": "finished",
    "gpu_count": 8,
    "gpu_utilisation_share": "0.42",
    "metric_name": "average precision",
    "metric_value": "74.1",
    "note": None,
}
FOLD = {
    **RUN,
    "run_id": "fraud-ranker-001-fold-1",
    "parent_run_id": "fraud-ranker-001",
    "metric_name": None,
    "metric_value": None,
}
AT_WORK = {
    **RUN,
    "run_id": "fraud-ranker-002",
    "started_at": "2026-10-06T06:00:00Z",
    "ended_at": None,
    "run_state": "running",
    "gpu_utilisation_share": None,
    "metric_name": None,
    "metric_value": None,
}
OTHER = {**RUN, "run_id": "demand-forecaster-001", "trained_model": "demand-forecaster"}


@dataclass(frozen=True)
class Tracker:
    """The endpoints by path."""

    apis: Mapping[str, TrackingApi]

    def ask(self, path: str, *question: tuple[str, str]) -> tuple[int, Any]:
        api = self.apis[f"/api/2.0/mlflow/{path}"]
        try:
            answer = api.answer(question, {})
        except ApiError as error:
            answer = api.refusal(error)
        return answer.status, answer.body

    def search(self, **question: str) -> Any:
        """Return a page of the runs of the team's experiment."""
        status, found = self.ask("runs/search", ("experiment_ids", "3"), *question.items())
        assert status == 200, found
        return found


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    folder = tmp_path_factory.mktemp("vendors") / "mlflow"
    assert write_tracked_runs(folder, tracked_runs([RUN, FOLD, AT_WORK, OTHER])) == 3
    return Tracker({api.path: api for api in tracking_apis(read_tracked_runs(folder))})


def test_a_run_is_in_the_table_or_in_the_tracker_and_one_is_in_both() -> None:
    world = [RUN, FOLD, AT_WORK, OTHER]
    stated = [run["run_id"] for run in stated_runs(world)]
    tracked = [tracked_run_id(str(run["run_id"])) for run in tracked_runs(world)]
    assert stated == ["demand-forecaster-001", tracked_run_id("fraud-ranker-001")]
    assert len(tracked) == 3 and set(stated) & set(tracked) == {stated[-1]}


def test_a_run_has_the_tags_that_attribute_it_and_a_nested_one_its_parent(tracker: Tracker) -> None:
    outer, fold, at_work = tracker.search()["runs"]
    tags = {tag["key"]: tag["value"] for tag in outer["data"]["tags"]}
    assert (tags["use_case"], tags["model"], tags["resource_id"], tags["gpu_count"]) == (
        *("fraud-notes", TRACKED_MODEL, "i-1", "8"),
    )
    nested = {tag["key"]: tag["value"] for tag in fold["data"]["tags"]}
    assert nested["mlflow.parentRunId"] == outer["info"]["run_id"]
    assert "use_case" not in nested
    assert at_work["info"]["status"] == "RUNNING" and "end_time" not in at_work["info"]


def test_the_samples_of_all_gpus_have_the_run_s_utilisation_as_their_mean(tracker: Tracker) -> None:
    outer = tracker.search(max_results="1")["runs"][0]
    keys = [metric["key"] for metric in outer["data"]["metrics"]]
    gpus = [key for key in keys if key.startswith("system/gpu_")]
    assert len(gpus) == 8 and "average precision" in keys
    values = []
    for key in gpus:
        _, found = tracker.ask(
            "metrics/get-history", ("run_id", outer["info"]["run_id"]), ("metric_key", key)
        )
        values += [metric["value"] for metric in found["metrics"]]
        info = outer["info"]
        clocks = [metric["timestamp"] for metric in found["metrics"]]
        assert info["start_time"] <= min(clocks) and max(clocks) <= info["end_time"]
    assert mean(values) == pytest.approx(42)


def test_runs_come_page_by_page_and_by_their_attributes(tracker: Tracker) -> None:
    first = tracker.search(max_results="2")
    second = tracker.search(max_results="2", page_token=first["next_page_token"])
    assert [len(page["runs"]) for page in (first, second)] == [2, 1]
    assert "next_page_token" not in second
    at_work = tracker.search(filter="attributes.status = 'RUNNING'")["runs"]
    assert [run["info"]["status"] for run in at_work] == ["RUNNING"]
    assert tracker.search(filter="attributes.end_time >= 1900000000000") == {}
    _, found = tracker.ask("experiments/search", ("view_type", "ALL"))
    assert [each["experiment_id"] for each in found["experiments"]] == ["3"]


def test_what_mlflow_refuses_is_refused(tracker: Tracker) -> None:
    status, found = tracker.ask("runs/get", ("run_id", "unknown"))
    assert (status, found["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    for wrong in (("filter", "params.x like 'y'"), ("page_token", "?"), ("max_results", "50001")):
        status, found = tracker.ask("runs/search", ("experiment_ids", "3"), wrong)
        assert (status, found["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), wrong


def test_a_company_without_a_tracker_has_none(tmp_path: Path) -> None:
    assert read_tracked_runs(tmp_path) == []
