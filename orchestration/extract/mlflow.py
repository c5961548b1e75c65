"""MLflow: training runs, how good they got and what their GPUs did, from its REST API.

A tracker keeps every run for years and says of none when it changed. So a pull asks for what may
have: runs that are at work, that began or ended since a week before the last pull, those known to
be at work that did not answer to that, and one earlier month in turn, so that a run that was
changed or deleted long after its end is found in as many pulls as there are months. The history of
a run's GPU metrics is asked for when their last values changed. A run that is deleted keeps what it
cost; one that the tracker no longer knows stays as it was.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from pydantic import SecretStr

from orchestration.extract.delivered_files import raw_rows
from orchestration.extract.http import AdminKey, ApiClient, admin_key
from orchestration.extract.metered_calls import tag_keys
from orchestration.extract.mlflow_runs import LABELS, METRICS, RunFormat
from orchestration.extract.mlflow_store import TrackedRuns
from orchestration.extract.mlflow_tracker import Tracker
from orchestration.extract.source import (
    Dataset,
    Kind,
    PullContext,
    Reader,
    RowCheck,
    SourceConfig,
    SourceError,
)

_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/ -]{0,249}", re.ASCII)


def _form(source: SourceConfig) -> RunFormat:
    labels = source.options.get("labels", {})
    if not isinstance(labels, dict) or not all(
        name in LABELS and isinstance(tag, str) and _LABEL.fullmatch(tag)
        for name, tag in labels.items()
    ):
        raise SourceError(
            source.name,
            f"'labels' must be a map of {', '.join(LABELS)} to names of tags.",
            "write which tag says it, such as labels: {use_case: app, resource: instance}.",
        )
    metrics = source.options.get("metrics", list(METRICS))
    if not isinstance(metrics, list) or not all(
        isinstance(name, str) and _LABEL.fullmatch(name) for name in metrics
    ):
        raise SourceError(
            source.name,
            "'metrics' must be a list of names of metrics.",
            "name those that say how good a model is, such as metrics: [f1, accuracy].",
        )
    return RunFormat({**LABELS, **labels}, metrics, tag_keys(source))


def _credentials(source: SourceConfig, context: PullContext) -> tuple[AdminKey | None, str]:
    """Return the key and what stands before it: a user's name and password have a colon between."""
    if "admin_key_env" not in source.options:
        return None, ""
    key = admin_key(source, context)
    said = key.value.get_secret_value()
    if ":" not in said:
        return key, "Bearer "
    packed = base64.b64encode(said.encode()).decode()
    return AdminKey(key.variable, SecretStr(packed)), "Basic "


def _run_dataset() -> Dataset:
    return Dataset(
        name="runs",
        period_column="started_at",
        rows=_rows,
        required_columns=("run_id", "started_at"),
        in_place=lambda path: True,
    )


def _run_day_dataset() -> Dataset:
    return Dataset(
        name="run_days",
        period_column="window_start",
        rows=_rows,
        required_columns=("run_id", "window_start", "window_end"),
        in_place=lambda path: True,
        row_checks=(
            RowCheck("a window ends after it begins", "window_end <= window_start", "window_end"),
        ),
    )


def _rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return raw_rows(paths)


@contextmanager
def _open(source: SourceConfig, context: PullContext) -> Iterator[Reader]:
    key, prefix = _credentials(source, context)
    form = _form(source)
    with ApiClient(source.name, source.url, key, key_prefix=prefix, say=context.say) as client:
        yield TrackedRuns(source, context, Tracker(source.name, client), form)


KIND = Kind(
    "mlflow",
    (_run_dataset(), _run_day_dataset()),
    _open,
    ("admin_key_env", "first_period", "labels", "metrics", "tags"),
)
