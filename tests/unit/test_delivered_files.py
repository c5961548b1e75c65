"""Delivered files come in whole and once: every line counts, and none of them twice."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from vendor_server import pull_context

from orchestration.extract.aws_cur_legacy import LINE_ITEMS
from orchestration.extract.control_totals import ControlTotals, control_totals
from orchestration.extract.delivered_files import raw_rows, unique_names
from orchestration.extract.focus import CHARGES
from orchestration.extract.pull import Pulled, pull
from orchestration.extract.source import SourceConfig

FOCUS_HEADER = ["BillingAccountName", "BilledCost", "BillingCurrency", "BillingPeriodStart"]
FOCUS_HEADER += ["ChargePeriodStart", "ServiceName", "x_Note"]


def focus_line(
    cost: str, name: str = "Example", day: str = "2026-10-03", note: str = ""
) -> list[str]:
    start = f"{day[:7]}-01T00:00:00Z"
    return [name, cost, "EUR", start, f"{day}T00:00:00Z", "Compute", note]


def csv_bytes(header: Sequence[str], lines: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *lines])
    return text.getvalue().encode()


def focus_csv(*lines: Sequence[str]) -> bytes:
    return csv_bytes(FOCUS_HEADER, lines)


def pulled(tmp_path: Path, files: Mapping[str, bytes], kind: str = "focus") -> list[Pulled]:
    """Deliver files into a folder and pull it."""
    folder = tmp_path / "bill"
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    source = SourceConfig("bill", kind, str(folder))
    return pull(source, None, pull_context(tmp_path / "extracted"))


def only(results: Sequence[Pulled]) -> Pulled:
    assert len(results) == 1, results
    return results[0]


def euros(result: Pulled) -> tuple[int, Decimal]:
    assert result.snapshot is not None, result.reason
    return result.snapshot.receipt.row_count, result.snapshot.receipt.totals["EUR"]


def test_a_line_that_begins_with_a_number_sign_is_no_comment(tmp_path: Path) -> None:
    lines = [focus_line("1", "#1 account"), focus_line("2"), focus_line("4", "# all of it")]
    result = only(pulled(tmp_path, {"october.csv": focus_csv(*lines)}))
    assert euros(result) == (3, Decimal(7))


@pytest.mark.parametrize("ragged", ["x,1,EUR\n", "x,1,EUR,2026-10-01,2026-10-03,Compute,n,more\n"])
def test_a_line_with_another_number_of_fields_is_refused(tmp_path: Path, ragged: str) -> None:
    content = focus_csv(focus_line("1"), focus_line("2")) + ragged.encode()
    result = only(pulled(tmp_path, {"october.csv": content}))
    assert result.state == "failed" and "october.csv" in result.reason


def test_a_bill_without_its_currency_is_refused_in_plain_words(tmp_path: Path) -> None:
    content = focus_csv(focus_line("1")).replace(b"BillingCurrency", b"Money")
    reason = only(pulled(tmp_path, {"october.csv": content})).reason
    assert "october.csv: the delivery has no column billing_currency." in reason


def test_csv_and_parquet_of_one_month_are_read_together(tmp_path: Path) -> None:
    parquet = tmp_path / "part.parquet"
    duckdb.sql(
        "select 2.5::double as BilledCost, 'EUR' as BillingCurrency, "
        "timestamp '2026-10-01' as BillingPeriodStart, timestamp '2026-10-07' as ChargePeriodStart"
    ).write_parquet(str(parquet))
    files = {"a.csv": focus_csv(focus_line("1.25")), "b.parquet": parquet.read_bytes()}
    assert euros(only(pulled(tmp_path, files))) == (2, Decimal("3.75"))


def test_a_file_of_one_month_beside_one_of_two_gives_both_months(tmp_path: Path) -> None:
    files = {
        "october.csv": focus_csv(focus_line("1")),
        "autumn.csv": focus_csv(focus_line("2"), focus_line("4", day="2026-09-03")),
    }
    assert [euros(result) for result in pulled(tmp_path, files)] == [
        (1, Decimal(4)),
        (2, Decimal(3)),
    ]


def test_a_correction_may_be_smaller_than_what_landing_refused(tmp_path: Path) -> None:
    first = only(pulled(tmp_path, {"october.csv": focus_csv(focus_line("1"), focus_line("9"))}))
    smaller = focus_csv(focus_line("1"))
    (tmp_path / "bill" / "october.csv").write_bytes(smaller)
    source = SourceConfig("bill", "focus", str(tmp_path / "bill"))
    context = pull_context(tmp_path / "extracted")
    assert only(pull(source, None, context)).state == "held"
    refusing = replace(context, was_refused=lambda snapshot: snapshot == first.snapshot)
    assert only(pull(source, None, refusing)).state == "new"


OCTOBER = focus_csv(focus_line("1.50", note="a"), focus_line("2.25", note="b"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("copy/october.csv", OCTOBER),
        ("october.csv.gz", gzip.compress(OCTOBER, mtime=0)),
        ("upper.csv", OCTOBER.replace(b"BilledCost", b"Billed Cost")),
        ("first_half.csv", focus_csv(focus_line("1.50", note="a"))),
    ],
)
def test_a_file_that_repeats_another_is_refused_with_its_money(
    tmp_path: Path, name: str, content: bytes
) -> None:
    result = only(pulled(tmp_path, {"october.csv": OCTOBER, name: content}))
    assert result.state == "failed"
    assert "october.csv" in result.reason and name in result.reason
    money = "1.500000000000000000 EUR" if name == "first_half.csv" else "3.750000000000000000 EUR"
    assert money in result.reason


def test_the_same_bill_as_csv_and_as_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "october.csv").write_bytes(OCTOBER)
    duckdb.sql(
        f"select * replace (cast(BilledCost as double) as BilledCost) from ("
        f"{raw_rows([tmp_path / 'october.csv'])})"
    ).write_parquet(str(tmp_path / "october.parquet"))
    files = {"a.csv": OCTOBER, "b.parquet": (tmp_path / "october.parquet").read_bytes()}
    result = only(pulled(tmp_path, files))
    assert (
        result.state == "failed" and "b.parquet holds no line that a.csv does not" in result.reason
    )


def test_lines_that_are_alike_within_a_file_or_across_files_all_count(tmp_path: Path) -> None:
    files = {
        "a.csv": focus_csv(focus_line("1"), focus_line("1"), focus_line("5")),
        "b.csv": focus_csv(focus_line("1"), focus_line("1"), focus_line("1"), focus_line("7")),
    }
    assert euros(only(pulled(tmp_path, files))) == (7, Decimal(17))


def test_a_shorter_file_with_more_of_the_same_lines_counts(tmp_path: Path) -> None:
    files = {
        "a.csv": focus_csv(*[focus_line("1")] * 3),
        "b.csv": focus_csv(focus_line("1"), focus_line("2"), focus_line("3"), focus_line("4")),
    }
    assert euros(only(pulled(tmp_path, files))) == (7, Decimal(13))


AWS_HEADER = [
    "bill/PayerAccountId",
    "bill/BillingPeriodStartDate",
    "lineItem/UsageAccountId",
    "lineItem/LineItemType",
    "lineItem/UsageStartDate",
    "lineItem/CurrencyCode",
    "lineItem/UnblendedCost",
]


def aws_csv(*costs: str) -> bytes:
    start = "2026-10-01T00:00:00Z"
    return csv_bytes(AWS_HEADER, [["1", start, "2", "Usage", start, "USD", c] for c in costs])


def manifest(*keys: str) -> bytes:
    return json.dumps({"assemblyId": "a", "reportKeys": list(keys)}).encode()


def test_a_manifest_that_names_the_same_bytes_twice_is_refused(tmp_path: Path) -> None:
    month = "report/20261001-20261101"
    files = {
        f"{month}/report-Manifest.json": manifest(f"{month}/a/1.csv", f"{month}/a/2.csv"),
        f"{month}/a/1.csv": aws_csv("1.5"),
        f"{month}/a/2.csv": aws_csv("1.5"),
    }
    result = only(pulled(tmp_path, files, "aws_cur_legacy"))
    assert result.state == "failed"
    assert f"{month}/a/2.csv is {month}/a/1.csv once more: 1 row(s) that bill 1.5" in result.reason


def test_two_reports_below_one_url_do_not_hide_each_other(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for report in ("emea", "apac"):
        month = f"{report}/20261001-20261101"
        files[f"{month}/{report}-Manifest.json"] = manifest(f"{month}/a/1.csv")
        files[f"{month}/a/1.csv"] = aws_csv("1.5")
    result = only(pulled(tmp_path, files, "aws_cur_legacy"))
    assert result.state == "failed" and "several exports: apac, emea" in result.reason


def azure_run(scope: str, time: str, *blobs: str) -> bytes:
    export = f"{scope}/providers/Microsoft.CostManagement/exports/focus"
    run = {"startDate": "2026-10-01T00:00:00", "submittedTime": time}
    named = [{"blobName": f"costs/{blob}"} for blob in blobs]
    content = {"exportConfig": {"resourceId": export}, "runInfo": run, "blobs": named}
    return json.dumps(content).encode()


def test_the_newest_azure_run_of_a_scope_counts(tmp_path: Path) -> None:
    files = {
        "daily/1/manifest.json": azure_run("/subscriptions/a", "2026-10-02T00:00:00Z", "part.csv"),
        "daily/1/part.csv": focus_csv(focus_line("1")),
        "monthly/2/manifest.json": azure_run(
            "/Subscriptions/A", "2026-11-02T00:00:00Z", "part.csv"
        ),
        "monthly/2/part.csv": focus_csv(focus_line("1"), focus_line("2")),
    }
    assert euros(only(pulled(tmp_path, files))) == (2, Decimal(3))


def test_azure_exports_of_two_scopes_do_not_hide_each_other(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for name in ("a", "b"):
        run = azure_run(f"/subscriptions/{name}", "2026-11-02T00:00:00Z", "part.csv")
        files |= {f"{name}/manifest.json": run, f"{name}/part.csv": focus_csv(focus_line("1"))}
    result = only(pulled(tmp_path, files))
    assert result.state == "failed"
    assert "several scopes: /subscriptions/a, /subscriptions/b" in result.reason


def test_an_azure_run_that_names_a_blob_twice_is_refused(tmp_path: Path) -> None:
    run = azure_run("/subscriptions/a", "2026-11-02T00:00:00Z", "part.csv", "x/part.csv")
    files = {"manifest.json": run, "part.csv": focus_csv(focus_line("1"))}
    assert "names costs/x/part.csv twice" in only(pulled(tmp_path, files)).reason


def test_parts_without_lines_are_alike_and_come_in(tmp_path: Path) -> None:
    month = "report/20261001-20261101"
    keys = [f"{month}/a/{number}.csv" for number in (1, 2, 3)]
    files = {
        f"{month}/report-Manifest.json": manifest(*keys),
        **dict(zip(keys, (aws_csv(), aws_csv("1.5"), aws_csv()), strict=True)),
    }
    result = only(pulled(tmp_path, files, "aws_cur_legacy"))
    assert result.snapshot is not None and result.snapshot.receipt.row_count == 1


def test_names_stay_apart_whatever_the_originals_were() -> None:
    paths = [
        "a/x.csv",
        "0002-x.csv",
        "b/x.csv",
        "b/X.CSV",
        "c/" + "語" * 200 + ".csv",
        "../..",
        "/",
    ]
    names = unique_names(paths)
    assert len({name.casefold() for name in names}) == len(paths)
    assert all(name not in (".", "..") and "/" not in name for name in names)
    assert max(len(name.encode()) for name in names) < 230


def totals_of(dataset: Any, paths: Sequence[Path]) -> ControlTotals:
    with duckdb.connect() as connection:
        return control_totals(connection, dataset.rows(connection, paths), dataset)


def test_reports_in_csv_and_in_parquet_spell_their_columns_in_two_ways(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(aws_csv("1.5"))
    duckdb.sql(
        "select '1' as bill_payer_account_id, 2.25::double as line_item_unblended_cost, "
        "'USD' as line_item_currency_code"
    ).write_parquet(str(tmp_path / "2.parquet"))
    totals = totals_of(LINE_ITEMS, [tmp_path / "1.csv", tmp_path / "2.parquet"])
    assert totals.row_count == 2 and totals.exact == {"USD": Decimal("3.75")}


def test_tags_whose_keys_differ_in_case_alone_stay_two_tags(tmp_path: Path) -> None:
    for name, keys in (("1", ("Team", "team")), ("2", ("team",))):
        header = [*AWS_HEADER, *(f"resourceTags/user:{key}" for key in keys)]
        line = ["1", "2026-10-01", "2", "Usage", "2026-10-01", "USD", "1", *(k + "!" for k in keys)]
        (tmp_path / f"{name}.csv").write_bytes(csv_bytes(header, [line]))
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    with duckdb.connect() as connection:
        rows = LINE_ITEMS.rows(connection, paths)
        found = connection.execute(f"select resource_tags from ({rows})").fetchall()
    assert [row[0] for row in found] == [
        {"user:Team": "Team!", "user:team": "team!"},
        {"user:team": "team!"},
    ]


def test_a_focus_file_is_counted_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_bytes(OCTOBER)
    assert totals_of(CHARGES, [tmp_path / "1.csv"]).exact == {"EUR": Decimal("3.75")}
