"""Small FOCUS files, good and deliberately broken, that the referee and our judge both judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.publish.focus_conformance.facts import COST_AND_USAGE, rule_book

MONEY, TIME, TEXT = "DECIMAL(38, 12)", "TIMESTAMP", "VARCHAR"
Row = dict[str, Any]
CONTRACT_ID = "contract-1"


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        dataset: Whose rules it is judged by.
        rows: Its rows.
        types: Columns whose type is another one than the rules ask for.
        without: Columns that it does not have.
    """

    dataset: str
    rows: list[Row]
    types: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()


def columns(dataset: str) -> dict[str, str]:
    """Return the columns of a dataset with the types that its rules ask for."""
    types = {"decimal": MONEY, "timestamp": TIME}
    found: dict[str, str] = {}
    for rule in rule_book("1.4").of(dataset):
        if rule.kind == "presence":
            found.setdefault(str(rule.column), TEXT)
        if rule.kind == "type":
            found[str(rule.column)] = types.get(rule.check[0], TEXT)
    return dict(sorted(found.items()))


def write(case: Case, path: Path) -> None:
    """Write a case as Parquet."""
    types = {**columns(case.dataset), **case.types}
    kept = {name: type_ for name, type_ in types.items() if name not in case.without}
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({', '.join(f'{n} {t}' for n, t in kept.items())})")
        marks = ", ".join("?" for _ in kept)
        connection.executemany(
            f"insert into rows values ({marks})",
            [[row.get(name) for name in kept] for row in case.rows],
        )
        connection.execute(f"copy rows to '{path}' (format parquet)")


def _usage(**changed: Any) -> Row:
    row: Row = {
        "BilledCost": "6",
        "BillingAccountId": "123456789012",
        "BillingAccountName": "Payer",
        "BillingAccountType": "Payer account",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": "2026-11-01",
        "BillingPeriodStart": "2026-10-01",
        "ChargeCategory": "Usage",
        "ChargeDescription": "input tokens",
        "ChargeFrequency": "Usage-Based",
        "ChargePeriodEnd": "2026-10-02",
        "ChargePeriodStart": "2026-10-01",
        "ConsumedQuantity": "2000000",
        "ConsumedUnit": "Tokens",
        "ContractedCost": "6",
        "ContractedUnitPrice": "3",
        "EffectiveCost": "6",
        "HostProviderName": "Vendor",
        "InvoiceDetailId": "INV-1/1",
        "InvoiceId": "INV-1",
        "InvoiceIssuerName": "Vendor",
        "ListCost": "6",
        "ListUnitPrice": "3",
        "PricingCategory": "Standard",
        "PricingCurrency": "USD",
        "PricingCurrencyContractedUnitPrice": "3",
        "PricingCurrencyEffectiveCost": "6",
        "PricingCurrencyListUnitPrice": "3",
        "PricingQuantity": "2",
        "PricingUnit": "1000000 Tokens",
        "RegionId": "eu-1",
        "RegionName": "Europe",
        "ResourceId": "r-1",
        "ResourceType": "Endpoint",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": "Models",
        "ServiceProviderName": "Vendor",
        "ServiceSubcategory": "Generative AI",
        "SkuId": "sku-1",
        "SkuMeter": "Input Tokens",
        "SkuPriceDetails": '{"x_Tier": "a"}',
        "SkuPriceId": "price-1",
        "SubAccountId": "sub-1",
        "SubAccountName": "Sub",
        "SubAccountType": "Project",
        "Tags": '{"team": "search"}',
    }
    return row | changed


_UNPRICED = dict.fromkeys(
    [
        "ConsumedQuantity",
        "ConsumedUnit",
        "ContractedUnitPrice",
        "ListUnitPrice",
        "PricingCategory",
        "PricingCurrencyContractedUnitPrice",
        "PricingCurrencyListUnitPrice",
        "PricingQuantity",
        "PricingUnit",
        "SkuId",
        "SkuMeter",
        "SkuPriceDetails",
        "SkuPriceId",
        "ResourceId",
        "ResourceType",
        "RegionId",
        "RegionName",
    ]
)
_MACHINES = {
    "ServiceName": "Machines",
    "ServiceCategory": "Compute",
    "ServiceSubcategory": "Virtual Machines",
    "SkuId": "sku-2",
    "SkuPriceId": "price-2",
    "SkuMeter": "Machine",
    "PricingUnit": "Hours",
    "ConsumedUnit": "Hours",
    "ConsumedQuantity": "2",
}
_THROUGHPUT = _MACHINES | {
    "ServiceName": "Models",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceSubcategory": "Generative AI",
    "SkuId": "sku-3",
    "SkuPriceId": "price-3",
    "SkuMeter": "Provisioned Throughput",
}
_CREDITS = {
    "ServiceName": "Credits",
    "ServiceCategory": "Other",
    "ServiceSubcategory": "Other (Other)",
    "SkuId": "sku-4",
    "SkuPriceId": "price-4",
    "SkuMeter": "Credits",
    "PricingUnit": "Credits",
}


