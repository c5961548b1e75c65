"""The published FOCUS questions, asked of the small company's published file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import Installation

QUERIES = sorted((DBT_PROJECT_DIR / "analyses" / "focus_use_cases").glob("*.sql"))

# The small company has no virtual currency, no reservation of capacity, no marketplace, no zones
# and no four days of one service in a row.
NO_CASE = {8, 9, 11, 16, 17, 34, 36, 37, 38, 39}

# What DuckDB answers as DOUBLE, of decimals too.
FLOATS = re.compile(
    r" / |\bas (?:double|float|real)\b|\b(?:avg|mean|median|stddev\w*|sqrt)\(", re.I
)


@pytest.fixture(scope="module")
def asked(published: Installation) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published file's ledger and calendar, as the queries name them."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published.published_path}' as published (read_only)")
        for schema in ("focus", "reference"):
            connection.execute(f"create schema {schema}")
        connection.execute(
            "create table focus.cost_and_usage as from published.focus.cost_and_usage"
        )
        for table in ("dim_billing_period", "dim_budget"):
            connection.execute(
                f"create table reference.{table} as from published.reference.{table}"
            )
        _take_quotient(connection, connection)
        yield connection


def _take_quotient(
    source: duckdb.DuckDBPyConnection, connection: duckdb.DuckDBPyConnection
) -> None:
    """Create the published file's exact division, as the queries name it."""
    row = source.execute(
        "select parameters, macro_definition from duckdb_functions() "
        "where schema_name = 'unit_economics' and function_name = 'quotient'"
    ).fetchone()
    assert row is not None
    connection.execute("create schema unit_economics")
    connection.execute(f"create macro unit_economics.quotient({', '.join(row[0])}) as {row[1]}")


def answer(connection: duckdb.DuckDBPyConnection, number: int) -> list[dict[str, Any]]:
    (path,) = (path for path in QUERIES if path.name.startswith(f"{number:02}_"))
    return rows_of(connection, path)


