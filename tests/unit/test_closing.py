"""A month is closed in its turn and when everything about it is right; else it is said why not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.closing import (
    CloseRefusedError,
    close_checks,
    refuse_out_of_turn,
    reopen_period,
)
from orchestration.publish.statements import ClosedVersion

TODAY = date(2026, 11, 16)
SEPTEMBER = date(2026, 9, 1)
LIMITS = {"USD": {"open_exceptions_limit": Decimal(50), "uninvoiced_limit": Decimal(5)}}


def version(month: int, number: int = 1, *, reopened: bool = False) -> ClosedVersion:
    period = date(2026, month, 1)
    folder = Path(f"{period:%Y-%m}") / f"v{number:03}"
    return ClosedVersion(period, number, folder, {}, "", {"reason": "r"} if reopened else None)


def test_the_first_month_that_is_closed_may_be_any_that_is_over() -> None:
    refuse_out_of_turn([], date(2026, 3, 1), TODAY)


def test_months_are_closed_in_order_and_a_reopened_one_again() -> None:
    refuse_out_of_turn([version(8)], SEPTEMBER, TODAY)
    refuse_out_of_turn([version(8, reopened=True), version(9)], date(2026, 8, 1), TODAY)


@pytest.mark.parametrize(
    ("versions", "period", "said"),
    [
        ([], date(2026, 11, 1), "2026-11 is not over"),
        ([version(9)], SEPTEMBER, "2026-09 is closed already"),
        ([version(8)], date(2026, 7, 1), "lies before 2026-08, the first month"),
        ([version(8)], date(2026, 10, 1), "2026-09 is open, and months are closed in order"),
        ([version(8, reopened=True)], SEPTEMBER, "2026-08 is open"),
    ],
)
def test_a_month_whose_turn_it_is_not_is_refused(
    versions: list[ClosedVersion], period: date, said: str
) -> None:
    with pytest.raises(CloseRefusedError, match=said) as refused:
        refuse_out_of_turn(versions, period, TODAY)
    assert "What to do" in str(refused.value)


def test_the_last_day_of_a_month_is_part_of_it() -> None:
    with pytest.raises(CloseRefusedError, match="not over"):
        refuse_out_of_turn([], SEPTEMBER, date(2026, 9, 30))
    refuse_out_of_turn([], SEPTEMBER, date(2026, 10, 1))


def test_what_is_not_closed_cannot_be_reopened_and_nothing_without_a_reason(tmp_path: Path) -> None:
    with pytest.raises(CloseRefusedError, match="2026-09 is not closed"):
        reopen_period(tmp_path, SEPTEMBER, "late bill", "2026-11-16T10:00:00+00:00")
    with pytest.raises(CloseRefusedError, match="for a reason"):
        reopen_period(tmp_path, SEPTEMBER, " ", "2026-11-16T10:00:00+00:00")


class Published:
    """A published file of one good September, in which a test spoils what it looks at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run(
            """
            create schema showback; create schema trust; create schema reference;
            create table showback.fct_statement_line_monthly (
                billing_period date, owner_id varchar, billing_currency varchar,
                effective_cost decimal(38, 24)
            );
            insert into showback.fct_statement_line_monthly values
                ('2026-09-01', 'search', 'USD', 12), ('2026-09-01', null, 'USD', 1);
            create table trust.rpt_freshness (
                source varchar, dataset varchar, billing_period date, snapshot_id varchar,
                window_end_date date, freshness varchar, reason varchar
            );
            insert into trust.rpt_freshness values
                ('aws', 'lines', '2026-08-01', 's8', '2026-09-01', 'current', null),
                ('aws', 'lines', '2026-09-01', 's9', '2026-10-01', 'current', null),
                ('later', 'costs', '2026-10-01', 's1', '2026-11-01', 'current', null);
            create table trust.rpt_control_totals (
                source varchar, billing_period date, billing_currency varchar,
                receipt_total decimal(38, 18), allocated_total decimal(38, 24), is_conserved boolean
            );
            insert into trust.rpt_control_totals values ('aws', '2026-09-01', 'USD', 13, 13, true);
            create table trust.rpt_invoice_reconciliation (
                billing_period date, invoice_issuer varchar, invoice_id varchar,
                charge_category varchar, billing_currency varchar, ledger_cost decimal(38, 12),
                invoiced_cost decimal(38, 12), difference_cost decimal(38, 12),
                reconciliation_state varchar
            );
            insert into trust.rpt_invoice_reconciliation values
                ('2026-09-01', 'AWS', 'I-1', 'Usage', 'USD', 10, 10, 0, 'reconciled'),
                ('2026-09-01', 'V', 'open/a', 'Usage', 'USD', 3, null, null, 'no invoice');
            create table trust.rpt_exceptions (
                billing_period date, exception_kind varchar, billing_currency varchar,
                rows_count bigint, billed_cost decimal(38, 12)
            );
            insert into trust.rpt_exceptions values
                ('2026-09-01', 'unclassified', 'USD', 2, 30),
                ('2026-09-01', 'unclassified', 'USD', 1, -20),
                ('2026-09-01', 'unknown_price', 'USD', 5, 4000),
                ('2026-08-01', 'unclassified', 'USD', 2, 900);
            create table reference.dim_owner (owner_id varchar, valid_from date, valid_to date);
            insert into reference.dim_owner values ('search', null, null);
            """
        )

    def run(self, sql: str) -> None:
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(sql)

    def failed(self, limits: Any = LIMITS) -> dict[str, list[str]]:
        """Return the verdicts that are not ok, by check."""
        checks = close_checks(self.path, SEPTEMBER, limits)
        return {
            check.name: [row[-1] for row in check.rows if row[-1] != "ok"]
            for check in checks
            if not check.passed
        }


