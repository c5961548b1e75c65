"""A FOCUS delivery is judged as it came: by the rules of its own version, with file and row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from file_bills import FileSource, write_csv, write_parquet

from orchestration.extract.focus_notices import version_of
from orchestration.extract.snapshot import Snapshot, current_snapshot
from orchestration.land import focus_delivery
from orchestration.land.catalogue import write_warehouse_inputs
from orchestration.land.focus_delivery import Delivery, Finding, delivery_of, judge_deliveries
from orchestration.land.landing import landing_path


def line(cost: str, **more: Any) -> dict[str, Any]:
    """Return a charge that keeps the rules of FOCUS 1.0 which its columns speak of."""
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "BillingAccountId": "123456789012",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargePeriodStart": "2026-10-03T00:00:00Z",
        "ChargePeriodEnd": "2026-10-04T00:00:00Z",
        "InvoiceIssuerName": "Acme",
        "ProviderName": "Acme",
        "ServiceName": "Models",
        **more,
    }


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    return FileSource("focus", tmp_path / "bills", tmp_path / "data")


def snapshot(source: FileSource, month: str = "2026-10") -> Snapshot:
    found = current_snapshot(source.data / "extracted" / "bill" / "charges" / month)
    assert found is not None
    return found


def delivery(source: FileSource, month: str = "2026-10") -> Delivery:
    assert set(source.states().values()) == {"new"}
    assert all(landed.landing.passed for landed in source.land())
    judge_deliveries(source.config, source.data, source.said.append)
    found = delivery_of(source.data, snapshot(source, month))
    assert found is not None
    return found


def of(found: Delivery, finding: str, column: str | None = None) -> list[Finding]:
    return [
        f
        for f in found.findings
        if f.finding == finding and (column is None or f.column_name == column)
    ]


def told(findings: Sequence[Finding]) -> set[tuple[Any, ...]]:
    return {
        (f.level, f.rows_count, f.currency, f.billed_cost and Decimal(f.billed_cost), f.examples)
        for f in findings
    }


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_broken_rule_is_told_with_rows_money_and_three_places(
    source: FileSource, suffix: str
) -> None:
    lines = [line("1"), *(line(str(cost), ChargeCategory="usage") for cost in (2, 3, 5, 7))]
    lines[4] |= {"BillingCurrency": "EUR"}
    path = source.bills / f"bill.{suffix}"
    if suffix == "csv":
        write_csv(path, lines)
    else:
        types = dict.fromkeys(lines[0], "varchar")
        write_parquet(path, lines, types | {"BilledCost": "decimal(18, 2)"})
    broken = of(delivery(source), "rule_broken", "ChargeCategory")
    assert {f.sentence.partition(" must be ")[0] for f in broken} == {"ChargeCategory"}
    assert {f.focus_version for f in broken} == {"1.0"}
    assert told(broken) == {
        (
            "MUST",
            3,
            "USD",
            Decimal(10),
            f"bill.{suffix} row 2; bill.{suffix} row 3; bill.{suffix} row 4",
        ),
        ("MUST", 1, "EUR", Decimal(7), f"bill.{suffix} row 5"),
    }
    assert {f.judged_rows_count for f in broken} == {5}


def test_what_lifting_may_be_excused_for_is_counted_by_the_rules_of_today(
    source: FileSource,
) -> None:
    """An absent column breaks today's rules on all rows, one that is there where it is empty."""
    rows = [line("1"), line("2", ServiceName=""), line("3", BillingCurrency="EUR")]
    write_csv(source.bills / "bill.csv", rows)
    found = delivery(source)
    counted = {(f.rule_id, f.currency): f.rows_count for f in of(found, "today_broken")}
    assert counted["CAU-ListCost-C-003-M", "USD"] == 2
    assert counted["CAU-ListCost-C-003-M", "EUR"] == 1
    assert counted["CAU-ServiceName-C-003-M", "USD"] == 1
    assert ("CAU-ServiceName-C-003-M", "EUR") not in counted
    assert {f.judged_by for f in of(found, "today_broken")} == {
        "the rules of FOCUS 1.4, which the files need not know"
    }


def test_examples_name_the_file_of_each_row(source: FileSource) -> None:
    write_csv(source.bills / "a.csv", [line("1"), line("2", ChargeCategory="x")])
    write_csv(source.bills / "b.csv", [line("3", ChargeCategory="y")])
    (broken,) = of(delivery(source), "rule_broken", "ChargeCategory")
    assert broken.examples == "a.csv row 2; b.csv row 1"
    assert (broken.file_group, broken.delivered_files) == (1, "a.csv, b.csv")