def rows_of(connection: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    done = connection.execute(path.read_text(encoding="utf-8"))
    names = [column[0] for column in done.description or ()]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def test_there_is_a_query_for_each_of_the_published_questions() -> None:
    assert [path.name[:2] for path in QUERIES] == [f"{number:02}" for number in range(1, 54)]
    for path in QUERIES:
        heading = path.read_text(encoding="utf-8").split("\nwith ")[0]
        assert all(word in heading for word in ("Question:", "Columns:", "To read it:")), path.name


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_a_question_can_be_asked_and_no_money_becomes_a_float(
    asked: duckdb.DuckDBPyConnection, path: Path
) -> None:
    query = path.read_text(encoding="utf-8")
    types = asked.execute(f"describe {query}").fetchall()
    assert not [row[0] for row in types if row[1] in ("DOUBLE", "FLOAT")]
    # a float may also hide below a cast back to a decimal
    assert not FLOATS.findall(query)
    assert bool(rows_of(asked, path)) == (int(path.name[:2]) not in NO_CASE)


# October of tests/fixtures/README.md: EUR of the FOCUS bill, USD of the AWS bill.
EUR = Decimal("153.30")
USD = Decimal("26.700000000001")


@pytest.mark.parametrize("number", [1, 2, 4, 15, 27, 47])
def test_a_month_by_any_keys_adds_up_to_its_bills(
    asked: duckdb.DuckDBPyConnection, number: int
) -> None:
    rows = answer(asked, number)
    billed = {
        currency: sum(row["BilledCost"] for row in rows if row["BillingCurrency"] == currency)
        for currency in ("EUR", "USD")
    }
    assert billed == {"EUR": EUR, "USD": USD}


def test_the_tax_of_an_invoice_is_told_apart(asked: duckdb.DuckDBPyConnection) -> None:
    rows = answer(asked, 4)
    assert sum(row["TaxCost"] for row in rows) == Decimal("19.00") + Decimal("2.50")


def test_credit_memos_are_the_credits_of_both_bills(asked: duckdb.DuckDBPyConnection) -> None:
    assert sorted(row["BilledCost"] for row in answer(asked, 3)) == [Decimal(-25), Decimal(-10)]


@pytest.mark.parametrize("number", [18, 28])
def test_the_refund_for_september_is_a_correction(
    asked: duckdb.DuckDBPyConnection, number: int
) -> None:
    assert sum(row["BilledCost"] for row in answer(asked, number)) == Decimal("-1.50")


@pytest.mark.parametrize("number", [41, 48])
def test_months_stay_apart(asked: duckdb.DuckDBPyConnection, number: int) -> None:
    found: dict[tuple[str, str], Decimal] = {}
    for row in answer(asked, number):
        key = (row["BillingPeriodStart"].strftime("%Y-%m"), row["BillingCurrency"])
        found[key] = found.get(key, Decimal(0)) + row["BilledCost"]
    assert found == {
        ("2026-09", "USD"): Decimal("60.593333333333"),
        ("2026-10", "USD"): USD,
        ("2026-10", "EUR"): EUR,
    }


def test_the_reservation_that_was_bought_is_listed(asked: duckdb.DuckDBPyConnection) -> None:
    rows = [row for row in answer(asked, 30) if row["BillingCurrency"] == "EUR"]
    assert [row["BilledCost"] for row in rows] == [Decimal(50)]


@pytest.fixture
def of_credits(asked: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A hand-made ledger: ten credits bought for 25 USD, and two charges that use them up."""
    columns = asked.execute("describe focus.cost_and_usage").fetchall()
    given = (
        "ServiceProviderName, BillingPeriodStart, ChargeCategory, ServiceName, ChargeDescription, "
        "BillingCurrency, BilledCost, PricingCurrency, PricingCurrencyEffectiveCost, "
        "x_VirtualCurrency, x_VirtualCurrencyEffectiveCost, PricingQuantity, PricingUnit"
    )
    with duckdb.connect() as connection:
        connection.execute("create schema focus")
        connection.execute(
            "create table focus.cost_and_usage "
            f"({', '.join(f'{name} {kind}' for name, kind, *_ in columns)})"
        )
        connection.execute(
            f"""
            insert into focus.cost_and_usage ({given}) values
            ('V', '2026-10-01', 'Purchase', 'S', 'Pack', 'USD', 25,
                'USD', 0, null, null, 10, 'Credits'),
            ('V', '2026-10-01', 'Usage', 'S', 'Query', 'USD', 0,
                'USD', 5.6, 'CREDIT', 2.25, 3, 'Hours'),
            ('V', '2026-10-01', 'Usage', 'S', 'Load', 'USD', 0,
                'USD', 3.7, 'CREDIT', 1.5, 3, 'Hours'),
            ('V', '2026-10-01', 'Usage', 'S', 'Store', 'USD', 7,
                'USD', 7, null, null, 1, 'GB')
            """
        )
        yield connection


def test_virtual_currency_is_bought_used_up_and_spent_on_something(
    of_credits: duckdb.DuckDBPyConnection,
) -> None:
    """No company of the tests is billed in credits, so these three questions have their own."""
    (used,) = answer(of_credits, 8)
    assert (used["currency"], used["used_up"]) == ("CREDIT", Decimal("3.75"))
    assert [(row["ChargeDescription"], row["used_up"]) for row in answer(of_credits, 9)] == [
        ("Query", Decimal("2.25")),
        ("Load", Decimal("1.5")),
    ]
    (bought,) = answer(of_credits, 11)
    assert (bought["BilledCost"], bought["PricingQuantity"]) == (Decimal(25), Decimal(10))


@pytest.fixture
def of_precise_costs(asked: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A hand-made ledger: a cost that no DOUBLE holds, the same in each of three months."""
    columns = asked.execute("describe focus.cost_and_usage").fetchall()
    with duckdb.connect() as connection:
        connection.execute("create schema focus")
        connection.execute("create schema reference")
        _take_quotient(asked, connection)
        connection.execute(
            "create table focus.cost_and_usage "
            f"({', '.join(f'{name} {kind}' for name, kind, *_ in columns)})"
        )
        connection.execute(
            "create table reference.dim_billing_period as select month as period_start_date, "
            "'complete' as period_status from (values (date '2026-08-01'), (date '2026-09-01'), "
            "(date '2026-10-01')) as months (month)"
        )
        connection.execute(
            """
            insert into focus.cost_and_usage (
                ServiceProviderName, BillingPeriodStart, ChargeCategory, ServiceName,
                ChargeDescription, BillingCurrency, BilledCost, EffectiveCost, PricingQuantity,
                PricingUnit, ConsumedQuantity, ConsumedUnit, SkuPriceDetails
            )
            select
                'V', period_start_date, 'Usage', 'S', 'Query', 'USD', 1234567890123456.01,
                1234567890123456.01, 0.000000000000125 + 1, 'Hours', 1, 'Hours', '{}'
            from reference.dim_billing_period
            """
        )
        yield connection


@pytest.mark.parametrize("number", [44, 45])
def test_a_forecast_of_the_same_cost_is_that_cost(
    of_precise_costs: duckdb.DuckDBPyConnection, number: int
) -> None:
    rows = answer(of_precise_costs, number)
    assert {row["forecast_cost"] for row in rows} == {Decimal("1234567890123456.01")}
    assert len(rows) == 3


@pytest.mark.parametrize(
    ("number", "column", "rate"),
    [
        # of 1.000000000000125 hours each
        (5, "average_rate", "1234567890123301.689013734587"),
        (7, "cost_per_consumed_unit", "1234567890123456.01"),
        (43, "average_rate", "1234567890123301.689013734587"),
    ],
)
def test_a_rate_has_twelve_exact_decimals(
    of_precise_costs: duckdb.DuckDBPyConnection, number: int, column: str, rate: str
) -> None:
    assert {row[column] for row in answer(of_precise_costs, number)} == {Decimal(rate)}


@pytest.mark.parametrize(
    ("number", "column"), [(13, "tagged_share"), (31, "savings_share"), (32, "savings_share")]
)
def test_a_share_is_divided_in_decimals(
    of_precise_costs: duckdb.DuckDBPyConnection, number: int, column: str
) -> None:
    """Two thirds of a cost that no DOUBLE holds: as a DOUBLE the last digit would be a seven."""
    of_precise_costs.execute(
        """
        delete from focus.cost_and_usage;
        insert into focus.cost_and_usage (
            ServiceProviderName, BillingPeriodStart, ChargeCategory, ServiceName, BillingCurrency,
            EffectiveCost, ContractedCost, ListCost, Tags
        ) values
        ('V', '2026-10-01', 'Usage', 'S', 'USD', 1234567890123456.01, 7407407340740736.06,
            7407407340740736.06, '{"team": "a"}'),
        ('V', '2026-10-01', 'Usage', 'S', 'USD', 617283945061728.005, -1851851835185184.015,
            -1851851835185184.015, '{}')
        """
    )
    (row,) = answer(of_precise_costs, number)
    assert row[column] == Decimal("0.666666666666")
