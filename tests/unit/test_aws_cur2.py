"""CUR 2.0 exports: the manifest decides the files, and Parquet and CSV say the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_bills import OCTOBER, FileSource, Line, write_csv, write_parquet

from orchestration.extract.period import BillingPeriod

EXPORT = "exports/main"
TYPES = {
    "identity_line_item_id": "varchar",
    "bill_billing_period_start_date": "timestamp_ms",
    "bill_payer_account_id": "varchar",
    "line_item_currency_code": "varchar",
    "line_item_line_item_type": "varchar",
    "line_item_unblended_cost": "double",
    "line_item_usage_account_id": "varchar",
    "line_item_usage_start_date": "timestamp_ms",
    "line_item_usage_amount": "double",
    "line_item_iam_principal": "varchar",
    "product": "map(varchar, varchar)",
    "resource_tags": "map(varchar, varchar)",
    "tags": "map(varchar, varchar)",
    "cost_category": "map(varchar, varchar)",
    "discount": "map(varchar, varchar)",
}
NET_TYPES = TYPES | {"line_item_net_unblended_cost": "double"}
AT_TWO = "2026-10-03T14:00:00"
SEPTEMBER = BillingPeriod.parse("2026-09")


def line(cost: float | None, **more: Any) -> dict[str, Any]:
    return {
        "identity_line_item_id": "line-1",
        "bill_billing_period_start_date": "2026-10-01 00:00:00",
        "bill_payer_account_id": "111111111111",
        "line_item_currency_code": "USD",
        "line_item_line_item_type": "Usage",
        "line_item_unblended_cost": cost,
        "line_item_usage_account_id": "222222222222",
        "line_item_usage_start_date": "2026-10-03 14:00:00",
        "line_item_usage_amount": 0.1,
        **more,
    }


def manifest(keys: Sequence[str], **more: Any) -> str:
    return json.dumps({"exportArn": "arn:aws:bcm-data-exports", "dataFiles": keys, **more})


class Export:
    """An export in a folder, in the layout that AWS delivers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, kind: str, month: str, name: str, execution: str = "") -> str:
        between = f"{execution}/" if execution else ""
        return f"{kind}/BILLING_PERIOD={month}/{between}{name}"

    def deliver(
        self,
        files: Mapping[str, Sequence[Line]],
        month: str = "2026-10",
        execution: str = "",
        types: Mapping[str, str] = TYPES,
    ) -> None:
        """Deliver files of a month and then their manifest."""
        for name, lines in files.items():
            target = self.folder / self.path("data", month, name, execution)
            if name.endswith(".parquet"):
                write_parquet(target, lines, types)
            else:
                write_csv(target, lines, header=list(types))
        keys = [f"s3://bills/{EXPORT}/{self.path('data', month, n, execution)}" for n in files]
        self.name(keys, month, execution)

    def name(self, keys: Sequence[str], month: str = "2026-10", execution: str = "") -> None:
        """Write a month's manifest."""
        target = self.folder / self.path("metadata", month, "main-Manifest.json", execution)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(manifest(keys, executionId=execution or "e-1"))


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    return FileSource("aws_cur2", tmp_path / "export", tmp_path / "data")


@pytest.fixture
def export(source: FileSource) -> Export:
    return Export(source.bills)


def costs(rows: Sequence[Line]) -> list[Decimal]:
    return sorted(row["line_item_unblended_cost"] for row in rows)


PART_1, PART_2 = "main-00001.snappy.parquet", "main-00002.snappy.parquet"


def test_an_overwriting_export_is_read_by_its_manifest(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(1.1), line(-0.3)], PART_2: [line(2.0)]})
    (pulled,) = source.pull()
    assert pulled.state == "new" and pulled.snapshot is not None
    receipt = pulled.snapshot.receipt
    assert (receipt.row_count, receipt.totals) == (3, {"USD": Decimal("2.8")})
    assert [file.name for file in receipt.files] == [PART_1, PART_2]
    assert receipt.origin.endswith("metadata/BILLING_PERIOD=2026-10/main-Manifest.json")
    assert costs(source.rows()) == [Decimal("-0.3"), Decimal("1.1"), Decimal("2")]


