"""The published FOCUS samples of every version and provider arrive to the last digit."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

import pytest
from file_bills import FileSource

from tests.pipeline.conftest import Installation
from tests.pipeline.samples import FOCUS, SAAS, TAKEN, sample_files

# A year of months with few lines each: taken in and landed, but not sent through dbt.
LANDED = f"{SAAS}/spend_agreements/saas_spend_agreements_a2.csv"
# No bills, or bills that no reader could take, and what is said of them.
REFUSED: Mapping[str, str] = {
    "generated/synthetic_focus_1_4_billing_period.csv": "the delivery has no column billed_cost.",
    "generated/synthetic_focus_1_4_contract_commitment.csv": (
        "has no column that tells the billing period."
    ),
    "generated/synthetic_focus_1_4_invoice_detail.csv": (
        "Every charge_period_start must hold: is a column of the delivery"
    ),
    f"{SAAS}/simple_agreements/simple_saas_agreements_a1.csv": (
        "Every billed_cost must hold: is a finite number below 10^20; 1 row(s) do not, first file "
        "simple_saas_agreements_a1.csv, row 1, column billed_cost: '$10,000.00 '"
    ),
}
COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
UNIT = Decimal("1e-12")

pytestmark = pytest.mark.skipif(not FOCUS.is_dir(), reason=f"the samples are not at {FOCUS}")


@dataclass(frozen=True)
class Totals:
    """What a set of lines comes to: lines, and sum and NULLs of each cost."""

    lines: int
    sums: Mapping[str, Decimal]
    nulls: Mapping[str, int]


def read_with_python(paths: Sequence[Path]) -> Totals:
    """Add up files with Python's own reader and decimals."""
    lines: list[dict[str, str]] = []
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines += csv.DictReader(handle)
    known = {
        name: [Decimal(line[name]) for line in lines if line[name] not in ("", "NULL")]
        for name in COSTS
    }
    with localcontext(prec=60):
        sums = {
            name: sum((cost.quantize(UNIT, ROUND_HALF_UP) for cost in costs), Decimal(0))
            for name, costs in known.items()
        }
    return Totals(
        len(lines), sums, {name: len(lines) - len(found) for name, found in known.items()}
    )


def test_the_samples_are_excused_for_no_more_rows_than_they_broke_themselves(
    samples: Installation,
) -> None:
    """What is published of them breaks a rule that must hold only where the files did."""
    excused, beyond = samples.query(
        """
        with after as (
            select source, billing_period, rule_id, sum(failed_rows_count) as rows_count
            from trust.rpt_focus_conformance
            where dataset = 'cost_and_usage' and level = 'MUST' and verdict = 'failed'
                and rule_kind <> 'composite'
            group by all
        ),
        before as (
            select source, billing_period, rule_id, sum(rows_count) as rows_count
            from trust.rpt_focus_delivery where finding = 'today_broken' group by all
        )
        select count(*), count(*) filter (
            before.rows_count is null or after.rows_count > before.rows_count
        )
        from after left join before using (source, billing_period, rule_id)
        """
    )[0]
    assert (excused > 10, beyond) == (True, 0)


@pytest.mark.parametrize("source", TAKEN)
def test_a_sample_arrives_to_the_last_digit(samples: Installation, source: str) -> None:
    counted = ", ".join(f"coalesce(sum({name}), 0), count(*) - count({name})" for name in COSTS)
    (row,) = samples.query(
        f"select count(*), {counted} from focus.cost_and_usage where x_Source = ?", [source]
    )
    found = Totals(
        row[0], dict(zip(COSTS, row[1::2], strict=True)), dict(zip(COSTS, row[2::2], strict=True))
    )
    assert sample_files(source)
    assert found == read_with_python(sample_files(source))


def test_the_dates_of_spreadsheets_are_months(samples: Installation) -> None:
    months = samples.query(
        "select distinct strftime(x_BillingPeriod, '%Y-%m') from focus.cost_and_usage "
        "where x_Source = 'virtual_currency' order by 1"
    )
    assert months == [("2025-04",), ("2025-10",)]


