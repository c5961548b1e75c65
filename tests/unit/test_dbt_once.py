"""What dbt is spared is the same as what it would have made."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import jinja2
import pytest
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.adapters.events.types import SQLQuery
from dbt.artifacts.resources import MacroDependsOn
from dbt.clients.jinja import MacroStack
from dbt.context.macros import MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import get_environment
from dbt_common.events.base_types import DebugLevel

from orchestration.publish.dbt_once import asking_once, building_once, name_macros
from orchestration.publish.dbt_quiet import _keep_what_is_said, _make_when_read
from orchestration.publish.dbt_templates import compiling_once

BUILD_BY_DBT = MacroNamespaceBuilder.build_namespace
COMPILE_BY_JINJA = jinja2.Environment.compile


def test_a_relation_is_asked_for_its_columns_once() -> None:
    asked = []

    def own(_adapter: object, relation: DuckDBRelation) -> list[Any]:
        asked.append(relation.identifier)
        return [relation.identifier]

    one, two = (DuckDBRelation.create("build", "marts", name) for name in ("one", "two"))
    ask: Any = asking_once(own)  # type: ignore[arg-type]
    assert [ask(None, each) for each in (one, two, one)] == [["one"], ["two"], ["one"]]
    assert asked == ["one", "two"]
    # Another invocation asks anew.
    assert asking_once(own)(None, one) == ["one"]  # type: ignore[arg-type]
    assert asked == ["one", "two", "one"]


def test_results_are_typed_as_dbt_types_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"a": "005", "b": 1, "c": "null"}, {"a": "", "b": None, "c": "2026-10-01"}]
    by_dbt = agate_helper.table_from_data_flat(rows, ["a", "b", "c"])
    monkeypatch.setattr(
        agate_helper, "build_type_tester", building_once(agate_helper.build_type_tester)
    )
    for _ in range(2):
        table = agate_helper.table_from_data_flat(rows, ["a", "b", "c"])
        assert [tuple(row) for row in table.rows] == [tuple(row) for row in by_dbt.rows]
        assert [type(kind) for kind in table.column_types] == [
            type(kind) for kind in by_dbt.column_types
        ]


def test_a_message_that_is_read_says_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"conn_name": "model", "sql": "select 1", "node_info": {"unique_id": "model.x"}}
    by_dbt = SQLQuery(**said)
    monkeypatch.setattr(DebugLevel, "__init__", _keep_what_is_said)
    monkeypatch.setattr(DebugLevel, "__getattr__", _make_when_read, raising=False)
    later = SQLQuery(**said)
    assert "pb_msg" not in vars(later)
    assert later.message() == by_dbt.message()
    assert later.to_dict() == by_dbt.to_dict()
    assert later.level_tag() == by_dbt.level_tag()


def macro(package: str, name: str) -> Macro:
    return Macro(
        name=name,
        package_name=package,
        path="macros/all.sql",
        original_file_path="macros/all.sql",
        unique_id=f"macro.{package}.{name}",
        macro_sql=f"{{% macro {name}() %}}{package} says {name}{{% endmacro %}}",
        resource_type="macro",
    )


@pytest.mark.parametrize("search_package", ["tollgate", "utils"])
def test_a_node_names_the_macros_that_dbt_would_have_it_name(search_package: str) -> None:
    packages = {
        "dbt": ("run_hooks", "statement", "only_of_dbt"),
        "dbt_duckdb": ("statement", "only_of_the_adapter", "shared"),
        "tollgate": ("statement", "shared", "own"),
        "utils": ("shared", "own", "only_of_utils"),
    }
    macros = {
        package: {name: macro(package, name) for name in names}
        for package, names in packages.items()
    }
    context: dict[str, Any] = {}
    stack, node = MacroStack(), SimpleNamespace(depends_on=MacroDependsOn())

    def builder() -> MacroNamespaceBuilder:
        return MacroNamespaceBuilder("tollgate", search_package, stack, ["dbt_duckdb", "dbt"], node)

    by_dbt = BUILD_BY_DBT(builder(), macros, context)  # type: ignore[arg-type]
    ours = name_macros(builder(), macros, context)

    def told(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: told(each) for name, each in found.items()}
        assert found.context is context
        assert found.node is node
        assert found.stack is stack
        return found.macro.unique_id

    assert {name: told(ours[name]) for name in ours} == {
        name: told(by_dbt[name]) for name in by_dbt
    }
    assert len(ours) == len(by_dbt)
    for package in (None, "dbt", "tollgate", "utils"):
        for name in ("statement", "shared", "only_of_dbt", "nobody's"):
            one, other = (each.get_from_package(package, name) for each in (ours, by_dbt))
            assert (one and told(one)) == (other and told(other))
    with pytest.raises(KeyError):
        ours["nobody's"]
    assert ours["own"]() == by_dbt["own"]() == f"{search_package} says own"


PACKAGES = {"tollgate": {"own": macro("tollgate", "own")}}


def names_of(
    node: Any, context: dict[str, Any] | None = None, macros: Any = PACKAGES
) -> tuple[Any, MacroStack]:
    stack = MacroStack()
    builder = MacroNamespaceBuilder("tollgate", "tollgate", stack, ["dbt"], node)
    return name_macros(builder, macros, {} if context is None else context), stack


def a_node() -> Any:
    return SimpleNamespace(depends_on=MacroDependsOn())


def test_the_names_made_for_one_node_are_the_next_ones() -> None:
    one, two = {"who": "one"}, {"who": "two"}
    text = "{% macro own() %}{{ who }}{% endmacro %}"
    packages = {"tollgate": {"own": dataclasses.replace(PACKAGES["tollgate"]["own"])}}
    packages["tollgate"]["own"].macro_sql = text
    first, _ = names_of(a_node(), one, packages)
    made = first["own"].get_macro()
    assert first["own"].get_macro() is made
    assert first["own"]() == "one"
    node = a_node()
    second, stack = names_of(node, two, packages)
    assert second is first
    assert second["own"]() == "two"
    assert node.depends_on.macros == ["macro.tollgate.own"]
    assert second["own"].stack is stack
    assert second["own"].get_macro() is not made


def test_what_asks_in_the_middle_of_a_macro_has_names_of_its_own() -> None:
    node = a_node()
    names, stack = names_of(node)
    stack.push("macro.dbt.materialization_table")
    within, _ = names_of(a_node())
    assert within is not names
    assert names["own"].node is node
    stack.pop("macro.dbt.materialization_table")
    assert names_of(a_node())[0] is names


@pytest.mark.parametrize("node", [None, PACKAGES["tollgate"]["own"]], ids=["nothing", "a macro"])
def test_what_is_about_no_node_has_names_of_its_own(node: Any) -> None:
    names, _ = names_of(a_node())
    other, _ = names_of(node)
    assert other is not names
    assert other["own"].node is node
    assert names_of(a_node())[0] is names


def test_names_are_of_one_project_and_one_thread() -> None:
    names, _ = names_of(a_node())
    with ThreadPoolExecutor(1) as beside:
        assert beside.submit(names_of, a_node()).result()[0] is not names
    assert names_of(a_node(), macros={"tollgate": {}})[0] is not names


def test_a_template_is_compiled_once_and_for_each_kind_of_environment(tmp_path: Path) -> None:
    compiled: list[str] = []

    def own(environment: jinja2.Environment, source: Any, *rest: Any, **named: Any) -> Any:
        compiled.append(source)
        return COMPILE_BY_JINJA(environment, source, *rest, **named)

    text = "select {{ 1 + 1 }}{% do none %}, '{{ name | as_text }}'"
    for compile_once in (compiling_once(own, tmp_path), compiling_once(own, tmp_path)):
        for is_native in (False, True, False):
            environment = get_environment(native=is_native)
            code = compile_once(environment, text)
            assert isinstance(code, CodeType)
            template = jinja2.Template.from_code(environment, code, {})
            assert template.render(name="a") == "select 2, 'a'"
    assert compiled == [text, text]
    compiling_once(own, tmp_path)(get_environment(), text + " ")
    assert compiled == [text, text, text + " "]


def test_a_template_that_cannot_be_read_is_a_fault_each_time(tmp_path: Path) -> None:
    compile_once = compiling_once(COMPILE_BY_JINJA, tmp_path)
    for _ in range(2):
        with pytest.raises(jinja2.TemplateSyntaxError):
            compile_once(get_environment(), "select {{ 1 +")
    assert list(tmp_path.iterdir()) == []


def test_a_kept_template_that_is_cut_short_is_compiled_anew(tmp_path: Path) -> None:
    compile_once = compiling_once(COMPILE_BY_JINJA, tmp_path)
    compile_once(get_environment(), "select 1")
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-20])
    assert isinstance(compile_once(get_environment(), "select 1"), CodeType)
