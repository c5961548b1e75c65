"""What a run says of the share of cost that has an owner is what the report says."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.publish.summary import allocated_lines
from tests.unit.test_report_pages import insert, make_published


def test_the_last_month_that_is_over_says_how_much_has_an_owner(tmp_path: Path) -> None:
    """October is over at both sources, November at one; no owner's own share is said."""
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        make_published(connection)
        insert(
            connection,
            "reference.dim_billing_period",
            {"source": "a", "billing_period": "2026-10-01", "period_status": "complete"},
            {"source": "b", "billing_period": "2026-10-01", "period_status": "complete"},
            {"source": "a", "billing_period": "2026-11-01", "period_status": "complete"},
            {"source": "b", "billing_period": "2026-11-01", "period_status": "open"},
        )
        for month, scope, share in (
            ("2026-10-01", "company", "0.9678"),
            ("2026-10-01", "owner", "0.5"),
            ("2026-11-01", "company", "0.1"),
        ):
            insert(
                connection,
                "governance.fct_allocation_kpi_monthly",
                {
                    "billing_period": month,
                    "kpi": "allocation_coverage",
                    "kpi_scope": scope,
                    "kpi_value": share,
                    "whole_cost_reporting": 1234,
                    "reporting_currency": "USD",
                },
            )
    assert allocated_lines(path) == [
        "Allocated in 2026-10: 96.8 % of 1,234.00 USD has an owner, who used it or holds what was "
        "idle."
    ]


def test_nothing_is_said_where_the_share_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        make_published(connection)
    assert allocated_lines(path) == []
