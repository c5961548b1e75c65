"""The floor: what DuckDB needs to read the same lines and to write rows as wide as the ledger's.

Two ways of copying, neither of which computes anything:

``landed``: the landed Parquet, read and written as it is, with the ledger's compression.
``ledger``: the ledger's own file of the period, read and written again: the same rows, as wide.

The floor is the faster of the two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tests.bench.installation import MEMORY_LIMIT


def copy_seconds(files: Sequence[Path], target: Path, threads: int) -> float:
    """Return the seconds of one copy from Parquet to Parquet, with the warehouse's settings."""
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    config = {
        "threads": threads,
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": str(target.parent),
    }
    with duckdb.connect(config=config) as connection:
        started = time.monotonic()
        connection.execute(
            f"copy (select * from read_parquet([{listed}], hive_partitioning = false)) "
            f"to '{target}' (format parquet, compression zstd, compression_level 1)"
        )
        seconds = time.monotonic() - started
    target.unlink()
    return seconds


def column_count(file: Path) -> int:
    """Return how many columns a Parquet file has."""
    with duckdb.connect() as connection:
        return len(
            connection.execute("describe select * from read_parquet($1)", [str(file)]).fetchall()
        )
