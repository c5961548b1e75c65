"""A plugin of dbt-duckdb that says which file dbt builds, and what of the machine it may use.

With these in the profile, dbt would parse the whole project again for each data folder: it takes
another value of a variable that a profile reads for another profile.

The file is attached without a log of its own. A build that was killed is thrown away, and a run
changes the file some thousand times: with a log each of them waits for the disk. What is built is
written by the one checkpoint at the end of the run (``dbt_project.yml``), which fails where it
cannot.
"""

import tempfile
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.imports import collect_garbage_rarely
from orchestration.settings import Settings, dbt_build_path


class Plugin(BasePlugin):
    """Sets the path and the limits of dbt's connection before it is opened."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read the settings once; dbt from a terminal, without a run, builds a file of its own."""
        collect_garbage_rarely()
        settings = Settings()
        self._path = str(dbt_build_path() or Path(tempfile.mkdtemp()) / "build.duckdb")
        self._limits = {
            "memory_limit": settings.memory_limit,
            "threads": str(settings.threads),
            "temp_directory": f"{self._path}.tmp",
        }

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Have dbt connect to nothing yet, within the limits."""
        creds.path = ":memory:"
        config.update(self._limits)

    def configure_connection(self, conn: Any) -> None:
        """Attach the build file; its name is the profile's, since relations carry it."""
        path = self._path.replace("'", "''")
        conn.execute(f"attach '{path}' as build (recovery_mode no_wal_writes)")

    def configure_cursor(self, cursor: Any) -> None:
        """Let names without a database be the build file's."""
        cursor.execute("use build")