def test_every_version_names_the_service_provider(samples: Installation) -> None:
    found = samples.query(
        "select distinct x_Source, ServiceProviderName from focus.cost_and_usage "
        "where x_Source in ('google_1_2', 'azure_1_3', 'aws_1_4') order by all"
    )
    assert found == [
        ("aws_1_4", "AWS"),
        ("azure_1_3", "Microsoft Azure"),
        ("google_1_2", "Google Cloud"),
    ]


def test_ai_examples_keep_who_sells_what_and_how_it_is_metered(samples: Installation) -> None:
    """Marketplace, prepaid drawdown and cached tokens mean in the ledger what the files say."""
    lines: list[dict[str, str]] = []
    for path in sample_files("ai_examples"):
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines += csv.DictReader(handle)
    texts = (
        "ChargeCategory",
        "ChargeDescription",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "ConsumedUnit",
        "HostProviderName",
        "InvoiceIssuerName",
        "PricingCategory",
        "PricingUnit",
        "ServiceProviderName",
        "SkuMeter",
    )
    numbers = ("BilledCost", "ConsumedQuantity", "EffectiveCost", "ListUnitPrice")
    details = {
        "ModelDeveloper",
        "ModelFamily",
        "ModelId",
        "ModelVersion",
        "TokenCacheAction",
        "TokenDirection",
    }
    expected = [
        (
            *(line.get(name) or None for name in texts),
            *(Decimal(line[name]) if line[name] else None for name in numbers),
            json.loads(line["SkuPriceDetails"] or "{}"),
        )
        for line in lines
    ]
    found = samples.query(
        f"select {', '.join((*texts, *numbers))}, SkuPriceDetails from focus.cost_and_usage "
        "where x_Source = 'ai_examples'"
    )
    # The keys of the 1.5 draft mean the same with and without x_ before them.
    meant = [
        (
            *row[:-1],
            {key.removeprefix("x_"): value for key, value in json.loads(row[-1] or "{}").items()},
        )
        for row in found
    ]
    assert {key for row in expected for key in row[-1]} == details
    assert len(meant) == len(expected) == 17
    for row in expected:
        assert row in meant


def test_a_model_sold_by_a_marketplace_has_its_developer_as_provider(samples: Installation) -> None:
    found = samples.query(
        """
        select distinct ServiceProviderName, InvoiceIssuerName, HostProviderName
        from focus.cost_and_usage where x_Source = 'ai_examples' order by all
        """
    )
    assert found == [
        ("LatticeScale", "LatticeScale", "LatticeScale"),  # its own service of another's model
        ("Solora AI", "Aura Web", "Aura Web"),
        ("Solora AI", "LatticeScale", "LatticeScale"),
        ("Solora AI", "Solora AI", "Solora AI"),
    ]


def test_each_model_and_kind_of_token_is_a_row_of_its_class(samples: Installation) -> None:
    found = samples.query(
        """
        select x_Model, x_TokenClass, SkuMeter, ConsumedUnit, PricingUnit,
            cast(sum(ConsumedQuantity) as bigint), sum(BilledCost)
        from focus.cost_and_usage
        where x_Source = 'ai_examples' and x_Classification = 'ai_model'
            and x_Model in ('solora-neptune-5.0', 'solora-atlas-5.6-venus')
        group by all order by all
        """
    )
    tokens = ("Tokens", "1000000 Tokens")
    venus, neptune = "solora-atlas-5.6-venus", "solora-neptune-5.0"
    read, written = "Cache Read Input Tokens", "Cache Write Input Tokens"
    assert found == [
        (venus, "cache_read", read, *tokens, 100_000, Decimal("0.01")),
        (venus, "cache_write_5m", written, *tokens, 80_000, Decimal("0.1")),
        (venus, "input_uncached", "Input Tokens", *tokens, 750_000, Decimal("0.75")),
        (venus, "output", "Output Tokens", *tokens, 250_000, Decimal("1.5")),
        (neptune, "cache_read", read, *tokens, 50_000_000, Decimal(10)),
        (neptune, "cache_write_5m", written, *tokens, 15_000_000, Decimal("37.5")),
    ]


