"""Closing a month: everything is checked and shown first, then its statements are frozen.

What is frozen is what the published file says, so that nobody reads one figure today and another
in the closed statement. Months are closed in order, without a gap; the first one that is closed is
where the books begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.statements import ClosedVersion, closed_versions, freeze, reopen

# By currency: open_exceptions_limit and uninvoiced_limit, in that currency.
Limits = Mapping[str, Mapping[str, Decimal]]

# Exceptions that make an amount doubtful; the others are about tokens and meters.
DOUBTFUL = ("unclassified", "unknown_effective_cost", "unknown_exchange_rate")


class CloseRefusedError(RuntimeError):
    """The month cannot be closed or reopened; the message says why and what to do."""


@dataclass(frozen=True)
class CloseCheck:
    """One check before a month is closed.

    Attributes:
        name: What it looks at.
        columns: Header of its table.
        rows: What it looked at, for people; the last column says ``ok`` or what is wrong.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return all(row[-1] == OK for row in self.rows)

    def lines(self) -> list[str]:
        """Return the check as a table in text."""
        table = [self.columns, *self.rows]
        widths = [max(len(row[place]) for row in table) for place in range(len(self.columns))]
        shown = [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in table
        ]
        verdict = "passed" if self.passed else "STOPS THE CLOSING"
        return [f"{self.name}: {verdict}", *(line.rstrip() for line in shown), ""]


OK = "ok"


def refuse_out_of_turn(versions: Sequence[ClosedVersion], period: date, today: date) -> None:
    """Refuse a month whose turn it is not.

    Args:
        versions: Every closed version.
        period: First day of the month to close.
        today: The organisation's today.

    Raises:
        CloseRefusedError: The month is not over, is closed, lies before the first closed one, or
            an earlier one is open.
    """
    name = f"{period:%Y-%m}"
    if today < _next(period):
        raise CloseRefusedError(
            f"{name} is not over (today is {today}). What to do: close it from {_next(period)} on."
        )
    in_force = {closed.period for closed in versions if closed.is_in_force}
    if period in in_force:
        raise CloseRefusedError(
            f"{name} is closed already. What to do: nothing; what came since is booked as a "
            "true-up in the next open month. To state it anew, make reopen."
        )
    books = sorted({closed.period for closed in versions})
    if not books:
        return
    if period < books[0]:
        raise CloseRefusedError(
            f"{name} lies before {books[0]:%Y-%m}, the first month that was closed. What to do: "
            "nothing; the books begin there."
        )
    month = books[0]
    while month < period:
        if month not in in_force:
            raise CloseRefusedError(
                f"{month:%Y-%m} is open, and months are closed in order: its corrections would "
                f"have to be booked in {name}. What to do: close {month:%Y-%m} first."
            )
        month = _next(month)


def close_checks(published_path: Path, period: date, limits: Limits) -> list[CloseCheck]:
    """Look at everything that must be right before a month is closed.

    Args:
        published_path: The published file.
        period: First day of the month.
        limits: By currency, the organisation's ``open_exceptions_limit`` and ``uninvoiced_limit``;
            a currency that is not there has limits of 0.

    Raises:
        CloseRefusedError: The published file does not know the month at all.
    """
    with duckdb.connect(str(published_path), read_only=True) as connection:
        asked = _Asked(connection, period)
        if not asked(
            "select 1 from showback.fct_statement_line_monthly where billing_period = $period"
        ):
            raise CloseRefusedError(
                f"{period:%Y-%m}: the published file has no charge of this month. What to do: "
                "see whether the month is right and its sources are in the list; then make run."
            )
        return [
            _sources_are_complete(asked),
            _money_is_conserved(asked),
            _invoices_are_reconciled(asked, limits),
            _exceptions_are_few(asked, limits),
            _owners_are_valid(asked),
        ]


@dataclass(frozen=True)
class _Asked:
    """The published file, asked about one month."""

    connection: duckdb.DuckDBPyConnection
    period: date

    def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, {"period": self.period}).fetchall()


