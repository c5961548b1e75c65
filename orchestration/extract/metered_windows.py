"""Meters that tell what was used in windows of time instead of each call: what is kept of a window.

Telemetry and cost monitors know counts and seconds of an hour or a day. What is kept of a window
are the columns of ``WINDOW_COLUMNS`` and nothing else; a text is kept where it looks like an id and
is a keyed hash where it does not, as in ``metered_calls``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from orchestration.extract.delivered_files import raw_rows
from orchestration.extract.source import (
    Dataset,
    RowCheck,
    SourceConfig,
    SourceError,
)

# The columns of a landed window, in order, with their types.
WINDOW_COLUMNS: Mapping[str, str] = {
    "window_start": "timestamp",
    "window_end": "timestamp",
    "operation": "varchar",
    "provider": "varchar",
    "model": "varchar",
    "region": "varchar",
    "account_id": "varchar",
    "project_id": "varchar",
    "team_id": "varchar",
    "use_case": "varchar",
    "agent": "varchar",
    "environment": "varchar",
    "tags": "varchar",
    "requests": "bigint",
    "failed_requests": "bigint",
    "timed_requests": "bigint",
    "total_seconds": "decimal(38, 6)",
    "first_token_requests": "bigint",
    "first_token_seconds": "decimal(38, 6)",
    "requested_gpu_seconds": "decimal(38, 6)",
    "used_gpu_seconds": "decimal(38, 6)",
    "gpu_memory_gibseconds": "decimal(38, 6)",
    "used_gpu_memory_gibseconds": "decimal(38, 6)",
    "input_tokens": "bigint",
    "cache_read_tokens": "bigint",
    "output_tokens": "bigint",
    "unmetered_seconds": "decimal(38, 6)",
    "estimated_cost_usd": "decimal(38, 12)",
    "defects": "varchar",
}
# Who used it: each is found in the label that the sources file names for it.
ATTRIBUTED = ("team", "use_case", "agent", "environment")

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,99}", re.ASCII)


def window_dataset() -> Dataset:
    """Return the dataset of a meter that tells windows; its input tokens include the cache."""
    return Dataset(
        name="windows",
        period_column="window_start",
        rows=_window_rows,
        token_columns=("input_tokens", "output_tokens"),
        required_columns=("window_start", "window_end", "operation"),
        in_place=lambda path: True,
        row_checks=(
            RowCheck("a window ends after it begins", "window_end <= window_start", "window_end"),
        ),
    )


def _window_rows(_connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> str:
    return raw_rows(paths)


def named_labels(source: SourceConfig) -> dict[str, str]:
    """Return the label that says each of ``ATTRIBUTED``; without the option that of its own name.

    Raises:
        SourceError: The option ``labels`` is no map of these to names of labels.
    """
    said = source.options.get("labels", {})
    if not isinstance(said, dict) or not all(
        key in ATTRIBUTED and isinstance(label, str) and _LABEL.fullmatch(label)
        for key, label in said.items()
    ):
        raise SourceError(
            source.name,
            f"'labels' must be a map of {', '.join(ATTRIBUTED)} to names of labels.",
            "write which label says it, such as labels: {use_case: app, team: owner}.",
        )
    return {key: said.get(key, key) for key in ATTRIBUTED}
