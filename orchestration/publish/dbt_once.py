"""A plugin of dbt-duckdb that has dbt make once what it makes anew each time, always the same.

The columns of a relation, which every row of a unit test's input is filled up to, are a question
and a context of Jinja each time; the types that results are tried on hold a parser of dates, and so
do those of a statement without results. The names of all macros are made for each node twice, one
by one.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from dbt.adapters.base.column import Column
from dbt.adapters.base.relation import BaseRelation
from dbt.adapters.duckdb.impl import DuckDBAdapter
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.context.macros import FlatNamespace, MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
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
            agate_helper.empty_table = lru_cache(maxsize=1)(agate_helper.empty_table)
            MacroNamespaceBuilder.build_namespace = name_macros  # type: ignore[method-assign,assignment]


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


class _NamedMacro(MacroGenerator):
    """A macro as a node calls it; dbt's own goes through three constructors to say the same."""

    def __init__(self, macro: Macro, context: dict[str, Any], node: Any, stack: MacroStack) -> None:
        self.macro = macro
        self.context = context
        self.node = node
        self.stack = stack


class _Names(MacroNamespace):
    """The macros that a node can name, found in one look instead of one in each package."""

    def __init__(
        self,
        global_namespace: FlatNamespace,
        local_namespace: FlatNamespace,
        global_project_namespace: FlatNamespace,
        packages: dict[str, FlatNamespace],
    ) -> None:
        super().__init__(global_namespace, local_namespace, global_project_namespace, packages)
        self._found: dict[str, Any] = {}
        for names in reversed(list(self._search_order())):
            self._found.update(names)

    def _keys(self) -> set[str]:
        return set(self._found)

    def __getitem__(self, key: str) -> Any:
        return self._found[key]


def name_macros(
    builder: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    context: dict[str, Any],
) -> MacroNamespace:
    """Return the macros that a node can name, as ``MacroNamespaceBuilder.build_namespace`` does.

    Args:
        builder: What knows the node and the order of the packages.
        macros_by_package: Package name to macro name to macro.
        context: What the node's Jinja is rendered with.
    """
    node, stack = builder.node, builder.thread_ctx
    for package, macros in macros_by_package.items():
        named: FlatNamespace = {
            name: _NamedMacro(macro, context, node, stack) for name, macro in macros.items()
        }
        if package in builder.internal_package_names:
            builder.internal_packages[package] = named
            continue
        builder.packages[package] = named
        if package == builder.search_package:
            builder.locals.update(named)
        elif package == builder.root_package:
            builder.globals.update(named)
    of_dbt: FlatNamespace = {}
    for package in reversed(builder.internal_package_names_order):
        of_dbt.update(builder.internal_packages.get(package, {}))
    return _Names(builder.globals, builder.locals, of_dbt, builder.packages)
