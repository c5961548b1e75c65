"""An MLflow tracking server of the tests' own, from ``.mlflow`` (``make mlflow-server``)."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from started_program import started

from orchestration.settings import PROJECT_DIR

ENVIRONMENT = PROJECT_DIR / ".mlflow"
_READY_SECONDS = 120


def missing() -> str | None:
    """Say why no server can be started here, None when one can."""
    if not (ENVIRONMENT / ".installed").exists():
        return "there is no MLflow server in .mlflow (make mlflow-server)"
    return None


def at(clock: str) -> int:
    """Return a time such as ``2026-10-02 10:00`` in milliseconds since 1970, UTC."""
    return int(datetime.fromisoformat(clock).replace(tzinfo=UTC).timestamp()) * 1000


@dataclass(frozen=True)
class Tracker:
    """A running server, written to by its own REST API as training code does."""

    url: str

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.url}/api/2.0/mlflow/{path}",
            json.dumps(body).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def experiment(self, name: str) -> str:
        """Make an experiment and return its id."""
        return str(self.post("experiments/create", {"name": name})["experiment_id"])

    def run(
        self,
        experiment: str,
        started: str,
        *,
        ended: str | None = None,
        status: str = "FINISHED",
        user: str = "ada@example.com",
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float | str] | None = None,
        history: Mapping[str, Sequence[tuple[str, float]]] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> str:
        """Track a run and return its id.

        Args:
            experiment: Id of its experiment.
            started: Such as ``2026-10-02 10:00``.
            ended: The same; a run without stays at work.
            status: As MLflow names it.
            user: Who ran it.
            name: Name of the run.
            tags: Its tags.
            metrics: Metrics with one value; what is no number is a text, as clients send it.
            history: Metrics with values over time.
            params: Its parameters.
        """
        body: dict[str, object] = {
            "experiment_id": experiment,
            "start_time": at(started),
            "user_id": user,
            "tags": _pairs(tags or {}),
        }
        made = self.post("runs/create", body | ({"run_name": name} if name else {}))
        run_id = str(made["run"]["info"]["run_id"])
        logged = [
            {"key": key, "value": value, "timestamp": at(started), "step": 0}
            for key, value in (metrics or {}).items()
        ]
        logged += [
            {"key": key, "value": value, "timestamp": at(moment), "step": step}
            for key, values in (history or {}).items()
            for step, (moment, value) in enumerate(values)
        ]
        if logged or params:
            self.post(
                "runs/log-batch",
                {"run_id": run_id, "metrics": logged, "params": _pairs(params or {}), "tags": []},
            )
        if ended:
            self.end(run_id, ended, status)
        return run_id

    def end(self, run_id: str, ended: str, status: str = "FINISHED") -> None:
        """End a run."""
        self.post("runs/update", {"run_id": run_id, "status": status, "end_time": at(ended)})


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


@contextmanager
def running_server(folder: Path) -> Iterator[Tracker]:
    """Start a server on an empty store and yield it; stop it when the block ends."""
    folder.mkdir(parents=True)
    # The application that ``mlflow server`` runs, without its web server's further packages.
    flask = str(ENVIRONMENT / "bin" / "flask")
    environment = os.environ | {
        "_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder / 'runs.db'}",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": str(folder / "artifacts"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with started(
        lambda port: [flask, "--app", "mlflow.server:app", "run", "--port", str(port)],
        "/health",
        folder,
        _READY_SECONDS,
        environment,
    ) as url:
        yield Tracker(url)
