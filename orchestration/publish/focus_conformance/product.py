"""Whether an amount is a price times a quantity, judged in whole digits; no float is made.

Most products fit in a decimal of 38 digits. Where one may not, price and quantity are split into a
whole number and a fraction: their four products fit, and they are taken from the amount one after
the other, the largest first, so that what is left is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.publish.focus_conformance.dialects import Dialect

# What a price, a quantity (15) and an amount (12) can say in the ledger. What says more is rounded
# to that; what says less than 12 is taken as exact there.
_FACTOR_DECIMALS = 15
_AMOUNT_DECIMALS = 12
_FEWEST_DECIMALS = 12
# Two factors of 15 decimals have 30 in their product, which leaves 8 digits for the whole: enough
# where the price is below 10^place and the quantity below 10^(7 - place).
_FITS_WHOLE_DIGITS = 7
_PLACES = (-3, -1, 1, 3, 5, 7)
# A price or a quantity of so many whole digits can be judged, if their product has up to 37. What
# has more breaks the rule: it cannot be shown to keep it. With fewer DuckDB would multiply in 18.
_WHOLE_DIGITS = 19
# How much of a number a float is unsure of.
_FLOATS = {"DOUBLE": "0.000000000000001", "FLOAT": "0.0000002"}


@dataclass(frozen=True)
class Number:
    """A column that holds a number.

    Attributes:
        column: Its name.
        type: Its database type.
    """

    column: str
    type: str

    def exact(self, decimals: int) -> str:
        """Return SQL of its value with so many decimals, NULL where it does not fit."""
        if self.type == f"DECIMAL(38, {decimals})":
            return self.column
        return f"try_cast({self.column} as decimal(38, {decimals}))"


def exact_values(price: Number, quantity: Number, amount: Number) -> tuple[str, str, str]:
    """Return SQL of what is multiplied and compared; where a column is it, the column."""
    p, q = price.exact(_FACTOR_DECIMALS), quantity.exact(_FACTOR_DECIMALS)
    return p, q, amount.exact(_AMOUNT_DECIMALS)


def differs(
    price: Number,
    quantity: Number,
    amount: Number,
    dialect: Dialect,
    exact: tuple[str, ...] | None = None,
) -> str:
    """Return SQL that is true where an amount is not a price times a quantity, never NULL.

    ``exact`` names what their exact values have been made as, where they have been made before:
    they are read many times, and to make a decimal of a text takes long.

    The amount may be off by half of its own last digit, and by what half a last digit of the price
    and of the quantity make of it: 0.333333333333333 times 3 is 1. What comes as a float may be off
    by a float's precision as well. Numbers that are too large to be judged make it true.
    """
    p, q, a = exact or exact_values(price, quantity, amount)
    halves = tuple(
        _half_of_last_digit(number, decimals)
        for number, decimals in (
            (amount, _AMOUNT_DECIMALS),
            (price, _FACTOR_DECIMALS),
            (quantity, _FACTOR_DECIMALS),
        )
    )
    unsure = max((_FLOATS.get(n.type, "0") for n in (price, quantity, amount)), key=float)
    p_whole, q_whole, a_whole = (
        f"try_cast({dialect.whole(n)} as decimal({digits}, 0))"
        for n, digits in ((p, _WHOLE_DIGITS), (q, _WHOLE_DIGITS), (a, 26))
    )
    left = _what_is_left((p, p_whole), (q, q_whole), (a, a_whole))
    wrong = f"abs({left}) > {_allowed(p_whole, q_whole, a_whole, halves, unsure, ' + 1')}"
    if dialect.multiplies_wholly:
        # Nearly all amounts are right to the half of their last digit: so much is always allowed.
        off = f"abs({p} * {q} - {a})"
        wrong = (
            f"case when not ({_fits(p, q, a)}) then {wrong} when {off} <= {halves[0]} then false "
            f"else {off} > {_allowed(p, q, a, halves, unsure)} end"
        )
    given = " and ".join(f"{n.column} is not null" for n in (price, quantity, amount))
    return f"({given} and coalesce({wrong}, true))"


def _allowed(p: str, q: str, a: str, halves: tuple[str, ...], unsure: str, more: str = "") -> str:
    of_amount, of_price, of_quantity = halves
    allowed = f"{of_amount} + (abs({q}){more}) * {of_price} + (abs({p}){more}) * {of_quantity}"
    return allowed if unsure == "0" else f"{allowed} + (abs({a}){more}) * {unsure}"


def _fits(p: str, q: str, a: str) -> str:
    pairs = " or ".join(
        f"{_is_below(p, place)} and {_is_below(q, _FITS_WHOLE_DIGITS - place)}" for place in _PLACES
    )
    return f"{_is_below(a, _FITS_WHOLE_DIGITS)} and ({pairs})"


def _is_below(number: str, place: int) -> str:
    # Two comparisons cost less than making the number positive.
    return f"{number} > -{_power(place)} and {number} < {_power(place)}"


def _what_is_left(p: tuple[str, str], q: tuple[str, str], a: tuple[str, str]) -> str:
    """Return SQL of the amount without the product, each given with its whole number."""
    p_part, q_part, a_part = (
        f"cast({number} % 1 as decimal({decimals}, {decimals}))"
        for number, decimals in (
            (p[0], _FACTOR_DECIMALS),
            (q[0], _FACTOR_DECIMALS),
            (a[0], _AMOUNT_DECIMALS),
        )
    )
    # Up to 37 digits, of which few are left when the amount is right: what has more is wrong.
    wholes = f"try_cast({p[1]} * {q[1]} as decimal(37, 0))"
    left = f"try_cast({a[1]} - {wholes} as decimal(20, 0)) + {a_part}"
    left = f"{left} - {p[1]} * {q_part} - {q[1]} * {p_part}"
    return f"try_cast({left} as decimal(22, 15)) - {p_part} * {q_part}"


def _half_of_last_digit(number: Number, decimals: int) -> str:
    """Return half of what the last digit of a number stands for, as an SQL decimal."""
    if number.type.startswith("DECIMAL("):
        said = int(number.type.removesuffix(")").rpartition(",")[2])
        decimals = min(decimals, max(said, _FEWEST_DECIMALS))
    return f"0.{'0' * decimals}5"


def _power(place: int) -> str:
    return f"1{'0' * place}" if place >= 0 else f"0.{'0' * (-place - 1)}1"
