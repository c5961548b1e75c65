"""What the demo company's AI quality platform bills, as FOCUS 1.2 files: paid ahead, in credits.

The platform (invented) answers vector queries, checks answers against guardrails and scores
prompts. The company buys credits each quarter at a discount, and its use is drawn from them: a
purchase is billed and has no effective cost, use is not billed and has the effective cost of its
credits. One request of a use case is one query, check or score, so its use follows the world's.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from orchestration.demo.world import World

FOLDER = "brightgauge"
BILLING_ACCOUNT_ID = "bg-20418"
# Who buys the credits, and whose the purchase is in the truth.
BUYER_OWNER_ID = "procurement"

# USD a credit: by the price list, and as the order form has it.
_LIST_USD, _CONTRACTED_USD = Decimal("0.05"), Decimal("0.04")
_CREDITS_A_PACK = 1000
# Use grows within a quarter: so much is bought beyond what its first fortnight forebodes.
_QUARTER_MONTHS, _FORTNIGHT_DAYS, _RESERVE_PCT = 3, 14, 15

# service, meter, unit, credits a unit, who uses it
_METERS = (
    ("Brightgauge Vector Search", "Vector Queries", "Queries", Decimal("0.005"),
     ("knowledge-search", "care-chat", "shopping-companion")),
    ("Brightgauge Guardrails", "Guardrail Checks", "Checks", Decimal("0.002"),
     ("care-chat", "checkout-assistant", "shopping-companion")),
    ("Brightgauge Evaluations", "Evaluations", "Evaluations", Decimal("0.1"),
     ("prompt-evals",)),
)  # fmt: skip

# Every column of the file in the provider's order; text is cast nowhere else.
_LINES = """
    with months as (
        select range as month, range + interval 1 month as next_month
        from range(cast($first as timestamp), cast($today as timestamp), interval 1 month)
    ),

    usage as (
        select
            meters.*,
            days.use_case_id,
            days.owner_id,
            cast(days.usage_date as timestamp) as started_on,
            date_trunc('month', cast(days.usage_date as timestamp)) as month,
            days.quantity,
            cast(days.quantity * meters.credits_per_unit as decimal(38, 6)) as credits
        from (
            select
                usage_date, use_case_id, owner_id,
                cast(sum(requests) as decimal(18, 0)) as quantity
            from inference
            group by all
        ) as days
        inner join meters using (use_case_id)
    ),

    purchases as (
        -- As much as the first fortnight forebodes for the quarter, and a reserve, in whole packs.
        select
            quarter.bought_on,
            cast(ceil(
                sum(usage.credits) / $fortnight * any_value(quarter.days)
                * (100 + $reserve_pct) / 100 / $pack
            ) * $pack as decimal(18, 0)) as credits
        from (
            select
                month as bought_on,
                datediff('day', month, month + to_months($quarter)) as days
            from months
            where datediff('month', cast($first as timestamp), month) % $quarter = 0
        ) as quarter
        inner join usage
            on usage.started_on >= quarter.bought_on
            and usage.started_on < quarter.bought_on + to_days($fortnight)
        group by quarter.bought_on
    ),

    lines as (
        select
            'Purchase' as category, 'One-Time' as frequency, bought_on as started_on,
            bought_on + interval 1 day as ended_on, bought_on as month,
            'Brightgauge Credits' as service, 'Credits bought ahead' as description,
            'Credits' as meter, 'Credits' as unit, credits as quantity,
            null as consumed_quantity, null as consumed_unit,
            cast($contracted as decimal(18, 6)) as contracted_unit_price,
            cast($list as decimal(18, 6)) as list_unit_price,
            'USD' as pricing_currency,
            cast($contracted as decimal(18, 6)) as currency_contracted_unit_price,
            cast($list as decimal(18, 6)) as currency_list_unit_price,
            credits * cast($contracted as decimal(18, 6)) as contracted_cost,
            credits * cast($list as decimal(18, 6)) as list_cost,
            credits * cast($contracted as decimal(18, 6)) as billed_cost,
            cast(0 as decimal(18, 6)) as effective_cost,
            cast(0 as decimal(18, 6)) as currency_effective_cost,
            'BG-' || strftime(bought_on, '%Y-%m') as invoice_id,
            null as use_case_id,
            $buyer as owner_id
        from purchases
        union all
        select
            'Usage', 'Usage-Based', started_on, started_on + interval 1 day, month,
            service, meter || ' of ' || use_case_id, meter, unit, quantity, quantity, unit,
            credits_per_unit * cast($contracted as decimal(18, 6)),
            credits_per_unit * cast($list as decimal(18, 6)),
            'Credits', credits_per_unit, credits_per_unit,
            credits * cast($contracted as decimal(18, 6)),
            credits * cast($list as decimal(18, 6)),
            cast(0 as decimal(18, 6)),
            credits * cast($contracted as decimal(18, 6)),
            credits,
            null,
            use_case_id,
            owner_id
        from usage
    )
