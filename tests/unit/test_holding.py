"""A month that a gate stops counts as it was published, and nothing of that outlives the run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from file_bills import FileSource, tree, write_csv

from orchestration.land.catalogue import landed_catalogue, write_warehouse_inputs
from orchestration.land.held import NOTHING_HELD, Held, HeldPeriod
from orchestration.land.org_tables import land_org_tables
from orchestration.publish.build import BuildPaths
from orchestration.publish.holding import (
    CannotHoldError,
    GateFailure,
    held_months,
    hold,
    newly_stopped,
)
from orchestration.settings import PROJECT_DIR

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
TODAY = date(2026, 11, 16)
ADVICE = {"rates": "Add the rate.", "invoices": "Accept it."}
INVOICES = (
    "invoice_number,source,invoice_issuer,billing_period,billing_currency,charge_category,"
    "billed_amount,issued_on,due_on,payment_terms,purchase_order,corrects_invoice_number\n"
)


def failure(**changed: Any) -> GateFailure:
    fields: dict[str, Any] = {
        "gate": "rates",
        "stops_its_month": True,
        "source": "bill",
        "billing_period": OCTOBER,
        "what": "no rate",
        "money_touched": Decimal("10.50"),
        "currency": "GBP",
    }
    return GateFailure(**(fields | changed))


def stopped(source: str = "bill", period: date = OCTOBER) -> HeldPeriod:
    return HeldPeriod(source, period, "no rate", "Add the rate.", date.max)


def test_each_month_that_gates_stop_is_held_with_all_reasons() -> None:
    failures = [
        failure(),
        failure(gate="invoices", what="invoice I-1", money_touched=None),
        failure(billing_period=NOVEMBER, what="first"),
        failure(billing_period=NOVEMBER, what="second"),
        failure(billing_period=NOVEMBER, what="third"),
    ]
    october, november = newly_stopped(failures, NOTHING_HELD, ADVICE) or ()
    assert (october.source, october.billing_period) == ("bill", OCTOBER)
    assert october.reason == "no rate (10.5 GBP touched); invoice I-1"
    assert october.what_to_do == "Add the rate. Accept it."
    assert november.reason == (
        "first (10.5 GBP touched); second (10.5 GBP touched); and more of the kind"
    )


@pytest.mark.parametrize(
    "other",
    [
        failure(gate="conserved", stops_its_month=False, source="other"),
        failure(gate="grain", stops_its_month=False, source=None, billing_period=None),
        failure(source=None),
        failure(billing_period=None),
    ],
    ids=["another gate", "a gate without a place", "no source", "no month"],
)
def test_anything_else_that_failed_holds_nothing(other: GateFailure) -> None:
    assert newly_stopped([failure(), other], NOTHING_HELD, ADVICE) is None


def test_what_fails_as_it_was_published_is_not_held_again() -> None:
    held = Held((stopped(),))
    with pytest.raises(CannotHoldError, match="bill 2026-10 .* as it was last published as well"):
        newly_stopped([failure()], held, ADVICE)
    (november,) = newly_stopped([failure(billing_period=NOVEMBER)], held, ADVICE) or ()
    assert november.billing_period == NOVEMBER


def test_without_a_failed_gate_nothing_is_held() -> None:
    assert newly_stopped([], NOTHING_HELD, ADVICE) is None


class Company:
    """A bill of two months in FOCUS's columns, a table of invoices, and a published file."""

    def __init__(self, root: Path) -> None:
        self.bill = FileSource("focus", root / "bills", root / "data")
        self.org = root / "org"
        self.org.mkdir()
        for path in (PROJECT_DIR / "tests" / "fixtures" / "org").iterdir():
            (self.org / path.name).write_bytes(path.read_bytes())
        warehouse = root / "data" / "warehouse"
        published = root / "data" / "published" / "warehouse.duckdb"
        published.parent.mkdir(parents=True)
        self.paths = BuildPaths(warehouse, warehouse / "build.duckdb", published)

    def deliver(self, october: str, november: str) -> None:
        for month, cost in ((OCTOBER, october), (NOVEMBER, november)):
            line = {
                "BilledCost": cost,
                "BillingCurrency": "USD",
                "BillingPeriodStart": month.isoformat(),
                "ChargePeriodStart": month.isoformat(),
            }
            write_csv(self.bill.bills / f"{month:%m}.csv", [line])
        self.bill.pull()
        self.bill.land()

    def invoice(self, october: str, november: str) -> None:
        rows = "".join(
            f"I-{month:%m},bill,Vendor,{month},USD,Usage,{amount},2026-12-01,,Net 30,,\n"
            for month, amount in ((OCTOBER, october), (NOVEMBER, november))
        )
        (self.org / "invoice.csv").write_text(INVOICES + rows)
        land_org_tables(self.org, self.bill.data)

    def publish(self, *months: date, held_since: date | None = None) -> None:
        """Write the keys of months into the published file, as a build writes them."""
        self.paths.published_path.unlink(missing_ok=True)
        with duckdb.connect(str(self.paths.published_path)) as connection:
            connection.execute("create schema tollgate; create schema trust")
            connection.execute(
                "create table tollgate.period_key "
                "(relation varchar, source varchar, billing_period date, key varchar)"
            )
            for found in landed_catalogue(self.bill.data, [self.bill.config]):
                if found.billing_period in months:
                    # a model over the landed rows has a key that is no snapshot
                    connection.execute(
                        "insert into tollgate.period_key values "
                        "('land.focus__charges', 'bill', $period, $snapshot), "
                        "('land.stg_focus__charges', 'bill', $period, 'a hash')",
                        {"period": found.billing_period, "snapshot": found.receipt.snapshot_id},
                    )
            connection.execute(
                f"create view invoice as select * from read_parquet('{self.invoice_path()}')"
            )
            connection.execute(
                "insert into tollgate.period_key select 'org.invoice', source, billing_period, "
                "md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar))) "
                "from invoice as t group by source, billing_period"
            )
            connection.execute("drop view invoice")
            if held_since is not None:
                connection.execute(
                    "create table trust.rpt_held_period as select 'bill' as source, "
                    "cast($period as date) as billing_period, cast($since as date) as held_since",
                    {"period": OCTOBER, "since": held_since},
                )

    def invoice_path(self) -> Path:
        listing = pl.read_parquet(self.paths.warehouse_dir / "inputs" / "org_table.parquet")
        files = dict(listing.select("table_name", "file_path").rows())
        return Path(files["invoice"])

    def hold(self, *periods: date) -> Held:
        months = [stopped(period=period) for period in periods]
        sources = [self.bill.config]
        return hold(self.paths, self.bill.data, sources, NOTHING_HELD, months, TODAY)

    def billed(self, held: Held) -> dict[date, Decimal]:
        """Return what counts of each month."""
        return {
            found.billing_period: found.receipt.totals["USD"]
            for found in landed_catalogue(self.bill.data, [self.bill.config], held)
        }

    def input(self, name: str) -> list[dict[str, Any]]:
        return pl.read_parquet(self.paths.warehouse_dir / "inputs" / f"{name}.parquet").to_dicts()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company with a published October and November, and a newer delivery and invoice of both."""
    company = Company(tmp_path)
    company.deliver("100", "200")
    company.invoice("100", "200")
    company.publish(OCTOBER, NOVEMBER)
    company.deliver("110", "220")
    company.invoice("111", "222")
    return company


def test_a_held_month_counts_with_the_published_snapshot(company: Company) -> None:
    assert company.billed(NOTHING_HELD) == {OCTOBER: 110, NOVEMBER: 220}
    assert company.billed(company.hold(OCTOBER)) == {OCTOBER: 100, NOVEMBER: 220}


def test_a_held_month_has_the_invoices_that_it_was_published_with(company: Company) -> None:
    path = company.hold(OCTOBER).org_tables["invoice"]
    rows = pl.read_parquet(path).select("invoice_number", "billed_amount").rows()
    assert sorted(rows) == [("I-10", Decimal(100)), ("I-11", Decimal(222))]


def test_a_month_that_was_never_published_is_left_out_with_its_invoices(company: Company) -> None:
    company.publish(NOVEMBER)
    with duckdb.connect(str(company.paths.published_path)) as connection:
        connection.execute("delete from tollgate.period_key where billing_period = $1", [OCTOBER])
    held = company.hold(OCTOBER)
    assert company.billed(held) == {NOVEMBER: 220}
    rows = pl.read_parquet(held.org_tables["invoice"]).select("invoice_number").rows()
    assert rows == [("I-11",)]


def test_the_states_of_snapshots_say_what_counts_and_what_waits(company: Company) -> None:
    held = company.hold(OCTOBER)
    write_warehouse_inputs(company.bill.data, [company.bill.config], held)
    assert [
        (row["billing_period"], row["snapshot_seq"], row["snapshot_state"], row["is_current"])
        for row in company.input("snapshot")
    ] == [
        (OCTOBER, 1, "current", True),
        (OCTOBER, 2, "stopped", False),
        (NOVEMBER, 1, "superseded", False),
        (NOVEMBER, 2, "current", True),
    ]
    assert company.input("held_period") == [
        {
            "source": "bill",
            "billing_period": OCTOBER,
            "reason": "no rate",
            "what_to_do": "Add the rate.",
            "held_since": TODAY,
        }
    ]


def test_the_publisher_reads_what_the_build_was_told(company: Company) -> None:
    held = company.hold(OCTOBER)
    write_warehouse_inputs(company.bill.data, [company.bill.config], held)
    assert held_months(company.paths).periods == held.periods
    assert company.billed(held_months(company.paths)) == {OCTOBER: 100, NOVEMBER: 220}


def test_holding_leaves_nothing_for_the_next_run(company: Company) -> None:
    inputs = company.paths.warehouse_dir / "inputs"
    write_warehouse_inputs(company.bill.data, [company.bill.config])
    before = tree(inputs)
    held = company.hold(OCTOBER)
    write_warehouse_inputs(company.bill.data, [company.bill.config], held)
    assert tree(inputs) != before
    write_warehouse_inputs(company.bill.data, [company.bill.config])
    assert tree(inputs) == before


def test_a_month_that_goes_on_waiting_keeps_its_first_day(company: Company) -> None:
    company.deliver("100", "200")
    company.publish(OCTOBER, NOVEMBER, held_since=date(2026, 11, 3))
    company.deliver("130", "240")
    first, second = company.hold(OCTOBER, NOVEMBER).periods
    assert (first.held_since, second.held_since) == (date(2026, 11, 3), TODAY)


def test_a_month_of_which_nothing_is_newer_than_published_is_not_built_again(
    company: Company,
) -> None:
    """A rate was taken back, or an acceptance: what was published fails as well."""
    company.publish(OCTOBER, NOVEMBER)
    with pytest.raises(CannotHoldError, match="bill 2026-10 .* as it was last published as well"):
        company.hold(OCTOBER)
    company.invoice("112", "222")
    assert company.billed(company.hold(OCTOBER)) == {OCTOBER: 110, NOVEMBER: 220}


def test_what_was_published_and_is_gone_from_disk_cannot_be_held(company: Company) -> None:
    for path in (company.bill.data / "landed").rglob("0001-*.landing.json"):
        path.unlink()
    with pytest.raises(CannotHoldError, match="bill 2026-10 .* snapshot 0001-"):
        company.hold(OCTOBER)


def test_invoices_that_are_gone_from_disk_cannot_be_held(company: Company) -> None:
    for path in company.invoice_path().parent.glob("*.parquet"):
        if path != company.invoice_path():
            path.unlink()
    with pytest.raises(CannotHoldError, match=r"bill 2026-10 .* version of invoice\.csv"):
        company.hold(OCTOBER)


def test_a_company_of_which_every_bill_would_be_held_publishes_nothing(company: Company) -> None:
    company.paths.published_path.unlink()
    with pytest.raises(CannotHoldError, match="nothing is left to publish"):
        company.hold(OCTOBER, NOVEMBER)
