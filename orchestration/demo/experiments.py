"""The demo company's MLflow: the runs of one team's tracker, and how its REST API answers.

The fraud team tracks what it trains; the other teams write theirs into ``training_run.csv``. Both
are of the same world: a tracked run is one of its training runs as MLflow keeps it, with the
utilisation of each GPU sampled while it was at work.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from orchestration.demo.traces import WHAT_WAS_SAID
from orchestration.demo.vendor_api import Answer, ApiError, Query

RUNS_FILE = "runs.json"
# In the folder of the truth: every training run, whoever states it.
EVERY_RUN_TABLE = "every_training_run.csv"
TRACKED_MODEL = "fraud-ranker"

_API = "/api/2.0/mlflow"
_EXPERIMENT = "3"
_STATUS = {
    "finished": "FINISHED",
    "failed": "FAILED",
    "preempted": "KILLED",
    "running": "RUNNING",
}
# Data scientists of the team, one run after another.
_USERS = ("mira.okafor@demo.example", "jonas.lind@demo.example", "wei.tan@demo.example")
_SAMPLE_EVERY = timedelta(minutes=20)
# How far the GPUs of a machine lie from their mean, and each of them from one sample to the next.
_APART_PCT, _SWING_PCT = 2, 3
_COMPARISON = re.compile(r"attributes\.(\w+) (=|>=|<) ('?)([\w-]+)\3")
_MOST_RESULTS = 50_000

_Run = Mapping[str, Any]


def tracked_run_id(run_id: str) -> str:
    """Return the id that the tracker gave to a run of the world."""
    return hashlib.md5(run_id.encode(), usedforsecurity=False).hexdigest()


def tracked_runs(runs: Iterable[_Run]) -> list[_Run]:
    """Return the runs of the world that the tracker knows."""
    return [run for run in runs if run["trained_model"] == TRACKED_MODEL]


def stated_runs(runs: Iterable[_Run]) -> list[_Run]:
    """Return the runs that the organisation's table states: of the tracked ones one alone.

    Somebody entered the last that finished, by the tracker's id.
    """
    every = list(runs)
    entered = [
        {**run, "run_id": tracked_run_id(str(run["run_id"]))}
        for run in tracked_runs(every)
        if run["run_state"] == "finished" and run["parent_run_id"] is None
    ]
    return [*(run for run in every if run["trained_model"] != TRACKED_MODEL), *entered[-1:]]


def write_tracked_runs(folder: Path, runs: Iterable[_Run]) -> int:
    """Write the tracker's runs and return how many they are.

    Args:
        folder: Where they go.
        runs: Training runs of the world, as ``training_run.csv`` has them.
    """
    tracked = [_tracked(number, run) for number, run in enumerate(runs)]
    folder.mkdir(parents=True)
    (folder / RUNS_FILE).write_text(json.dumps(tracked, indent=1) + "\n", encoding="utf-8")
    return len(tracked)


def _tracked(number: int, run: _Run) -> dict[str, Any]:
    """Return a run as the API answers it, and the values of its metrics over time."""
    start, end = _clock(run["started_at"]), _clock(run["ended_at"])
    user = _USERS[number % len(_USERS)]
    tags = {
        "mlflow.runName": run["run_id"],
        "mlflow.user": user,
        "mlflow.source.name": "train.py",
        "mlflow.note.content": WHAT_WAS_SAID,
        "mlflow.source.git.commit": tracked_run_id(f"commit {number}"),
    }
    if run["parent_run_id"]:
        # It has the tags of the run around it, which MLflow does not copy.
        tags["mlflow.parentRunId"] = tracked_run_id(str(run["parent_run_id"]))
    else:
        tags |= {
            "use_case": run["use_case_id"],
            "team": "fraud-science",
            "model": run["trained_model"],
            "environment": "training",
            "resource_id": run["resource_id"],
        }
    tags["gpu_count"] = str(run["gpu_count"])
    history = _utilisation(run, start, end) if start and run["gpu_utilisation_share"] else {}
    if run["metric_name"] and end:
        history[str(run["metric_name"])] = [(end, float(str(run["metric_value"])))]
    return {
        "info": {
            "run_id": tracked_run_id(str(run["run_id"])),
            "run_name": run["run_id"],
            "experiment_id": _EXPERIMENT,
            "user_id": user,
            "status": _STATUS[str(run["run_state"])],
            "start_time": start,
            **({"end_time": end} if end else {}),
            "artifact_uri": f"mlflow-artifacts:/{_EXPERIMENT}/{number}",
            "lifecycle_stage": "active",
        },
        "tags": tags,
        "history": history,
    }


def _utilisation(run: _Run, start: int, end: int | None) -> dict[str, list[tuple[int, float]]]:
    """Return samples of each GPU that swing about a mean, which is the run's over all of them."""
    mean = float(Decimal(str(run["gpu_utilisation_share"])) * 100)
    step = int(_SAMPLE_EVERY.total_seconds() * 1000)
    # An even number of samples, so that what swings up swings down again.
    count = max((end - start) // step // 2, 1) * 2 if end else 6
    history = {}
    for gpu in range(int(str(run["gpu_count"]))):
        apart = _APART_PCT if gpu % 2 else -_APART_PCT
        history[f"system/gpu_{gpu}_utilization_percentage"] = [
            (start + step * n // 2, mean + apart + (_SWING_PCT if n % 2 else -_SWING_PCT))
            for n in range(count)
        ]
    return history


def _clock(text: object) -> int | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text).removesuffix("Z")).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


