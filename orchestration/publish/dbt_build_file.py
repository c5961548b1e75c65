"""A plugin of dbt-duckdb that says which file dbt builds, and what of the machine it may use.

With these in the profile, dbt would parse the whole project again for each data folder: it takes
another value of a variable that a profile reads for another profile.
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
        self._limits = {"memory_limit": settings.memory_limit, "threads": str(settings.threads)}
        self._path = str(dbt_build_path() or Path(tempfile.mkdtemp()) / "build.duckdb")

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Point dbt at the build file; its name is the profile's, since relations carry it."""
        creds.path = self._path
        config.update(self._limits)
