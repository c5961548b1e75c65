"""What a run ends with: the money of each source and period, the gates, what to look at next."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TextIO

import duckdb

_ROWS = """
    with by_outcome as (
        select
            source,
            billing_period,
            billing_currency,
            sum(charges_count) filter (where outcome is not null) as charges_count,
            sum(billed_cost) as billed,
            sum(effective_cost) as effective,
            sum(effective_cost) filter (where outcome = 'owned') as owned,
            sum(effective_cost) filter (where outcome = 'idle') as idle,
            sum(effective_cost) filter (where outcome = 'unallocated') as unallocated
        from showback.fct_showback_daily
        group by all
    ),
    exceptions as (
        select source, billing_period, billing_currency, sum(billed_cost) as in_exceptions
        from trust.rpt_exceptions
        where exception_kind = 'unclassified'
        group by all
    )
    select
        t.source,
        t.billing_period,
        t.billing_currency,
        t.charges_count,
        o.billed,
        o.effective,
        o.owned,
        o.idle,
        o.unallocated,
        e.in_exceptions,
        t.is_conserved
    from trust.rpt_control_totals as t
    left join by_outcome as o using (source, billing_period, billing_currency)
    left join exceptions as e using (source, billing_period, billing_currency)
    order by t.source, t.billing_currency, t.billing_period
"""

# The last month that is over, or the last one.
_ALLOCATED = """
    select kpi.billing_period, kpi.kpi_value, kpi.whole_cost_reporting, kpi.reporting_currency
    from governance.fct_allocation_kpi_monthly as kpi
    inner join (
        select billing_period, bool_and(period_status = 'complete') as is_over
        from reference.dim_billing_period
        group by billing_period
    ) as periods on kpi.billing_period = periods.billing_period
    where kpi.kpi = 'allocation_coverage' and kpi.kpi_scope = 'company'
        and kpi.kpi_value is not null
    order by periods.is_over desc, kpi.billing_period desc
    limit 1
"""

# The last two months of which a meter saw anything: the current one, and the last whole one.
_COVERAGE = """
    with metered as (
        select distinct billing_period
        from trust.rpt_usage_coverage
        where explained_cost > 0
        order by billing_period desc
        limit 2
    )
    select
        billing_period, service_name, billing_currency, billed_before_credits_cost, explained_share
    from trust.rpt_usage_coverage
    where billing_period in (select billing_period from metered) and explained_share is not null
    order by billing_period, service_name, billing_currency
"""

_KNOWS_HELD = """
    select 1 from duckdb_tables() where schema_name = 'trust' and table_name = 'rpt_held_period'
"""
_HELD = """
    select
        source,
        billing_period,
        held_since,
        reason,
        what_to_do,
        billing_currency,
        held_billed_cost,
        published_billed_cost
    from trust.rpt_held_period
    order by source, billing_period, billing_currency
"""

# Wider than any answer.
_WHOLE = 1_000_000
# DuckDB shows the tables of one schema, of which the published file has several.
_SHOW_TABLES = re.compile(r"\s*show\s+tables\s*;?\s*", re.IGNORECASE)
_TABLES = """
    select
        concat(schema_name, '.', name) as "table",
        -- up to the end of the sentence or of its first part: a dot within a word ends none
        trim(regexp_extract(comment, '^One row per ((?:[^:.;(]|[.]\\S)+)', 1)) as one_row_per
    from (
        select schema_name, table_name as name, comment from duckdb_tables() where not internal
        union all
        select schema_name, view_name as name, comment from duckdb_views() where not internal
    ) as relations
    order by all
"""
# Beyond some thousand rows DuckDB says "? rows", and "(>9999 rows, 20 shown)" beside it or below.
_UNCOUNTED, _AT_LEAST = "? rows", re.compile(r">\d+ rows, ")

QUERY_TO_PASTE = (
    "select department, team, sum(effective_cost_reporting) as effective_cost_reporting "
    "from showback.fct_showback_daily where billing_period = (select max(billing_period) "
    "from reference.dim_billing_period where period_status = 'complete') "
    "group by all order by 3 desc limit 10"
)


# In the order in which a bill walks through them; the curated facts stand before the doors.
DOORS = ("facts", "extract", "land", "conform", "allocate", "marts", "publish")


class NoQuestionError(ValueError):
    """A statement asks for nothing."""


@dataclass(frozen=True)
class GateResult:
    """What one gate said.

    Attributes:
        door: The door that it guards.
        name: The check, for example "land aws_main: shape".
        passed: Whether it let the data through.
        sentence: What it found, in one sentence.
        only_warns: Whether what it found stops nothing.
    """

    door: str
    name: str
    passed: bool
    sentence: str
    only_warns: bool = False


@dataclass(frozen=True)
class PeriodMoney:
    """One source's month in one currency; amounts in `currency`, None where nothing is known."""

    source: str
    billing_period: date
    currency: str
    charges_count: int
    billed: Decimal
    effective: Decimal
    owned: Decimal
    idle: Decimal
    unallocated: Decimal
    in_exceptions: Decimal
    is_conserved: bool


