"""The publisher's own audit: control totals re-read from the data, door by door.

It does not trust check history. Receipts are read from the extracted snapshots, landed totals from
the landed files, conformed and allocated totals from the build, published totals from the tables
that people will read. Any difference, gap or stale source is a finding with source, period and
amount, and a finding stops publication.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path

import duckdb

from orchestration.extract.control_totals import control_totals
from orchestration.extract.delivered_files import raw_rows
from orchestration.extract.snapshot import Receipt
from orchestration.extract.source import Dataset

COSTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")


@dataclass(frozen=True)
class MoneyFile:
    """A current landed snapshot whose money the audit re-reads.

    Attributes:
        source: Source name.
        billing_period: First day of the period.
        dataset: What its money and currency columns are.
        paths: The landed files, absolute.
        receipt: What was received.
    """

    source: str
    billing_period: date
    dataset: Dataset
    paths: tuple[Path, ...]
    receipt: Receipt


@dataclass(frozen=True)
class Finding:
    """One reason not to publish, in words for the person who reads it at the end of the month."""

    source: str
    billing_period: date | None
    sentence: str

    def __str__(self) -> str:
        period = f" {self.billing_period:%Y-%m}" if self.billing_period else ""
        return f"{self.source}{period}: {self.sentence}"


class PublicationRefusedError(RuntimeError):
    """The audit found a difference; the published file was left untouched."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "\n".join(f"  - {finding}" for finding in findings)
        super().__init__(
            "Publication refused, the published file is untouched. "
            f"{len(findings)} finding(s):\n{lines}"
        )


def changed_periods(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, date]]:
    """Return the (source, period) pairs of which some relation differs from what is published."""
    rows = connection.execute(
        """
        select distinct source, billing_period
        from (
            (select relation, source, billing_period, key from tollgate.period_key
             except select relation, source, billing_period, key from tollgate.published_key)
            union all
            (select relation, source, billing_period, key from tollgate.published_key
             except select relation, source, billing_period, key from tollgate.period_key)
        )
        where source <> '*' and billing_period is not null
        """
    ).fetchall()
    return {(source, period) for source, period in rows}


def differs_from_published(connection: duckdb.DuckDBPyConnection) -> bool:
    """Say whether any key of a public relation differs from the published ones."""
    query = """
        select exists(
            (select relation, source, billing_period, key from tollgate.period_key
             except all select relation, source, billing_period, key from tollgate.published_key)
            union all
            (select relation, source, billing_period, key from tollgate.published_key
             except all select relation, source, billing_period, key from tollgate.period_key)
        )
    """
    row = connection.execute(query).fetchone()
    assert row is not None
    return bool(row[0])


def audit(
    connection: duckdb.DuckDBPyConnection,
    money_files: Iterable[MoneyFile],
    periods: set[tuple[str, date]],
) -> list[Finding]:
    """Re-read the control totals of the given periods at every door and return what differs.

    Args:
        connection: The build file, opened read-only, with the doors' views still in it.
        money_files: The current cost snapshots of every source.
        periods: The (source, first day of period) pairs to judge.

    Returns:
        Findings, empty when every total agrees to the last digit.
    """
    findings: list[Finding] = []
    received: dict[tuple[str, date, str], Decimal] = {}
    received_rows: dict[tuple[str, date], int] = {}
    for money_file in money_files:
        place = (money_file.source, money_file.billing_period)
        if place not in periods:
            continue
        rows, landed = _landed_totals(connection, money_file)
        if rows != money_file.receipt.row_count:
            findings.append(
                Finding(
                    *place,
                    f"the receipt counts {money_file.receipt.row_count:,} rows, "
                    f"landed are {rows:,}",
                )
            )
        received_rows[place] = received_rows.get(place, 0) + rows
        for currency in sorted({*money_file.receipt.totals, *landed}):
            on_receipt = money_file.receipt.totals.get(currency, Decimal(0))
            exact, rounded = landed.get(currency, (Decimal(0), Decimal(0)))
            if exact != on_receipt:
                findings.append(
                    Finding(
                        *place,
                        f"the receipt says {on_receipt:f} {currency}, the landed files hold "
                        f"{exact:f} {currency} (difference {exact - on_receipt:f})",
                    )
                )
            key = (*place, currency)
            with localcontext(prec=60):  # Python rounds sums to 28 digits unless told otherwise
                received[key] = received.get(key, Decimal(0)) + rounded
    findings += _compare(connection, periods, received, received_rows)
    return findings


def _landed_totals(
    connection: duckdb.DuckDBPyConnection, money_file: MoneyFile
) -> tuple[int, dict[str, tuple[Decimal, Decimal]]]:
    """Return rows and, by currency, the exact total and the total of amounts at 12 decimals."""
    if not money_file.paths:
        return 0, {}
    totals = control_totals(connection, raw_rows(money_file.paths), money_file.dataset)
    by_currency = {
        currency: (totals.exact[currency], totals.rounded[currency]) for currency in totals.exact
    }
    return totals.row_count, by_currency


