"""A ratio of a mart has every digit that division on paper gives, cut off after the twelfth."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, Context, Decimal

import duckdb
import pyarrow
import pytest
from file_bills import quotient_sql
from hypothesis import given, settings
from hypothesis import strategies as st

QUOTIENT = quotient_sql("amount", "units")
_PAPER = Context(prec=90)
_TWELVE = Decimal("0.000000000001")


def divided(pairs: Sequence[tuple[Decimal, Decimal]]) -> list[Decimal | None]:
    """Return what the marts' SQL makes of each amount and its units."""
    texts = pyarrow.table(
        {
            "place": list(range(len(pairs))),
            "amount": [format(amount, "f") for amount, _ in pairs],
            "units": [format(units, "f") for _, units in pairs],
        }
    )
    with duckdb.connect() as connection:
        connection.register("texts", texts)
        rows = connection.execute(
            f"select {QUOTIENT} from (select place, cast(amount as decimal(38, 12)) as amount, "
            "cast(units as decimal(38, 12)) as units from texts) as pairs order by place"
        ).fetchall()
    return [row[0] for row in rows]


def on_paper(amount: Decimal, units: Decimal) -> Decimal | None:
    if units == 0:
        return None
    return _PAPER.divide(amount, units).quantize(_TWELVE, rounding=ROUND_DOWN, context=_PAPER)


def of_digits(most: int) -> st.SearchStrategy[Decimal]:
    """Return numbers with 12 decimals and at most that many digits, each length as often."""
    return st.integers(1, most).flatmap(
        lambda digits: st.builds(
            lambda sign, number: _PAPER.scaleb(Decimal(sign * number), -12),
            st.sampled_from((1, -1)),
            st.integers(0, 10**digits - 1),
        )
    )


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(st.tuples(of_digits(26), of_digits(31)), min_size=20, max_size=150))
def test_a_quotient_is_cut_off_after_twelve_decimals(
    pairs: list[tuple[Decimal, Decimal]],
) -> None:
    assert divided(pairs) == [on_paper(amount, units) for amount, units in pairs]


@settings(max_examples=8, deadline=None, derandomize=True)
@given(st.lists(st.tuples(of_digits(22), of_digits(13), st.sampled_from((-1, 0, 1))), min_size=20))
def test_what_divides_without_rest_is_told_from_a_last_digit_less(
    parts: list[tuple[Decimal, Decimal, int]],
) -> None:
    """The product of two numbers by one of them, and a last digit above and below it."""
    pairs = [
        (_PAPER.add(_PAPER.multiply(whole.to_integral_value(), units), last * _TWELVE), units)
        for whole, units, last in parts
    ]
    assert divided(pairs) == [on_paper(amount, units) for amount, units in pairs]


@pytest.mark.parametrize(
    ("amount", "units", "expected"),
    [
        ("1", "3", "0.333333333333"),
        ("-2", "3", "-0.666666666666"),
        ("2", "-3", "-0.666666666666"),
        ("10000000000000", "0.000000000001", "10000000000000000000000000"),
        ("0.000000000001", "3", "0"),
        ("99999999999999.999999999999", "100000000000000", "0.999999999999"),
        ("1", "0", None),
    ],
)
def test_a_quotient_that_a_hand_can_check(amount: str, units: str, expected: str | None) -> None:
    (found,) = divided([(Decimal(amount), Decimal(units))])
    assert found == (None if expected is None else Decimal(expected))
