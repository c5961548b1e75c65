"""What each check function means: the rows that break it, and the rows that meet a condition.

A check is told in *predicates*: simple questions that a row answers with yes or no; NULL is a no.
"SkuPriceId is empty" is one; rules share them. Conditions and requirements read the same
check differently where a value is missing:

* as a requirement, a missing value breaks only rules about missing values; which values a column
  may hold is asked of the values that are there;
* as a condition, ``ChargeClass is not "Correction"`` holds where ChargeClass is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestration.extract.focus_units import UNIT_TEXT
from orchestration.land.currencies import ISO_4217
from orchestration.publish.focus_conformance.dialects import Dialect
from orchestration.publish.focus_conformance.facts import Check
from orchestration.publish.focus_conformance.json_schema import conforms
from orchestration.publish.focus_conformance.product import Number, differs, exact_values
from orchestration.publish.focus_conformance.sql_text import literal

# A numeric type of the database is a number whatever its text looks like.
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "REAL", "HUGEINT", "BIGINT", "INTEGER", "SMALLINT")
_TIMES = ("TIMESTAMP", "DATE")

# Objects that say how much of the row's own amounts they are about.
_OF_EACH_ROW = ("AllocatedMethodDetails", "ContractApplied")

# What a charge costs without any discount.
_OF_LIST = ("ListUnitPrice", "ListCost")

# No plus sign, no thousands separator, a point for decimals, an exponent if need be.
NUMERIC_TEXT = "-?([0-9]+([.][0-9]+)?|[.][0-9]+)([eE][+-]?[0-9]+)?"
UTC_TEXT = "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?Z"


@dataclass(frozen=True)
class Predicate:
    """A question that each row answers with yes or no.

    Attributes:
        words: The question's name in statements, as in ``SkuPriceId is empty``.
        sql: What is asked; NULL is a no, which costs less than to say so in each question.
        columns: The columns that it is about; without the one of ``per``.
        of_words: Whether these columns hold words of a short list, units or currencies: a large
            bill says a few hundred combinations of them over and over.
        of_values: The column whose distinct values are asked instead of each row, because asking
            is expensive; ``sql`` then asks the value of ``value``, which is not NULL.
        per: For a question about a group of rows: the column that they share.
        made: Columns that are made for it, each with its SQL.
    """

    words: str
    sql: str
    columns: tuple[str, ...] = ()
    of_words: bool = False
    of_values: str | None = None
    per: str | None = None
    made: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Formula:
    """Predicates joined by and, or, not.

    Attributes:
        how: ``is`` (one predicate), ``all``, ``any``, ``not``, ``always`` or ``never``.
        predicate: The predicate of ``is``.
        parts: What is joined.
    """

    how: str
    predicate: Predicate | None = None
    parts: tuple[Formula, ...] = ()

    def predicates(self) -> frozenset[Predicate]:
        """Return all predicates in it."""
        own = frozenset([self.predicate]) if self.predicate else frozenset[Predicate]()
        return own.union(*(part.predicates() for part in self.parts))

    def sql(self, answer: Callable[[Predicate], str]) -> str:
        """Return it as SQL, given how to write the answer of a predicate."""
        match self.how:
            case "is":
                assert self.predicate is not None
                return answer(self.predicate)
            case "not":
                return f"not {self.parts[0].sql(answer)}"
            case "all" | "any":
                word = " and " if self.how == "all" else " or "
                return "(" + word.join(part.sql(answer) for part in self.parts) + ")"
        return "true" if self.how == "always" else "false"


ALWAYS = Formula("always")
NEVER = Formula("never")


def both(*parts: Formula) -> Formula:
    """Return the formula that holds where all parts hold."""
    needed = tuple(part for part in parts if part != ALWAYS)
    if NEVER in needed:
        return NEVER
    if not needed:
        return ALWAYS
    return needed[0] if len(needed) == 1 else Formula("all", parts=needed)


def either(*parts: Formula) -> Formula:
    """Return the formula that holds where a part holds."""
    possible = tuple(part for part in parts if part != NEVER)
    if ALWAYS in possible:
        return ALWAYS
    if not possible:
        return NEVER
    return possible[0] if len(possible) == 1 else Formula("any", parts=possible)


def negated(part: Formula) -> Formula:
    """Return the formula that holds where a part does not."""
    if part in (ALWAYS, NEVER):
        return NEVER if part == ALWAYS else ALWAYS
    return part.parts[0] if part.how == "not" else Formula("not", parts=(part,))


class Checks:
    """The meaning of check functions over the columns of one relation.

    Args:
        types: Column name to database type of the relation.
        schemas: The JSON schemas that rules name.
        dialect: The database's way of writing.
    """

    def __init__(
        self,
        types: Mapping[str, str],
        schemas: Mapping[str, Mapping[str, Any]],
        dialect: Dialect,
    ) -> None:
        self._types = types
        self._schemas = schemas
        self._dialect = dialect
        # A CSV file has texts only: there a number is a text that reads as one.
        self._is_untyped = all(type_ == "VARCHAR" for type_ in types.values())

    def holds(self, check: Check | None) -> Formula:
        """Return where a condition holds; everywhere without one. An absent column is empty."""
        if check is None:
            return ALWAYS
        function, *arguments = check
        match function:
            case "all":
                return both(*(self.holds(part) for part in arguments))
            case "any":
                return either(*(self.holds(part) for part in arguments))
            case "null":
                return self._empty(arguments[0])
            case "not_null":
                return negated(self._empty(arguments[0]))
            case "is":
                return self._is(*arguments)
            case "is_not":
                return negated(self._is(*arguments))
            case "one_of":
                return either(*(self._is(arguments[0], value) for value in arguments[1]))
            case "same":
                return self._same(*arguments)
            case "differ":
                return both(
                    negated(self._same(*arguments)), *(negated(self._empty(c)) for c in arguments)
                )
        raise NotImplementedError(f"{function} is no condition")

    def broken(self, check: Check) -> Formula:
        """Return where a requirement is broken."""
        function, *arguments = check
        if function == "all":
            return either(*(self.broken(part) for part in arguments))
        if function == "any":
            return both(*(self.broken(part) for part in arguments))
        breaks: Callable[..., Formula] = getattr(self, f"_breaks_{function}")
        return breaks(*arguments)

    # -- predicates ---------------------------------------------------------------------------

    def _empty(self, column: str) -> Formula:
        if column not in self._types:
            return ALWAYS
        return _ask(f"{column} is empty", f"{column} is null", column)

    def _is(self, column: str, value: object) -> Formula:
        if column not in self._types:
            return NEVER
        wanted = literal(value) if isinstance(value, str) else str(value)
        column_value = self._text(column) if isinstance(value, str) else self._number(column)
        answer = f"{column_value} = {wanted}"
        return _ask(f"{column} is {value}", answer, column, of_words=isinstance(value, str))

    def _same(self, a: str, b: str) -> Formula:
        if a not in self._types or b not in self._types:
            return NEVER
        return _ask(f"{a} is {b}", f"{a} = {b}", a, b)

    def _words(self, column: str, words: str, wrong: str) -> Formula:
        """Ask a column of few different values whether what it says is wrong."""
        return _ask(f"{column} {words}", wrong, column, of_words=True)

    def _values(self, column: str, words: str, wrong: Callable[[str], str]) -> Formula:
        """Ask each distinct value of a column whether it is wrong."""
        if column in _OF_EACH_ROW:
            return self._each(column, words, wrong(self._text(column)))
        return _ask(f"{column} {words}", wrong("value"), column, of_values=column)

    def _each(self, column: str, words: str, wrong: str) -> Formula:
        """Ask each row whether its value of a column is wrong: most rows have one of their own."""
        return _ask(f"{column} {words}", f"({column} is not null and {wrong})", column)

    # -- types and presence: what the relation itself says ------------------------------------

    def _breaks_present(self, column: str) -> Formula:
        return NEVER if column in self._types else ALWAYS

    def _breaks_text(self, column: str) -> Formula:
        return (
            NEVER if self._types[column].startswith(("VARCHAR", "JSON")) else _filled(self, column)
        )

    def _breaks_decimal(self, column: str) -> Formula:
        if self._is_number(column):
            return NEVER
        return self._breaks_numeric_text(column) if self._is_untyped else _filled(self, column)

    def _breaks_timestamp(self, column: str) -> Formula:
        if self._types[column].startswith(_TIMES):
            return NEVER
        return self._breaks_utc_text(column)

    def _breaks_json(self, column: str) -> Formula:
        if self._types[column].startswith(("STRUCT", "MAP", "JSON")):
            return NEVER
        return self._breaks_json_text(column)

    # -- formats ------------------------------------------------------------------------------

    def _breaks_unicode(self, column: str) -> Formula:
        if not self._is_text(column):
            return NEVER
        # A database holds Unicode only: bytes that were none have become this character.
        wrong = f"{column} like '%\N{REPLACEMENT CHARACTER}%'"
        return _ask(f"{column} is not Unicode", wrong, column)

    def _breaks_numeric_text(self, column: str) -> Formula:
        if self._is_number(column):
            return NEVER
        return self._each(column, "is no number", self._unlike(column, NUMERIC_TEXT))

    def _breaks_utc_text(self, column: str) -> Formula:
        if self._types[column].startswith(_TIMES):
            return NEVER
        return self._values(
            column,
            "is no UTC date and time",
            lambda value: (
                f"({self._dialect.unlike(value, UTC_TEXT)}"
                f" or try_cast({value} as timestamptz) is null)"
            ),
        )

    def _breaks_currency(self, column: str) -> Formula:
        return self.broken(["national_currency", column])

    def _breaks_national_currency(self, column: str) -> Formula:
        codes = ", ".join(map(literal, sorted(ISO_4217)))
        return self._words(column, "is no ISO 4217 code", f"{self._text(column)} not in ({codes})")

    def _breaks_unit(self, column: str) -> Formula:
        return self._words(column, "is no unit", self._unlike(column, UNIT_TEXT))

    def _breaks_json_text(self, column: str) -> Formula:
        return self._values(
            column, "is no JSON", lambda value: f"not {self._dialect.is_json(value)}"
        )

    def _breaks_key_value(self, column: str) -> Formula:
        return self._values(
            column,
            "is no flat JSON object",
            lambda value: f"not {self._dialect.is_flat_object(value)}",
        )

    def _breaks_json_schema(self, column: str, schema_id: str) -> Formula:
        # Tried, not cast: DuckDB may look at a value before the condition that keeps it away.
        def wrong(value: str) -> str:
            good = conforms(f"try_cast({value} as json)", self._schemas[schema_id])
            return f"not coalesce(json_valid({value}) and {good}, false)"

        return self._values(column, "is not as its JSON schema has it", wrong)

    # -- values -------------------------------------------------------------------------------

    def _breaks_null(self, column: str) -> Formula:
        return negated(self._empty(column))

    def _breaks_not_null(self, column: str) -> Formula:
        return self._empty(column)

    def _breaks_is(self, column: str, value: object) -> Formula:
        return both(negated(self._empty(column)), negated(self._is(column, value)))

    def _breaks_is_not(self, column: str, value: object) -> Formula:
        return self._is(column, value)

    def _breaks_one_of(self, column: str, values: list[str]) -> Formula:
        listed = ", ".join(map(literal, values))
        wrong = f"{self._text(column)} not in ({listed})"
        return self._words(column, "is none of its values", wrong)

    def _breaks_pairs(self, a: str, b: str, pairs: list[list[str]]) -> Formula:
        if b not in self._types:
            return _filled(self, a)
        value = f"{a} || ' / ' || {b}"
        listed = ", ".join(literal(f"{first} / {second}") for first, second in pairs)
        return _ask(
            f"{a} does not belong to {b}",
            f"{a} is not null and coalesce({value} not in ({listed}), true)",
            a,
            b,
            of_words=True,
        )

    def _breaks_ends_with(self, column: str, endings: list[str]) -> Formula:
        wrong = self._unlike(column, f".*(?:{'|'.join(endings)})")
        return self._words(column, "has another ending", wrong)

    def _breaks_matches(self, column: str, pattern: str) -> Formula:
        inner = pattern.removeprefix("^").removesuffix("$").replace("\\s", "[ ]")
        return self._words(column, "is written otherwise", self._unlike(column, inner))

    def _breaks_at_least(self, column: str, bound: object) -> Formula:
        answer = f"{self._number(column)} < {bound}"
        return _ask(f"{column} is below {bound}", answer, column)

    def _breaks_at_most(self, column: str, bound: object) -> Formula:
        answer = f"{self._number(column)} > {bound}"
        return _ask(f"{column} is above {bound}", answer, column)

    def _breaks_compare(self, a: str, comparator: str, b: str) -> Formula:
        if b not in self._types:
            return NEVER
        return _ask(
            f"{a} is not {comparator} {b}",
            f"not ({a} {comparator} {b})",
            a,
            b,
        )

    def _breaks_same(self, a: str, b: str) -> Formula:
        filled = [negated(self._empty(column)) for column in (a, b)]
        return both(*filled, negated(self._same(a, b)))

    def _breaks_product(self, a: str, b: str, result: str) -> Formula:
        if not {a, b, result} <= set(self._types):
            return NEVER
        price, quantity, amount = (Number(name, self._types[name]) for name in (a, b, result))
        exact = exact_values(price, quantity, amount)
        names = tuple(
            value if value == name else self._dialect.named(f"{name} exactly")
            for name, value in zip((a, b, result), exact, strict=True)
        )
        made = tuple(pair for pair in zip(names, exact, strict=True) if pair[0] != pair[1])
        wrong = differs(price, quantity, amount, self._dialect, names)
        words = f"{result} is not {a} * {b}"
        if (a, result) == _OF_LIST or not self._has_types_of_list(a, result):
            return _ask(words, wrong, a, b, result, made=made)
        # Most charges have no price of their own: what is said of the list's is said of them.
        list_price, list_cost = _OF_LIST
        is_list = f"{a} = {list_price} and {result} = {list_cost}"
        own = f"case when {is_list} then false else {wrong} end"
        told = (a, b, result, list_price, list_cost)
        return either(
            _ask(f"{words}, unlike the list", own, *told, made=made),
            both(
                _ask(f"{a} and {result} are of the list", is_list, *told),
                self._breaks_product(list_price, b, list_cost),
            ),
        )

    def _has_types_of_list(self, price: str, cost: str) -> bool:
        types = self._types.get
        return (types(price), types(cost)) == tuple(map(types, _OF_LIST))

    def _breaks_one_per(self, a: str, b: str, count: int) -> Formula:
        if b not in self._types:
            return _filled(self, a)
        return _ask(f"{a} has not {count} {b}", f"count(distinct {b}) <> {count}", b, per=a)

    def _breaks_unique(self, column: str) -> Formula:
        return _ask(f"{column} is repeated", "count(*) > 1", per=column)

    # -- types --------------------------------------------------------------------------------

    def _is_text(self, column: str) -> bool:
        return self._types[column].startswith(("VARCHAR", "JSON", "ENUM"))

    def _is_number(self, column: str) -> bool:
        return self._types[column].lstrip("U").startswith(_NUMBERS)

    def _text(self, column: str) -> str:
        is_plain = self._types[column].startswith("VARCHAR")
        return column if is_plain else f"cast({column} as varchar)"

    def _unlike(self, column: str, pattern: str) -> str:
        return self._dialect.unlike(self._text(column), pattern)

    def _number(self, column: str) -> str:
        if self._is_number(column):
            return column
        return f"try_cast({column} as double)"


def _ask(
    words: str,
    sql: str,
    *columns: str,
    of_words: bool = False,
    of_values: str | None = None,
    per: str | None = None,
    made: tuple[tuple[str, str], ...] = (),
) -> Formula:
    return Formula("is", Predicate(words, sql, columns, of_words, of_values, per, made))


def _filled(checks: Checks, column: str) -> Formula:
    return checks.broken(["null", column])