def test_a_stray_file_in_the_month_s_folder_is_not_counted(
    source: FileSource, export: Export
) -> None:
    export.deliver({PART_1: [line(1.0)]})
    for stray in ("main-00003.snappy.parquet", "old/main-00001.snappy.parquet"):
        write_parquet(export.folder / export.path("data", "2026-10", stray), [line(100.0)], TYPES)
    assert costs(source.rows()) == [Decimal(1)]


def test_of_several_executions_the_newest_counts_alone(source: FileSource, export: Export) -> None:
    old = "2026-11-02T13:14:43.337Z-6b622448-0001"
    new = "2026-11-03T01:00:00.000Z-00000000-0002"
    export.deliver({PART_1: [line(7.0)], PART_2: [line(8.0)]}, execution=old)
    assert costs(source.rows()) == [Decimal(7), Decimal(8)]
    export.deliver({PART_1: [line(9.0), line(6.0)]}, execution=new)
    assert costs(source.rows()) == [Decimal(6), Decimal(9)]
    # An older execution that is delivered late does not come back.
    export.deliver({PART_1: [line(7.0)]}, execution="2026-11-01T00:00:00.000Z-ffffffff-0003")
    assert source.states() == {"2026-10": "unchanged"}


@pytest.mark.parametrize("switched_to", ["CREATE_NEW", "OVERWRITE"])
def test_an_export_that_was_switched_is_not_read_by_its_old_manifest(
    source: FileSource, export: Export, switched_to: str
) -> None:
    execution = "2026-11-03T01:00:00.000Z-00000000-0002"
    before, after = ("", execution) if switched_to == "CREATE_NEW" else (execution, "")
    export.deliver({PART_1: [line(7.0)]}, execution=before)
    assert costs(source.rows()) == [Decimal(7)]
    export.deliver({PART_2: [line(9.0)]}, execution=after)
    words = source.failure()
    assert (
        "2026-10 has a manifest of an overwriting export, metadata/BILLING_PERIOD=2026-10/main-"
        in words
    )
    assert f"metadata/BILLING_PERIOD=2026-10/{execution}/main-Manifest.json" in words
    # Once the manifest that AWS no longer writes is gone, the other one counts.
    (export.folder / export.path("metadata", "2026-10", "main-Manifest.json", before)).unlink()
    assert costs(source.rows()) == [Decimal(9)]


def test_a_month_is_replaced_as_a_whole(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(10.0)], PART_2: [line(5.0), line(1.0)]})
    source.rows()
    export.deliver({PART_1: [line(10.0), line(5.0), line(1.0), line(-1.0)]})
    assert costs(source.rows()) == [Decimal(-1), Decimal(1), Decimal(5), Decimal(10)]


def test_each_month_has_its_own_manifest(source: FileSource, export: Export) -> None:
    september = {
        "bill_billing_period_start_date": "2026-09-01 00:00:00",
        "line_item_usage_start_date": "2026-09-30 23:00:00",
    }
    export.deliver({PART_1: [line(1.0)]})
    export.deliver({PART_1: [line(2.0, **september)]}, month="2026-09")
    assert source.states() == {"2026-09": "new", "2026-10": "new"}
    assert costs(source.rows(SEPTEMBER)) == [Decimal(2)]
    assert costs(source.rows(OCTOBER)) == [Decimal(1)]


def test_nothing_new_is_not_copied_again(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(1.0)]})
    source.rows()
    assert source.states() == {"2026-10": "unchanged"}


MAPS = {
    "product": {"product_name": "Amazon Bedrock", "region": "us-east-1"},
    "resource_tags": {"user_team": "search", "aws_createdBy": 'AssumedRole:"x"', "user_empty": ""},
    "tags": {"resourceTags/user:team": "search", "iamPrincipal/owner": "ann, 'the' boss"},
    "cost_category": {"Env": "prod"},
    "discount": {},
}


