"""A plugin of dbt-duckdb that has dbt make once what it makes anew each time, always the same.

The columns of a relation, which every row of a unit test's input is filled up to, are a question
and a context of Jinja each time; the types that results are tried on hold a parser of dates.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from dbt.adapters.base.column import Column
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.clients import agate_helper

Ask = Callable[[DuckDBAdapter, BaseRelation], list[Column]]


class Plugin(BasePlugin):
    """Stands before dbt's own ways of doing it."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take dbt's place; what an earlier invocation of the process knew is forgotten."""
        own_ask: Any = DuckDBAdapter.get_columns_in_relation
        ask = asking_once(getattr(own_ask, "stands_before", own_ask))
        DuckDBAdapter.get_columns_in_relation = ask  # type: ignore[method-assign,assignment]
        own_types: Any = agate_helper.build_type_tester
        if not hasattr(own_types, "stands_before"):
            agate_helper.build_type_tester = building_once(own_types)


def asking_once(own: Ask) -> Ask:
    """Return a method that asks once for the columns of a relation.

    Only inputs of unit tests are asked for, which are built by then and not built again.
    """
    known: dict[str, list[Column]] = {}

    def ask(adapter: DuckDBAdapter, relation: BaseRelation) -> list[Column]:
        name = relation.render()
        if name not in known:
            known[name] = own(adapter, relation)
        return known[name]

    ask.stands_before = own  # type: ignore[attr-defined]
    ask._is_available_ = True  # type: ignore[attr-defined]
    return ask


def building_once(own: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that makes the types for the same columns of texts once."""
    made = lru_cache(maxsize=256)(own)

    def build(
        text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")
    ) -> Any:
        nulls = None if string_null_values is None else tuple(string_null_values)
        return made(frozenset(text_columns), nulls)

    build.stands_before = own  # type: ignore[attr-defined]
    return build
