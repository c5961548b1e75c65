"""An amount is the decimal that the bill says, rounded once: on the receipt and in the ledger."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import duckdb
import pyarrow
import pytest
from file_bills import money_sql, quantity_sql
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.extract.control_totals import exact_amount, ledger_amount

LEDGER = money_sql("amount")

# Halves of the thirteenth decimal, and digits that carry when they are rounded one by one.
HARD = (0.1234567890125, 1999.1234567890125, 4.6e-13, 4.96e-13, 6.8e-15, 2.5e-12, -4.46e-13, 1e15)


def rounded(text: str, decimals: int) -> Decimal:
    """Round half away from zero, once, as an accountant does on paper."""
    with localcontext(prec=80):
        return Decimal(text).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def read(values: list[float] | list[str]) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Return what receipt (18 decimals), landed total and ledger (12) make of each value."""
    with duckdb.connect() as connection:
        connection.register("bill", pyarrow.table({"amount": values}))
        return connection.execute(
            f"select {exact_amount('amount')}, {ledger_amount('amount')}, {LEDGER} from bill"
        ).fetchall()


def expected(texts: list[str]) -> list[tuple[Decimal, Decimal, Decimal]]:
    return [(rounded(text, 18), rounded(text, 12), rounded(text, 12)) for text in texts]


thirteenth_decimals = st.builds(
    lambda units, digits: float(f"{units}.{digits:013d}"),
    st.integers(-1999, 1999),
    st.integers(0, 10**13 - 1),
)
amounts = st.one_of(
    st.floats(-1e16, 1e16), st.floats(-1e-9, 1e-9), thirteenth_decimals, st.sampled_from(HARD)
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(amounts, min_size=20, max_size=200))
def test_a_double_is_the_decimal_that_was_meant(doubles: list[float]) -> None:
    assert read(doubles) == expected([repr(value) for value in doubles])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(amounts, min_size=20, max_size=200))
def test_a_text_with_an_exponent_is_the_same_decimal(doubles: list[float]) -> None:
    texts = [f"{value:.17E}" for value in doubles]
    assert read(texts) == expected(texts)


def test_digits_beyond_the_eighteenth_are_not_rounded_twice() -> None:
    text = "0.0000000000004999999999"  # at 18 decimals it would become a half of the twelfth
    assert read([text]) == expected([text])
    assert read([text])[0][1] == 0


@pytest.mark.parametrize(
    "text",
    ["4.6E-13", "12.5E-13", "-12.46e-14", "+1e-5", " 5E-3 ", "1E-400", "6.337279005197752613e+6"],
)
def test_exponents_are_read_however_they_are_spelt(text: str) -> None:
    assert read([text]) == expected([text.strip()])


@pytest.mark.parametrize(
    "text", ["e-5", "xe-5", "1e-", "--1e-5", "1.2.3e-5", "1e-5e-5", "NaN", "Infinity", "1,5", "5 $"]
)
def test_what_is_no_number_stays_unknown(text: str) -> None:
    with duckdb.connect() as connection:
        connection.register("bill", pyarrow.table({"amount": [text]}))
        row = connection.execute(f"select {exact_amount('amount')} from bill").fetchone()
    assert row == (None,)


def read_quantities(values: list[float] | list[str]) -> list[Decimal]:
    with duckdb.connect() as connection:
        connection.register("bill", pyarrow.table({"quantity": values}))
        rows = connection.execute(f"select {quantity_sql('quantity')} from bill").fetchall()
    return [row[0] for row in rows]


quantities = st.one_of(
    amounts,
    st.floats(1e9, 1e12),
    # few decimals, as most meters have: read another way than those with many
    st.builds(
        lambda units, digits: units + digits / 1e6, st.integers(0, 10**9), st.integers(0, 10**6)
    ),
    st.sampled_from([999_999_999.9999999, 999_999_999.999999, 1e9, 1e9 + 0.5, 2.0, 1e18, -7.25]),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(quantities, min_size=20, max_size=200))
def test_a_quantity_is_the_decimal_that_was_meant(doubles: list[float]) -> None:
    assert read_quantities(doubles) == [rounded(repr(value), 15) for value in doubles]


@pytest.mark.parametrize(
    "text", ["0.0000080000", "999.9999999999999995", "1000", "-12.5", "1E3", "2.5e-7", "123456789"]
)
def test_a_quantity_in_text_is_read_as_it_stands(text: str) -> None:
    assert read_quantities([text]) == [rounded(text, 15)]
