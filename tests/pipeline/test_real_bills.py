"""Bills go through all six doors to the last digit: two published samples, and two made by hand."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tests.conftest import one_worker_at_a_time
from tests.pipeline.conftest import FIXTURES, Installation, Run
from tests.pipeline.samples import AWS_SAMPLE, FOCUS_SAMPLE

# The header of a legacy report and the FOCUS column that is nothing else than its value.
AWS_SAME = {
    "lineItem/ResourceId": "ResourceId",
    "bill/InvoiceId": "InvoiceId",
    "lineItem/UnblendedCost": "BilledCost",
    "lineItem/UsageAccountId": "SubAccountId",
    "bill/PayerAccountId": "BillingAccountId",
    "lineItem/CurrencyCode": "BillingCurrency",
    "lineItem/AvailabilityZone": "AvailabilityZone",
    "lineItem/Operation": "x_Operation",
    "lineItem/ProductCode": "x_ProductCode",
    "lineItem/UsageType": "x_UsageType",
}

# Columns that hold native values as they are; those that hold whole families of columns.
NATIVE = tuple(
    f"x_{group}"
    for group in (
        *("BillBill", "CostCategory", "Discount", "Identity", "LineItemBlended", "LineItemLegal"),
        *("LineItemN", "Pricing", "Product", "Reservation", "SavingsPlan", "SplitLineItem"),
    )
)
FAMILIES = ("x_CostCategory", "x_Discount", "x_Product")
NUMBER = re.compile(r"-?[0-9]+([.][0-9]*)?([eE]-?[0-9]+)?")

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")

# FOCUS columns whose later name, or whose filling by this ledger, differs from the file's.
NOT_CARRIED_AS_THEY_ARE = {"ProviderName", "PublisherName"}


@dataclass(frozen=True)
class Delivered:
    """What a file says, read without any of the project's own code."""

    header: list[str]
    lines: list[dict[str, str]]

    def total(self, column: str) -> Decimal:
        return sum((Decimal(line[column]) for line in self.lines), Decimal(0))

    def null_count(self, column: str) -> int:
        return sum(line[column] in ("", "NULL") for line in self.lines)


def delivered(*paths: Path) -> Delivered:
    """Read CSV files with Python's own reader."""
    header: list[str] = []
    lines: list[dict[str, str]] = []
    for path in paths:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""))
        lines += list(reader)
        header = list(reader.fieldnames or [])
    return Delivered(header, lines)


def amount(text: str) -> Decimal | None:
    """Return the amount that a field means, None where it is open."""
    return None if text in ("", "NULL") else Decimal(text)


def published_nulls(installation: Installation, source: str) -> dict[str, int]:
    """Return how often each column is unknown in a source's published lines.

    A charge that no bill and no received invoice names is on an open invoice of its own, which says
    that it is provisional: its invoice is unknown.
    """
    with installation.open() as connection:
        names = [row[0] for row in connection.execute("describe focus.cost_and_usage").fetchall()]
        known = {
            name: "x_InvoiceBasis <> 'provisional'" for name in ("InvoiceId", "InvoiceDetailId")
        }
        counts = ", ".join(
            f'count(*) - count("{name}") filter ({known.get(name, "true")})' for name in names
        )
        row = connection.execute(
            f"select {counts} from focus.cost_and_usage where x_Source = ?", [source]
        ).fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def totals(installation: Installation, source: str) -> tuple[int, Decimal, Decimal]:
    """Return lines, billed and effective cost of a source in the published ledger."""
    (row,) = installation.query(
        "select count(*), sum(BilledCost), sum(EffectiveCost) from focus.cost_and_usage "
        "where x_Source = ?",
        [source],
    )
    return row  # type: ignore[return-value]


@dataclass(frozen=True)
class RanTwice:
    """What a second run did to an installation."""

    second: Run
    hashes: tuple[str | None, str | None]
    snapshots: tuple[list[str], list[str]]


def run_again(installation: Installation) -> RanTwice:
    hash_before, snapshots_before = installation.published_hash(), installation.snapshots()
    second = installation.run_here()
    return RanTwice(
        second,
        (hash_before, installation.published_hash()),
        (snapshots_before, installation.snapshots()),
    )


@pytest.fixture(scope="module")
def samples_again(samples: Installation, shared_dir: Path) -> RanTwice:
    """Run the installation of the published samples once more; it must not change."""
    with one_worker_at_a_time(shared_dir / "samples.lock"):
        return run_again(samples)


@pytest.fixture(scope="module")
def by_hand(published_once: Installation, shared_dir: Path) -> RanTwice:
    """Run the installation of the bills made by hand once more; it must not change."""
    with one_worker_at_a_time(shared_dir / "published.lock"):
        return run_again(published_once)


def test_the_aws_sample_arrives_to_the_last_digit(samples: Installation) -> None:
    assert totals(samples, "aws_sample")[:2] == (1281, Decimal("1.68230869740"))