def _costs(billed: str, effective: str) -> Row:
    return {
        "BilledCost": billed,
        "EffectiveCost": effective,
        "PricingCurrencyEffectiveCost": effective,
    }


def _purchase(billed: str) -> Row:
    """Return what a purchase of what is used later has; recurring, as fees of commitments are."""
    return _costs(billed, "0") | {
        "ChargeCategory": "Purchase",
        "ChargeFrequency": "Recurring",
        "ConsumedQuantity": None,
        "ConsumedUnit": None,
    }


def _commitment(commitment_id: str, category: str, kind: str, unit: str, of: Row) -> list[Row]:
    """Return the three charges of a commitment of 5 dollars: bought, used for 4, unused for 1."""
    committed = of | {
        "CommitmentDiscountCategory": category,
        "CommitmentDiscountId": commitment_id,
        "CommitmentDiscountName": kind,
        "CommitmentDiscountType": kind,
        "CommitmentDiscountUnit": unit,
    }
    covered = committed | {"PricingCategory": "Committed"}
    used = {"CommitmentDiscountStatus": "Used", "CommitmentDiscountQuantity": "4"}
    unused = {"CommitmentDiscountStatus": "Unused", "CommitmentDiscountQuantity": "1"}
    nothing = {"ConsumedQuantity": None, "ConsumedUnit": None}
    return [
        _usage(**committed | {"CommitmentDiscountQuantity": "5"} | _purchase("5")),
        _usage(**covered | used | _costs("0", "4")),
        _usage(**covered | unused | nothing | _costs("0", "1")),
    ]


def _applied(commitment_id: str, cost: str) -> str:
    return (
        f'{{"Elements":[{{"ContractId":"{CONTRACT_ID}","ContractCommitmentId":"{commitment_id}",'
        f'"ContractCommitmentAppliedCost":{cost}}}]}}'
    )


def good_charges() -> list[Row]:
    """Return charges of every category and commitment case that keep every rule."""
    return [
        _usage(),
        _usage(
            ConsumedQuantity="5",
            PricingQuantity="2",
            RegionId="eu-2",
            RegionName="Zürich",
            Tags=None,
            SkuPriceDetails=None,
        ),
        *_commitment("ri-1", "Usage", "Reserved Instance", "Hours", _MACHINES),
        *_commitment("sp-1", "Spend", "Savings Plan", "USD", _MACHINES),
        *_commitment("ptu-1", "Usage", "Provisioned Throughput", "Hours", _THROUGHPUT),
        _usage(**_MACHINES, CapacityReservationId="cr-1", CapacityReservationStatus="Used"),
        _usage(**_MACHINES, CapacityReservationId="cr-1", CapacityReservationStatus="Unused"),
        _usage(**_CREDITS | _purchase("6") | {"ChargeFrequency": "One-Time"}),
        _usage(**_costs("0", "6"), ContractApplied=_applied("prepaid-1", "6")),
        _usage(ContractApplied=_applied("agreement-1", "6")),
        _usage(
            **_UNPRICED,
            ChargeCategory="Tax",
            ChargeFrequency="Recurring",
            ServiceName="Tax",
            ServiceCategory="Other",
            ServiceSubcategory="Other (Other)",
        ),
        _usage(
            **_UNPRICED | _costs("-5", "-5"),
            ChargeCategory="Credit",
            ChargeFrequency="One-Time",
            ListCost="-5",
            ContractedCost="-5",
            ServiceName="Credits",
            ServiceCategory="Other",
            ServiceSubcategory="Other (Other)",
        ),
        _usage(
            **_UNPRICED,
            ChargeCategory="Adjustment",
            ChargeClass="Correction",
            ChargeFrequency="One-Time",
            ServiceName="Credits",
            ServiceCategory="Other",
            ServiceSubcategory="Other (Other)",
        ),
    ]


