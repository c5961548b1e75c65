"""Money keeps every digit on its way from a file to a receipt and into the ledger's columns.

Every expected number is made by Python's own decimals, never by the code under test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import duckdb
import pytest
from file_bills import money_sql, quantity_sql
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.extract.aws_cur2 import LINE_ITEMS
from orchestration.extract.control_totals import (
    ControlTotals,
    control_totals,
    exact_amount,
    ledger_amount,
)
from orchestration.extract.delivered_files import raw_rows
from orchestration.extract.openai import USAGE_COMPLETIONS

TWELVE, FIFTEEN, EIGHTEEN = (Decimal(1).scaleb(-places) for places in (12, 15, 18))
LARGEST = Decimal("99999999999999999999.999999999999999999")

pytestmark = pytest.mark.usefixtures("many_digits")


@pytest.fixture
def many_digits() -> Iterator[None]:
    """Let Python add and round without losing digits of its own."""
    with localcontext(prec=120):
        yield


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


MONEY, QUANTITY = money_sql('"amount"'), quantity_sql('"amount"')
EXACT, ROUNDED = exact_amount("amount"), ledger_amount("amount")


def read_back(
    connection: duckdb.DuckDBPyConnection, expression: str, values: Sequence[object], kind: str
) -> list[Decimal | None]:
    # As texts, because a NaN handed to DuckDB in a list becomes NULL.
    texts = [None if value is None else str(value) for value in values]
    rows = connection.execute(
        f"select {expression} from (select cast(unnest($texts::varchar[]) as {kind}) as amount)",
        {"texts": texts},
    ).fetchall()
    return [row[0] for row in rows]


def half_away(value: Decimal, unit: Decimal) -> Decimal:
    with localcontext(prec=120):
        return value.quantize(unit, rounding=ROUND_HALF_UP)


def meant_by(double: float) -> Decimal:
    """Return the shortest decimal that reads back as the same double: Python's own repr."""
    return Decimal(repr(double))


def of_digits(whole: int, digits: int, places: int) -> Decimal:
    return Decimal(whole * 10**places + digits % 10**places).scaleb(-places)


# Amounts of at most 15 significant digits, which a double holds apart from its neighbours.
below_two_thousand = st.builds(
    lambda whole, digits, places, sign: sign * of_digits(whole, digits, places),
    st.integers(0, 1999),
    st.integers(0, 10**12 - 1),
    st.integers(0, 11),
    st.sampled_from([1, -1]),
)
tiny = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**9), 10**9),
    st.integers(9, 12),
)
large = st.builds(
    lambda digits, places: Decimal(digits).scaleb(-places),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(0, 11),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(below_two_thousand, tiny, large), min_size=1, max_size=40))
@example([Decimal("1999.999999999999"), Decimal("2000.00000000001"), Decimal("-0.000000000001")])
@example([Decimal("0.1"), Decimal("0.2"), Decimal("-0.3"), Decimal("1234567.89")])
def test_a_decimal_that_was_written_as_a_double_comes_back(
    connection: duckdb.DuckDBPyConnection, amounts: list[Decimal]
) -> None:
    doubles = [float(amount) for amount in amounts]
    for expression in (EXACT, ROUNDED, MONEY):
        found = read_back(connection, expression, doubles, "double")
        assert found == [meant_by(double) for double in doubles] == amounts


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(-2100, 2100),
            st.floats(-2, 2),
            st.floats(-1e15, 1e15),
            # One digit more than the ledger keeps, and that digit a five: a tie.
            st.builds(
                lambda whole, digits: float(Decimal(whole * 10**12 + digits).scaleb(-12) + TIE),
                st.integers(-2100, 2100),
                st.integers(0, 10**12 - 1),
            ),
        ),
        min_size=1,
        max_size=40,
    )
)
@example([4.2750720590845, 68.1338882692225, 1783.5182633032284, 1282.0020659616564])
@example([1999.9999999999995, 0.0000000000005, -0.0000000000005, 5e-324, -0.0, 2000.0])
def test_a_double_of_any_length_is_rounded_once_and_in_one_way(
    connection: duckdb.DuckDBPyConnection, doubles: list[float]
) -> None:
    """The ledger and the receipt must not differ by the last digit of a tie."""
    expected = [half_away(meant_by(double), TWELVE) for double in doubles]
    assert read_back(connection, MONEY, doubles, "double") == expected
    assert read_back(connection, ROUNDED, doubles, "double") == expected
    assert read_back(connection, EXACT, doubles, "double") == [
        half_away(meant_by(double), EIGHTEEN) for double in doubles
    ]
    assert read_back(connection, QUANTITY, doubles, "double") == [
        half_away(meant_by(double), FIFTEEN) for double in doubles
    ]


