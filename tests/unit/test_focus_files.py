"""FOCUS files of every version and provider, with the oddities of their exports."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from file_bills import OCTOBER, FileSource, Line, write_csv, write_parquet

from orchestration.extract.period import BillingPeriod

SEPTEMBER = BillingPeriod.parse("2026-09")


def line(cost: str, month: str = "10", **more: Any) -> dict[str, Any]:
    return {
        "BilledCost": cost,
        "BillingAccountId": "account-1",
        "BillingCurrency": "USD",
        "BillingPeriodStart": f"2026-{month}-01T00:00:00Z",
        "BillingPeriodEnd": f"2026-{int(month) + 1:02}-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargePeriodStart": f"2026-{month}-03T14:00:00Z",
        "EffectiveCost": cost,
        "Tags": '{"team":"search"}',
        **more,
    }


@pytest.fixture
def source(tmp_path: Path) -> FileSource:
    return FileSource("focus", tmp_path / "bills", tmp_path / "data")


def costs(rows: Sequence[Line]) -> list[Decimal]:
    return sorted(row["billed_cost"] for row in rows)


def only(source: FileSource, *lines: Line, **how: Any) -> dict[str, Any]:
    """Return the one row of a file of one line."""
    write_csv(source.bills / "bill.csv", lines, **how)
    (row,) = source.rows()
    return row


PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "0.5": {"Provider": "P", "Publisher": "S", "InvoiceIssuer": "I", "ChargeType": "Usage"},
    "1.0": {"ProviderName": "P", "PublisherName": "S", "InvoiceIssuerName": "I"},
    "1.1": {"ProviderName": "P", "PublisherName": "S", "SkuMeter": "M"},
    "1.2": {"ProviderName": "P", "PublisherName": "S", "PricingCurrency": "EUR"},
    "1.3": {"ProviderName": "P", "ServiceProviderName": "S", "HostProviderName": "H"},
    "1.4": {"ServiceProviderName": "S", "HostProviderName": "H", "InvoiceDetailId": "D"},
}


@pytest.mark.parametrize("version", PROVIDERS)
def test_the_columns_of_every_version_are_known(source: FileSource, version: str) -> None:
    row = only(source, line("1", **PROVIDERS[version]))
    snake = {
        "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"): value
        for name, value in PROVIDERS[version].items()
    }
    assert {name: row[name] for name in snake} == snake
    assert not row["x_native"]


def test_a_column_that_a_version_lacks_is_open(source: FileSource) -> None:
    row = only(source, line("1"))
    known = {"billed_cost", "billing_account_id", "billing_currency", "billing_period_start"}
    known |= {"billing_period_end", "charge_category", "charge_period_start", "effective_cost"}
    assert {name for name, value in row.items() if value is not None} == known | {"tags"}


@pytest.mark.parametrize(
    "spell",
    [
        str.lower,
        str.upper,
        lambda name: "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_"),
        lambda name: "".join(f" {c}" if c.isupper() else c for c in name).strip(),
    ],
    ids=["lower", "upper", "snake", "words"],
)
def test_headers_are_known_by_their_letters(source: FileSource, spell: Any) -> None:
    plain = only(source, line("1.5"))
    spelled = {spell(name): value for name, value in line("1.5").items()}
    write_csv(source.bills / "bill.csv", [spelled])
    assert source.rows() == [plain]


def test_the_order_of_columns_does_not_matter(source: FileSource) -> None:
    plain = only(source, line("1.5"))
    assert only(source, line("1.5"), header=sorted(line("1.5"), reverse=True)) == plain


def test_files_of_several_spellings_and_providers_make_one_month(source: FileSource) -> None:
    """What one file calls billed_cost must not be lost because another says BilledCost."""
    snake = {
        "billed_cost": "2",
        "billing_currency": "USD",
        "billing_period_start": "2026-10-01",
        "charge_period_start": "2026-10-03",
        "effective_cost": "1",
        "tags": '"team": "nlp"',
    }
    write_csv(source.bills / "azure" / "part-0.csv", [snake])
    write_csv(source.bills / "aws" / "part-0.csv.gz", [line("3")])
    write_parquet(
        source.bills / "google" / "part-0.parquet",
        [line("4", BilledCost=4.4, EffectiveCost=Decimal("4.123456789012"))],
        dict.fromkeys(line("4"), "varchar")
        | {"BilledCost": "double", "EffectiveCost": "decimal(38, 12)"},
    )
    found = {row["billed_cost"]: row["effective_cost"] for row in source.rows()}
    assert found == {
        Decimal(2): Decimal(1),
        Decimal(3): Decimal(3),
        Decimal("4.4"): Decimal("4.123456789012"),
    }


def test_amounts_of_two_types_keep_their_digits(source: FileSource) -> None:
    """Read together, the DECIMAL would become a DOUBLE and lose its last digits."""
    types = dict.fromkeys(line("1"), "varchar")
    exact = Decimal("12345678901234.123456789012")
    write_parquet(
        source.bills / "a.parquet",
        [line("0", BilledCost=exact)],
        types | {"BilledCost": "decimal(38, 12)"},
    )
    write_parquet(
        source.bills / "b.parquet", [line("0", BilledCost=0.1)], types | {"BilledCost": "double"}
    )
    assert costs(source.rows()) == [Decimal("0.1"), exact]


def test_a_byte_order_mark_is_no_part_of_a_name(source: FileSource) -> None:
    plain = only(source, line("1.5"))
    assert only(source, line("1.5"), encoding="utf-8-sig") == plain
    (source.bills / "bill.csv").unlink()
    write_csv(source.bills / "bill.csv.gz", [line("1.5")], encoding="utf-8-sig", quoting=1)
    assert source.rows() == [plain]


@pytest.mark.parametrize("nothing", ["", "NULL", " NULL ", "  "])
def test_the_texts_for_nothing_are_no_values(source: FileSource, nothing: str) -> None:
    open_fields = {
        "EffectiveCost": nothing,
        "ListCost": nothing,
        "ConsumedQuantity": nothing,
        "ChargePeriodEnd": nothing,
        "ResourceId": nothing,
        "Tags": nothing,
        "x_Own": nothing,
    }
    row = only(source, line("1", **open_fields))
    for name in ("effective_cost", "list_cost", "consumed_quantity", "charge_period_end"):
        assert row[name] is None
    assert (row["resource_id"], row["tags"]) == (None, None)
    assert not row["x_native"]


def test_zero_is_not_nothing(source: FileSource) -> None:
    row = only(source, line("0", EffectiveCost="0.00", ListCost="-0", ResourceId="0"))
    assert (row["billed_cost"], row["effective_cost"], row["list_cost"]) == (0, 0, 0)
    assert row["resource_id"] == "0"


CLOCKS = [
    "2026-10-03T14:00:00Z",
    "2026-10-03T14:00Z",
    "2026-10-03T14:00:00.0000000Z",
    "2026-10-03 14:00:00",
    "2026-10-03 14:00:00 UTC",
    "2026-10-03 14:00:00+00",
    "2026-10-03T16:00:00+02:00",
    "2026-10-03T07:00:00-0700",
    "2026/10/03 14:00:00",
    "10/3/2026 14:00",
    "10/03/2026 14:00:00",
    "10/3/2026 2:00:00 PM",
    "10/3/26 14:00",
]


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_clock_in_any_export_s_writing_is_utc(source: FileSource, clock: str) -> None:
    row = only(source, line("1", ChargePeriodStart=clock))
    assert row["charge_period_start"].isoformat() == "2026-10-03T14:00:00"


@pytest.mark.parametrize("day", ["2026-10-01", "10/1/2026", "10/01/2026", "10/1/26", "2026/10/01"])
def test_a_billing_period_in_any_export_s_writing_is_its_month(
    source: FileSource, day: str
) -> None:
    row = only(source, line("1", BillingPeriodStart=day))
    assert row["billing_period_start"].isoformat() == "2026-10-01T00:00:00"


@pytest.mark.parametrize(
    "day", ["13/10/2026", "1.10.2026", "October 2026", "20261001", "NULL", "", "2026-10", "epoch"]
)
def test_a_billing_period_that_is_no_day_is_refused(source: FileSource, day: str) -> None:
    write_csv(source.bills / "bill.csv", [line("1"), line("2", BillingPeriodStart=day)])
    words = source.failure()
    assert "bill.csv: column BillingPeriodStart: 1 row(s) have no billing period" in words
    assert "a date is written as 2026-10-01 or 2026-10-01T00:00:00Z" in words


def test_a_clock_that_is_none_is_refused_with_its_row(source: FileSource) -> None:
    write_csv(source.bills / "bill.csv", [line("1"), line("2", ChargePeriodEnd="soon")])
    assert source.states() == {"2026-10": "new"}
    (landed,) = source.land()
    sentences = " ".join(check.sentence for check in landed.landing.checks)
    assert "file bill.csv, row 2, column charge_period_end: 'soon'; they bill 2." in sentences


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ('{"team":"search"}', '{"team":"search"}'),
        ('"team": "search","env": "prod"', '"team": "search","env": "prod"'),
        ('{"a":"x, \\"y\\"","b":null}', '{"a":"x, \\"y\\"","b":null}'),
    ],
)
def test_tags_are_kept_as_they_are_written(source: FileSource, tags: str, kept: str) -> None:
    assert only(source, line("1", Tags=tags))["tags"] == kept


def test_maps_of_aws_exports_become_json(source: FileSource) -> None:
    types = dict.fromkeys(line("1"), "varchar") | {
        "BilledCost": "double",
        "Tags": "map(varchar, varchar)",
        "SkuPriceDetails": "map(varchar, varchar)",
        "x_Discounts": "map(varchar, double)",
        "BillingPeriodStart": "timestamp_ms",
        "x_Operation": "varchar",
    }
    values = {
        "Tags": {"user:team": "search", "aws:createdBy": 'x"y'},
        "SkuPriceDetails": {},
        "x_Discounts": {"edp": 0.5},
        "BillingPeriodStart": "2026-10-01",
        "x_Operation": "RunInstances",
    }
    write_parquet(source.bills / "bill.parquet", [line("1", **values)], types)
    (row,) = source.rows()
    assert json.loads(row["tags"]) == {"user:team": "search", "aws:createdBy": 'x"y'}
    assert row["sku_price_details"] == "{}"
    assert row["x_native"] == {"x_Operation": "RunInstances"}


def test_of_columns_that_no_version_knows_only_named_ones_are_kept(source: FileSource) -> None:
    own = {"x_SkuMeterName": "gpt 4o", "x_Operation": "Chat", "CredentialId": "key-1"}
    others = {"RequesterDetails": "jo@example.com", "It's": "x", "x_operation": "spelt otherwise"}
    row = only(source, line("1", **own, **others))
    assert row["x_native"] == own


def test_several_files_and_months_are_sorted(source: FileSource) -> None:
    write_csv(source.bills / "a.csv", [line("1"), line("2", month="09")])
    write_csv(source.bills / "b.csv.gz", [line("4")])
    write_parquet(
        source.bills / "sub" / "c.parquet",
        [line("8", BilledCost=8.5)],
        dict.fromkeys(line("8"), "varchar") | {"BilledCost": "double"},
    )
    (source.bills / "readme.md").write_text("no bill")
    assert source.states() == {"2026-09": "new", "2026-10": "new"}, source.said
    assert costs(source.rows(OCTOBER)) == [Decimal(1), Decimal(4), Decimal("8.5")]
    assert costs(source.rows(SEPTEMBER)) == [Decimal(2)]


def test_more_than_twelve_decimals_are_rounded_once(source: FileSource) -> None:
    amounts = ["1.1234567890124999999999", "-0.0000000000005", "6.4E-14", "0.1234567890125"]
    write_csv(source.bills / "bill.csv", [line(amount) for amount in amounts])
    assert costs(source.rows()) == [
        Decimal("-0.000000000001"),
        Decimal(0),
        Decimal("0.123456789013"),
        Decimal("1.123456789012"),
    ]
    (landed,) = source.land()
    assert landed.landing.landed_totals == {"USD": "1.246913578024"}
    assert landed.landing.exact_totals == {"USD": "1.246913578024564000"}


@pytest.mark.parametrize("missing", ["BilledCost", "BillingCurrency", "BillingPeriodStart"])
def test_a_file_without_money_currency_or_month_is_refused(
    source: FileSource, missing: str
) -> None:
    fields = {name: value for name, value in line("1").items() if name != missing}
    write_csv(source.bills / "bill.csv", [fields])
    words = {
        "BilledCost": "bill.csv: the delivery has no column billed_cost.",
        "BillingCurrency": "bill.csv: the delivery has no column billing_currency.",
        "BillingPeriodStart": "bill.csv has no column that tells the billing period.",
    }
    remedy = "give the bill as the vendor exports it, with its header line."
    assert source.failure() == f"{words[missing]} What to do: {remedy}"


def azure_run(source: FileSource, run: str, submitted: str, *files: Sequence[Line]) -> Path:
    """Write a run of an Azure export and return its folder."""
    folder = source.bills / "focus-cost" / "20261001-20261031" / run
    names = []
    for number, lines in enumerate(files):
        write_csv(folder / f"part_{number}_0001.csv.gz", lines, encoding="utf-8-sig")
        names.append(f"exports/focus-cost/20261001-20261031/{run}/part_{number}_0001.csv.gz")
    content = {
        "manifestVersion": "2024-04-01",
        "blobs": [{"blobName": name, "byteCount": 1} for name in names],
        "runInfo": {"submittedTime": submitted, "startDate": "2026-10-01T00:00:00"},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(content), encoding="utf-8-sig")
    return folder


def azure_line(cost: str) -> dict[str, Any]:
    """Return a line as Azure writes it: no seconds, tags without braces."""
    clocks = {"BillingPeriodStart": "2026-10-01T00:00Z", "ChargePeriodStart": "2026-10-03T14:00Z"}
    return line(cost, **clocks, Tags='"team": "search"', x_SkuMeterName="gpt 4o Inp Tokens")


def test_of_an_azure_export_the_newest_run_counts_alone(source: FileSource) -> None:
    azure_run(source, "b-old", "2026-10-20T01:00:00Z", [azure_line("1")], [azure_line("2")])
    azure_run(source, "a-new", "2026-10-21T01:00:00Z", [azure_line("1")], [azure_line("2.5")])
    rows = source.rows()
    assert costs(rows) == [Decimal(1), Decimal("2.5")]
    assert rows[0]["charge_period_start"].isoformat() == "2026-10-03T14:00:00"
    assert rows[0]["x_native"] == {"x_SkuMeterName": "gpt 4o Inp Tokens"}


def test_a_blob_that_an_azure_manifest_names_must_be_there(source: FileSource) -> None:
    folder = azure_run(source, "a", "2026-10-20T01:00:00Z", [azure_line("1")], [azure_line("2")])
    (folder / "part_1_0001.csv.gz").unlink()
    words = source.failure()
    assert "part_1_0001.csv.gz, which is not there" in words


def test_an_azure_manifest_without_blobs_is_no_month_without_cost(source: FileSource) -> None:
    azure_run(source, "a", "2026-10-20T01:00:00Z")
    assert "the manifest names no file" in source.failure()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"runInfo": {}}', '{"runInfo": 1, "blobs": 2}'])
def test_an_azure_manifest_that_is_none_is_named(source: FileSource, text: str) -> None:
    (azure_run(source, "a", "x", [azure_line("1")]) / "manifest.json").write_text(text)
    assert "manifest.json is not the manifest of an Azure export run" in source.failure()


def test_an_aws_export_of_focus_is_read_by_its_manifest(source: FileSource) -> None:
    types = dict.fromkeys(line("1"), "varchar") | {"BilledCost": "double"}
    folder = source.bills / "data" / "billing_period=2026-10"
    for name, cost in {"x-00001.snappy.parquet": 1.5, "stray.parquet": 100.0}.items():
        write_parquet(folder / name, [line("0", BilledCost=cost)], types)
    manifest = source.bills / "metadata" / "billing_period=2026-10" / "x-Manifest.json"
    manifest.parent.mkdir(parents=True)
    keys = ["s3://bills/x/data/billing_period=2026-10/x-00001.snappy.parquet"]
    manifest.write_text(json.dumps({"dataFiles": keys}))
    assert costs(source.rows()) == [Decimal("1.5")]


@pytest.mark.parametrize(
    ("written", "amount"),
    [("+1.5", "1.5"), ("1.5e3", "1500"), ("1.5E-3", "0.0015"), ("-.5", "-0.5")],
)
def test_signs_and_exponents_are_read_as_numbers(
    source: FileSource, written: str, amount: str
) -> None:
    assert only(source, line(written))["billed_cost"] == Decimal(amount)


@pytest.mark.parametrize("written", ["1,234.56", "1.234,56", "12,5", "1 234", "1_000"])
def test_a_number_that_can_be_read_in_two_ways_is_refused_with_its_row(
    source: FileSource, written: str
) -> None:
    """Never guessed: 12,5 is 12.5 in one country and a typing error of 125 in another."""
    write_csv(source.bills / "bill.csv", [line("1"), line("2", ListCost=written)])
    source.states()
    (landed,) = source.land()
    sentences = " ".join(check.sentence for check in landed.landing.checks)
    assert f"file bill.csv, row 2, column list_cost: '{written}'; they bill 2." in sentences


def test_the_costs_beside_the_billed_one_are_told_with_what_is_unknown(source: FileSource) -> None:
    """1.5 + 2.25 EUR effective, the second under its old name; one list cost of two is unknown."""
    first = line("1", EffectiveCost="1.5", ListCost="4", BillingCurrency="eur")
    second = line(
        "2", EffectiveCost="", AmortizedCost="2.25", ListCost="NULL", BillingCurrency="EUR"
    )
    write_csv(source.bills / "bill.csv", [first, second, line("7", EffectiveCost="6")])
    source.pull()
    (landed,) = source.land()
    stated = {
        (cost.currency, cost.cost_name): (cost.total and Decimal(cost.total), cost.unknown_count)
        for cost in landed.landing.stated_costs
    }
    assert stated == {
        ("EUR", "effective_cost"): (Decimal("3.75"), 0),
        ("EUR", "list_cost"): (Decimal(4), 1),
        ("EUR", "contracted_cost"): (None, 2),
        ("USD", "effective_cost"): (Decimal(6), 0),
        ("USD", "list_cost"): (None, 1),
        ("USD", "contracted_cost"): (None, 1),
    }