def period_money(published_path: Path) -> list[PeriodMoney]:
    """Read the money of each source and period from the published file."""
    with duckdb.connect(str(published_path), read_only=True) as connection:
        rows = connection.execute(_ROWS).fetchall()
    found = []
    for source, period, currency, charges, *amounts, is_conserved in rows:
        billed, effective, owned, idle, unallocated, in_exceptions = (
            amount or Decimal(0) for amount in amounts
        )
        found.append(
            PeriodMoney(
                source=source,
                billing_period=period,
                currency=currency,
                charges_count=charges or 0,
                billed=billed,
                effective=effective,
                owned=owned,
                idle=idle,
                unallocated=unallocated,
                in_exceptions=in_exceptions,
                is_conserved=is_conserved,
            )
        )
    return found


def coverage_lines(published_path: Path) -> list[str]:
    """Return what part of each bill the company's own meters explain, one line a month."""
    with duckdb.connect(str(published_path), read_only=True) as connection:
        rows = connection.execute(_COVERAGE).fetchall()
    by_period: dict[date, list[str]] = {}
    for period, service, currency, billed, share in rows:
        by_period.setdefault(period, []).append(
            f"{service} {100 * share:.1f} % of {billed:,.2f} {currency}"
        )
    return [
        f"Meters explain in {period:%Y-%m}: {', '.join(said)}" for period, said in by_period.items()
    ]


def allocated_lines(published_path: Path) -> list[str]:
    """Return how much of the last month's cost has an owner, used or idle; nothing if unknown."""
    with duckdb.connect(str(published_path), read_only=True) as connection:
        rows = connection.execute(_ALLOCATED).fetchall()
    return [
        f"Allocated in {period:%Y-%m}: {100 * share:.1f} % of {whole:,.2f} {currency} has an "
        "owner, who used it or holds what was idle."
        for period, share, whole, currency in rows
    ]


def held_lines(published_path: Path) -> list[str]:
    """Return which months a gate holds, why, how much money waits and what stands published."""
    with duckdb.connect(str(published_path), read_only=True) as connection:
        # A file of an earlier version has no such table.
        is_known = connection.execute(_KNOWS_HELD).fetchone() is not None
        found = connection.execute(_HELD).fetchall() if is_known else []
    amounts: dict[tuple[object, ...], list[str]] = {}
    for source, period, since, reason, remedy, currency, waits, stands in found:
        amounts.setdefault((source, period, since, reason, remedy), []).append(
            f"{_amount(waits, currency)} wait, {_amount(stands, currency)} published"
        )
    return [
        f"HELD  {source} {period:%Y-%m}, since {since}: {reason}. Billed: {'; '.join(money)}. "
        f"What to do: {remedy}"
        for (source, period, since, reason, remedy), money in amounts.items()
    ]


def _amount(amount: Decimal | None, currency: str | None) -> str:
    return "nothing" if amount is None else f"{amount:,.2f} {currency or 'of no known currency'}"


def print_summary(
    published_path: Path,
    report_path: Path,
    gates: Sequence[GateResult],
    outcome: str,
    seconds: Sequence[tuple[str, float]],
    say: Callable[[str], None],
) -> None:
    """Say what a person wants to know at the end of a run.

    Args:
        published_path: The published file; it may be absent when the first run was refused.
        report_path: The report beside it.
        gates: What each gate said.
        outcome: One line: published, unchanged or refused.
        seconds: Seconds by part of the run.
        say: Receives one line at a time.
    """
    if published_path.exists():
        say("")
        for line in _table(period_money(published_path)):
            say(line)
        for lines in (allocated_lines, coverage_lines, held_lines):
            for line in lines(published_path):
                say(line)
    failed = [gate for gate in gates if not gate.passed]
    say("")
    passed = len(gates) - len(failed)
    say(f"Gates: {passed} of {len(gates)} let everything through{_by_door(gates)}.")
    for gate in failed:
        word = "WARNS" if gate.only_warns else "STOPPED"
        say(f"  {word}  {gate.name}{f': {gate.sentence}' if gate.sentence else ''}")
    say(outcome)
    say("Time: " + ", ".join(f"{name} {amount:.1f} s" for name, amount in seconds))
    if published_path.exists():
        say("")
        say("Look at next:")
        say(f"  1. the file     {published_path} (any DuckDB client from 1.0 on)")
        say(f"  2. the report   {report_path} (open it in a browser)")
        say("  3. the UI       make ui, then http://127.0.0.1:3000")
        say(f'  4. a question   make query SQL="{QUERY_TO_PASTE}"')