def test_a_column_whose_name_breaks_lines_is_judged_like_any_other(source: FileSource) -> None:
    """Line breaks of every kind and comments are part of a name, never of the SQL."""
    odd = {"x_one\ntwo\u2028three\x85four": "a", "x_; -- drop": "b"}
    lines = [line("1", ChargeCategory="x", **odd)]
    types = dict.fromkeys(lines[0], "varchar") | {"BilledCost": "decimal(18, 2)"}
    write_parquet(source.bills / "a.parquet", lines, types)
    found = delivery(source)
    assert found.is_judged
    assert len(of(found, "rule_broken", "ChargeCategory")) == 1


def test_rows_of_a_file_of_several_months_keep_their_numbers(source: FileSource) -> None:
    september = {"BillingPeriodStart": "2026-09-01T00:00:00Z"}
    lines = [line("1", **september), line("2"), line("3", **september, ChargeCategory="x")]
    lines += [line("4", Tags="none"), line("5", ChargeCategory="y")]
    write_csv(source.bills / "year.csv", lines)
    found = delivery(source)
    assert of(found, "rule_broken", "ChargeCategory")[0].examples == "year.csv row 5"
    (notice,) = [f for f in of(found, "notice") if f.column_name == "tags"]
    assert notice.examples == "file year.csv, row 4, column tags: 'none'"
    earlier = delivery_of(source.data, snapshot(source, "2026-09"))
    assert earlier is not None
    assert of(earlier, "rule_broken", "ChargeCategory")[0].examples == "year.csv row 3"