def _sources_are_complete(asked: _Asked) -> CloseCheck:
    """Every source that has billed by then has the month, to its end, and nothing failed."""
    rows = asked(
        """
        with wanted as (
            select distinct source, dataset from trust.rpt_freshness
            where billing_period <= $period and dataset is not null
        )
        select
            wanted.source,
            wanted.dataset,
            coalesce(cast(held.window_end_date as varchar), 'nothing'),
            case
                when held.freshness = 'held' then held.reason
                when held.snapshot_id is null then 'no delivery of this month'
                when held.window_end_date < $period + interval 1 month
                    then 'delivered before the month was over; make run'
                when held.freshness = 'stale' then coalesce(held.reason, 'stale')
                else 'ok'
            end
        from wanted
        left join trust.rpt_freshness as held
            on
                held.source = wanted.source
                and held.dataset = wanted.dataset
                and held.billing_period = $period
        order by all
        """
    )
    failed = asked(
        "select source, coalesce(dataset, ''), '', coalesce(reason, 'stale') "
        "from trust.rpt_freshness where freshness = 'stale' "
        "and (dataset is null or billing_period is null) and $period is not null order by all"
    )
    return _check("Sources", ("source", "dataset", "covered until", "verdict"), [*rows, *failed])


def _money_is_conserved(asked: _Asked) -> CloseCheck:
    rows = asked(
        """
        select
            source,
            billing_currency,
            coalesce(cast(receipt_total as varchar), 'unknown'),
            coalesce(cast(allocated_total as varchar), 'unknown'),
            case when is_conserved then 'ok' else 'not conserved' end
        from trust.rpt_control_totals where billing_period = $period order by all
        """
    )
    return _check(
        "Control totals", ("source", "currency", "received", "allocated", "verdict"), rows
    )


def _invoices_are_reconciled(asked: _Asked, limits: Limits) -> CloseCheck:
    """Every invoice meets its charges; what has no invoice yet stays below the limit."""
    rows = asked(
        """
        select
            invoice_issuer,
            invoice_id,
            charge_category,
            billing_currency,
            cast(ledger_cost as varchar),
            coalesce(cast(invoiced_cost as varchar), 'none'),
            coalesce(cast(difference_cost as varchar), 'unknown'),
            reconciliation_state,
            ledger_cost,
            sum(abs(ledger_cost)) filter (where reconciliation_state = 'no invoice')
                over (partition by billing_currency)
        from trust.rpt_invoice_reconciliation where billing_period = $period order by all
        """
    )
    judged = []
    for *cells, state, ledger, uninvoiced in rows:
        limit = limits.get(str(cells[3]), {}).get("uninvoiced_limit", Decimal(0))
        verdict = OK
        if state in ("beyond tolerance", "no bill"):
            verdict = state
        elif state == "no invoice" and ledger != 0 and uninvoiced > limit:
            verdict = f"no invoice: {uninvoiced:f} in all, the limit is {limit:f}"
        judged.append((*cells, state, verdict))
    columns = (
        *("issuer", "invoice", "category", "currency"),
        *("ledger", "invoiced", "difference", "state", "verdict"),
    )
    return _check("Invoices", columns, judged)


def _exceptions_are_few(asked: _Asked, limits: Limits) -> CloseCheck:
    kinds = ", ".join(f"'{kind}'" for kind in DOUBTFUL)
    rows = asked(
        f"""
        select
            coalesce(billing_currency, 'none'),
            exception_kind,
            cast(sum(rows_count) as bigint),
            sum(abs(billed_cost)),
            sum(sum(abs(billed_cost))) over (partition by billing_currency)
        from trust.rpt_exceptions
        where billing_period = $period and exception_kind in ({kinds})
        group by billing_currency, exception_kind order by all
        """
    )
    judged = []
    for currency, kind, count, money, together in rows:
        limit = limits.get(str(currency), {}).get("open_exceptions_limit", Decimal(0))
        above = together is not None and together > limit
        verdict = f"{together:f} in all, the limit is {limit:f}" if above else OK
        judged.append((currency, kind, f"{count:,}", f"{money or 0:f}", verdict))
    columns = ("currency", "exception", "rows", "billed", "verdict")
    return _check("Open exceptions", columns, judged)


