"""A month that a gate stops is held by itself, named, and released when what it waits for is there.

One story: a bill gets lines in a currency without a rate, a new source has a month of them, and an
invoice asks for more than its charges, while another month is restated. Then the rate and the
acceptance come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orchestration.defs.warehouse import build_paths
from orchestration.land.org_tables import OrgTableError
from orchestration.publish.allocation_preview import PreviewError, preview_allocation
from orchestration.publish.build import inputs_fingerprint, is_published
from orchestration.publish.closing import close_checks
from orchestration.publish.dbt_manifest import project_fingerprint
from orchestration.settings import DBT_PROJECT_DIR
from tests.pipeline.conftest import SMALL_SOURCES, TODAY, Installation, Run, small_installation
from tests.pipeline.contents import (
    Content,
    assert_same_content,
    content,
    leftovers,
    period_files,
)
from tests.pipeline.deliveries import csv_bytes, focus_line, write

SOURCES = (*SMALL_SOURCES, {"name": "late", "kind": "focus", "url": "bills/late"})
OCTOBER = date(2026, 10, 1)
# The charges are 8.00 + 20.000000000001 + 7.70 = 35.700000000001, the bill's tax of 2.50 is on no
# other line of the invoice: 99 - 35.700000000001 - 2.50 = 60.799999999999 are unexplained.
INVOICES = (
    "invoice_number,source,invoice_issuer,billing_period,billing_currency,charge_category,"
    "billed_amount,issued_on,due_on,payment_terms,purchase_order,corrects_invoice_number\n"
    '2026100001,aws_small,"Amazon Web Services, Inc.",2026-10-01,USD,Usage,99.00,2026-11-03,,'
    "Net 30,,\n"
)
ACCEPTANCE = (
    "invoice_issuer,invoice_number,billing_period,billing_currency,charge_category,"
    "accepted_difference,accepted_by,reason,accepted_on\n"
    '"Amazon Web Services, Inc.",2026100001,2026-10-01,USD,Usage,60.80,Ada,agreed,2026-11-15\n'
)
NO_RATE = "no rate from GBP to USD for 2026-10-05; add it to fx_rate.csv (10 GBP touched)"
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Moment:
    """What stood published after a run, and what the run said."""

    run: Run
    october: dict[str, Rows]
    held: Rows
    freshness: Rows
    billed: dict[tuple[str, str, str], Decimal]
    published_hash: str | None
    files: dict[str, tuple[int, int]]
    left: list[str]
    preview: str
    inputs_are_published: bool
    close_verdicts: list[tuple[str, ...]]


@dataclass(frozen=True)
class Story:
    """The runs: held, the same again, and released."""

    before: dict[str, Rows]
    held: Moment
    again: Moment
    released: Moment
    after: Content
    from_nothing: Content


def of_october(installation: Installation) -> dict[str, Rows]:
    """Return what stands published of the two small sources in October, by relation."""
    places = {
        "focus.cost_and_usage": ("x_Source", "x_BillingPeriod"),
        "focus.invoice_detail": ("x_Source", "x_BillingPeriod"),
    }
    found = {}
    for table in (
        "focus.cost_and_usage",
        "focus.invoice_detail",
        "allocation.charge_split",
        "reference.dim_invoice_line",
        "showback.fct_showback_daily",
        "showback.fct_statement_line_monthly",
        "trust.rpt_control_totals",
        "trust.rpt_invoice_reconciliation",
    ):
        source, period = places.get(table, ("source", "billing_period"))
        found[table] = installation.query(
            f"select * from {table} where {source} in ('aws_small', 'focus_small') "
            f"and {period} = $1 order by all",
            [OCTOBER],
        )
    return found


def moment(installation: Installation) -> Moment:
    """Run and look."""
    run = installation.run_here()
    assert run.exit_code == 0, run.text
    totals = installation.query(
        "select source, strftime(billing_period, '%Y-%m'), billing_currency, allocated_total "
        "from trust.rpt_control_totals"
    )
    settings = installation.settings
    inputs = inputs_fingerprint(
        settings.warehouse_dir, project_fingerprint(DBT_PROJECT_DIR), settings.ledger_table_rows
    )
    checks = close_checks(installation.published_path, OCTOBER, {})
    return Moment(
        run,
        of_october(installation),
        installation.query(
            "select source, billing_period, billing_currency, reason, held_since, "
            "held_billed_cost, published_billed_cost, held_snapshot_id = published_snapshot_id "
            "from trust.rpt_held_period order by source, billing_period, billing_currency"
        ),
        installation.query(
            "select source, freshness, reason, snapshot_id is null from trust.rpt_freshness "
            "where freshness <> 'current' order by all"
        ),
        {(source, period, currency): total for source, period, currency, total in totals},
        installation.published_hash(),
        period_files(installation),
        leftovers(installation),
        _preview(installation),
        is_published(build_paths(settings), inputs),
        [tuple(row) for check in checks if check.name == "Sources" for row in check.rows],
    )


def _preview(installation: Installation) -> str:
    """Return why October cannot be previewed, of what is looked at before anything is built."""
    empty = installation.root / "no_rules"
    empty.mkdir(exist_ok=True)
    (empty / "allocation_rule.csv").write_text("no rule of ours\n")
    with pytest.raises((PreviewError, OrgTableError)) as refused:
        preview_allocation(installation.settings, empty, OCTOBER, lambda _: None)
    return str(refused.value)


def deliver(installation: Installation) -> None:
    """Deliver what the story begins with."""
    british = focus_line(BillingCurrency="GBP", BillingAccountId="british")
    write(installation.bills / "focus", {"british.csv": csv_bytes([british])})
    september = focus_line(
        BillingAccountId="late",
        BillingPeriodStart="2026-09-01T00:00:00Z",
        BillingPeriodEnd="2026-10-01T00:00:00Z",
        ChargePeriodStart="2026-09-05T00:00:00Z",
        ChargePeriodEnd="2026-09-06T00:00:00Z",
    )
    october = focus_line(BillingCurrency="GBP", BillingAccountId="late")
    write(
        installation.bills / "late",
        {"09.csv": csv_bytes([september]), "10.csv": csv_bytes([october])},
    )
    installation.write_sources(SOURCES)
    (installation.org / "invoice.csv").write_text(INVOICES)
    restated = installation.bills / "aws_legacy" / "2026-09.csv"
    text = restated.read_text()
    assert text.count(",0.0008,12.00,$") == 1
    restated.write_text(text.replace(",0.0008,12.00,$", ",0.0008,13.00,$"))


def resolve(installation: Installation) -> None:
    """Enter the rate and accept the difference."""
    rates = installation.org / "fx_rate.csv"
    rates.write_text(rates.read_text() + "GBP,USD,1.25,,\n")
    (installation.org / "accepted_difference.csv").write_text(ACCEPTANCE)


@pytest.fixture(scope="module")
def story(
    published_once: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    root: Path = tmp_path_factory.mktemp("held")
    installation = published_once.copy(root / "installation")
    before = of_october(installation)
    deliver(installation)
    held, again = moment(installation), moment(installation)
    resolve(installation)
    released = moment(installation)
    other = small_installation(root / "from_nothing")
    deliver(other)
    resolve(other)
    run = other.run_here(has_gates=False)
    assert run.exit_code == 0, run.text
    # The vendors of the one restated; the other never saw another delivery.
    without = ("trust.rpt_restatements",)
    yield Story(
        before,
        held,
        again,
        released,
        content(installation, without=without),
        content(other, without=without),
    )


def test_what_is_held_stays_as_it_was_published(story: Story) -> None:
    assert story.held.october == story.before


def test_everything_else_is_published(story: Story) -> None:
    """AWS restated September by a dollar; September of the new source is in a known currency."""
    billed = story.held.billed
    assert billed["aws_small", "2026-09", "USD"] == Decimal("61.593333333333")
    assert billed["late", "2026-09", "EUR"] == Decimal(10)
    assert ("late", "2026-10", "GBP") not in billed


def test_held_months_are_named_with_reason_and_money(story: Story) -> None:
    aws, *focus_and_late = story.held.held
    assert aws[:3] == ("aws_small", OCTOBER, "USD")
    assert aws[3].startswith("invoice 2026100001 asks for 99.000000000000 of Usage, its charges ")
    assert aws[3].endswith("(60.799999999999 USD touched)")
    billed = Decimal("26.700000000001")
    assert aws[4:] == (TODAY, billed, billed, True)
    euros = Decimal("153.30")
    assert focus_and_late == [
        ("focus_small", OCTOBER, "EUR", NO_RATE, TODAY, euros, euros, False),
        ("focus_small", OCTOBER, "GBP", NO_RATE, TODAY, Decimal(10), None, None),
        ("late", OCTOBER, "GBP", NO_RATE, TODAY, Decimal(10), None, None),
    ]


@pytest.mark.parametrize("moment_name", ["held", "again"])
def test_every_run_says_what_is_held(story: Story, moment_name: str) -> None:
    lines = getattr(story, moment_name).run.lines
    said = [line for line in lines if line.startswith("HELD  ") and ", since " in line]
    assert [line.split(",")[0] for line in said] == [
        "HELD  aws_small 2026-10",
        "HELD  focus_small 2026-10",
        "HELD  late 2026-10",
    ]
    assert NO_RATE in said[1]
    assert "153.30 EUR wait, 153.30 EUR published; 10.00 GBP wait, nothing published" in said[1]


def test_the_gates_that_stopped_a_month_only_warn(story: Story) -> None:
    text = story.held.run.text
    assert "Published, 3 source-month(s) held." in text
    assert "STOPPED" not in text
    assert "WARNS  allocate int_charge_splits: every_charge_has_an_exchange_rate: 2 rows" in text
    assert "WARNS  trust rpt_invoice_reconciliation: invoices_meet_their_charges: 1 row" in text


def test_a_held_month_is_not_fresh_and_is_not_closed(story: Story) -> None:
    assert [row[:2] for row in story.held.freshness] == [
        ("aws_small", "held"),
        ("focus_small", "held"),
        ("late", "held"),
    ]
    assert [row[3] for row in story.held.freshness] == [False, False, True]
    verdicts = {row[0]: row[-1] for row in story.held.close_verdicts}
    assert verdicts["late"] == verdicts["focus_small"] == NO_RATE
    assert {row[-1] for row in story.released.close_verdicts} == {"ok"}


def test_a_held_month_is_not_previewed(story: Story) -> None:
    """The others are: what is on disk is known to be what is published."""
    refusal = "aws_small 2026-10 is held (trust.rpt_held_period): release it, then preview 2026-10."
    assert story.held.preview == story.again.preview == refusal
    assert "allocation_rule.csv" in story.released.preview
    assert story.held.inputs_are_published and story.again.inputs_are_published


def test_a_run_without_news_recomputes_nothing(story: Story) -> None:
    assert "nothing changed since the last publication" in story.again.run.text
    assert story.again.published_hash == story.held.published_hash
    assert story.again.files == story.held.files
    assert story.again.held == story.held.held


def test_rate_and_acceptance_release_the_months(story: Story) -> None:
    assert story.released.held == []
    assert story.released.freshness == []
    assert "HELD" not in story.released.run.text
    billed = story.released.billed
    assert billed["focus_small", "2026-10", "GBP"] == billed["late", "2026-10", "GBP"] == 10
    assert_same_content(story.after, story.from_nothing)


@pytest.mark.parametrize("moment_name", ["held", "again", "released"])
def test_nothing_is_left_behind(story: Story, moment_name: str) -> None:
    assert getattr(story, moment_name).left == []
