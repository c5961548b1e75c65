"""How the two databases write what they write differently.

What each method is for stands once, in ``Dialect``.
"""

# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from orchestration.publish.focus_conformance.sql_text import literal


class Dialect(Protocol):
    """What a statement asks of a database's SQL."""

    inline: str
    no_text: str
    no_money: str
    # Whether a product of decimals keeps every digit, as long as 38 are enough.
    multiplies_wholly: bool

    def judges(self, function: str) -> bool:
        """Say whether the database can judge a check function."""

    def named(self, words: str) -> str:
        """Return words as the name of a column."""

    def whole(self, number: str) -> str:
        """Return a decimal without its fraction."""

    def unlike(self, value: str, pattern: str) -> str:
        """Return SQL that is true where the whole of a text does not match a pattern."""

    def is_json(self, value: str) -> str:
        """Return SQL that is true where a text is JSON."""

    def is_flat_object(self, value: str) -> str:
        """Return SQL that is true where JSON is one object of simple values under unique keys."""

    def bit(self, place: int) -> str:
        """Return an integer of which one bit is set."""

    def bit_is_set(self, number: str, place: int) -> str:
        """Return SQL that is true where a bit is set."""

    def array(self, items: Iterable[str]) -> str:
        """Return an array of expressions."""

    def gathered(self, arrays: Sequence[str]) -> str:
        """Return one array of the items of those arrays that are not NULL."""

    def distinct(self, array: str) -> str:
        """Return an array without repetitions."""

    def each(self, array: str) -> str:
        """Return one row for each item."""

    def smallest(self, column: str, count: int) -> str:
        """Return an aggregate: the smallest values."""

    def smallest_of_lists(self, column: str, count: int) -> str:
        """Return an aggregate: the smallest values of all lists."""

    def as_text(self, array: str) -> str:
        """Return the items of an array in one text."""


class DuckDb:
    """DuckDB, which judges every rule."""

    # Told apart from a CTE that is used once: else every column of every row would be kept.
    inline = "not materialized "
    no_text = "cast(null as varchar)"
    no_money = "cast(null as decimal(38, 12))"
    multiplies_wholly = True

    def judges(self, function: str) -> bool:
        return True

    def whole(self, number: str) -> str:
        return f"trunc({number})"

    def named(self, words: str) -> str:
        return f'"{words}"'

    def unlike(self, value: str, pattern: str) -> str:
        return f"not regexp_full_match({value}, {literal(pattern)})"

    def is_json(self, value: str) -> str:
        return f"json_valid({value})"

    def is_flat_object(self, value: str) -> str:
        # Tried, not cast: DuckDB may look at a value before the condition that keeps it away.
        json = f"try_cast({value} as json)"
        return (
            f"coalesce(json_type({json}) = 'OBJECT' "
            f"and len(list_distinct(json_keys({json}))) = len(json_keys({json})) "
            f"and len(list_filter(json_extract({json}, '$.*'), "
            "lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false)"
        )

    def bit(self, place: int) -> str:
        return str(1 << place)

    def bit_is_set(self, number: str, place: int) -> str:
        return f"({number} & {1 << place}) <> 0"

    def array(self, items: Iterable[str]) -> str:
        return f"[{', '.join(items)}]"

    def gathered(self, arrays: Sequence[str]) -> str:
        listed = "\n      , ".join(arrays)
        return f"flatten(list_filter([\n      {listed}\n    ], lambda item: item is not null))"

    def distinct(self, array: str) -> str:
        return f"list_distinct({array})"

    def each(self, array: str) -> str:
        return f"unnest({array})"

    def smallest(self, column: str, count: int) -> str:
        return f"min({column}, {count})"

    def smallest_of_lists(self, column: str, count: int) -> str:
        return f"list_sort(flatten(list({column})))[1:{count}]"

    def as_text(self, array: str) -> str:
        return f"array_to_string({array}, ', ')"


class Spark:
    """Apache Spark, which judges every rule but those of JSON schemas."""

    inline = ""
    no_text = "cast(null as string)"
    no_money = "cast(null as decimal(38, 12))"
    # Of 15 and 15 decimals it would keep 6, because there might be 46 digits before them.
    multiplies_wholly = False

    def judges(self, function: str) -> bool:
        return function != "json_schema"

    def whole(self, number: str) -> str:
        return f"case when {number} < 0 then -floor(-({number})) else floor({number}) end"

    def named(self, words: str) -> str:
        return f"`{words}`"

    def unlike(self, value: str, pattern: str) -> str:
        return f"not {value} rlike {literal(f'^(?:{pattern})$')}"

    def is_json(self, value: str) -> str:
        return f"(get_json_object({value}, '$') is not null)"

    def is_flat_object(self, value: str) -> str:
        return f"(from_json({value}, 'map<string,string>') is not null)"

    def bit(self, place: int) -> str:
        return str(1 << place)

    def bit_is_set(self, number: str, place: int) -> str:
        return f"({number} & {1 << place}) <> 0"

    def array(self, items: Iterable[str]) -> str:
        return f"array({', '.join(items)})"

    def gathered(self, arrays: Sequence[str]) -> str:
        listed = "\n      , ".join(arrays)
        return f"flatten(array_compact(array(\n      {listed}\n    )))"

    def distinct(self, array: str) -> str:
        return f"array_distinct({array})"

    def each(self, array: str) -> str:
        return f"explode({array})"

    def smallest(self, column: str, count: int) -> str:
        return f"slice(array_sort(collect_list({column})), 1, {count})"

    def smallest_of_lists(self, column: str, count: int) -> str:
        return f"slice(array_sort(flatten(collect_list({column}))), 1, {count})"

    def as_text(self, array: str) -> str:
        return f"array_join({array}, ', ')"
