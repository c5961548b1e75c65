"""The generic test of every model's columns finds each fault and nothing else."""

from __future__ import annotations

import duckdb
from dbt_common.clients.jinja import get_environment

from orchestration.settings import DBT_PROJECT_DIR

MACRO = DBT_PROJECT_DIR / "tests" / "generic" / "columns_hold.sql"


def failing_rows(rows: str, **arguments: object) -> list[tuple[object, ...]]:
    """Return what the test finds in rows, given as VALUES of outcome and amount."""
    module = get_environment().from_string(MACRO.read_text(encoding="utf-8")).module
    # dbt names the macro of a generic test so, for its own look-up.
    sql = module.dbt_macro__test_columns_hold("lines", **arguments)
    with duckdb.connect() as connection:
        connection.execute(f"create table lines as from (values {rows}) as t (outcome, amount)")
        return connection.execute(sql).fetchall()


def test_each_fault_is_named_with_its_column_its_rows_and_a_value() -> None:
    found = failing_rows(
        "('owned', 1), ('lost', 2), ('lost', NULL), ('it''s', 4), (NULL, 5)",
        never_null=["outcome", "amount"],
        accepted_values={"outcome": ["owned", "idle"], "amount": [1, 2, 5]},
    )
    assert found == [
        ("outcome", "is NULL", 1, None),
        ("amount", "is NULL", 1, None),
        ("outcome", "is not in the list", 3, "it's"),
        ("amount", "is not in the list", 1, "4"),
    ]


def test_what_holds_is_silent_and_null_is_in_every_list() -> None:
    rows = "('owned', 1), ('it''s', NULL)"
    lists = {"outcome": ["owned", "it's"], "amount": [1]}
    assert failing_rows(rows, never_null=["outcome"], accepted_values=lists) == []
