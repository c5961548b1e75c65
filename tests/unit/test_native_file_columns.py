"""What becomes of the columns of delivered files, and what an unknown one adds up to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.cur2_writer import COLUMNS
from orchestration.extract.registry import KINDS
from orchestration.extract.snapshot import UnreadField
from orchestration.land.native_columns import NativeColumn, native_columns
from orchestration.settings import PROJECT_DIR

FIXTURES = PROJECT_DIR / "tests" / "fixtures"


def columns_of(kind: str, *paths: Path) -> Mapping[str, NativeColumn]:
    """Return the columns of files of the first dataset of a kind."""
    with duckdb.connect() as connection:
        found = native_columns(connection, kind, KINDS[kind].datasets[0], paths)
    return {column.native_column: column for column in found}


def parquet(path: Path, select: str) -> Path:
    """Write the rows of a SELECT."""
    with duckdb.connect() as connection:
        connection.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path


def test_an_unknown_cost_is_counted_and_added_up_by_currency(tmp_path: Path) -> None:
    file = parquet(
        tmp_path / "bill.parquet",
        "select * from (values ('USD', 1.5::double, 0.1::double, 'a'), ('USD', 2.5, 0.2, null), "
        "('EUR', 3, null, ' ')) as t (line_item_currency_code, line_item_unblended_cost, "
        "line_item_carbon_fee, note)",
    )
    found = columns_of("aws_cur2", file)
    assert found["line_item_unblended_cost"].landed_column == "line_item_unblended_cost"
    assert found["line_item_unblended_cost"].values_count is None
    fee = found["line_item_carbon_fee"]
    # As decimals 0.1 and 0.2 are 0.3; as floats they are not.
    assert (fee.values_count, fee.amounts) == (2, {"USD": "0.300000000000"})
    assert fee.is_unknown
    # A blank is no value, and a note adds up to nothing.
    assert (found["note"].values_count, found["note"].amounts) == (1, {})


def test_files_of_different_columns_are_added_up(tmp_path: Path) -> None:
    first = tmp_path / "first.csv"
    first.write_text("lineItem/CurrencyCode,lineItem/CarbonFee,resourceTags/user:a\nusd,1.10,x\n")
    second = tmp_path / "second.csv"
    second.write_text("lineItem/CarbonFee,lineItem/CurrencyCode\n2.20,USD\nn/a,USD\n")
    found = columns_of("aws_cur_legacy", first, second)
    assert found["resourceTags/user:a"].landed_column == "resource_tags"
    fee = found["lineItem/CarbonFee"]
    assert (fee.values_count, fee.amounts) == (3, {"USD": "3.300000000000"})


def test_families_of_columns_are_landed_as_one(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_text(
        "lineItem/BlendedCost,product/memory,product/instanceFamily,costCategory/Team,"
        "discount/Other,identity/LineItemId\n1,2,3,4,5,6\n"
    )
    found = columns_of("aws_cur_legacy", file)
    assert {name: column.landed_column for name, column in found.items()} == {
        "lineItem/BlendedCost": "line_item_blended_cost",
        "product/memory": "product",
        "product/instanceFamily": "product_instance_family",
        "costCategory/Team": "cost_category",
        "discount/Other": "discount",
        "identity/LineItemId": "identity_line_item_id",
    }


def test_a_column_that_is_left_out_is_named_by_its_entry(tmp_path: Path) -> None:
    cur2 = parquet(tmp_path / "bill.parquet", "select 'ada' as line_item_user_identifier")
    focus = tmp_path / "focus.csv"
    focus.write_text("BilledCost,x_AccountOwnerId,x_SnapshotId\n1,ada@example.com,0001-a\n")
    left_out = {
        name: column.left_out_as
        for kind, file in (("aws_cur2", cur2), ("focus", focus))
        for name, column in columns_of(kind, file).items()
        if column.left_out_as
    }
    assert left_out == {
        name: name for name in ("line_item_user_identifier", "x_AccountOwnerId", "x_SnapshotId")
    }


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_fields_of_records_that_no_column_is_made_of_are_told(kind: str) -> None:
    unread = [UnreadField("rebate_amount", 2, {"USD": "1.5"}), UnreadField("object", 3, {})]
    with duckdb.connect() as connection:
        found = {
            column.native_column: column
            for column in native_columns(connection, kind, KINDS[kind].datasets[0], [], unread)
        }
    rebate = found.pop("rebate_amount")
    assert rebate.is_unknown
    assert (rebate.values_count, rebate.amounts) == (2, {"USD": "1.5"})
    # Anthropic's records have no such field: there it would be unknown.
    assert found.pop("object").left_out_as == ("object" if kind == "openai" else None)
    assert "bucket_start" in found
    assert [name for name, column in found.items() if column.landed_column != name] == []


def test_a_focus_column_that_landing_does_not_keep_is_unknown(tmp_path: Path) -> None:
    file = tmp_path / "focus.csv"
    file.write_text(
        "BilledCost,billed_cost,BillingCurrency,x_Surcharge,x_CostCenter,Notes\n"
        "1,2,EUR,3,cost of 7,hello\n"
    )
    found = columns_of("focus", file)
    assert found["BilledCost"].landed_column == "billed_cost"
    # The second of two columns with the same letters is not landed; its money is told.
    assert found["billed_cost"].amounts == {"EUR": "2.000000000000"}
    assert found["x_Surcharge"].amounts == {"EUR": "3.000000000000"}
    assert (found["Notes"].values_count, found["Notes"].amounts) == (1, {})
    # What a provider is known to add is kept.
    assert found["x_CostCenter"].landed_column == "x_provider"


@pytest.mark.parametrize("kind", ["openai", "anthropic", "litellm"])
def test_records_have_no_columns_of_files(kind: str, tmp_path: Path) -> None:
    assert columns_of(kind, tmp_path / "rows.ndjson.gz") == {}


def test_every_column_of_a_whole_export_is_known(tmp_path: Path) -> None:
    nothing = ", ".join(f"null::varchar as {name}" for name in COLUMNS)
    found = columns_of("aws_cur2", parquet(tmp_path / "bill.parquet", f"select {nothing}"))
    assert set(found) == set(COLUMNS)
    assert [name for name, column in found.items() if column.is_unknown] == []


def test_of_the_bills_made_by_hand_every_column_is_known() -> None:
    reports = sorted((FIXTURES / "aws_legacy").glob("*.csv"))
    found = {
        **columns_of("aws_cur_legacy", *reports),
        **columns_of("focus", FIXTURES / "focus" / "focus_1_2.csv"),
    }
    assert [name for name, column in found.items() if column.landed_column is None] == []