@pytest.fixture
def september(tmp_path: Path) -> Published:
    return Published(tmp_path / "warehouse.duckdb")


def test_a_good_month_passes_every_check_and_shows_what_was_looked_at(september: Published) -> None:
    assert september.failed() == {}
    checks = close_checks(september.path, SEPTEMBER, LIMITS)
    text = "\n".join(line for check in checks for line in check.lines())
    assert [check.name for check in checks] == [
        "Sources",
        "Control totals",
        "Invoices",
        "Open exceptions",
        "Owners",
    ]
    assert "Sources: passed" in text
    assert "  aws     lines    2026-10-01     ok" in text


def cases() -> Iterable[tuple[str, str, str]]:
    fresh, recon = "trust.rpt_freshness", "trust.rpt_invoice_reconciliation"
    yield f"delete from {fresh} where snapshot_id = 's9'", "Sources", "no delivery of this month"
    yield (
        f"update {fresh} set window_end_date = '2026-09-28' where snapshot_id = 's9'",
        "Sources",
        "delivered before the month was over; make run",
    )
    yield (
        f"update {fresh} set freshness = 'stale', reason = 'the vendor said 503' "
        "where snapshot_id = 's9'",
        "Sources",
        "the vendor said 503",
    )
    yield (
        f"update {fresh} set freshness = 'held', reason = 'no rate from GBP to USD' "
        "where snapshot_id = 's9'",
        "Sources",
        "no rate from GBP to USD",
    )
    yield (
        f"insert into {fresh} values ('openai', null, null, null, null, 'stale', 'no key')",
        "Sources",
        "no key",
    )
    yield (
        "update trust.rpt_control_totals set is_conserved = false",
        "Control totals",
        "not conserved",
    )
    yield (
        f"update {recon} set reconciliation_state = 'beyond tolerance' where invoice_id = 'I-1'",
        "Invoices",
        "beyond tolerance",
    )
    yield (
        f"update {recon} set reconciliation_state = 'no bill' where invoice_id = 'I-1'",
        "Invoices",
        "no bill",
    )
    yield (
        f"update {recon} set ledger_cost = -5.01 where invoice_id = 'open/a'",
        "Invoices",
        "no invoice: 5.010000000000 in all, the limit is 5",
    )
    yield (
        "insert into trust.rpt_exceptions values "
        "('2026-09-01', 'unknown_effective_cost', 'USD', 1, 0.01)",
        "Open exceptions",
        "50.010000000000 in all, the limit is 50",
    )
    yield (
        "update reference.dim_owner set valid_to = '2026-09-30'",
        "Owners",
        "not in owner.csv at the end of the month",
    )


@pytest.mark.parametrize(("spoil", "check", "verdict"), cases())
def test_what_stands_in_the_way_is_named(
    september: Published, spoil: str, check: str, verdict: str
) -> None:
    september.run(spoil)
    found = september.failed()
    assert set(found) == {check}
    assert set(found[check]) == {verdict}


def test_a_currency_without_a_limit_has_a_limit_of_nothing(september: Published) -> None:
    assert set(september.failed({})) == {"Invoices", "Open exceptions"}


def test_a_month_that_the_published_file_does_not_hold_is_refused(september: Published) -> None:
    with pytest.raises(CloseRefusedError, match="2026-07: the published file has no charge"):
        close_checks(september.path, date(2026, 7, 1), LIMITS)