def _by_door(gates: Sequence[GateResult]) -> str:
    said = []
    for door in DOORS:
        passed = [gate.passed for gate in gates if gate.door == door]
        if passed:
            said.append(f"{door} {sum(passed)} of {len(passed)}")
    return f" ({', '.join(said)})" if said else ""


def _table(rows: Sequence[PeriodMoney]) -> list[str]:
    header = (
        "source",
        "period",
        "cur",
        "charges",
        "billed",
        "effective",
        "used",
        "idle",
        "unallocated",
        "unclassified",
    )
    body = [
        (
            row.source,
            f"{row.billing_period:%Y-%m}",
            row.currency,
            f"{row.charges_count:,}",
            *(
                f"{amount:,.2f}"
                for amount in (
                    row.billed,
                    row.effective,
                    row.owned,
                    row.idle,
                    row.unallocated,
                    row.in_exceptions,
                )
            ),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [header, *body]) for column in range(len(header))]
    lines = [
        "  ".join(
            cell.ljust(width) if column < 3 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in [header, *body]
    ]
    conserved = all(
        row.is_conserved and row.effective == row.owned + row.idle + row.unallocated for row in rows
    )
    lines.append(
        "Every line adds up to the last digit: effective = used + idle + unallocated."
        if conserved
        else "NOT conserved: see trust.rpt_control_totals."
    )
    return lines


def answer(published_path: Path, question: str, *, is_cut: bool = True) -> str:
    """Return the published file's answer to an SQL question as a table in text.

    Args:
        published_path: The published file.
        question: A statement in SQL.
        is_cut: Whether columns may be left out to fit a terminal; else they are whole, whatever
            their width, and so are the first 10,000 rows.

    Raises:
        FileNotFoundError: Nothing is published yet.
        NoQuestionError: The statement has no answer, such as a comment alone, or several have one.
        duckdb.Error: The question is no valid SQL; the message is DuckDB's own.
    """
    with _asked(published_path) as connection:
        rows = connection.sql(_one_question(question))
        if rows is None:
            raise NoQuestionError("There is nothing to answer: that is no question.")
        if is_cut and not _SHOW_TABLES.fullmatch(question):
            return _counted(str(rows).rstrip("\n"), rows)
        width = None if is_cut else _WHOLE
        shown = io.StringIO()
        with redirect_stdout(shown):
            rows.show(max_width=width, max_col_width=width, max_rows=10_000)
        return _counted(shown.getvalue().rstrip("\n"), rows)


def _counted(text: str, rows: duckdb.DuckDBPyRelation) -> str:
    """Return a table in text with its rows counted where DuckDB stopped counting."""
    foot = text.rfind("┘")
    if _UNCOUNTED not in text[foot:]:
        return text
    (count,) = rows.aggregate("count(*)").fetchone() or (0,)
    said = text[foot:].replace(_UNCOUNTED, f"{count} rows")
    return text[:foot] + _AT_LEAST.sub("", said)


def write_answer(published_path: Path, question: str, target: TextIO) -> None:
    """Write the answer to an SQL question as CSV: all rows and digits, NULL as an empty field.

    Raises:
        FileNotFoundError: Nothing is published yet.
        NoQuestionError: Several statements have an answer.
        duckdb.Error: The question is no valid SQL; the message is DuckDB's own.
    """
    with _asked(published_path) as connection:
        rows = connection.execute(_one_question(question))
        written = csv.writer(target, lineterminator="\n")
        written.writerow([str(column[0]) for column in rows.description or ()])
        while batch := rows.fetchmany(10_000):
            written.writerows([as_in_sql(value) for value in row] for row in batch)


def _one_question(question: str) -> str:
    """Return the SQL of a question.

    Raises:
        NoQuestionError: A statement before the last has an answer, which nobody would see.
        duckdb.Error: The question is no valid SQL.
    """
    if _SHOW_TABLES.fullmatch(question):
        return _TABLES
    # a pivot is several statements, of which the last alone has an answer
    before = duckdb.extract_statements(question)[:-1]
    if any(statement.type == duckdb.StatementType.SELECT for statement in before):
        raise NoQuestionError("Ask one question at a time: only the last would be answered.")
    return question


def as_in_sql(value: object) -> object:
    """Return a value as DuckDB prints it and spreadsheets read it: no exponents, true or false."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:f}" if isinstance(value, Decimal) else value


@contextmanager
def _asked(published_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published file for a question of a person."""
    if not published_path.exists():
        raise FileNotFoundError(f"{published_path}: nothing is published yet; make run does it.")
    with duckdb.connect(str(published_path), read_only=True) as connection:
        # Values of the file only: a question cannot read other files of this machine.
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
