"""A plugin of dbt-duckdb that has dbt make once what it makes anew each time, always the same.

The columns of a relation, which every row of a unit test's input is filled up to, are a question
and a context of Jinja each time; the types that results are tried on hold a parser of dates, and so
do those of a statement without results. The names of all macros are made for each node twice, and a
macro's code is run to make the macro each time that it is called.
"""

import threading
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


class _Caller:
    """The node that calls macros, what its Jinja is rendered with and the macros it is in."""

    def __init__(self, context: dict[str, Any], node: Any, stack: MacroStack) -> None:
        self.context = context
        self.node = node
        self.stack = stack


class _NamedMacro(MacroGenerator):
    """A macro of whoever calls macros now."""

    def __init__(self, macro: Macro, caller: _Caller) -> None:
        self.macro = macro
        self._caller = caller
        self._made_in: dict[str, Any] | None = None
        self._made: Any = None

    context = property(lambda self: self._caller.context)
    node = property(lambda self: self._caller.node)
    stack = property(lambda self: self._caller.stack)

    def get_macro(self) -> Any:
        """Return the macro as Jinja calls it, made once for a context."""
        context = self._caller.context
        if self._made_in is not context:
            self._made, self._made_in = super().get_macro(), context
        return self._made


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


class _LastNamed(threading.local):
    """What a thread named last, of what, and for whom."""

    made_of: tuple[Any, ...] = (None,)
    names: _Names | None = None
    caller: _Caller | None = None

    def is_in_a_macro(self) -> bool:
        return self.caller is not None and self.caller.stack.depth > 0


_last = _LastNamed()


def name_macros(
    builder: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    context: dict[str, Any],
) -> MacroNamespace:
    """Return the macros that a node can name, as ``MacroNamespaceBuilder.build_namespace`` does.

    A thread works on one node after the other: the names made for one are the next one's, who is
    their caller then. What asks in the middle of a node's macro, as a macro that dbt calls of
    itself does, and what is not about a node has names of its own.

    Args:
        builder: What knows the node and the order of the packages.
        macros_by_package: Package name to macro name to macro.
        context: What the node's Jinja is rendered with.
    """
    caller = _Caller(context, builder.node, builder.thread_ctx)
    if builder.node is None or isinstance(builder.node, Macro) or _last.is_in_a_macro():
        return _named(builder, macros_by_package, caller)
    package_order = (
        builder.root_package,
        builder.search_package,
        *builder.internal_package_names_order,
    )
    if (
        _last.names is None
        or _last.caller is None
        or not (_last.made_of[0] is macros_by_package and _last.made_of[1:] == package_order)
    ):
        _last.made_of = (macros_by_package, *package_order)
        _last.names, _last.caller = _named(builder, macros_by_package, caller), caller
    else:
        vars(_last.caller).update(vars(caller))
    return _last.names


def _named(
    builder: MacroNamespaceBuilder,
    macros_by_package: Mapping[str, Mapping[str, Macro]],
    caller: _Caller,
) -> _Names:
    for package, macros in macros_by_package.items():
        named: FlatNamespace = {name: _NamedMacro(macro, caller) for name, macro in macros.items()}
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
