"""The floor: what DuckDB needs to read the same landed lines and write them as wide as the ledger.

Nothing is computed: the landed columns are written, and from the first on again, until there are
as many as the ledger's file has. Two other copies are told beside it: of the landed Parquet, as
wide as it is, and of the ledger's own file of the period.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from tests.bench.installation import MEMORY_LIMIT


def copy_seconds(
    files: Sequence[Path], target: Path, threads: int, width: int | None = None
) -> float:
    """Return the seconds of one copy from Parquet to Parquet, with the warehouse's settings.

    Args:
        files: What is read.
        target: What is written, and removed again.
        threads: Processors that DuckDB may use.
        width: How many columns are written, all that there are unless given.
    """
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    config = {
        "threads": threads,
        "memory_limit": MEMORY_LIMIT,
        "preserve_insertion_order": False,
        "temp_directory": str(target.parent),
    }
    with duckdb.connect(config=config) as connection:
        source = f"read_parquet([{listed}], hive_partitioning = false)"
        names = [
            row[0] for row in connection.execute(f"describe select * from {source}").fetchall()
        ]
        selected = ", ".join(
            f'"{names[place % len(names)]}" as column_{place}'
            for place in range(width or len(names))
        )
        started = time.monotonic()
        connection.execute(
            f"copy (select {selected} from {source}) "
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