def _with_one(**changed: Any) -> Case:
    """Return the good charges and one more that differs from a good one."""
    return Case(COST_AND_USAGE, [*good_charges(), _usage(**changed)])


def _good_commitment(**changed: Any) -> Row:
    row: Row = {
        "BillingCurrency": "USD",
        "ContractCommitmentApplicability": '{"IsGlobalScope": true}',
        "ContractCommitmentBenefitCategory": "Discount",
        "ContractCommitmentCategory": "Spend",
        "ContractCommitmentCost": "1000",
        "ContractCommitmentCreated": "2026-01-01",
        "ContractCommitmentDescription": "Savings plan",
        "ContractCommitmentDiscountPercentage": "0.2",
        "ContractCommitmentDurationType": "1 Year",
        "ContractCommitmentFulfillmentInterval": "Hourly",
        "ContractCommitmentId": "sp-1",
        "ContractCommitmentLastUpdated": "2026-01-02",
        "ContractCommitmentLifecycleStatus": "Active",
        "ContractCommitmentModel": "Continuous",
        "ContractCommitmentOfferCategory": "Public",
        "ContractCommitmentPaymentInterval": "Monthly",
        "ContractCommitmentPaymentModel": "No Upfront",
        "ContractCommitmentPaymentUpfrontPercentage": "0",
        "ContractCommitmentPeriodEnd": "2027-01-01",
        "ContractCommitmentPeriodStart": "2026-01-01",
        "ContractCommitmentType": "Savings Plan",
        "ContractId": "c-1",
        "ContractPeriodEnd": "2027-01-01",
        "ContractPeriodStart": "2026-01-01",
        "InvoiceIssuerName": "Vendor",
        "PricingCurrency": "USD",
        "PricingCurrencyContractCommitmentCost": "1000",
        "ServiceProviderName": "Vendor",
    }
    return row | changed


def _good_invoice_line(**changed: Any) -> Row:
    row: Row = {
        "BilledCost": "6",
        "BillingAccountId": "123456789012",
        "BillingCurrency": "USD",
        "BillingPeriodEnd": "2026-11-01",
        "BillingPeriodStart": "2026-10-01",
        "ChargeCategory": "Usage",
        "InvoiceDetailCreated": "2026-11-01",
        "InvoiceDetailDescription": "Models",
        "InvoiceDetailGrain": '{"ServiceName": "Models"}',
        "InvoiceDetailId": "INV-1/1",
        "InvoiceDetailLastUpdated": "2026-11-02",
        "InvoiceId": "INV-1",
        "InvoiceIssueDate": "2026-11-02",
        "InvoiceIssueStatus": "Issued",
        "InvoiceIssuerName": "Vendor",
        "PaymentCurrency": "USD",
        "PaymentCurrencyBilledCost": "6",
        "PaymentCurrencyInvoiceDetailId": "INV-1/1",
        "PaymentDueDate": "2026-12-01",
        "PaymentTerms": "Net 30",
        "PurchaseOrderNumber": "PO-1",
        "ReferenceInvoiceId": "INV-1",
    }
    return row | changed


def _good_period(**changed: Any) -> Row:
    row: Row = {
        "BillingPeriodCreated": "2026-10-01",
        "BillingPeriodEnd": "2026-11-01",
        "BillingPeriodLastUpdated": "2026-11-02",
        "BillingPeriodStart": "2026-10-01",
        "BillingPeriodStatus": "Closed",
        "InvoiceIssuerName": "Vendor",
    }
    return row | changed


def _all(change: Callable[[Row], Row]) -> list[Row]:
    return [change(row) for row in good_charges()]