def test_the_focus_sample_arrives_to_the_last_digit(samples: Installation) -> None:
    assert totals(samples, "focus_sample") == (
        1000,
        Decimal("20.52022672899"),
        Decimal("14.97651418586"),
    )


def test_the_samples_say_the_same_when_python_reads_them(samples: Installation) -> None:
    bill = delivered(*sorted(FOCUS_SAMPLE.glob("*.csv")))
    assert totals(samples, "focus_sample") == (
        len(bill.lines),
        bill.total("BilledCost"),
        bill.total("EffectiveCost"),
    )
    report = delivered(*sorted(AWS_SAMPLE.glob("*.csv.gz")))
    assert totals(samples, "aws_sample")[:2] == (
        len(report.lines),
        report.total("lineItem/UnblendedCost"),
    )


def test_the_focus_sample_keeps_its_nulls(samples: Installation) -> None:
    bill = delivered(*sorted(FOCUS_SAMPLE.glob("*.csv")))
    assert_same_nulls(samples, "focus_sample", bill, focus_names(bill))


def test_the_aws_sample_keeps_its_nulls(samples: Installation) -> None:
    report = delivered(*sorted(AWS_SAMPLE.glob("*.csv.gz")))
    assert_same_nulls(samples, "aws_sample", report, aws_names(report))


def test_every_amount_of_the_focus_sample_is_there(samples: Installation) -> None:
    """Totals could agree by accident; the amounts one by one cannot."""
    bill = delivered(*sorted(FOCUS_SAMPLE.glob("*.csv")))
    published = samples.query(
        f"select {', '.join(COSTS)} from focus.cost_and_usage where x_Source = 'focus_sample'"
    )
    said = [tuple(amount(line[name]) for name in COSTS) for line in bill.lines]
    assert Counter(published) == Counter(said)


def test_every_line_of_the_samples_is_a_charge_of_its_own(samples: Installation) -> None:
    assert samples.scalar(
        "select count(distinct x_ChargeId) from focus.cost_and_usage "
        "where x_Source in ('aws_sample', 'focus_sample')"
    ) == (1281 + 1000)


def test_every_native_column_of_the_aws_sample_arrives(samples: Installation) -> None:
    report = delivered(*sorted(AWS_SAMPLE.glob("*.csv.gz")))
    assert_native_columns_arrive(samples, "aws_sample", report)


def test_a_second_run_of_the_samples_changes_nothing(samples_again: RanTwice) -> None:
    assert_unchanged(samples_again)


def test_the_bills_made_by_hand_arrive_to_the_last_digit(published: Installation) -> None:
    rows = published.query(
        "select x_Source, cast(x_BillingPeriod as varchar), BillingCurrency, count(*), "
        "sum(BilledCost), sum(EffectiveCost), sum(ListCost), sum(ContractedCost) "
        "from focus.cost_and_usage group by all order by all"
    )
    # As tests/fixtures/README.md adds them up.
    september = Decimal("60.593333333333")
    october = Decimal("26.700000000001")
    assert [row[:6] for row in rows] == [
        ("aws_small", "2026-09-01", "USD", 8, september, september),
        ("aws_small", "2026-10-01", "USD", 6, october, october),
        ("focus_small", "2026-10-01", "EUR", 8, Decimal("153.30"), Decimal("105.466666666667")),
    ]
    assert rows[2][6:] == (Decimal("175.70"), Decimal("165.50"))


def test_the_bills_made_by_hand_keep_their_nulls(published: Installation) -> None:
    bill = delivered(FIXTURES / "focus" / "focus_1_2.csv")
    assert_same_nulls(published, "focus_small", bill, focus_names(bill))
    report = delivered(*sorted((FIXTURES / "aws_legacy").glob("*.csv")))
    assert_same_nulls(published, "aws_small", report, aws_names(report))


def test_every_native_column_of_the_bill_made_by_hand_arrives(published: Installation) -> None:
    report = delivered(FIXTURES / "aws_legacy" / "2026-09.csv")
    carried = assert_native_columns_arrive(published, "aws_small", report)
    # The line of the GPU machine has a value in each of them.
    assert len(carried) > 90


def test_a_month_s_file_has_the_native_columns_that_its_bill_fills(published: Installation) -> None:
    conformed = published.data / "warehouse" / "conform" / "int_charges_conformed_aws_cur_legacy"
    columns = {}
    for month in ("2026-09", "2026-10"):
        (file,) = conformed.glob(f"source=aws_small/billing_period={month}/*.parquet")
        found = published.query(f"describe select * from read_parquet('{file}')")
        columns[month] = {row[0] for row in found}
    assert {"x_pricing_term", "x_identity_line_item_id", "x_product"} <= columns["2026-09"]
    assert columns["2026-09"] - columns["2026-10"] > {"x_pricing_term", "x_reservation_end_time"}
    assert "x_identity_line_item_id" in columns["2026-10"]
    rows = published.query(
        "select count(x_PricingTerm), count(x_IdentityLineItemId) from focus.cost_and_usage "
        "where x_Source = 'aws_small' and x_BillingPeriod = date '2026-10-01'"
    )
    assert rows == [(0, 6)]


