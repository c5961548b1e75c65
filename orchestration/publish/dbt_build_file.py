"""A plugin of dbt-duckdb that says which file dbt builds, and what of the machine it may use.

With these in the profile, dbt would parse the whole project again for each data folder: it takes
another value of a variable that a profile reads for another profile.

The file is attached without a log of its own. A build that was killed is thrown away, and a run
changes the file some thousand times: with a log each of them waits for the disk. What is built is
written by the one checkpoint at the end of the run (``dbt_project.yml``), which fails where it
cannot.

Where few rows have landed, DuckDB has one thread for a statement; dbt works on two at a time. A
thread that waits for another one's part of a statement turns in a loop (duckdb/duckdb#22178), and
asks at each turn for the lock that dbt's Python needs: a fifth of a small run was spent on it.
"""

import tempfile
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.imports import collect_garbage_rarely
from orchestration.settings import Settings, dbt_build_path

# So few that most statements are over before a second thread has begun.
_FEW_ROWS = 1_000_000


class Plugin(BasePlugin):
    """Sets the path and the limits of dbt's connection before it is opened."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read the settings once; dbt from a terminal, without a run, builds a file of its own."""
        collect_garbage_rarely()
        self._settings = settings = Settings()
        self._path = str(dbt_build_path() or Path(tempfile.mkdtemp()) / "build.duckdb")
        self._limits = {
            "memory_limit": settings.memory_limit,
            "temp_directory": f"{self._path}.tmp",
        }

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Have dbt connect to nothing yet, within the limits."""
        creds.path = ":memory:"
        threads = self._settings.threads
        if landed_row_count(self._settings.warehouse_dir) < _FEW_ROWS:
            threads = 1
        config.update(self._limits, threads=str(threads))

    def configure_connection(self, conn: Any) -> None:
        """Attach the build file; its name is the profile's, since relations carry it."""
        path = self._path.replace("'", "''")
        conn.execute(f"attach '{path}' as build (recovery_mode no_wal_writes)")

    def configure_cursor(self, cursor: Any) -> None:
        """Let names without a database be the build file's."""
        cursor.execute("use build")


def landed_row_count(warehouse_dir: Path) -> int:
    """Return how many rows dbt's inputs say have landed and count; 0 where there are no inputs."""
    path = warehouse_dir / "inputs" / "snapshot.parquet"
    if not path.exists():
        return 0
    with duckdb.connect(config={"threads": 1}) as connection:
        # A snapshot has a line for each of its currencies and measures.
        found = connection.execute(
            "select coalesce(sum(row_count), 0) from ("
            "select distinct source, dataset, billing_period, row_count "
            "from read_parquet($path) where is_current)",
            {"path": str(path)},
        ).fetchone()
    assert found is not None
    return int(found[0])
