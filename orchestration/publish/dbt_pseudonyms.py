"""A plugin of dbt-duckdb that hands the pseudonym key to SQL without it being logged or compiled.

Models hash user ids with ``getvariable('pseudonym_key')``. dbt writes every statement of its own
into logs and compiled files; the statement below runs outside of that.
"""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.settings import Settings


class Plugin(BasePlugin):
    """Sets the session variable ``pseudonym_key`` on each cursor."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Read the key once."""
        self._key = Settings().pseudonym_key.get_secret_value()

    def configure_cursor(self, cursor: Any) -> None:
        """Set the variable; a quote in the key is doubled."""
        cursor.execute(f"set variable pseudonym_key = '{self._key.replace(chr(39), chr(39) * 2)}'")
