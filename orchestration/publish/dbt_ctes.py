"""A plugin of dbt-duckdb that puts the inputs of a unit test before its SQL without parsing it.

dbt reads the whole statement, word by word, to find the ``with`` that stands at its beginning. Of
this project's unit tests that is more than half of what they take.
"""

import re
from collections.abc import Callable
from typing import Any

import dbt.compilation
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.artifacts.resources.v1.components import InjectedCTE

# What a model begins with: lines of comments, and its first word.
_BEGIN = re.compile(r"(?:\s|--[^\n]*(?:\n|$))*with(?=\s)(?!\s+recursive\b)", re.IGNORECASE)

Inject = Callable[[str, list[InjectedCTE]], str]


class Plugin(BasePlugin):
    """Stands before dbt's own way of doing it."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take dbt's place where it is the first to."""
        own: Inject = dbt.compilation.inject_ctes_into_sql
        if not hasattr(own, "stands_before"):
            dbt.compilation.inject_ctes_into_sql = injecting(own)  # type: ignore[assignment]


def injecting(own: Inject) -> Inject:
    """Return a function that puts CTEs first; other beginnings of SQL are left to dbt's own."""

    def inject(sql: str, ctes: list[InjectedCTE]) -> str:
        begin = _BEGIN.match(sql) if ctes else None
        if begin is None:
            return own(sql, ctes)
        added = ", ".join(cte.sql for cte in ctes)
        return f"{sql[: begin.end()]}{added}, {sql[begin.end() :]}"

    inject.stands_before = own  # type: ignore[attr-defined]
    return inject
