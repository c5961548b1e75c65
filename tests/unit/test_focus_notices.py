"""Faulty FOCUS deliveries: money that cannot be read is refused, all else is kept and named."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_bills import FileSource, write_csv, write_parquet

from orchestration.extract.focus_notices import SINCE, version_notices
from orchestration.land.landing import Landing
from orchestration.publish import focus_conformance


def line(cost: str, **more: Any) -> dict[str, Any]:
    return {
        "BilledCost": cost,
        "BillingAccountId": "123456789012",
        "BillingCurrency": "USD",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargePeriodStart": "2026-10-03T00:00:00Z",
        "ChargePeriodEnd": "2026-10-04T00:00:00Z",
        "ProviderName": "AWS",
        "PublisherName": "AWS",
        "ServiceName": "Amazon Bedrock",
        **more,
    }


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    return FileSource("focus", tmp_path / "bills", tmp_path / "data")


def landing(source: FileSource) -> Landing:
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    return landed.landing


def notices(found: Landing) -> list[str]:
    return [check.sentence for check in found.checks if check.name == "notice"]


# Column, value, and how the expectation that it breaks begins.
FAULTS = [
    ("Tags", "team=search", "tags", "is a JSON object"),
    ("Tags", '["search"]', "tags", "is a JSON object"),
    ("Tags", '{"a":{"b":"c"}}', "tags", "is flat JSON"),
    ("Tags", '{"a":"1","a":"2"}', "tags", "has every key once"),
    ("Tags", '"a":"1","a":"2"', "tags", "has every key once"),
    ("ContractApplied", "{", "contract_applied", "is a JSON object"),
    ("SkuPriceDetails", '{"x":[1]}', "sku_price_details", "is flat JSON"),
    ("PricingUnit", "1M Tokens", "pricing_unit", "is a unit of FOCUS's UnitFormat"),
    ("ConsumedUnit", "per hour!", "consumed_unit", "is a unit of FOCUS's UnitFormat"),
    ("ListUnitPrice", "-0.01", "list_unit_price", "is not negative"),
    ("ContractedUnitPrice", "-3", "contracted_unit_price", "is not negative"),
    ("BillingPeriodEnd", "2026-10-31", "billing_period_end", "is exclusive"),
    ("BillingPeriodEnd", "2026-10-31T23:59:59Z", "billing_period_end", "is exclusive"),
    ("ChargePeriodEnd", "2026-10-03T23:59:59Z", "charge_period_end", "is exclusive"),
    ("ChargePeriodEnd", "2026-10-03", "charge_period_end", "is exclusive"),
    ("BillingAccountId", "12345678901", "billing_account_id", "keeps its leading zeros"),
    ("SubAccountId", "9876", "sub_account_id", "keeps its leading zeros"),
    ("SubAccountId", "1.23457E+11", "sub_account_id", "is the id itself"),
]


@pytest.mark.parametrize(("header", "value", "column", "expectation"), FAULTS)
def test_a_fault_that_is_no_money_is_named_and_its_money_kept(
    source: FileSource, header: str, value: str, column: str, expectation: str
) -> None:
    write_csv(
        source.bills / "bill.csv", [line("1", **{header: ""}), line("2.5", **{header: value})]
    )
    # The first line leaves the field open: what is open breaks nothing.
    found = landing(source)
    assert found.passed
    assert found.exact_totals == {"USD": "3.500000000000000000"}
    (said,) = notices(found)
    assert said.startswith(f"bill: Every {column} must hold: {expectation}")
    assert "1 row(s) do not, first file bill.csv, row 2, column " + column in said
    assert "they bill 2.5" in said
    assert "have the provider correct them" in said
    assert any("NOTICE" in words and said in words for words in source.said)


def test_what_is_in_order_is_not_noticed(source: FileSource) -> None:
    fine = {
        "Tags": '{"a":"1","b":null}',
        "SkuPriceDetails": '"x_ModelId": "m", "CoreCount": 4',
        "ContractApplied": '{"Elements":[{"ContractId":"c"}]}',
        "PricingUnit": "1000000 Tokens",
        "ConsumedUnit": "GB-Hours",
        "ListUnitPrice": "0",
        "SubAccountId": "000000000012",
    }
    azure = line("2", ProviderName="Microsoft", PublisherName="Microsoft", BillingAccountId="8611")
    write_csv(source.bills / "bill.csv", [line("1", **fine), azure])
    assert notices(landing(source)) == []


@pytest.mark.parametrize("number", ["1,234.56", "1.234,56", "12,5", "1 234", "$5", "5 USD", "(5)"])
def test_a_number_in_a_spreadsheet_s_writing_is_refused(source: FileSource, number: str) -> None:
    write_csv(source.bills / "bill.csv", [line("1"), line(number)])
    found = landing(source)
    assert not found.passed
    (said,) = [check.sentence for check in found.checks if not check.passed]
    assert f"first file bill.csv, row 2, column billed_cost: {number!r}" in said
    assert "no thousands separators" in said
    assert "the one before it stays in use" in said


def test_signs_and_exponents_are_read_to_the_last_digit(source: FileSource) -> None:
    numbers = ["+5", "1e2", "1.5E-3", "-2E+1", "6.4e-11"]
    write_csv(source.bills / "bill.csv", [line(number) for number in numbers])
    rows = sorted(row["billed_cost"] for row in source.rows())
    assert rows == sorted(Decimal(number) for number in numbers)


def test_an_empty_text_in_parquet_is_null(source: FileSource) -> None:
    write_parquet(
        source.bills / "bill.parquet",
        [line("1", ResourceId="", ListCost="", Tags=" ")],
        dict.fromkeys(line("1", ResourceId="", ListCost="", Tags=""), "varchar"),
    )
    (row,) = source.rows()
    assert (row["resource_id"], row["list_cost"], row["tags"]) == (None, None, None)


@pytest.mark.parametrize(
    ("claim", "columns", "said"),
    [
        ("FOCUS 1.0", ["InvoiceId"], "claims FOCUS 1.0 but has columns of later versions: Invoice"),
        ("FOCUS 1.2-preview", [], ""),
        ("FOCUS 1.4", [], "lacks mandatory columns: HostProviderName, ServiceProviderName."),
        ("FOCUS 2.7", [], "claims FOCUS 2.7, which is not among 1.0"),
        ("FOCUS", [], ""),
    ],
)
def test_a_version_that_a_file_does_not_have_is_named(
    claim: str, columns: list[str], said: str
) -> None:
    found = version_notices({"bill.csv": [*line("1"), *columns]}, claim)
    assert len(found) == (1 if said else 0)
    assert said in " ".join(found)


def test_a_file_s_name_and_a_manifest_claim_a_version(source: FileSource) -> None:
    write_csv(source.bills / "focus_1_4_october.csv", [line("1")])
    (said,) = notices(landing(source))
    assert said.startswith("bill: focus_1_4_october.csv claims FOCUS 1.4 but lacks")
    (source.bills / "focus_1_4_october.csv").unlink()
    write_csv(source.bills / "run" / "part.csv", [line("2", InvoiceId="i")])
    manifest = {
        "blobs": [{"blobName": "run/part.csv"}],
        "runInfo": {"submittedTime": "2026-10-20T01:00:00Z", "startDate": "2026-10-01T00:00:00"},
        "exportConfig": {"dataVersion": "1.0"},
    }
    (source.bills / "run" / "manifest.json").write_text(json.dumps(manifest))
    (said,) = notices(landing(source))
    assert "part.csv claims FOCUS 1.0 but has columns of later versions: InvoiceId (1.2)" in said


def test_mixed_versions_are_named_with_a_file_of_each(source: FileSource) -> None:
    write_csv(source.bills / "old.csv", [line("1")])
    write_csv(source.bills / "new.csv", [line("2", InvoiceId="i")])
    found = landing(source)
    assert found.exact_totals == {"USD": "3.000000000000000000"}
    (said,) = notices(found)
    assert "mixes files with columns up to FOCUS 1.0 (old.csv), 1.2 (new.csv)" in said


def test_the_same_bill_in_two_versions_is_not_counted_twice(source: FileSource) -> None:
    write_csv(source.bills / "old.csv", [line("1"), line("2")])
    write_csv(source.bills / "new.csv", [line("1", InvoiceId="i"), line("2", InvoiceId="i")])
    said = source.failure()
    assert "holds no line that" in said
    assert "2 row(s) that bill 3" in said


def test_the_versions_of_columns_are_those_of_the_rule_model() -> None:
    facts = Path(str(focus_conformance.__file__)).parent / "facts" / "focus_1.4.json"
    columns = json.loads(facts.read_text(encoding="utf-8"))["columns"]
    assert {name: since for name, since in columns.items() if since != "1.0"} == dict(SINCE)