def test_storage_of_a_cache_is_no_token_and_stays_in_the_cost_of_input(
    samples: Installation,
) -> None:
    found = samples.query(
        """
        select x_TokenClass, ConsumedUnit, sum(EffectiveCost) from focus.cost_and_usage
        where x_Source = 'ai_examples' and x_BillingPeriod = date '2025-01-01'
        group by all order by all
        """
    )
    assert found == [
        ("cache_read", "Tokens", Decimal("2.4")),
        ("input_uncached", "Tokens", Decimal("7.5")),
        ("output", "Tokens", Decimal("22.5")),
        (None, "Token-Hours", Decimal(6)),
    ]


def test_a_prepaid_drawdown_spends_what_was_bought(samples: Installation) -> None:
    commitment = "subscription:aaaa/provider/solora-ai/tokens/1111"
    charges = samples.query(
        """
        select ChargeCategory, BilledCost, EffectiveCost,
            ContractApplied->>'$.Elements[0].ContractCommitmentId',
            cast(ContractApplied->>'$.Elements[0].ContractCommitmentAppliedCost' as decimal(18, 2))
        from focus.cost_and_usage where CommitmentDiscountId = ? order by EffectiveCost
        """,
        [commitment],
    )
    assert charges == [
        ("Purchase", Decimal(500000), Decimal(0), None, None),
        ("Usage", Decimal(0), Decimal(20), commitment, Decimal(20)),
        ("Usage", Decimal(0), Decimal(30), commitment, Decimal(30)),
    ]
    (terms,) = samples.query(
        """
        select ContractCommitmentCategory, ContractCommitmentCost, ContractCommitmentPaymentModel,
            ContractCommitmentPaymentUpfrontPercentage, x_TermsBasis
        from focus.contract_commitment where ContractCommitmentId = ?
        """,
        [commitment],
    )
    assert terms == ("Spend", Decimal(500000), "All Upfront", Decimal(1), "observed")


def test_each_delivery_is_told_in_its_own_version(samples: Installation) -> None:
    found = samples.query(
        """
        select distinct source, focus_version, judged_by
        from trust.rpt_focus_delivery where finding = 'judged' order by all
        """
    )
    younger = "rules of the 1.4 model that are younger than 1.3, and those that 1.4 removed"
    of_later = "rules of the 1.2 model that name a column younger than 1.0"
    assert found == [
        ("ai_examples", "1.4", "the rules of FOCUS 1.4"),
        ("aws_1_4", "1.4", "the rules of FOCUS 1.4"),
        ("azure_1_3", "1.3", f"the rules of FOCUS 1.4 without {younger}"),
        ("focus_sample", "1.0", f"the rules of FOCUS 1.2 without {of_later}"),
        ("google_1_2", "1.2", "the rules of FOCUS 1.2"),
        ("virtual_currency", "1.2", "the rules of FOCUS 1.2"),
    ]


def test_what_a_delivery_breaks_before_lifting_is_told_with_money_and_rows(
    samples: Installation,
) -> None:
    """Dates such as 10/1/25 are read, and told: FOCUS has none."""
    (row,) = samples.query(
        """
        select level, rows_count, billed_cost, billing_currency, example_rows
        from trust.rpt_focus_delivery
        where source = 'virtual_currency' and billing_period = date '2025-10-01'
            and rule_id = 'ChargePeriodStart-C-002-M'
        """
    )
    file = "virtual_currency_pricing_model_c.csv"
    assert row == ("MUST", 2, Decimal(53000), "USD", f"{file} row 1; {file} row 2")


def test_what_lifting_did_is_told_column_by_column(samples: Installation) -> None:
    with sample_files("google_1_2")[0].open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.DictReader(handle))
    covered = sum(
        line["ChargeCategory"] == "Usage" and line["CommitmentDiscountStatus"] == "Used"
        for line in lines
    )
    found = samples.query(
        """
        select finding, column_name, delivered_column, rows_count
        from trust.rpt_focus_delivery
        where source = 'google_1_2' and column_name in ('ServiceProviderName', 'HostProviderName',
            'ContractApplied') and finding in ('filled', 'left_empty', 'renamed')
        order by all
        """
    )
    assert found == [
        # What a commitment has covered counts toward it.
        ("filled", "ContractApplied", None, covered),
        ("filled", "HostProviderName", None, 1000),
        ("filled", "ServiceProviderName", None, 1000),
        ("left_empty", "ContractApplied", None, 1000 - covered),
        ("renamed", "ServiceProviderName", "ProviderName", 1000),
        ("renamed", "ServiceProviderName", "PublisherName", 1000),
    ]
    assert covered > 300
    left_out = samples.query(
        "select distinct delivered_column from trust.rpt_focus_delivery "
        "where source = 'ai_examples' and finding = 'not_carried' order by all"
    )
    assert left_out == [("PrincipalId",), ("RequesterDetails",)]


