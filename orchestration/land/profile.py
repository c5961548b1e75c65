"""The profile of a snapshot's rows: how many of them break which rule, found in one scan.

Small snapshots of the same columns are read in one statement: to plan it takes longer than to read
them.

DuckDB counts; the suite in ``suite.py`` judges the counts. Where a rule is broken the first row
that breaks it is looked up, so that the error can name file, row and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import (
    ControlTotals,
    control_totals_each,
    exact_amount,
    is_no_amount,
    quoted,
    rows_of_each,
)
from orchestration.extract.delivered_files import column_names, delivered_place, timestamp_of
from orchestration.extract.landed_columns import is_number
from orchestration.extract.period import BillingPeriod
from orchestration.extract.source import Dataset
from orchestration.land.currencies import ISO_4217

FINITE_NUMBER = "is a finite number below 10^20"
# On every row that is profiled: the bounds of its snapshot's billing period.
_PERIOD_START, _PERIOD_END = "tollgate_period_start", "tollgate_period_end"
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Rule:
    """One thing that must hold for every landed row.

    Attributes:
        column: The column that it is about.
        expectation: What must hold, as the end of a sentence that begins with the column.
        violation: SQL condition that is true for a row that breaks it; None when the column is
            missing, which breaks it for all rows.
    """

    column: str
    expectation: str
    violation: str | None


@dataclass(frozen=True)
class Broken:
    """How a rule is broken.

    Attributes:
        rule: The rule.
        rows_count: Rows that break it.
        example: Where it is broken first, in words.
        money: Exact billed amount of the rows that break it by currency, where it is known.
        rows_by_currency: Those rows by currency; none where the dataset has no money.
    """

    rule: Rule
    rows_count: int
    example: str
    money: dict[str, Decimal]
    rows_by_currency: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Profile:
    """What a snapshot's rows are like.

    Attributes:
        rules: Every rule that was looked at.
        broken: The rules that some row breaks.
        totals: Rows and exact totals.
        noticed: What is odd about rows without refusing them.
    """

    rules: tuple[Rule, ...]
    broken: tuple[Broken, ...]
    totals: ControlTotals
    noticed: tuple[Broken, ...] = ()


def rules_for(
    dataset: Dataset, declared: dict[str, str], present: dict[str, str], period: BillingPeriod
) -> tuple[Rule, ...]:
    """Return the rules of a dataset for one period.

    Args:
        dataset: The dataset.
        declared: Landed columns and types as dbt declares them.
        present: Columns and types of the rows at hand.
        period: The billing period that the rows must lie in.
    """
    rules: list[Rule] = []
    for column in dataset.required_columns:
        if column not in present:
            rules.append(Rule(column, "is a column of the delivery", None))
        else:
            rules.append(Rule(column, "has a value", f"{quoted(column)} is null"))
    for column, data_type in declared.items():
        if column not in present:
            continue
        if is_number(data_type):
            violation = _no_number(column, present[column])
            if violation:
                rules.append(Rule(column, FINITE_NUMBER, violation))
        elif data_type == "timestamp" and present[column] == "VARCHAR":
            text = quoted(column)
            rules.append(
                Rule(
                    column, "is a timestamp", f"{text} is not null and {timestamp_of(text)} is null"
                )
            )
    if dataset.period_column in present:
        stamp = quoted(dataset.period_column)
        if present[dataset.period_column] != "TIMESTAMP":
            stamp = timestamp_of(f"cast({stamp} as varchar)")
        rules.append(
            Rule(
                dataset.period_column,
                f"lies in {period.key}",
                f"{stamp} < {_PERIOD_START} or {stamp} >= {_PERIOD_END}",
            )
        )
    if dataset.currency_column and dataset.currency_column in present:
        codes = ", ".join(f"'{code}'" for code in sorted(ISO_4217))
        rules.append(
            Rule(
                dataset.currency_column,
                "is an ISO 4217 currency",
                f"upper({quoted(dataset.currency_column)}) not in ({codes})",
            )
        )
    rules += [
        Rule(check.column, check.name, check.violation)
        for check in dataset.row_checks
        if check.column in present
    ]
    return tuple(rules)


@dataclass(frozen=True)
class Delivered:
    """The rows of one snapshot, about to be profiled.

    Attributes:
        period: The billing period.
        rows: SELECT of the landed rows.
        present: Their columns and types.
        extracted: The snapshot's files, for naming the row that breaks a rule.
    """

    period: BillingPeriod
    rows: str
    present: dict[str, str]
    extracted: Sequence[Path]

    @property
    def placed_rows(self) -> str:
        """SELECT of the rows with the bounds of their period before what a bill calls the same."""
        return f"select {self.bounds}, * from ({self.rows})"

    @property
    def bounds(self) -> str:
        """SQL of the bounds of the period as columns."""
        return (
            f"timestamp '{self.period.start}' as {_PERIOD_START}, "
            f"timestamp '{self.period.end}' as {_PERIOD_END}"
        )


def profile_each(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    declared: dict[str, str],
    deliveries: Sequence[Delivered],
) -> list[Profile]:
    """Count rows, totals and broken rules of snapshots whose rows have the same columns.

    Args:
        connection: Where the scan runs.
        dataset: The dataset.
        declared: Landed columns and types as dbt declares them.
        deliveries: The snapshots.
    """
    present = deliveries[0].present
    notices = tuple(
        Rule(notice.column, notice.name, notice.violation)
        for notice in dataset.row_notices(present)
    )
    rules_each = [rules_for(dataset, declared, present, one.period) for one in deliveries]
    # The month that a rule names differs from one to the next, what is counted does not.
    violations = [
        rule.violation for rule in (*rules_each[0], *notices) if rule.violation is not None
    ]
    counts = ", ".join(f"count(*) filter (where {violation})" for violation in violations) or "0"
    rows_sql, place = rows_of_each([one.placed_rows for one in deliveries])
    by_place = "group by 1" if len(deliveries) > 1 else ""
    found = {
        row[0]: row[1:]
        for row in connection.execute(
            f"select {place}, count(*), {counts} from ({rows_sql}) {by_place}"
        ).fetchall()
    }
    can_add_up = not dataset.money_column or {
        dataset.money_column,
        dataset.currency_column,
    } <= set(present)
    totals_each = (
        control_totals_each(connection, [one.rows for one in deliveries], dataset)
        if can_add_up
        else [
            ControlTotals(found[number][0] if number in found else 0, {}, {})
            for number, _ in enumerate(deliveries)
        ]
    )
    return [
        _profile(
            connection,
            dataset,
            one,
            (rules, notices),
            found.get(number, (0,) * (1 + len(violations))),
            totals,
        )
        for number, (one, rules, totals) in enumerate(
            zip(deliveries, rules_each, totals_each, strict=True)
        )
    ]


def _profile(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    delivered: Delivered,
    rules_and_notices: tuple[tuple[Rule, ...], tuple[Rule, ...]],
    found: tuple[int, ...],
    totals: ControlTotals,
) -> Profile:
    """Return the profile of one snapshot from the rows that were counted, and the broken ones."""
    rules, notices = rules_and_notices
    broken = [
        Broken(rule, found[0], "the delivery has no such column", {})
        for rule in rules
        if rule.violation is None
    ]
    noticed: list[Broken] = []
    counted = [rule for rule in (*rules, *notices) if rule.violation is not None]
    for rule, rows_count in zip(counted, found[1:], strict=False):
        if rows_count:
            example = _first_broken(connection, dataset, rule, delivered)
            money, by_currency = _money_of(connection, dataset, rule, delivered)
            found_in = noticed if rule in notices else broken
            found_in.append(Broken(rule, rows_count, example, money, by_currency))
    return Profile(rules, tuple(broken), totals, tuple(noticed))


def _no_number(column: str, column_type: str) -> str:
    name = quoted(column)
    if column_type == "VARCHAR":
        return is_no_amount(column)
    if column_type in ("DOUBLE", "FLOAT", "HUGEINT") or column_type.startswith("DECIMAL"):
        # Also false for what is no number. A control total has no room for a larger amount.
        return f"{name} is not null and not abs(cast({name} as double)) < 1e20"
    return ""


def _first_broken(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    rule: Rule,
    delivered: Delivered,
) -> str:
    for path in delivered.extracted:
        rows = dataset.rows(connection, [path])
        of_file = column_names(connection, rows)
        if rule.column not in of_file:
            continue
        # The violation may look at columns that only other files of the delivery have.
        lacking = "".join(
            f", cast(null as {kind}) as {quoted(name)}"
            for name, kind in delivered.present.items()
            if name not in of_file
        )
        numbered = (
            f"select row_number() over () as tollgate_row, {delivered.bounds}, *{lacking} "
            f"from ({rows})"
        )
        row = connection.execute(
            f"select tollgate_row, cast({quoted(rule.column)} as varchar) from ({numbered}) "
            f"where {rule.violation} order by tollgate_row limit 1"
        ).fetchone()
        if row is not None:
            value = "no value" if row[1] is None else repr(str(row[1])[:_LONGEST_SHOWN])
            file, number = delivered_place(connection, path, row[0])
            return f"file {file}, row {number:,}, column {rule.column}: {value}"
    return f"column {rule.column}"


def _money_of(
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
    rule: Rule,
    delivered: Delivered,
) -> tuple[dict[str, Decimal], dict[str, int]]:
    """Return the known amounts and the number of the rows that break a rule, by currency."""
    if not dataset.money_column or not {dataset.money_column, dataset.currency_column} <= set(
        delivered.present
    ):
        return {}, {}
    # Rows whose amount is unknown do not bill nothing: only known amounts are told.
    amount = exact_amount(dataset.money_column)
    found = connection.execute(
        f"select coalesce(upper({quoted(str(dataset.currency_column))}), 'NULL'), count(*), "
        f"sum({amount}) from ({delivered.placed_rows}) where {rule.violation} "
        "group by 1 order by 1"
    ).fetchall()
    money = {currency: total for currency, _, total in found if total is not None}
    return money, {currency: count for currency, count, _ in found}
