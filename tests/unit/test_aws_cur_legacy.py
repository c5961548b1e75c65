"""Legacy reports: CSV and Parquet, with a manifest or without, with columns that come and go."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_bills import OCTOBER, FileSource, Line, write_csv, write_parquet

from orchestration.extract.aws_cur_legacy import athena_name
from orchestration.extract.period import BillingPeriod

SEPTEMBER = BillingPeriod.parse("2026-09")
FOLDER = "20261001-20261101"


def line(cost: str, month: str = "10", **more: Any) -> dict[str, Any]:
    return {
        "identity/LineItemId": "line-1",
        "bill/BillingPeriodStartDate": f"2026-{month}-01T00:00:00Z",
        "bill/PayerAccountId": "111111111111",
        "lineItem/CurrencyCode": "USD",
        "lineItem/LineItemType": "Usage",
        "lineItem/UnblendedCost": cost,
        "lineItem/UsageAccountId": "222222222222",
        "lineItem/UsageStartDate": f"2026-{month}-03T14:00:00Z",
        "savingsPlan/SavingsPlanARN": "",
        **more,
    }


def athena_line(cost: float, **more: Any) -> dict[str, Any]:
    """Return a line of a Parquet report, as Athena names its columns."""
    named = {athena_name(header): value for header, value in line("0").items()}
    return named | {"line_item_unblended_cost": cost} | more


ATHENA_TYPES = {
    athena_name(header): "timestamp"
    if header.endswith("Date")
    else "double"
    if header.endswith("Cost")
    else "varchar"
    for header in line("0")
}


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    return FileSource("aws_cur_legacy", tmp_path / "report", tmp_path / "data")


def write_manifest(folder: Path, path: str, keys: Sequence[str]) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    content = {"assemblyId": "a-1", "compression": "GZIP", "reportKeys": list(keys)}
    target.write_text(json.dumps(content))


def costs(rows: Sequence[Line]) -> list[Decimal]:
    return sorted(row["line_item_unblended_cost"] for row in rows)


def tags(rows: Sequence[Line]) -> dict[Decimal, dict[str, str]]:
    return {row["line_item_unblended_cost"]: row["resource_tags"] for row in rows}


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("lineItem/UnblendedCost", "line_item_unblended_cost"),
        ("identity/LineItemId", "identity_line_item_id"),
        ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"),
        ("reservation/ReservationARN", "reservation_reservation_a_r_n"),
        ("product/ProductName", "product_product_name"),
        ("product/instanceType", "product_instance_type"),
        ("product/sku", "product_sku"),
        ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
        (
            "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
            "reservation_unused_amortized_upfront_fee_for_billing_period",
        ),
        ("line_item_unblended_cost", "line_item_unblended_cost"),
    ],
)
def test_a_header_gets_the_name_that_athena_gives_it(header: str, name: str) -> None:
    assert athena_name(header) == name


@pytest.mark.parametrize("name", ["report.csv", "report.csv.gz"])
def test_a_plain_file_is_read_whole(source: FileSource, name: str) -> None:
    write_csv(source.bills / name, [line("0.1"), line("-0.30000000001"), line("12345678.9")])
    rows = source.rows()
    assert costs(rows) == [Decimal("-0.30000000001"), Decimal("0.1"), Decimal("12345678.9")]
    assert rows[0]["line_item_usage_start_date"].isoformat() == "2026-10-03T14:00:00"
    # What is open in the file stays open.
    assert rows[0]["savings_plan_savings_plan_a_r_n"] is None


def test_the_url_may_be_one_file(tmp_path: Path) -> None:
    path = tmp_path / "october.csv"
    write_csv(path, [line("1")])
    write_csv(tmp_path / "other.csv", [line("100")])
    assert costs(FileSource("aws_cur_legacy", path, tmp_path / "data").rows()) == [Decimal(1)]


def test_a_parquet_report_lands_as_the_same_rows_as_csv(tmp_path: Path) -> None:
    text = FileSource("aws_cur_legacy", tmp_path / "csv", tmp_path / "csv_data")
    write_csv(
        text.bills / "report.csv.gz",
        [line("0.1", **{"resourceTags/user:team": "search"}), line("1234567.891234")],
    )
    parquet = FileSource("aws_cur_legacy", tmp_path / "parquet", tmp_path / "parquet_data")
    write_parquet(
        parquet.bills / "report.snappy.parquet",
        [
            athena_line(0.1, resource_tags_user_team="search"),
            athena_line(1234567.891234),
        ],
        ATHENA_TYPES | {"resource_tags_user_team": "varchar"},
    )
    as_text, as_parquet = text.rows(), parquet.rows()
    assert [row.pop("resource_tags") for row in as_text] == [{"user:team": "search"}, {}]
    assert [row.pop("resource_tags") for row in as_parquet] == [{"user_team": "search"}, {}]
    assert as_text == as_parquet


def test_columns_may_come_and_go_from_month_to_month(source: FileSource) -> None:
    september = line("1", month="09", **{"product/sku": "S", "resourceTags/user:team": "search"})
    october = line("2", **{"product/ProductName": "EC2", "resourceTags/user:env": "prod"})
    write_csv(source.bills / "september.csv", [september])
    write_csv(source.bills / "october.csv", [october], header=sorted(october))
    (first,) = source.rows(SEPTEMBER)
    (second,) = source.rows(OCTOBER)
    assert (first["product_sku"], first["product_product_name"]) == ("S", None)
    assert (second["product_sku"], second["product_product_name"]) == (None, "EC2")
    assert (first["resource_tags"], second["resource_tags"]) == (
        {"user:team": "search"},
        {"user:env": "prod"},
    )


def test_columns_may_differ_between_the_files_of_a_month(source: FileSource) -> None:
    write_csv(source.bills / "a.csv", [line("1", **{"product/sku": "S"})])
    write_csv(source.bills / "b.csv", [line("2", **{"resourceTags/user:team": "nlp"})])
    rows = source.rows()
    assert {row["line_item_unblended_cost"]: row["product_sku"] for row in rows} == {
        Decimal(1): "S",
        Decimal(2): None,
    }
    assert tags(rows)[Decimal(2)] == {"user:team": "nlp"}


def test_one_column_in_two_spellings_is_one_column(source: FileSource) -> None:
    spelled = {"product/productFamily": "", "product/ProductFamily": "x", "product/sku": "S"}
    write_csv(source.bills / "report.csv", [line("1", **spelled)])
    assert [row["product_sku"] for row in source.rows()] == ["S"]


def test_tags_that_differ_only_in_case_are_two_tags(source: FileSource) -> None:
    """AWS tells Team from team; the order of such columns differs from file to file."""
    upper, lower = "resourceTags/user:Team", "resourceTags/user:team"
    write_csv(source.bills / "a.csv", [line("1", **{upper: "A", lower: "a"})])
    write_csv(source.bills / "b.csv", [line("2", **{lower: "b", upper: "B"})])
    assert tags(source.rows()) == {
        Decimal(1): {"user:Team": "A", "user:team": "a"},
        Decimal(2): {"user:Team": "B", "user:team": "b"},
    }


def test_a_tag_whose_name_ends_in_a_number_keeps_it(source: FileSource) -> None:
    headers = {"resourceTags/user:team": "x", "resourceTags/user:team_1": "y"}
    write_csv(source.bills / "a.csv", [line("1", **headers)])
    assert tags(source.rows()) == {Decimal(1): {"user:team": "x", "user:team_1": "y"}}


NASTY = "a \"b\"; 'c', <d> \u202e/../{}"


def test_a_tag_may_hold_anything(source: FileSource) -> None:
    value = f"{NASTY}\n{'x' * 10_000}"
    headers = {f"resourceTags/user:{NASTY}": value, "resourceTags/aws:createdBy": "IAM:x"}
    write_csv(source.bills / "report.csv", [line("1", **headers), line("2")])
    assert tags(source.rows()) == {
        Decimal(1): {f"user:{NASTY}": value, "aws:createdBy": "IAM:x"},
        Decimal(2): {},
    }


def test_a_file_of_several_months_is_sorted_into_them(source: FileSource) -> None:
    write_csv(
        source.bills / "report.csv.gz",
        [line("1"), line("2", month="09"), line("3"), line("-4.000000000001", month="09")],
    )
    assert source.states() == {"2026-09": "new", "2026-10": "new"}
    assert costs(source.rows(SEPTEMBER)) == [Decimal("-4.000000000001"), Decimal(2)]
    assert costs(source.rows(OCTOBER)) == [Decimal(1), Decimal(3)]


def test_a_month_may_lie_in_a_file_of_its_own_and_in_one_of_several(source: FileSource) -> None:
    """The part of the second file becomes Parquet; the first stays CSV."""
    write_csv(source.bills / "a.csv", [line("1", **{"resourceTags/user:team": "x"})])
    write_csv(source.bills / "b.csv", [line("2"), line("3", month="09")])
    write_parquet(source.bills / "c.parquet", [athena_line(2000.1)], ATHENA_TYPES)
    assert costs(source.rows(OCTOBER)) == [Decimal(1), Decimal(2), Decimal("2000.1")]
    assert costs(source.rows(SEPTEMBER)) == [Decimal(3)]
    assert source.states() == {"2026-09": "unchanged", "2026-10": "unchanged"}


def test_a_changed_file_is_a_new_snapshot_of_its_own_month_only(source: FileSource) -> None:
    write_csv(source.bills / "a.csv", [line("1")])
    write_csv(source.bills / "b.csv", [line("2", month="09")])
    source.rows()
    write_csv(source.bills / "a.csv", [line("1"), line("5")])
    assert source.states() == {"2026-09": "unchanged", "2026-10": "new"}
    assert costs(source.rows()) == [Decimal(1), Decimal(5)]


def deliver(source: FileSource, assembly: str, amounts: Sequence[str]) -> list[str]:
    """Write a delivery of October in its own folder and return the keys of its files."""
    keys = []
    for number, amount in enumerate(amounts, start=1):
        path = f"{FOLDER}/{assembly}/report-{number}.csv.gz"
        write_csv(source.bills / path, [line(amount)])
        keys.append(f"prefix/report/{path}")
    write_manifest(source.bills, f"{FOLDER}/{assembly}/report-Manifest.json", keys)
    write_manifest(source.bills, f"{FOLDER}/report-Manifest.json", keys)
    return keys


def test_the_manifest_at_the_top_of_the_month_counts(source: FileSource) -> None:
    deliver(source, "ffff-old", ["7", "8"])
    assert costs(source.rows()) == [Decimal(7), Decimal(8)]
    deliver(source, "0000-new", ["9", "7.5"])
    assert costs(source.rows()) == [Decimal("7.5"), Decimal(9)]


def test_a_stray_file_beside_a_manifest_is_not_counted(source: FileSource) -> None:
    deliver(source, "a", ["1"])
    write_csv(source.bills / FOLDER / "a" / "report-2.csv.gz", [line("100")])
    write_csv(source.bills / "2026-09.csv", [line("100", month="09")])
    assert source.states() == {"2026-10": "new"}
    assert costs(source.rows()) == [Decimal(1)]


def test_a_parquet_report_for_athena_is_read_by_its_manifest(source: FileSource) -> None:
    path = "report/year=2026/month=10/report-00001.snappy.parquet"
    write_parquet(source.bills / path, [athena_line(1.5)], ATHENA_TYPES)
    write_parquet(
        source.bills / "report/year=2026/month=10/report-00002.snappy.parquet",
        [athena_line(100.0)],
        ATHENA_TYPES,
    )
    write_manifest(source.bills, f"{FOLDER}/report-Manifest.json", [f"prefix/{path}"])
    assert costs(source.rows()) == [Decimal("1.5")]


def test_a_file_that_the_manifest_names_must_be_there(source: FileSource) -> None:
    keys = deliver(source, "a", ["1", "2"])
    (source.bills / FOLDER / "a" / "report-2.csv.gz").unlink()
    assert f"names {keys[1]}, which is not there (2 files in all)" in source.failure()


def test_a_file_of_another_month_does_not_hide_in_a_month(source: FileSource) -> None:
    deliver(source, "a", ["1"])
    write_csv(source.bills / FOLDER / "a" / "report-1.csv.gz", [line("1"), line("2", month="09")])
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    shape = next(check for check in landed.landing.checks if check.name == "shape")
    assert "Every bill_billing_period_start_date must hold: lies in 2026-10; 1 row(s) do not" in (
        shape.sentence
    )
    assert "they bill 2.000000000000000000 USD" in shape.sentence


WRONG: Mapping[str, tuple[bytes, str]] = {
    "another kind of file": (b"a,b\n1,2\n", "has no column that tells the billing period"),
    "only a header": (
        (",".join(line("0")) + "\n").encode(),
        "has no rows",
    ),
    "a line that is too short": (
        (",".join(line("0")) + "\n1,2\n").encode(),
        "cannot be read",
    ),
    "a line that is too long": (
        (",".join(line("0")) + "\n" + ",".join([*line("0").values(), "x"]) + "\n").encode(),
        "cannot be read",
    ),
    "no month": (
        (",".join(line("0")) + "\n" + ",".join(line("0", month="13").values()) + "\n").encode(),
        "1 row(s) have no billing period (for example '2026-13-01T00:00:00Z')",
    ),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_file_that_is_no_report_is_named(source: FileSource, fault: str) -> None:
    content, words = WRONG[fault]
    source.bills.mkdir()
    (source.bills / "bill.csv").write_bytes(content)
    reason = source.failure()
    assert "bill.csv" in reason
    assert words in reason


def packed_report(lines: int) -> bytes:
    text = ",".join(line("0")) + "\n"
    text += "".join(",".join(line(f"{number}.5").values()) + "\n" for number in range(lines))
    return gzip.compress(text.encode(), mtime=0)


@pytest.mark.parametrize("months", [("10",), ("09", "10")])
@pytest.mark.parametrize("lost", [1, 8, 9, 100, 5000])
def test_a_packed_file_that_is_cut_off_is_not_read_in_part(
    source: FileSource, lost: int, months: Sequence[str]
) -> None:
    """Cut between two lines, DuckDB would read what is there and say nothing."""
    source.bills.mkdir()
    whole = packed_report(20000)
    assert len(whole) > 10000
    (source.bills / "bill.csv.gz").write_bytes(whole[:-lost])
    if len(months) > 1:
        write_csv(source.bills / "other.csv", [line("1", month=month) for month in months])
    assert "bill.csv.gz is cut off or damaged" in source.failure()
    assert not list((source.data / "extracted").rglob("receipt.json"))


def test_a_packed_file_with_a_wrong_byte_is_not_read(source: FileSource) -> None:
    source.bills.mkdir()
    whole = bytearray(packed_report(20000))
    whole[-6] ^= 1  # the checksum at the end
    (source.bills / "bill.csv.gz").write_bytes(whole)
    assert "bill.csv.gz is cut off or damaged" in source.failure()


def test_a_packed_file_of_several_members_is_read_whole(source: FileSource) -> None:
    source.bills.mkdir()
    rest = ",".join(line("2").values()) + "\n"
    content = packed_report(1) + gzip.compress(rest.encode())
    (source.bills / "bill.csv.gz").write_bytes(content)
    assert costs(source.rows()) == [Decimal("0.5"), Decimal(2)]


def test_a_line_that_begins_like_a_comment_is_a_line(source: FileSource) -> None:
    lines = [
        line("1", **{"identity/LineItemId": "#1"}),
        line("2", **{"identity/LineItemId": "--"}),
        line("3"),
    ]
    write_csv(source.bills / "bill.csv", lines, lineterminator="\n")
    assert costs(source.rows()) == [Decimal(1), Decimal(2), Decimal(3)]


def test_a_folder_without_a_report_is_named(source: FileSource) -> None:
    source.bills.mkdir()
    (source.bills / "readme.pdf").write_bytes(b"x")
    assert "holds no manifest, CSV or Parquet file of a report" in source.failure()


@pytest.mark.parametrize("amount", ["abc", "NaN", "1,50", "1e25", "$5"])
def test_a_text_in_a_number_column_is_named(source: FileSource, amount: str) -> None:
    write_csv(source.bills / "bill.csv", [line("1"), line(amount), line("2")])
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    shape = next(check for check in landed.landing.checks if check.name == "shape")
    assert not shape.passed
    assert f"file bill.csv, row 2, column line_item_unblended_cost: {amount!r}" in shape.sentence