def test_the_bills_made_by_hand_get_the_owners_of_their_readme(published: Installation) -> None:
    """Billed amounts by owner and outcome, each of which the fixtures' README lets one add up."""
    rows = published.query(
        "select source, cast(billing_period as varchar), outcome, owner_id, sum(billed_cost), "
        "sum(effective_cost) from allocation.fct_allocated_cost group by all"
    )
    found = {tuple(row[:4]): tuple(row[4:]) for row in rows}
    third, third_and_remainder = Decimal("0.333333333333"), Decimal("0.333333333334")
    storage, tax = Decimal("0.333333333333"), Decimal("2.50")
    assert found[("aws_small", "2026-09-01", "owned", "platform")] == (
        storage * third_and_remainder,
        storage * third_and_remainder,
    )
    assert found[("aws_small", "2026-09-01", "owned", "search")] == (
        12 + 30 + 5 - 5 + storage * third + Decimal("2.10"),
        12 + 30 + Decimal("3.25") + storage * third + Decimal("2.10"),
    )
    assert found[("aws_small", "2026-09-01", "idle", "platform")] == (4, Decimal("0.75"))
    assert (
        found[("aws_small", "2026-10-01", "owned", "nlp")]
        == (Decimal("20.000000000001") + tax * third_and_remainder,) * 2
    )
    assert found[("aws_small", "2026-10-01", "unallocated", None)] == (Decimal("7.70"),) * 2
    assert found[("focus_small", "2026-10-01", "unallocated", None)] == (25, -25)
    assert found[("focus_small", "2026-10-01", "idle", "platform")] == (0, Decimal("0.50"))


def test_a_second_run_of_the_bills_made_by_hand_changes_nothing(by_hand: RanTwice) -> None:
    assert_unchanged(by_hand)


def focus_names(bill: Delivered) -> dict[str, str]:
    """Return the columns of a FOCUS file that the ledger carries under the same name."""
    return {
        name: name
        for name in bill.header
        if name not in NOT_CARRIED_AS_THEY_ARE and not name.startswith("x_") and name != "Id"
    }


def aws_names(report: Delivered) -> dict[str, str]:
    """Return the columns of a legacy report that the ledger carries under another name."""
    same = {header: name for header, name in AWS_SAME.items() if header in report.header}
    assert len(same) >= 8, "columns vary from month to month, but not these"
    return same


def assert_same_nulls(
    installation: Installation, source: str, bill: Delivered, same: Mapping[str, str]
) -> None:
    nulls = published_nulls(installation, source)
    assert {name: nulls[name] for name in same.values()} == {
        name: bill.null_count(header) for header, name in same.items()
    }


def assert_native_columns_arrive(
    installation: Installation, source: str, report: Delivered
) -> dict[str, str]:
    """Compare each column of a report with the x_ column that carries it, value by value.

    Returns:
        The columns of the report, with those that carry them.
    """
    fates = installation.query(
        "select native_column, fate, carried_by from trust.rpt_native_column where source = ?",
        [source],
    )
    assert {name for name, *_ in fates} >= set(report.header)
    assert [fate for fate in fates if fate[1] != "carried"] == []
    carried = {
        name: carriers[-1]
        for name, _, carried_by in fates
        if name in report.header
        and (carriers := [c for c in carried_by.split(", ") if c.startswith(NATIVE)])
    }
    values = {name: carried_value(name, carrier) for name, carrier in carried.items()}
    rows = installation.query(
        f"select {', '.join(f'cast({value} as varchar)' for value in values.values())} "
        "from focus.cost_and_usage where x_Source = ? and x_BillingPeriod = ?",
        [source, report.lines[0]["bill/BillingPeriodStartDate"][:10]],
    )
    for name, found in zip(values, zip(*rows, strict=True), strict=True):
        said = Counter(native_value(line[name]) for line in report.lines)
        assert Counter(native_value(value or "") for value in found) == said, name
    return carried


def carried_value(name: str, carrier: str) -> str:
    """Return the SQL of a report's column in the x_ column that carries it."""
    if carrier not in FAMILIES:
        return f'"{carrier}"'
    key = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name.split("/")[1]).lower()
    if carrier == "x_CostCategory":
        key = name.split("/")[1]
    return f'json_extract_string("{carrier}", \'$."{key}"\')'


def native_value(text: str) -> Decimal | str:
    """Return a number as one, as the ledger keeps it, and any other text as it is."""
    return round(Decimal(text), 12) if NUMBER.fullmatch(text) else text


def assert_unchanged(ran: RanTwice) -> None:
    assert ran.second.exit_code == 0, ran.second.text
    assert ran.hashes[0] == ran.hashes[1]
    assert ran.snapshots[0] == ran.snapshots[1]
    assert ran.snapshots[0], "the first run made no snapshot"
    assert "nothing changed since the last publication" in ran.second.text.lower()
    assert not any(
        line.startswith(("conform ", "allocate ", "marts ")) for line in ran.second.lines
    )