def test_parquet_and_csv_land_as_the_same_rows(tmp_path: Path) -> None:
    lines = [
        line(0.1, **MAPS, line_item_iam_principal="arn:aws:sts::1:assumed-role/A/i-0"),
        line(1234567.891234, line_item_usage_amount=5210.4),
        line(-25.0, line_item_line_item_type="Credit", line_item_usage_amount=None),
        line(0.30000000000000004, resource_tags={"user_team": "a\nb"}),
    ]
    landed = []
    for name in (PART_1, "main-00001.csv.gz"):
        source = FileSource("aws_cur2", tmp_path / name / "export", tmp_path / name / "data")
        Export(source.bills).deliver({name: lines})
        landed.append(source.rows())
    parquet, text = landed
    # Empty values tell a map of a Parquet file from none; both mean that there is nothing.
    for rows in landed:
        for row in rows:
            row["tags"] = row["tags"] or None
    assert text == parquet
    first = parquet[0]
    assert first["product"] == MAPS["product"]
    assert first["resource_tags"] == MAPS["resource_tags"]
    assert first["tags"] == MAPS["tags"]
    assert first["line_item_iam_principal"] == "arn:aws:sts::1:assumed-role/A/i-0"
    assert first["line_item_usage_start_date"].isoformat() == AT_TWO
    assert first["line_item_usage_amount"] == Decimal("0.1")
    assert [row["line_item_unblended_cost"] for row in parquet] == [
        Decimal("0.1"),
        Decimal("1234567.891234"),
        Decimal(-25),
        # Seventeen decimals: rounded once, to the ledger's twelve.
        Decimal("0.3"),
    ]
    assert parquet[2]["line_item_usage_amount"] is None
    assert parquet[3]["resource_tags"] == {"user_team": "a\nb"}


@pytest.mark.parametrize(
    "clock", ["2026-10-03T14:00:00Z", "2026-10-03T14:00:00.000Z", "2026-10-03T16:00:00+02:00"]
)
def test_a_clock_of_csv_is_utc(source: FileSource, export: Export, clock: str) -> None:
    export.deliver({"main-00001.csv.gz": [line(1.0, line_item_usage_start_date=clock)]})
    (row,) = source.rows()
    assert row["line_item_usage_start_date"].isoformat() == AT_TWO


def test_net_columns_are_optional(source: FileSource, export: Export) -> None:
    """Columns of discounts are there in the months that have any, and replace nothing."""
    export.deliver({PART_1: [line(10.0)]})
    (without,) = source.rows()
    export.deliver({PART_1: [line(10.0, line_item_net_unblended_cost=8.0)]}, types=NET_TYPES)
    (net,) = source.rows()
    assert without["line_item_net_unblended_cost"] is None
    assert net == without | {"line_item_net_unblended_cost": Decimal(8)}


def test_a_column_that_one_file_lacks_is_open_there(source: FileSource, export: Export) -> None:
    narrow = {name: kind for name, kind in TYPES.items() if name != "line_item_iam_principal"}
    export.deliver({PART_1: [line(1.0, line_item_iam_principal="arn:x")]})
    path = export.folder / export.path("data", "2026-10", PART_2)
    write_parquet(path, [line(2.0)], narrow)
    export.name([f"data/BILLING_PERIOD=2026-10/{name}" for name in (PART_1, PART_2)])
    found = {
        row["line_item_unblended_cost"]: row["line_item_iam_principal"] for row in source.rows()
    }
    assert found == {Decimal(1): "arn:x", Decimal(2): None}


@pytest.mark.parametrize("below", ["", "main", "exports/main", "bills/exports/main"])
def test_the_url_may_point_at_bucket_prefix_or_export(tmp_path: Path, below: str) -> None:
    source = FileSource("aws_cur2", tmp_path / "bills", tmp_path / "data")
    Export(source.bills / below).deliver({PART_1: [line(3.0)]})
    assert costs(source.rows()) == [Decimal(3)]


