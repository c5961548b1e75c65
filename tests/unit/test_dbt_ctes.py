"""CTEs are put before a statement as dbt puts them, but for white space."""

import dbt.compilation
import pytest
from dbt.artifacts.resources.v1.components import InjectedCTE

from orchestration.publish.dbt_ctes import injecting

CTES = [
    InjectedCTE("one", " one as (select 1 as a)"),
    InjectedCTE("two", " two as (select 2 as b)"),
]
BY_DBT = dbt.compilation.inject_ctes_into_sql


@pytest.mark.parametrize(
    "sql",
    [
        "with own as (select * from one)\nselect * from own",
        "-- With a comment; and a (.\n-- more\n\n\nWITH own as (select 1) select * from own",
        "\n  with\n    own as (select ';' as c) select c from own",
    ],
)
def test_a_statement_that_begins_with_ctes_is_not_parsed(sql: str) -> None:
    def parsing(_sql: str, _ctes: object) -> str:
        raise AssertionError("parsed")

    assert injecting(parsing)(sql, CTES).split() == BY_DBT(sql, CTES).split()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from one",
        "-- with a comment alone\nselect * from two",
        "with recursive own as (select 1 as a) select * from own",
        "/* with */ with own as (select 1 as a) select * from own",
        "withheld",
    ],
)
def test_what_begins_in_another_way_is_left_to_dbt(sql: str) -> None:
    assert injecting(lambda *_: "dbt's own")(sql, CTES) == "dbt's own"


def test_nothing_is_put_before_a_statement_that_needs_nothing() -> None:
    assert injecting(BY_DBT)("with own as (select 1) select * from own", []) == (
        "with own as (select 1) select * from own"
    )