def test_months_that_are_judged_together_are_told_as_if_each_were_judged_alone(
    source: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three months, one of them of other columns; each breaks something else."""
    months = ("2026-08", "2026-09", "2026-10")
    for number, (month, odd) in enumerate(zip(months, ("x", "Usage", "y"), strict=True), start=1):
        rows = [
            line(str(number), BillingPeriodStart=f"{month}-01T00:00:00Z"),
            line("5", BillingPeriodStart=f"{month}-01T00:00:00Z", ChargeCategory=odd),
        ]
        more = {"InvoiceId": "i"} if number == 3 else {}
        write_csv(source.bills / f"{month}.csv", [row | more for row in rows])
    delivery(source)

    def told_of_each() -> list[Delivery | None]:
        return [delivery_of(source.data, snapshot(source, month)) for month in months]

    together = told_of_each()
    assert source.said[-1].endswith("for 3 deliveries")
    broken = [of(found, "rule_broken", "ChargeCategory") for found in together if found]
    assert [[f.examples for f in findings] for findings in broken] == [
        ["2026-08.csv row 2"],
        [],
        ["2026-10.csv row 2"],
    ]
    monkeypatch.setattr(focus_delivery, "_fingerprint", lambda: "other rules")
    monkeypatch.setattr(focus_delivery, "_TOGETHER_ROWS", 1)
    judge_deliveries(source.config, source.data, source.said.append)
    assert not source.said[-1].endswith("deliveries")
    assert told_of_each() == together


def test_what_fails_together_is_judged_apart(
    source: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in ("2026-09", "2026-10"):
        rows = [line("1", BillingPeriodStart=f"{month}-01T00:00:00Z", ChargeCategory="x")]
        write_csv(source.bills / f"{month}.csv", rows)
    judges = focus_delivery.judge_files

    def needs_memory(
        connection: duckdb.DuckDBPyConnection, deliveries: Sequence[Any], scratch: Path
    ) -> list[Delivery]:
        if len(deliveries) > 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate 256.0 KiB")
        return judges(connection, deliveries, scratch)

    monkeypatch.setattr(focus_delivery, "judge_files", needs_memory)
    for found in (delivery(source), delivery_of(source.data, snapshot(source, "2026-09"))):
        assert found is not None and found.is_judged
        assert len(of(found, "rule_broken", "ChargeCategory")) == 1


def test_the_texts_that_mean_no_value_break_no_rule_of_values(source: FileSource) -> None:
    write_csv(source.bills / "bill.csv", [line("1", ChargeClass="NULL"), line("2", ChargeClass="")])
    assert of(delivery(source), "rule_broken", "ChargeClass") == []


def test_a_missing_column_is_demanded_as_the_file_s_own_version_has_it(source: FileSource) -> None:
    write_csv(source.bills / "bill.csv", [line("1", Tags='{"a":"b"}')])
    missing = {f.column_name: f for f in of(delivery(source), "column_missing")}
    assert missing["PublisherName"].level == "MUST"
    assert missing["ChargeFrequency"].level == "SHOULD"
    assert missing["ResourceId"].level == "CONDITIONAL"
    assert (
        "of a provider with billing based on provisioned resources"
        in missing["ResourceId"].sentence
    )
    # Of a later version, or there: not missing.
    assert not {"InvoiceId", "ServiceProviderName", "Tags", "ProviderName"} & set(missing)


def test_a_column_is_demanded_only_of_a_provider_with_all_its_features(source: FileSource) -> None:
    """List prices alone do not say that a provider has a virtual currency to price in."""
    write_csv(source.bills / "bill.csv", [line("1", ListUnitPrice="1", InvoiceId="i")])
    missing = {f.column_name: f for f in of(delivery(source), "column_missing")}
    assert missing["PricingCurrencyListUnitPrice"].level == "CONDITIONAL"
    wanted = "of a provider with public price list and virtual currency"
    assert wanted in missing["PricingCurrencyListUnitPrice"].sentence


def test_each_shape_is_judged_by_its_own_version(source: FileSource) -> None:
    old = line("1")
    old["InvoiceIssuer"] = old.pop("InvoiceIssuerName")
    old["Provider"] = old.pop("ProviderName")
    write_csv(source.bills / "draft.csv", [old])
    write_csv(source.bills / "later.csv", [line("2", InvoiceId="i")])
    found = delivery(source)
    judged = {f.delivered_files: f for f in of(found, "judged")}
    assert {file: f.focus_version for file, f in judged.items()} == {
        "draft.csv": "0.5",
        "later.csv": "1.2",
    }
    assert "drafts have no rules" in str(judged["draft.csv"].judged_by)
    assert judged["later.csv"].judged_by == "the rules of FOCUS 1.2"
    # Under its old name it is there.
    missing = {(f.file_group, f.column_name) for f in of(found, "column_missing")}
    assert not {(1, "InvoiceIssuerName"), (1, "ProviderName")} & missing
    (mixed,) = [f for f in of(found, "notice") if "mixes" in f.sentence]
    assert "0.5 (draft.csv), 1.2 (later.csv)" in mixed.sentence


def test_columns_are_told_with_what_becomes_of_them(source: FileSource) -> None:
    bill = line("1", CredentialId="c", Notes="call me", billedcost="9")
    bill["billing_account_id"] = bill.pop("BillingAccountId")
    write_csv(source.bills / "bill.csv", [bill, bill | {"Notes": ""}])
    columns = {c.delivered_column: c for c in delivery(source).columns}
    kept = {name: (c.column_name, c.is_kept, c.values_count) for name, c in columns.items()}
    assert kept["billing_account_id"] == ("BillingAccountId", True, 2)
    assert kept["CredentialId"] == ("CredentialId", True, 2)
    assert kept["Notes"] == (None, False, 1)
    # A file has BilledCost once; the second of that name is not taken.
    assert kept["billedcost"] == (None, False, 2)


@pytest.mark.parametrize(
    ("headers", "file", "claim", "version", "basis"),
    [
        (["InvoiceId"], "f.csv", "", "1.2", "read from its columns"),
        (["ServiceProviderName", "ProviderName"], "f.csv", "", "1.3", "read from its columns"),
        (["ServiceProviderName"], "f.csv", "", "1.4", "read from its columns"),
        (["ChargeType"], "f.csv", "", "0.5", "read from its columns"),
        ([], "focus_1_2_x.csv", "", "1.2", "claimed by the file's name"),
        ([], "focus_1_2_x.csv", "FOCUS 1.0r2", "1.0", "claimed by the manifest"),
        (["InvoiceId"], "f.csv", "FOCUS 2.7", "1.2", "read from its columns"),
    ],
)
def test_a_version_is_claimed_or_read(
    headers: list[str], file: str, claim: str, version: str, basis: str
) -> None:
    assert version_of(headers, file, claim) == (version, basis)


def test_a_delivery_is_judged_once(source: FileSource, monkeypatch: pytest.MonkeyPatch) -> None:
    write_csv(source.bills / "bill.csv", [line("1")])
    delivery(source)
    said = len(source.said)
    judge_deliveries(source.config, source.data, source.said.append)
    assert len(source.said) == said
    # Other rules judge again.
    monkeypatch.setattr(focus_delivery, "_fingerprint", lambda: "other rules")
    assert delivery_of(source.data, snapshot(source)) is None
    judge_deliveries(source.config, source.data, source.said.append)
    assert len(source.said) == said + 1
    kept = landing_path(source.data, snapshot(source)).parent.glob("*.focus.json")
    assert [json.loads(path.read_text())["fingerprint"] for path in kept] == ["other rules"]


def test_a_delivery_that_could_not_be_judged_is_judged_by_the_next_run(
    source: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(source.bills / "bill.csv", [line("1")])
    judges = focus_delivery.judge_files

    def fails(*_: object) -> list[Delivery]:
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate 256.0 KiB")

    monkeypatch.setattr(focus_delivery, "judge_files", fails)
    untold = delivery(source)
    (whole,) = of(untold, "judged")
    assert whole.focus_version is None and "failed to allocate" in whole.sentence
    assert "could not be judged, on one thread neither; the next run tries again" in source.said[-1]
    monkeypatch.setattr(focus_delivery, "judge_files", judges)
    judge_deliveries(source.config, source.data, source.said.append)
    found = delivery_of(source.data, snapshot(source))
    assert found is not None
    (whole,) = of(found, "judged")
    assert whole.focus_version == "1.0" and "could not be judged" not in whole.sentence
    # Judged at last, it is not judged again.
    said = len(source.said)
    judge_deliveries(source.config, source.data, source.said.append)
    assert len(source.said) == said


def test_what_many_threads_cannot_judge_one_judges_in_the_same_run(
    source: FileSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(source.bills / "bill.csv", [line("1")])
    judges = focus_delivery.judge_files

    def needs_memory(connection: duckdb.DuckDBPyConnection, *rest: Any) -> list[Delivery]:
        (threads,) = connection.execute("select current_setting('threads')").fetchone() or (0,)
        if threads > 1:
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate 256.0 KiB")
        return judges(connection, *rest)

    monkeypatch.setattr(focus_delivery, "judge_files", needs_memory)
    (whole,) = of(delivery(source), "judged")
    assert whole.focus_version == "1.0"


def test_credits_are_judged_by_their_prices_in_money(source: FileSource) -> None:
    """Of 3 charges in credits one has no price in dollars: that alone is broken today.

    The credits have a price each, and the euros that the fourth is priced in have none.
    """
    priced = {"PricingCurrencyContractedUnitPrice": "0.5", "PricingCurrencyEffectiveCost": "50"}
    rows = [
        line("1", PricingCurrency="Credits", ContractedUnitPrice="0.01", **priced),
        line("2", PricingCurrency="Credits", ContractedUnitPrice="0.01", **priced),
        line("3", PricingCurrency="Credits", ContractedUnitPrice="", **priced),
        line(
            "4",
            PricingCurrency="eur",
            ContractedUnitPrice="0.01",
            PricingCurrencyContractedUnitPrice="",
            PricingCurrencyEffectiveCost="",
        ),
    ]
    write_csv(source.bills / "bill.csv", [row | {"SkuPriceId": "p"} for row in rows])
    broken = {f.rule_id: f.billed_cost for f in of(delivery(source), "today_broken")}
    price = "CAU-PricingCurrencyContractedUnitPrice-C-012-C"
    assert Decimal(str(broken[price])) == 3 + 4
    assert Decimal(str(broken["CAU-PricingCurrencyEffectiveCost-C-003-M"])) == 4
    assert Decimal(str(broken["CAU-ContractedUnitPrice-C-015-C"])) == 3


def test_the_money_of_broken_rows_is_that_of_the_ledger(source: FileSource) -> None:
    """Of 0.1 and 12345.678901234567 as DOUBLE: the shortest decimals, as landing reads them."""
    rows = [line(0.1, ChargeCategory="x"), line(12345.678901234567, ChargeCategory="y")]
    types = dict.fromkeys(rows[0], "varchar") | {"BilledCost": "double"}
    write_parquet(source.bills / "bill.parquet", rows, types)
    (broken,) = of(delivery(source), "today_broken", "ChargeCategory")
    assert Decimal(str(broken.billed_cost)) == Decimal("12345.778901234567")


def test_dbt_is_told_of_the_delivery_that_counts(source: FileSource) -> None:
    write_csv(source.bills / "bill.csv", [line("1.5", Tags="x"), line("2", Tags="y")])
    delivery(source)
    write_warehouse_inputs(source.data, [source.config])
    inputs = source.data / "warehouse" / "inputs"
    findings = pl.read_parquet(inputs / "focus_finding.parquet")
    (notice,) = findings.filter(pl.col("finding") == "notice").to_dicts()
    assert (notice["source"], notice["column_name"]) == ("bill", "tags")
    assert (notice["rows_count"], notice["billed_cost"]) == (2, Decimal("3.5"))
    assert notice["currency"] == "USD"
    columns = pl.read_parquet(inputs / "focus_delivered_column.parquet")
    assert set(columns["delivered_column"]) == set(line("1", Tags=""))
    assert set(columns["snapshot_id"]) == {snapshot(source).receipt.snapshot_id}
