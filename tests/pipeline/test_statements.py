"""Statements and the journal of the bills made by hand, added up as their README does."""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal
from pathlib import Path

from orchestration.publish.journal import export_journal
from tests.pipeline.conftest import Installation

THIRD = Decimal("0.333333333333")
OCTOBER = "billing_period = date '2026-10-01'"


def test_the_language_team_s_euros_are_a_third_of_the_tax(published: Installation) -> None:
    # The first of three owners by name, so that the remainder of the share is its own.
    ((billed, direct, shared, tax, reporting),) = published.query(
        "select billed_cost, direct_effective_cost, shared_effective_cost, tax_billed_cost, "
        "billed_cost_reporting from showback.fct_statement_monthly "
        f"where {OCTOBER} and owner_id = 'nlp' and billing_currency = 'EUR'"
    )
    part = 19 * (1 - 2 * THIRD)
    assert (billed, direct, shared, tax) == (part, 0, part, part)
    # 12 October: 1.1 dollars for a euro; 19 euros of tax are 20.90 dollars.
    assert reporting == Decimal("20.90") * (1 - 2 * THIRD)


def test_a_statement_tells_own_shared_and_idle_cost_and_what_was_saved(
    published: Installation,
) -> None:
    columns = (
        "direct_effective_cost, shared_effective_cost, idle_effective_cost, negotiated_savings, "
        "commitment_savings, previous_month_effective_cost, exchange_effect_reporting"
    )
    statements = {
        (owner, currency): tuple(amounts)
        for owner, currency, *amounts in published.query(
            f"select owner_id, billing_currency, {columns} "
            f"from showback.fct_statement_monthly where {OCTOBER}"
        )
    }
    covered = Decimal("1.666666666667")
    # Line 3 (list 120, contracted 110, effective 100) and a third of line 7 (2.40, 2.20, 1.66...).
    assert statements["vision", "EUR"] == (
        Decimal(100),
        (19 + covered) * THIRD,
        0,
        10 + Decimal("0.20") * THIRD,
        10 + (Decimal("2.20") - covered) * THIRD,
        None,  # no euros are held for September
        0,  # the rate of 12 October is that of 30 September
    )
    # The first by name of the three that share line 7, and the holder of what line 8 did not use.
    share = 1 - 2 * THIRD
    assert statements["platform", "EUR"][:3] == (0, covered * share, Decimal("0.50"))
    # September's dollars: a third of the shared account and the unused part of the plan's fee.
    september = Decimal("0.333333333333") * share + Decimal("0.75")
    assert ("platform", "USD") not in statements
    assert published.query(
        "select effective_cost from showback.fct_statement_monthly "
        "where billing_period = date '2026-09-01' and owner_id = 'platform'"
    ) == [(september,)]


def test_the_journal_clears_the_invoices_and_charges_what_was_used(
    published: Installation, tmp_path: Path
) -> None:
    roles = {
        (currency, role): (debit, credit)
        for currency, role, debit, credit in published.query(
            "select billing_currency, line_role, sum(debit_amount), sum(credit_amount) "
            f"from showback.fct_chargeback_journal where {OCTOBER} group by all"
        )
    }
    # Euros: 105.466666666667 used, 153.30 billed. The credit of 25 without an owner is cleared on
    # the platform's cost centre and account, on a line apart from the 1.0555... of its own.
    assert roles["EUR", "clearing"] == (0, Decimal("153.30"))
    debit, credit = roles["EUR", "expense"]
    assert (debit - credit, credit) == (Decimal("105.47"), Decimal("25.00"))
    assert roles["EUR", "prepaid"] == (Decimal("47.83"), 0)
    assert roles["USD", "clearing"] == (0, Decimal("26.70"))
    assert ("EUR", "rounding") not in roles

    copy = tmp_path / "published" / "warehouse.duckdb"
    copy.parent.mkdir()
    shutil.copyfile(published.published_path, copy)
    euros, dollars = export_journal(copy, "2026-10")
    for file, cleared in ((euros, "153.30"), (dollars, "26.70")):
        with file.path.open(encoding="utf-8", newline="") as handle:
            lines = list(csv.DictReader(handle))
        assert sum(Decimal(line["debit_amount"]) for line in lines) == file.total
        assert sum(Decimal(line["credit_amount"]) for line in lines) == file.total
        (booked,) = [line for line in lines if line["gl_account"] == "1990"]
        assert (booked["credit_amount"], booked["cost_centre"]) == (cleared, "CC-95")
        assert {line["posting_date"] for line in lines} == {"2026-10-31"}


def test_the_organisation_of_today_costs_what_that_of_then_did(published: Installation) -> None:
    costs = "sum(billed_cost), sum(effective_cost), sum(list_cost), sum(contracted_cost)"
    now, then = (
        published.query(
            f"select source, billing_period, billing_currency, {costs}, "
            f"sum(effective_cost_reporting) from showback.{table} group by all order by all"
        )
        for table in ("fct_cost_by_owners_now_monthly", "fct_statement_line_monthly")
    )
    assert now == then and len(now) == 3


def test_statements_of_all_owners_are_the_ledger(published: Installation) -> None:
    assert published.query(
        "select billing_period::varchar, billing_currency, sum(billed_cost), sum(effective_cost), "
        "sum(list_cost), sum(contracted_cost) from showback.fct_statement_monthly "
        "group by all order by all"
    ) == published.query(
        "select x_BillingPeriod::varchar, BillingCurrency, sum(BilledCost), sum(EffectiveCost), "
        "sum(ListCost), sum(ContractedCost) from focus.cost_and_usage group by all order by all"
    )
