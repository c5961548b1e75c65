"""Judges any relation of a FOCUS version, and tells its verdicts.

``judge`` is for whoever holds rows: a delivered file before it is lifted, a file that is to be
exported. The ledger is judged by dbt with the same statement, on every build.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from orchestration.extract.control_totals import ledger_amount
from orchestration.publish.focus_conformance.dialects import DuckDb
from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, Rule, rule_book
from orchestration.publish.focus_conformance.statement import (
    Judgement,
    Subject,
    above_zero,
    judgements,
    tallies_sql,
)
from orchestration.publish.focus_conformance.words import sentence

PASSED, FAILED, NOT_APPLICABLE = "passed", "failed", "not_applicable"

# Which columns say what is at stake, in which currency, and which row it is.
_MONEY = {
    COST_AND_USAGE: ("BilledCost", "EffectiveCost"),
    "InvoiceDetail": ("BilledCost",),
    "ContractCommitment": ("ContractCommitmentCost",),
    "BillingPeriod": (),
}
_EFFECTIVE = "EffectiveCost"
_AT_STAKE = {dataset: next(iter(columns), "") for dataset, columns in _MONEY.items()}


@dataclass(frozen=True)
class Failure:
    """The rows of one currency that break a rule.

    Attributes:
        currency: Their currency, None where the dataset or the row has none.
        rows_count: How many there are.
        money: Their billed cost (or committed cost), None where it is unknown.
        effective_cost: Their effective cost, where the dataset has one.
        money_above_zero: What those of them bill that bill more than nothing; None where the
            dataset is not Cost and Usage or has no such column.
        effective_cost_above_zero: The same of the effective cost.
        example_ids: Three of them.
    """

    currency: str | None
    rows_count: int
    money: Decimal | None
    effective_cost: Decimal | None
    money_above_zero: Decimal | None
    effective_cost_above_zero: Decimal | None
    example_ids: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of one rule.

    Attributes:
        rule: The rule.
        verdict: passed, failed or not_applicable.
        reason: Why it is not applicable, None otherwise.
        judged_rows_count: Rows that it looked at.
        failures: The rows that break it, by currency.
    """

    rule: Rule
    verdict: str
    reason: str | None
    judged_rows_count: int
    failures: tuple[Failure, ...]

    @property
    def failed_rows_count(self) -> int:
        """How many rows break the rule."""
        return sum(failure.rows_count for failure in self.failures)

    def in_words(self) -> str:
        """Tell the verdict in one sentence."""
        told = f"{self.rule.rule_id}: {sentence(self.rule)}"
        if self.verdict == NOT_APPLICABLE:
            return f"{told}: not applicable, {self.reason}"
        if self.verdict == PASSED:
            return f"{told}: kept by {self.judged_rows_count:,} rows"
        found = "; ".join(
            f"{failure.rows_count:,} rows"
            + (f" of {failure.money:f} {failure.currency}" if failure.money is not None else "")
            + (f", such as {', '.join(failure.example_ids)}" if failure.example_ids else "")
            for failure in self.failures
        )
        return f"{told}: broken by {found or 'the dataset itself'}"


def judge(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    version: str,
    dataset: str = COST_AND_USAGE,
    row_id: str | None = None,
    supported: Collection[str] | None = None,
) -> list[Verdict]:
    """Judge rows by every static rule of a FOCUS version, in one statement.

    Args:
        connection: Where the rows can be read; its thread and memory limits hold.
        rows: SQL of a SELECT that yields the rows, with the column names of FOCUS.
        version: ``1.0`` to ``1.4``. 1.2 and 1.4 are judged by their own models, the others by the
            nearest one as far as it goes (``rule_book(version).left_out`` says what is left out).
        dataset: One of ``facts.DATASETS``.
        row_id: SQL that names a row in words; the row's place by default.
        supported: The applicability criteria that the provider supports; all of them by default.
            ``criteria_of`` says which of them a file's columns speak of.

    Returns:
        A verdict for each rule of the dataset, in the model's order.

    Raises:
        UnknownFocusVersionError: There is no such version.
    """
    return judge_apart(connection, rows, version, None, dataset, row_id, supported)(None)