"""
_COLUMNS = """
    billed_cost as BilledCost,
    $account as BillingAccountId,
    'Organisation' as BillingAccountName,
    'Organisation' as BillingAccountType,
    'USD' as BillingCurrency,
    strftime(month + interval 1 month, '%Y-%m-%dT%H:%M:%SZ') as BillingPeriodEnd,
    strftime(month, '%Y-%m-%dT%H:%M:%SZ') as BillingPeriodStart,
    category as ChargeCategory,
    null as ChargeClass,
    description as ChargeDescription,
    frequency as ChargeFrequency,
    strftime(ended_on, '%Y-%m-%dT%H:%M:%SZ') as ChargePeriodEnd,
    strftime(started_on, '%Y-%m-%dT%H:%M:%SZ') as ChargePeriodStart,
    consumed_quantity as ConsumedQuantity,
    consumed_unit as ConsumedUnit,
    contracted_cost as ContractedCost,
    contracted_unit_price as ContractedUnitPrice,
    effective_cost as EffectiveCost,
    invoice_id as InvoiceId,
    'Brightgauge' as InvoiceIssuerName,
    list_cost as ListCost,
    list_unit_price as ListUnitPrice,
    'Standard' as PricingCategory,
    pricing_currency as PricingCurrency,
    currency_contracted_unit_price as PricingCurrencyContractedUnitPrice,
    currency_effective_cost as PricingCurrencyEffectiveCost,
    currency_list_unit_price as PricingCurrencyListUnitPrice,
    quantity as PricingQuantity,
    unit as PricingUnit,
    'Brightgauge' as ProviderName,
    'Brightgauge' as PublisherName,
    'bg-' || coalesce(use_case_id, 'credits') as ResourceId,
    coalesce(use_case_id, 'Credits') as ResourceName,
    case when category = 'Purchase' then 'Credits' else 'Workspace' end as ResourceType,
    'AI and Machine Learning' as ServiceCategory,
    service as ServiceName,
    case when meter = 'Vector Queries' then 'Other (AI and Machine Learning)'
        else 'AI Platforms' end as ServiceSubcategory,
    'bg-' || lower(replace(meter, ' ', '-')) as SkuId,
    meter as SkuMeter,
    'bg-' || lower(replace(meter, ' ', '-')) || '-2025' as SkuPriceId,
    null as SkuPriceDetails,
    'bg-' || owner_id as SubAccountId,
    owner_id as SubAccountName,
    'Workspace' as SubAccountType,
    case when use_case_id is null then null
        else to_json({'use_case': use_case_id}) end as Tags
"""


def write_credits_export(world: World, folder: Path) -> pl.DataFrame:
    """Write one FOCUS 1.2 file a month and return who caused what.

    Args:
        world: The company's use of everything.
        folder: Is made; each month's file is named after it (``2026-09.csv``).

    Returns:
        One row a line of the files: ``usage_date``, ``sub_account_id``, ``description``,
        ``owner_id``, ``billed_cost`` and ``effective_cost`` in US dollars, exact.
    """
    folder.mkdir(parents=True)
    arguments = {
        "first": world.first_day,
        "today": world.today,
        "pack": _CREDITS_A_PACK,
        "quarter": _QUARTER_MONTHS,
        "fortnight": _FORTNIGHT_DAYS,
        "reserve_pct": _RESERVE_PCT,
        "contracted": _CONTRACTED_USD,
        "list": _LIST_USD,
        "buyer": BUYER_OWNER_ID,
    }
    with duckdb.connect() as connection:
        connection.register("inference", world.inference.to_arrow())
        connection.execute(
            "create table meters (service text, meter text, unit text, "
            "credits_per_unit decimal(18, 6), use_case_id text)"
        )
        connection.executemany(
            "insert into meters values (?, ?, ?, ?, ?)",
            [(*meter, use_case) for *meter, use_cases in _METERS for use_case in use_cases],
        )
        connection.execute(f"create table line as {_LINES} select * from lines", arguments)
        months: list[date] = [
            month
            for (month,) in connection.execute(
                "select distinct cast(month as date) from line order by 1"
            ).fetchall()
        ]
        for month in months:
            file = folder / f"{month:%Y-%m}.csv"
            connection.execute(
                f"copy (select {_COLUMNS} from line where month = $month "
                "order by started_on, category, description) to $file (header)",
                {"month": month, "account": BILLING_ACCOUNT_ID, "file": str(file)},
            )
        return connection.execute(
            "select cast(started_on as date) as usage_date, 'bg-' || owner_id as sub_account_id, "
            "description, owner_id, billed_cost, effective_cost from line order by all"
        ).pl()
