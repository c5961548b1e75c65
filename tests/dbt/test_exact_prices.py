"""The price that a cost and a quantity mean: the macro's own SQL over many costs of all sizes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import duckdb
import jinja2
import pytest

from orchestration.publish.focus_conformance.dialects import DuckDb
from orchestration.publish.focus_conformance.product import Number, differs
from orchestration.settings import DBT_PROJECT_DIR

VALUES = DBT_PROJECT_DIR / "macros" / "engine" / "values.sql"
PRICE, COST = "DECIMAL(38, 15)", "DECIMAL(38, 12)"
DIGITS = Context(prec=60)


@pytest.fixture(scope="module")
def prices() -> Iterator[duckdb.DuckDBPyConnection]:
    """Costs and quantities, of all sizes that a price is made of, with the price of each."""
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(VALUES.read_text()).module
    random.seed(4)
    given = [
        (f"{sign * cost}e-12", f"{sign * quantity}e-15")
        for _ in range(5_000)
        for sign, cost, quantity in [
            (
                random.choice((1, -1)),
                random.randint(0, 10 ** random.randint(1, 25)),
                random.randint(1, 10 ** random.randint(1, 28)),
            )
        ]
        # a price of more than 22 digits is none
        if cost * 10**3 < quantity * 10**22
    ]
    # in the middle of two prices; the bounds of what is guessed
    given += [("0.5e-12", "1"), ("1e-12", "2000"), ("99999999.999999999999", "0.001")]
    given += [("100000000", "3"), ("7", "100000000"), ("7", "100000000.000000000000001")]
    with duckdb.connect() as connection:
        connection.execute(f"create table costs (cost {COST}, quantity {PRICE})")
        connection.executemany(
            "insert into costs values (?, ?)", [(Decimal(c), Decimal(q)) for c, q in given]
        )
        connection.execute(
            "create table priced as select *, "
            f"{macros.duckdb__unit_price('cost', 'quantity')} as price from costs"  # type: ignore[attr-defined]
        )
        yield connection


def test_it_is_the_nearest_of_fifteen_decimals(prices: duckdb.DuckDBPyConnection) -> None:
    rows = prices.execute("select cost, quantity, price from priced").fetchall()
    assert len(rows) > 4_000
    wrong = []
    for cost, quantity, price in rows:
        meant = Fraction(cost) / Fraction(quantity) * 10**15
        nearest = (2 * meant.numerator + meant.denominator) // (2 * meant.denominator)
        if Fraction(price) * 10**15 != nearest:
            wrong.append((cost, quantity, price))
    assert wrong == []


def test_multiplied_back_it_is_the_cost_by_the_rule_of_focus(
    prices: duckdb.DuckDBPyConnection,
) -> None:
    broken = differs(
        Number("price", PRICE), Number("quantity", PRICE), Number("cost", COST), DuckDb()
    )
    # what has more digits than the rule can judge breaks it
    judged = "abs(quantity) < 1e15 and abs(cost) < 1e15 and abs(price) < 1e15"
    (found,) = prices.execute(f"select count(*) from priced where {judged} and {broken}").fetchall()
    assert found == (0,)
    (counted,) = prices.execute(f"select count(*) from priced where {judged}").fetchall()
    assert counted[0] > 3_000


def test_of_nothing_there_is_no_price(prices: duckdb.DuckDBPyConnection) -> None:
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(VALUES.read_text()).module
    sql = macros.duckdb__unit_price("cost", "quantity")  # type: ignore[attr-defined]
    rows = prices.execute(
        f"select {sql} from (values (5.0::{COST}, 0::{PRICE}), (5.0, null), (null, 5)) "
        "as given(cost, quantity)"
    ).fetchall()
    assert rows == [(None,)] * 3


@pytest.mark.parametrize("factor", ["0.001", "1000", "1"])
def test_a_scaled_quantity_is_rounded_once(factor: str) -> None:
    macros = jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(VALUES.read_text()).module
    random.seed(9)
    given = [
        Decimal(random.choice((1, -1)) * random.randint(0, 10 ** random.randint(1, 30))).scaleb(
            -random.choice((15, 12, 6, 3)) if power < 24 else -15, DIGITS
        )
        for power in range(30)
        for _ in range(200)
    ]
    # as long as six decimals, and one digit longer; beyond what a double tells apart
    given += [
        Decimal(text) for text in ("0.000001", "0.0000011", "9007199254.740993", "0", "0.0005")
    ]
    given = [number for number in given if abs(number) < 10**15]
    with duckdb.connect() as connection:
        connection.execute(f"create table quantities (quantity {PRICE}, factor decimal(7, 3))")
        connection.executemany(
            f"insert into quantities values (?, {factor})", [(number,) for number in given]
        )
        rows = connection.execute(
            f"select quantity, {macros.duckdb__scaled('quantity', 'factor')} from quantities"  # type: ignore[attr-defined]
        ).fetchall()
    assert len(rows) > 4_000
    wrong = [
        (quantity, scaled)
        for quantity, scaled in rows
        if scaled
        != DIGITS.multiply(quantity, Decimal(factor)).quantize(
            Decimal("1e-15"), ROUND_HALF_UP, DIGITS
        )
    ]
    assert wrong == []