CASES: Mapping[str, Case] = {
    "good_charges": Case(COST_AND_USAGE, good_charges()),
    "good_invoice_lines": Case("InvoiceDetail", [_good_invoice_line()]),
    "good_billing_periods": Case("BillingPeriod", [_good_period()]),
    "good_commitments": Case("ContractCommitment", [_good_commitment()]),
    "unknown_billed_cost": _with_one(BilledCost=None),
    "unknown_charge_category": _with_one(ChargeCategory="Fee"),
    "only_unknown_charge_categories": Case(
        COST_AND_USAGE, _all(lambda row: row | {"ChargeCategory": "Fee"})
    ),
    "subcategory_of_another_category": _with_one(ServiceSubcategory="Virtual Machines"),
    "usage_without_sku_price": _with_one(
        **{name: None for name in _UNPRICED if "Re" not in name[:2]}
    ),
    "list_cost_that_is_no_product": _with_one(ListCost="7"),
    "list_cost_that_is_off_in_its_last_digits": _with_one(ListCost="6.000000001"),
    "effective_tax_other_than_billed": Case(
        COST_AND_USAGE,
        _all(lambda row: row | {"EffectiveCost": "5"} if row["ChargeCategory"] == "Tax" else row),
    ),
    "negative_unit_price": _with_one(
        ListUnitPrice="-3", ListCost="-6", ContractedUnitPrice="-3", ContractedCost="-6"
    ),
    "one_price_of_two_skus": _with_one(SkuId="sku-9"),
    "one_service_of_two_categories": _with_one(
        ServiceCategory="Analytics", ServiceSubcategory="Search"
    ),
    "unit_written_otherwise": _with_one(PricingUnit="1M Tokens"),
    "currency_that_is_none": _with_one(BillingCurrency="Token"),
    "tags_that_are_no_json": _with_one(Tags="team=search"),
    "tags_that_are_nested": _with_one(Tags='{"team": {"name": "search"}}'),
    "contract_applied_against_its_schema": _with_one(ContractApplied='{"Elements": []}'),
    "text_that_could_not_be_read": _with_one(RegionName="Z\N{REPLACEMENT CHARACTER}rich"),
    "account_ids_as_numbers": Case(
        COST_AND_USAGE, good_charges(), types={"BillingAccountId": "BIGINT"}
    ),
    "periods_as_texts_without_zone": Case(
        COST_AND_USAGE, good_charges(), types={"BillingPeriodStart": TEXT}
    ),
    "no_column_invoice_id": Case(COST_AND_USAGE, good_charges(), without=("InvoiceId",)),
    "no_column_billed_cost": Case(COST_AND_USAGE, good_charges(), without=("BilledCost",)),
    "purchase_charged_by_usage": Case(
        COST_AND_USAGE,
        _all(
            lambda row: (
                row | {"ChargeFrequency": "Usage-Based"}
                if row["ChargeCategory"] == "Purchase"
                else row
            )
        ),
    ),
    "status_without_commitment": _with_one(CommitmentDiscountStatus="Used"),
    "unused_capacity_without_quantity": _with_one(
        **_MACHINES | {"ConsumedQuantity": None, "ConsumedUnit": None},
        CapacityReservationId="cr-1",
        CapacityReservationStatus="Unused",
    ),
    "throughput_used_without_its_quantity": Case(
        COST_AND_USAGE,
        _all(
            lambda row: (
                row | {"CommitmentDiscountQuantity": None}
                if row.get("CommitmentDiscountId") == "ptu-1"
                else row
            )
        ),
    ),
    "invoice_line_updated_before_it_was_made": Case(
        "InvoiceDetail", [_good_invoice_line(InvoiceDetailLastUpdated="2026-10-30")]
    ),
    "invoice_line_without_dates_and_currency": Case(
        "InvoiceDetail",
        [_good_invoice_line(InvoiceIssueDate=None, PaymentDueDate=None, BillingCurrency=None)],
    ),
    "payment_line_of_another": Case(
        "InvoiceDetail", [_good_invoice_line(PaymentCurrencyInvoiceDetailId="INV-1/2")]
    ),
    "period_that_is_neither_open_nor_closed": Case(
        "BillingPeriod", [_good_period(), _good_period(BillingPeriodStatus="Shut")]
    ),
    "discount_above_all": Case(
        "ContractCommitment", [_good_commitment(ContractCommitmentDiscountPercentage="1.2")]
    ),
    "duration_in_words": Case(
        "ContractCommitment", [_good_commitment(ContractCommitmentDurationType="one year")]
    ),
    "scope_that_is_global_and_complex": Case(
        "ContractCommitment",
        [
            _good_commitment(
                ContractCommitmentApplicability='{"IsGlobalScope": true, "IsComplexScope": true}'
            )
        ],
    ),
}