class TrackingApi:
    """One endpoint of MLflow's REST API over a file of runs."""

    def __init__(self, path: str, runs: Sequence[_Run]) -> None:
        self.path, self._runs = path, runs

    def check_headers(self, headers: Mapping[str, str], key: str) -> None:
        """Let everybody in, as a tracker inside a company does."""

    def too_many_requests(self) -> Answer:
        """Return the answer of the proxy before it to a caller that is too fast."""
        return Answer(429, {"error_code": "REQUEST_LIMIT_EXCEEDED"}, {"Retry-After": "1"})

    def refusal(self, error: ApiError) -> Answer:
        """Return MLflow's body for an error."""
        return Answer(error.status, {"error_code": error.code, "message": error.message})

    def answer(self, query: Query, headers: Mapping[str, str]) -> Answer:
        """Answer a page.

        Raises:
            ApiError: MLflow would refuse the request, or it asks what is not understood here.
        """
        asked = dict(query)
        listed: str
        found: Iterator[Mapping[str, Any]]
        if self.path == f"{_API}/runs/get":
            return Answer(200, {"run": _shown(self._run(asked))})
        if self.path == f"{_API}/experiments/search":
            listed, found = "experiments", self._experiments()
        elif self.path == f"{_API}/runs/search":
            ids = [value for name, value in query if name == "experiment_ids"]
            listed, found = "runs", self._found(ids, asked.get("filter", ""))
        else:
            listed, found = "metrics", self._history(asked)
        return Answer(200, _page(listed, list(found), asked))

    def _experiments(self) -> Iterator[Mapping[str, Any]]:
        for experiment in sorted({run["info"]["experiment_id"] for run in self._runs}):
            yield {
                "experiment_id": experiment,
                "name": f"experiment {experiment}",
                "lifecycle_stage": "active",
            }

    def _found(self, experiments: Sequence[str], condition: str) -> Iterator[Mapping[str, Any]]:
        comparisons = [
            _COMPARISON.fullmatch(part) for part in condition.split(" and ") if condition
        ]
        if not all(comparisons):
            raise _invalid(f"Invalid filter string: {condition}")
        for run in sorted(self._runs, key=_start):
            info = run["info"]
            if info["experiment_id"] in experiments and all(
                _holds(info.get(part[1]), part[2], part[4]) for part in comparisons if part
            ):
                yield _shown(run)

    def _history(self, asked: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        values = self._run(asked)["history"].get(asked.get("metric_key"), [])
        for step, (moment, value) in enumerate(values):
            yield {
                "key": asked["metric_key"],
                "value": value,
                "timestamp": moment,
                "step": step,
            }

    def _run(self, asked: Mapping[str, str]) -> _Run:
        for run in self._runs:
            if run["info"].get("run_id") == asked.get("run_id"):
                return run
        message = f"Run with id={asked.get('run_id')} not found"
        raise ApiError(404, message, code="RESOURCE_DOES_NOT_EXIST")


def tracking_apis(runs: Sequence[_Run]) -> list[TrackingApi]:
    """Return the endpoints of a tracker that holds runs."""
    paths = ("experiments/search", "runs/search", "runs/get", "metrics/get-history")
    return [TrackingApi(f"{_API}/{path}", runs) for path in paths]


def read_tracked_runs(folder: Path) -> list[_Run]:
    """Return the runs that ``write_tracked_runs`` wrote; none where it wrote none."""
    path = folder / RUNS_FILE
    return json.loads(path.read_bytes()) if path.exists() else []


def _start(run: _Run) -> int:
    start = run["info"].get("start_time")
    return start if isinstance(start, int) else 0


def _holds(value: object, operator: str, bound: str) -> bool:
    if operator == "=":
        return value == bound
    if not isinstance(value, int):
        return False
    return value >= int(bound) if operator == ">=" else value < int(bound)


def _shown(run: _Run) -> dict[str, Any]:
    """Return a run as the API shows it: each metric with its last value."""
    metrics = [
        {"key": key, "value": values[-1][1], "timestamp": values[-1][0], "step": len(values) - 1}
        for key, values in run["history"].items()
    ]
    tags = [{"key": key, "value": value} for key, value in run["tags"].items()]
    params = [{"key": key, "value": value} for key, value in run.get("params", {}).items()]
    data = {"metrics": metrics, "params": params, "tags": tags}
    return {"info": run["info"], "data": {key: said for key, said in data.items() if said}}


def _page(listed: str, found: list[Mapping[str, Any]], asked: Mapping[str, str]) -> dict[str, Any]:
    """Return a page; one without anything is an empty object."""
    first, most = _offset(asked.get("page_token")), int(asked.get("max_results") or _MOST_RESULTS)
    if most > _MOST_RESULTS:
        raise _invalid(f"max_results must be at most {_MOST_RESULTS}")
    page: dict[str, Any] = {listed: found[first : first + most]} if found[first:] else {}
    if len(found) > first + most:
        token = base64.b64encode(json.dumps({"offset": first + most}).encode()).decode()
        page["next_page_token"] = token
    return page


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(base64.b64decode(token))["offset"])
    except (ValueError, KeyError, TypeError):
        raise _invalid("Invalid page token") from None


def _invalid(message: str) -> ApiError:
    return ApiError(400, message, code="INVALID_PARAMETER_VALUE")
