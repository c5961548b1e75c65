"""Exact totals of money in SQL: how a value becomes a DECIMAL, and the sums on receipts.

A bill holds money as text, DECIMAL or DOUBLE. The decimal that a DOUBLE means is the shortest one
that reads back as the same DOUBLE. Where twelve decimals read back as the same DOUBLE and the
value is below 2,000, those twelve decimals are that decimal (neighbouring DOUBLEs are less than
10^-12 apart there) and the cast is direct; other values go through their text.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from orchestration.extract.source import Dataset


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def exact_amount(column: str) -> str:
    """Return SQL for a column's value as DECIMAL(38, 18); NULL where it is no finite number."""
    return _decimal(column, 18)


def is_no_amount(column: str) -> str:
    """Return SQL of whether a text column has a value that is no amount.

    That is where ``exact_amount`` has none, and where there are underscores: DuckDB reads 1_000 as
    a programmer would, and no bill means that. Plain digits are told by their look, at a fraction
    of what reading them costs.
    """
    name = quoted(column)
    return (
        f"case when regexp_full_match({name}, '[+-]?[0-9]{{1,18}}([.][0-9]+)?') then false "
        f"else {name} is not null and (contains({name}, '_') "
        f"or try_cast({_plain_digits(name)} as decimal(38, 18)) is null) end"
    )


def ledger_amount(column: str) -> str:
    """Return SQL for a column's value as the ledger keeps it: DECIMAL(38, 12), rounded once.

    Rounded from the value itself: from 18 decimals on, 0.49999999999999 would have become a half.
    """
    return _decimal(column, 12)


def _decimal(column: str, decimals: int) -> str:
    number = f"try_cast({quoted(column)} as double)"
    # DuckDB may look at both sides of an "and": a NaN must not end the scan that is to find it.
    direct = f"try_cast({number} as decimal(38, 12))"
    text = _plain_digits(f"cast({quoted(column)} as varchar)")
    if decimals == 12:
        # As in the macro ``money`` of the dbt project, which says why.
        is_meant = f"abs({number} * 1e12 - round({number} * 1e12)) < 0.5 - abs({number}) / 4000"
        # Eighteen digits are read ten times as fast as thirty-eight, to the same number; with an
        # exponent DuckDB would drop the digits that do not fit before it moves the point.
        short = f"try_cast({text} as decimal(18, 12))"
        few = f"case when not contains(lower({text}), 'e') then {short} end, "
    else:
        is_meant = f"abs({number}) < 2000 and cast({direct} as double) = {number}"
        few = ""
    return (
        f"case when typeof({quoted(column)}) = 'DOUBLE' and {is_meant} "
        f"then cast({direct} as decimal(38, {decimals})) "
        f"else coalesce({few}try_cast({text} as decimal(38, {decimals}))) end"
    )


def _plain_digits(text: str) -> str:
    """Return SQL for a number's text without a negative exponent.

    DuckDB rounds ``4.6e-13`` digit by digit: first to five, then up to one at twelve decimals. The
    macro ``plain_digits`` of the dbt project says the same for the ledger.
    """
    mantissa = f"ltrim(split_part(lower(trim({text})), 'e-', 1), '+-')"
    exponent = f"try_cast(split_part(lower({text}), 'e-', 2) as integer)"
    whole = f"length(split_part({mantissa}, '.', 1))"
    return (
        f"case when contains(lower({text}), 'e-') and {exponent} >= {whole} "
        f"and try_cast({text} as double) is not null "
        f"then concat(case when starts_with(trim({text}), '-') then '-' end, '0.', "
        f"repeat('0', {exponent} - {whole}), replace({mantissa}, '.', '')) else {text} end"
    )


@dataclass(frozen=True)
class ControlTotals:
    """What a set of rows amounts to.

    Attributes:
        row_count: Rows.
        exact: Totals at 18 decimals by currency; of tokens under the empty text.
        rounded: Totals of amounts that were rounded to 12 decimals one by one, by currency.
    """

    row_count: int
    exact: dict[str, Decimal]
    rounded: dict[str, Decimal]


def control_totals(
    connection: duckdb.DuckDBPyConnection, rows_sql: str, dataset: Dataset
) -> ControlTotals:
    """Count rows and add up money by currency, or tokens, of a SELECT of landed rows.

    Rows without a currency count under the text ``NULL``.
    """
    return control_totals_each(connection, [rows_sql], dataset)[0]