TIE = Decimal("0.0000000000005")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda digits, places: Decimal(digits).scaleb(-places),
            st.integers(-(10**30), 10**30),
            st.integers(10, 30),
        ).filter(lambda amount: abs(amount) < 10**20),
        min_size=1,
        max_size=40,
    )
)
@example([Decimal("0.0000000000004999999999999")])
@example([Decimal("1.1234567890124999999999"), Decimal("-1.1234567890125")])
def test_a_text_of_any_length_is_rounded_once(
    connection: duckdb.DuckDBPyConnection, amounts: list[Decimal]
) -> None:
    texts = [f"{amount:f}" for amount in amounts]
    expected = [half_away(amount, TWELVE) for amount in amounts]
    assert read_back(connection, MONEY, texts, "varchar") == expected
    assert read_back(connection, ROUNDED, texts, "varchar") == expected
    assert read_back(connection, EXACT, texts, "varchar") == [
        half_away(amount, EIGHTEEN) for amount in amounts
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1e-7", "0.0000001"),
        ("-2.5E3", "-2500"),
        ("1.5E+1", "15"),
        ("+3", "3"),
        (".5", "0.5"),
        ("-0", "0"),
        ("007.10", "7.1"),
        ("6.4E-14", "0"),
        ("9e-300", "0"),
        ("0E-10", "0"),
    ],
)
def test_a_number_may_be_written_in_several_ways(
    connection: duckdb.DuckDBPyConnection, text: str, amount: str
) -> None:
    for expression in (ROUNDED, MONEY):
        assert read_back(connection, expression, [text], "varchar") == [Decimal(amount)]
    exact = half_away(Decimal(text), EIGHTEEN)
    assert read_back(connection, EXACT, [text], "varchar") == [exact]


@pytest.mark.parametrize(
    "text", ["NaN", "inf", "-Infinity", "abc", "", "1,5", "1 000", "$5", "5 USD", "0x10", "1e25"]
)
def test_what_is_no_amount_is_unknown_and_not_zero(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert read_back(connection, EXACT, [text], "varchar") == [None]


@pytest.mark.parametrize("double", [float("nan"), float("inf"), float("-inf"), 1e20, 1e300])
def test_a_double_that_is_no_amount_is_unknown_and_not_zero(
    connection: duckdb.DuckDBPyConnection, double: float
) -> None:
    assert read_back(connection, EXACT, [double], "double") == [None]


def test_null_stays_null(connection: duckdb.DuckDBPyConnection) -> None:
    for kind in ("double", "varchar", "decimal(38, 12)", "bigint", "float"):
        for expression in (EXACT, ROUNDED, MONEY, QUANTITY):
            assert read_back(connection, expression, [None], kind) == [None]


def test_every_type_that_a_file_may_hold_money_in_is_read(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for kind in ("bigint", "integer", "hugeint", "decimal(9, 2)", "decimal(38, 18)", "float"):
        for expression in (EXACT, ROUNDED, MONEY):
            assert read_back(connection, expression, [-7], kind) == [Decimal(-7)]
    # A single-precision number stands for its own shortest decimal.
    assert read_back(connection, MONEY, [0.1], "float") == [Decimal("0.1")]


@pytest.mark.parametrize("macro", [MONEY, QUANTITY])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1e27, "double"),
        (-1e27, "double"),
        (float("nan"), "double"),
        (float("inf"), "double"),
        ("1" + "0" * 26, "varchar"),
        ("12 dollars", "varchar"),
    ],
)
def test_what_does_not_fit_the_ledger_is_an_error_and_not_another_number(
    connection: duckdb.DuckDBPyConnection, macro: str, value: object, kind: str
) -> None:
    with pytest.raises(duckdb.ConversionException):
        read_back(connection, macro, [value], kind)