def judge_apart(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    version: str,
    key: str | None,
    dataset: str = COST_AND_USAGE,
    row_id: str | None = None,
    supported: Collection[str] | None = None,
) -> Callable[[str | None], list[Verdict]]:
    """Judge rows as ``judge`` does, and keep the verdicts on the values of a column apart.

    To plan the statement takes longer than to judge some ten thousand rows by it.

    Args:
        connection: Where the rows can be read; its thread and memory limits hold.
        rows: SQL of a SELECT that yields the rows.
        version: The FOCUS version.
        key: The column, a text; None for one verdict over all rows.
        dataset: One of ``facts.DATASETS``.
        row_id: SQL that names a row in words.
        supported: The applicability criteria that the provider supports.

    Returns:
        A function of a value of the column: the verdicts on its rows, also where there are none.
    """
    types = {
        row[0]: row[1] for row in connection.execute(f"describe select * from ({rows})").fetchall()
    }
    book, dialect = rule_book(version), DuckDb()
    subject = _subject(rows, types, dataset, row_id, key)
    statement = tallies_sql(book, dataset, subject, dialect)
    told = [column for column in _MONEY[dataset] if column in types]
    judged: dict[tuple[str | None, int], int] = {}
    failures: dict[tuple[str | None, int], list[Failure]] = {}
    for tally in connection.execute(f"{statement} order by all").fetchall():
        of, (number, outcome, currency, count, *amounts, example_ids) = (
            (tally[0], tally[1:]) if key else (None, tally)
        )
        if outcome == "judged":
            judged[of, number] = int(count)
            continue
        money = dict(zip(told, amounts, strict=False))
        positive = dict(zip(told, amounts[len(told) :], strict=False))
        failures.setdefault((of, number), []).append(
            Failure(
                currency,
                int(count),
                money.get(_AT_STAKE[dataset]),
                money.get(_EFFECTIVE),
                positive.get(_AT_STAKE[dataset]),
                positive.get(_EFFECTIVE),
                tuple(example_ids.split(", ")),
            )
        )
    asked = judgements(book, dataset, types, dialect)

    def verdicts(of: str | None) -> list[Verdict]:
        return [
            _verdict(
                j,
                judged.get((of, j.number), 0),
                tuple(failures.get((of, j.number), ())),
                types,
                supported,
            )
            for j in asked
        ]

    return verdicts


def criteria_of(version: str, columns: Collection[str], dataset: str = COST_AND_USAGE) -> set[str]:
    """Return the applicability criteria of the columns that a file has.

    A provider that supports a feature delivers its columns. So what a file has no column of, its
    provider may be taken not to support, and the rules of that feature do not concern it.
    """
    return {
        criterion
        for rule in rule_book(version).of(dataset)
        if rule.column in columns
        for criterion in rule.criteria
    }


def _subject(
    rows: str, types: dict[str, str], dataset: str, row_id: str | None, key: str | None
) -> Subject:
    if row_id is None and "x_ChargeId" in types:
        row_id = "rows_in_hand.x_ChargeId"
    # As landing reads it, so that the money of rows is the same before and after they are lifted.
    money = tuple(
        f"try_cast(rows_in_hand.{column} as decimal(38, 12))"
        if types[column].startswith("DECIMAL")
        else ledger_amount(column)
        for column in _MONEY[dataset]
        if column in types
    )
    return Subject(
        rows=f"select * from ({rows}) as given",
        types=types,
        keys=(key,) if key else (),
        money=(*money, *above_zero(money)) if dataset == COST_AND_USAGE else money,
        currency="cast(rows_in_hand.BillingCurrency as varchar)"
        if "BillingCurrency" in types
        else None,
        row_id=row_id or "concat('row ', lpad(cast(row_number() over () as varchar), 9, '0'))",
    )


def _verdict(
    j: Judgement,
    judged_rows_count: int,
    failures: Sequence[Failure],
    types: dict[str, str],
    supported: Collection[str] | None,
) -> Verdict:
    rule = j.rule
    if supported is not None and rule.criteria and not set(rule.criteria) & set(supported):
        criteria = " or ".join(rule.criteria)
        return Verdict(rule, NOT_APPLICABLE, f"the provider does not claim {criteria}", 0, ())
    if j.why_not is not None:
        return Verdict(rule, NOT_APPLICABLE, j.why_not, 0, ())
    is_absent = rule.check[0] == "present" and rule.column not in types
    if failures or is_absent:
        return Verdict(rule, FAILED, None, judged_rows_count, tuple(failures))
    if judged_rows_count == 0 and rule.check[0] != "present":
        return Verdict(rule, NOT_APPLICABLE, "no row meets its condition", 0, ())
    return Verdict(rule, PASSED, None, judged_rows_count, ())
