"""What dbt is spared is the same as what it would have made."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.adapters.duckdb.relation import DuckDBRelation
from dbt.adapters.events.types import SQLQuery
from dbt_common.clients import agate_helper
from dbt_common.events.base_types import DebugLevel

from orchestration.publish.dbt_once import asking_once, building_once
from orchestration.publish.dbt_quiet import _keep_what_is_said, _make_when_read


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