def totals_of(
    connection: duckdb.DuckDBPyConnection, lines: Sequence[tuple[object, str | None]], kind: str
) -> ControlTotals:
    amounts, currencies = [amount for amount, _ in lines], [currency for _, currency in lines]
    connection.execute(
        f"create or replace temp table lines as select unnest($amounts::{kind}[]) as "
        "line_item_unblended_cost, unnest($currencies::varchar[]) as line_item_currency_code",
        {"amounts": amounts, "currencies": currencies},
    )
    return control_totals(connection, "select * from lines", LINE_ITEMS)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(below_two_thousand, tiny, large), st.sampled_from(["USD", "EUR", "usd"])
        ),
        min_size=1,
        max_size=60,
    )
)
def test_control_totals_equal_the_sums_of_decimals(
    connection: duckdb.DuckDBPyConnection, lines: list[tuple[Decimal, str]]
) -> None:
    expected: dict[str, Decimal] = {}
    for amount, currency in lines:
        expected[currency.upper()] = expected.get(currency.upper(), Decimal(0)) + amount
    for kind in ("double", "varchar"):
        given_as = [
            (float(amount) if kind == "double" else f"{amount:f}", currency)
            for amount, currency in lines
        ]
        found = totals_of(connection, given_as, kind)
        assert found == ControlTotals(len(lines), expected, expected)


def test_more_than_twelve_decimals_leave_a_residual(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Three times 0.0000000000004: exact 0.0000000000012, three zeros in the ledger."""
    found = totals_of(connection, [("0.0000000000004", "USD")] * 3, "varchar")
    assert found.exact == {"USD": Decimal("0.0000000000012")}
    assert found.rounded == {"USD": Decimal(0)}
    found = totals_of(connection, [("-0.0000000000005", "USD")] * 3, "varchar")
    assert found.rounded == {"USD": Decimal("-0.000000000003")}


def test_the_order_of_rows_does_not_change_a_total(connection: duckdb.DuckDBPyConnection) -> None:
    """Added up as doubles, the one would be lost beside 1e16."""
    lines = [(1e16, "USD"), (1.0, "USD"), (-1e16, "USD"), (0.1, "USD"), (0.2, "USD")]
    for order in (lines, lines[::-1], lines[2:] + lines[:2]):
        assert totals_of(connection, order, "double").exact == {"USD": Decimal("1.3")}


def test_negative_rows_are_kept(connection: duckdb.DuckDBPyConnection) -> None:
    lines = [("-5", "USD"), ("3", "USD"), ("-0.5", "USD")]
    found = totals_of(connection, lines, "varchar")
    assert (found.row_count, found.exact) == (3, {"USD": Decimal("-2.5")})


def test_a_row_without_a_currency_is_counted_under_no_currency(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = totals_of(connection, [("1", None), ("2", "USD")], "varchar")
    assert found.exact == {"NULL": Decimal(1), "USD": Decimal(2)}


def test_the_largest_amount_is_counted_and_a_sum_that_is_too_large_is_an_error(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = totals_of(connection, [(str(LARGEST), "USD"), (str(-LARGEST), "USD")], "varchar")
    assert found.exact == {"USD": Decimal(0)}
    with pytest.raises(duckdb.Error):
        totals_of(connection, [(str(LARGEST), "USD"), (str(LARGEST), "USD")], "varchar")


def test_tokens_are_added_up_over_their_classes(connection: duckdb.DuckDBPyConnection) -> None:
    columns = USAGE_COMPLETIONS.token_columns
    ordered = ", ".join(f"{10**number} as {name}" for number, name in enumerate(columns))
    unknown = ", ".join(f"null as {name}" for name in columns)
    found = control_totals(
        connection, f"select {ordered} union all select {unknown}", USAGE_COMPLETIONS
    )
    assert found.row_count == 2
    assert found.exact == {"": Decimal("1" * len(columns))}


def test_no_rows_have_no_totals(connection: duckdb.DuckDBPyConnection) -> None:
    assert totals_of(connection, [], "varchar") == ControlTotals(0, {}, {})


def test_doubles_in_parquet_and_texts_in_csv_give_the_same_totals(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    texts = ["0.1", "0.2", "-0.30000000001", "12345678.9", "1999.999999999999", "2000.1"]
    (tmp_path / "bill.csv").write_text(
        "line_item_unblended_cost,line_item_currency_code\n"
        + "".join(f"{text},USD\n" for text in texts)
    )
    doubles = ", ".join(f"({text}::double, 'USD')" for text in texts)
    connection.execute(
        f"copy (select * from (values {doubles}) as rows(line_item_unblended_cost, "
        f"line_item_currency_code)) to '{tmp_path}/bill.parquet'"
    )
    expected = sum((Decimal(text) for text in texts), Decimal(0))
    for name in ("bill.csv", "bill.parquet"):
        found = control_totals(connection, raw_rows([tmp_path / name]), LINE_ITEMS)
        assert found == ControlTotals(len(texts), {"USD": expected}, {"USD": expected})