def test_a_file_that_the_manifest_names_must_be_there(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(1.0)], PART_2: [line(2.0)]})
    (export.folder / export.path("data", "2026-10", PART_2)).unlink()
    words = source.failure()
    assert f"names s3://bills/{EXPORT}/data/BILLING_PERIOD=2026-10/{PART_2}, which is not " in words
    assert "nothing of it was taken in" in words


def test_a_file_of_the_same_name_elsewhere_is_not_the_file(
    source: FileSource, export: Export
) -> None:
    export.deliver({PART_1: [line(1.0)]})
    named = export.folder / export.path("data", "2026-10", PART_1)
    (export.folder / PART_1).write_bytes(named.read_bytes())
    named.unlink()
    assert "which is not there" in source.failure()


def test_a_lost_file_leaves_the_old_snapshot(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(1.0)]})
    before = source.rows()
    export.name(["data/BILLING_PERIOD=2026-10/gone.parquet"])
    assert source.states() == {"2026-10": "failed"}
    (landed,) = source.land()
    assert (landed.state, landed.landing.row_count) == ("kept", len(before))


def test_a_file_that_is_named_twice_is_not_counted_twice(
    source: FileSource, export: Export
) -> None:
    export.deliver({PART_1: [line(1.0)]})
    export.name([f"data/BILLING_PERIOD=2026-10/{PART_1}"] * 2)
    assert "names a file twice" in source.failure()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not a manifest that names its files"),
        ("{", "is not a manifest that names its files"),
        ("[]", "it is no JSON object"),
        ("{}", "it has none of the lists dataFiles, data_files, reportKeys"),
        ('{"dataFiles": "x"}', "it has none of the lists"),
        ('{"dataFiles": [1]}', "it has none of the lists"),
        ('{"dataFiles": []}', "the manifest names no file"),
        ("\xff\xfe", "is not a manifest that names its files"),
    ],
)
def test_a_manifest_that_names_no_files_is_named(
    source: FileSource, export: Export, text: str, words: str
) -> None:
    export.deliver({PART_1: [line(1.0)]})
    path = export.folder / export.path("metadata", "2026-10", "main-Manifest.json")
    path.write_bytes(text.encode("latin-1"))
    assert words in source.failure()


def test_files_without_a_manifest_are_no_export(source: FileSource, export: Export) -> None:
    write_parquet(export.folder / export.path("data", "2026-10", PART_1), [line(1.0)], TYPES)
    words = source.failure()
    assert "holds no manifest of a CUR 2.0 export" in words
    assert "the one with 'data' and 'metadata'" in words


def test_a_file_that_is_cut_off_is_named(source: FileSource, export: Export) -> None:
    export.deliver({PART_1: [line(1.0)]})
    path = export.folder / export.path("data", "2026-10", PART_1)
    path.write_bytes(path.read_bytes()[:-100])
    words = source.failure()
    assert PART_1 in words and "cannot be read" in words


def test_a_file_without_lines_is_never_a_month_without_cost(
    source: FileSource, export: Export
) -> None:
    export.deliver({PART_1: []})
    assert "an empty answer is never taken for zero cost" in source.failure()


def test_a_map_that_is_no_json_is_named(source: FileSource, export: Export) -> None:
    export.deliver({"main-00001.csv.gz": [line(1.0, resource_tags="{team=search}")]})
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    (check,) = landed.landing.checks
    assert (check.name, check.passed) == ("files", False)
    assert "the files cannot be read: " in check.sentence and "{team=search}" in check.sentence


@pytest.mark.parametrize("missing", ["line_item_unblended_cost", "line_item_currency_code"])
def test_a_line_without_money_or_currency_is_refused(
    source: FileSource, export: Export, missing: str
) -> None:
    export.deliver({PART_1: [line(1.0), line(2.0, **{missing: None})]})
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    shape = next(check for check in landed.landing.checks if check.name == "shape")
    assert not shape.passed
    assert f"Every {missing} must hold: has a value; 1 row(s) do not" in shape.sentence
    assert f"file {PART_1}, row 2, column {missing}: no value" in shape.sentence