def _owners_are_valid(asked: _Asked) -> CloseCheck:
    """Who carries money is an owner on the last day of the month."""
    rows = asked(
        """
        with carrying as (
            select owner_id, billing_currency, sum(effective_cost) as effective_cost
            from showback.fct_statement_line_monthly
            where billing_period = $period and owner_id is not null
            group by all
        ),

        in_force as (
            select distinct owner_id from reference.dim_owner
            where
                (valid_from is null or valid_from < $period + interval 1 month)
                and (valid_to is null or valid_to >= $period + interval 1 month)
        )

        select
            carrying.owner_id,
            carrying.billing_currency,
            coalesce(cast(carrying.effective_cost as varchar), 'unknown'),
            case when in_force.owner_id is null then 'not in owner.csv at the end of the month'
                else 'ok' end
        from carrying
        left join in_force on in_force.owner_id = carrying.owner_id
        order by all
        """
    )
    return _check("Owners", ("owner", "currency", "effective", "verdict"), rows)


def _check(name: str, columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> CloseCheck:
    return CloseCheck(name, columns, tuple(tuple(str(cell) for cell in row) for row in rows))


def close_period(
    statements_dir: Path,
    published_path: Path,
    period: date,
    *,
    is_up_to_date: bool,
    today: date,
    closed_at: str,
    code_version: str,
    limits: Limits,
    say: Callable[[str], None],
) -> ClosedVersion:
    """Check a month, show what was found and freeze its statements.

    Args:
        statements_dir: The folder of all frozen statements, found to be as they were closed.
        published_path: The published file.
        period: First day of the month.
        is_up_to_date: Whether the published file is made from what is there now.
        today: The organisation's today.
        closed_at: The time in UTC that the manifest names.
        code_version: Hash of the code that made the published figures.
        limits: The organisation's limits by currency, as in ``close_checks``.
        say: Receives one line at a time.

    Raises:
        CloseRefusedError: It is not the month's turn, the published file is not up to date, or a
            check does not pass.
    """
    versions = closed_versions(statements_dir)
    refuse_out_of_turn(versions, period, today)
    if not is_up_to_date:
        raise CloseRefusedError(
            f"{period:%Y-%m} stays open: something changed since the last publication (bills, the "
            "organisation's tables, the code, the day, or another closing). What to do: make run "
            "first, look at what it published, then close."
        )
    checks = close_checks(published_path, period, limits)
    for check in checks:
        for line in check.lines():
            say(line)
    failed = [check.name for check in checks if not check.passed]
    if failed:
        raise CloseRefusedError(
            f"{period:%Y-%m} stays open: {', '.join(failed)}. What to do: see the lines above that "
            "are not ok; correct them, make run, then close."
        )
    version = 1 + max((closed.version for closed in versions if closed.period == period), default=0)
    facts = {"closed_at": closed_at, "code_version": code_version}
    return freeze(statements_dir, published_path, period, version, facts)


def limits_in_force(warehouse_dir: Path, period: date) -> Limits:
    """Return the organisation's limits (``close_policy.csv``) as of the end of a month."""
    with duckdb.connect() as connection:
        table = connection.execute(
            "select file_path from read_parquet($path) where table_name = 'close_policy'",
            {"path": str(warehouse_dir / "inputs" / "org_table.parquet")},
        ).fetchall()
        rows = connection.execute(
            "select billing_currency, open_exceptions_limit, uninvoiced_limit "
            "from read_parquet($path) "
            "where (valid_from is null or valid_from < $period + interval 1 month) "
            "and (valid_to is null or valid_to >= $period + interval 1 month)",
            {"path": table[0][0], "period": period},
        ).fetchall()
    return {
        currency: {"open_exceptions_limit": exceptions, "uninvoiced_limit": uninvoiced}
        for currency, exceptions, uninvoiced in rows
    }


def reopen_period(statements_dir: Path, period: date, reason: str, reopened_at: str) -> Path:
    """Take a closed month's version out of force; it stays where it is.

    Raises:
        CloseRefusedError: The month is not closed, or there is no reason.
    """
    if not reason.strip():
        raise CloseRefusedError("A month is reopened for a reason: make reopen REASON=... says it.")
    for closed in closed_versions(statements_dir):
        if closed.period == period and closed.is_in_force:
            return reopen(closed, reason.strip(), reopened_at)
    raise CloseRefusedError(f"{period:%Y-%m} is not closed; there is nothing to reopen.")


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