# Each door's totals by source, period and currency: its name for the reader, and its query. Periods
# that are not judged are not read: DuckDB hands the few pairs of `judged` to the scans.
_DOORS = {
    "conformed": """
        select source, billing_period, billing_currency, count(*), {sums}
        from conform.int_charges_conformed {judged} group by all
    """,
    "allocated": """
        select
            c.source,
            c.billing_period,
            c.billing_currency,
            cast(sum(c.rows_count) as bigint),
            {shared}
        from (
            select
                source,
                billing_period,
                billing_currency,
                split_id,
                count(*) as rows_count,
                {sums}
            from allocate.int_charge_splits {judged} group by all
        ) as c
        inner join (
            select split_id, sum(share) as share from allocate.int_split_shares group by split_id
        ) as s on s.split_id = c.split_id
        group by all
    """,
    "published in focus.cost_and_usage": """
        select x_Source, x_BillingPeriod, BillingCurrency, count(*), {focus}
        from focus.cost_and_usage
        semi join judged on x_Source = judged.source and x_BillingPeriod = judged.billing_period
        group by all
    """,
    # The view that people read, not the tables below it; the shares of a charge sum to one charge.
    "published in allocation.fct_allocated_cost": """
        select source, billing_period, billing_currency, sum(share), {sums}
        from allocation.fct_allocated_cost {judged} group by all
    """,
    "published in showback.fct_showback_daily": """
        select source, billing_period, billing_currency, null, {sums}
        from showback.fct_showback_daily {judged} group by all
    """,
    "published in showback.fct_statement_line_monthly": """
        select source, billing_period, billing_currency, null, {sums}
        from showback.fct_statement_line_monthly {judged} group by all
    """,
}


def _door_totals(
    connection: duckdb.DuckDBPyConnection, query: str
) -> dict[tuple[str, date, str], tuple[int | Decimal | None, tuple[Decimal | None, ...]]]:
    focus = ", ".join(f"sum({''.join(w.capitalize() for w in cost.split('_'))})" for cost in COSTS)
    filled = query.format(
        sums=", ".join(f"sum({cost}) as {cost}" for cost in COSTS),
        shared=", ".join(
            f"sum(cast(c.{cost} as decimal(38, 12)) * cast(s.share as decimal(18, 12)))"
            for cost in COSTS
        ),
        focus=focus,
        judged="semi join judged using (source, billing_period)",
    )
    return {
        (row[0], row[1], row[2]): (row[3], tuple(row[4:]))
        for row in connection.execute(filled).fetchall()
    }


def _compare(
    connection: duckdb.DuckDBPyConnection,
    periods: set[tuple[str, date]],
    received: dict[tuple[str, date, str], Decimal],
    received_rows: dict[tuple[str, date], int],
) -> list[Finding]:
    findings: list[Finding] = []
    connection.execute("create or replace temp table judged (source text, billing_period date)")
    if periods:
        connection.executemany("insert into judged values (?, ?)", sorted(periods))
    doors = {name: _door_totals(connection, query) for name, query in _DOORS.items()}
    ledger = doors["conformed"]
    ledger_rows: dict[tuple[str, date], int] = {}
    for (source, period, _), (rows, _costs) in ledger.items():
        ledger_rows[source, period] = ledger_rows.get((source, period), 0) + int(rows or 0)
    for place in sorted({*received_rows, *ledger_rows}):
        if received_rows.get(place, 0) != ledger_rows.get(place, 0):
            findings.append(
                Finding(
                    *place,
                    f"landed are {received_rows.get(place, 0):,} rows, "
                    f"conformed are {ledger_rows.get(place, 0):,}",
                )
            )
    for key in sorted({*received, *ledger}, key=str):
        landed = received.get(key, Decimal(0))
        billed = ledger[key][1][0] if key in ledger else None
        if landed != (billed or Decimal(0)):
            findings.append(
                Finding(
                    key[0],
                    key[1],
                    f"landed are {landed:f} {key[2]}, conformed are {billed} {key[2]}",
                )
            )
    for name, totals in doors.items():
        for key in sorted({*ledger, *totals}, key=str):
            rows, costs = totals.get(key, (0, (None,) * len(COSTS)))
            ledger_count, ledger_costs = ledger.get(key, (0, (None,) * len(COSTS)))
            if rows is not None and rows != ledger_count:
                findings.append(
                    Finding(
                        key[0], key[1], f"conformed are {ledger_count} charges, {name} are {rows}"
                    )
                )
            for cost, amount, expected in zip(COSTS, costs, ledger_costs, strict=True):
                if amount != expected:
                    findings.append(
                        Finding(
                            key[0],
                            key[1],
                            f"{cost}: conformed are {expected} {key[2]}, "
                            f"{name} are {amount} {key[2]}",
                        )
                    )
    return findings