def test_what_is_odd_and_what_nothing_answers_is_an_exception(samples: Installation) -> None:
    found = samples.query(
        """
        select source, exception_kind, subject, billing_currency, rows_count, billed_cost
        from trust.rpt_exceptions
        where exception_kind in ('faulty_delivery', 'invoice_without_charges')
            -- which has units, a price and account ids of its own that are odd
            and source <> 'focus_sample'
        order by all
        """
    )
    unit = (
        "Every pricing_unit must hold: is a unit of FOCUS's UnitFormat; first file "
        "ai_prompt_caching_b.csv, row 4, column pricing_unit: '1000000 Token-Hours'"
    )
    invoice = "invoice I-10 of Acme, Usage"
    assert found == [
        ("ai_examples", "faulty_delivery", unit, "USD", 1, Decimal(6)),
        ("gone_vendor", "invoice_without_charges", invoice, "EUR", 1, Decimal("12.5")),
    ]


def test_the_four_datasets_join(samples: Installation) -> None:
    """Samples of several versions, with invoices, contracts and issuers of their own."""
    (row,) = samples.query(
        """
        select
            count(*),
            count(*) filter (where lines.InvoiceId is null),
            count(*) filter (where periods.InvoiceIssuerName is null)
        from focus.cost_and_usage as charges
        left join focus.invoice_detail as lines
            on charges.InvoiceId = lines.InvoiceId
            and charges.InvoiceDetailId = lines.InvoiceDetailId
            and charges.InvoiceIssuerName = lines.InvoiceIssuerName
        left join focus.billing_period as periods
            on charges.BillingPeriodStart = periods.BillingPeriodStart
            and charges.InvoiceIssuerName = periods.InvoiceIssuerName
        """
    )
    assert row == (samples.scalar("select count(*) from focus.cost_and_usage"), 0, 0)
    applied, unknown = samples.query(
        """
        select count(*), count(*) filter (where ContractCommitmentId is null)
        from (
            select unnest(ContractApplied->'$.Elements[*].ContractCommitmentId') as id
            from focus.cost_and_usage
        )
        left join focus.contract_commitment on id->>'$' = ContractCommitmentId
        """
    )[0]
    assert (applied > 500, unknown) == (True, 0)
    charged, lined = samples.query(
        "select (select sum(BilledCost) from focus.cost_and_usage), "
        "(select sum(BilledCost) from focus.invoice_detail)"
    )[0]
    assert charged == lined


def test_a_sample_of_many_months_is_landed_to_the_last_digit(tmp_path: Path) -> None:
    source = FileSource("focus", FOCUS / LANDED, tmp_path)
    assert set(source.states().values()) == {"new"}
    landings = [landed.landing for landed in source.land()]
    assert all(landing.passed for landing in landings)
    assert len(landings) == 12
    expected = read_with_python([FOCUS / LANDED])
    assert sum(landing.row_count for landing in landings) == expected.lines
    totals = [Decimal(landing.landed_totals["USD"]) for landing in landings]
    assert sum(totals) == expected.sums["BilledCost"]


@pytest.mark.parametrize("sample", REFUSED)
def test_a_sample_that_is_no_bill_is_refused_in_words(tmp_path: Path, sample: str) -> None:
    source = FileSource("focus", FOCUS / sample, tmp_path)
    (pulled,) = source.pull()
    words = pulled.reason
    if pulled.state == "new":
        (landed,) = source.land()
        assert not landed.landing.passed
        words = " ".join(check.sentence for check in landed.landing.checks)
    assert REFUSED[sample] in words