def control_totals_each(
    connection: duckdb.DuckDBPyConnection, selects: Sequence[str], dataset: Dataset
) -> list[ControlTotals]:
    """Return the control totals of each of several SELECTs of the same columns, in one scan."""
    rows_sql, place = rows_of_each(selects)
    if dataset.money_column and dataset.currency_column:
        amount = exact_amount(dataset.money_column)
        rounded = ledger_amount(dataset.money_column)
        found = connection.execute(
            f"""
            select
                place,
                coalesce(upper(currency), 'NULL'),
                count(*),
                coalesce(sum(amount), 0),
                coalesce(sum(rounded), 0)
            from (
                select
                    {place} as place,
                    {quoted(dataset.currency_column)} as currency,
                    {amount} as amount,
                    {rounded} as rounded
                from ({rows_sql})
            )
            group by 1, 2
            order by 1, 2
            """
        ).fetchall()
    else:
        types = dict(
            (row[0], row[1])
            for row in connection.execute(f"describe select * from ({selects[0]})").fetchall()
        )
        # A column of whole numbers needs no look at its digits.
        counts = [
            f"coalesce({quoted(name) if types[name] == 'BIGINT' else exact_amount(name)}, 0)"
            for name in dataset.token_columns
            if name in types
        ]
        # A meter of machines tells no tokens: its rows are counted.
        tokens = " + ".join(counts) or "0"
        by_place = "group by 1" if len(selects) > 1 else ""
        found = connection.execute(
            f"select {place}, '', count(*), coalesce(sum({tokens}), 0), "
            f"coalesce(sum({tokens}), 0) from ({rows_sql}) {by_place}"
        ).fetchall()
    totals = []
    for number, select in enumerate(selects):
        of_select = [row[1:] for row in found if row[0] == number]
        if not of_select and len(selects) > 1:
            # Without rows a sum is of the type that only its own SELECT gives it.
            totals.append(control_totals(connection, select, dataset))
            continue
        totals.append(
            ControlTotals(
                row_count=sum(row[1] for row in of_select),
                exact={row[0]: row[2] for row in of_select},
                rounded={row[0]: row[3] for row in of_select},
            )
        )
    return totals


def rows_of_each(selects: Sequence[str]) -> tuple[str, str]:
    """Return SQL of the rows of SELECTs of the same columns, and which SELECT a row is of, from 0.

    To plan a statement takes longer than to read a small file: what is small is read together.
    The number comes first, so that a bill's own column of that name does not stand before it.
    """
    if len(selects) == 1:
        return selects[0], "0"
    return (
        " union all ".join(
            f"select {number} as tollgate_select, * from ({select})"
            for number, select in enumerate(selects)
        ),
        "tollgate_select",
    )


@dataclass(frozen=True)
class StatedCost:
    """What rows of one currency state of a cost beside the billed one.

    Attributes:
        cost_name: The cost, as the ledger names it.
        currency: Its currency; ``NULL`` for rows without one.
        total: Sum of the known amounts, each rounded to 12 decimals, as text; None without any.
        unknown_count: Rows that do not state it.
    """

    cost_name: str
    currency: str
    total: str | None
    unknown_count: int


def stated_costs_each(
    connection: duckdb.DuckDBPyConnection,
    selects: Sequence[str],
    dataset: Dataset,
    present: Collection[str],
) -> list[tuple[StatedCost, ...]]:
    """Add up the costs that rows state beside the billed one, in one scan.

    Args:
        connection: Where the scan runs.
        selects: SELECTs of landed rows, of the same columns.
        dataset: Which costs there are.
        present: Columns of the rows.
    """
    if dataset.currency_column not in present or not dataset.stated_costs:
        return [() for _ in selects]
    rows_sql, place = rows_of_each(selects)
    amounts = {}
    for cost_name, columns in dataset.stated_costs.items():
        stated = [ledger_amount(column) for column in columns if column in present]
        amounts[cost_name] = f"coalesce({', '.join(stated)})" if stated else "null"
    sums = ", ".join(f"sum({a}), count(*) - count({a})" for a in amounts.values())
    found = connection.execute(
        f"select {place}, coalesce(upper({quoted(str(dataset.currency_column))}), 'NULL'), {sums} "
        f"from ({rows_sql}) group by 1, 2 order by 1, 2"
    ).fetchall()
    return [
        tuple(
            StatedCost(
                cost_name,
                row[1],
                None if row[2 * at + 2] is None else f"{row[2 * at + 2]:f}",
                int(row[2 * at + 3]),
            )
            for row in found
            if row[0] == number
            for at, cost_name in enumerate(amounts)
        )
        for number, _ in enumerate(selects)
    ]
