-- One row per resource and charge window: what a GPU machine cost and how long it ran.
-- Invariant: the costs add up to the ledger's GPU charges that name a resource.
-- A window is a charge period, an hour or a day; billed hours are those of the bill.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where x_classification = 'gpu' and resource_id is not null
),

fx_rates as (
    select * from {{ ref('int_fx_rates') }}
    where {{ this_period('int_fx_rates') }}
),

{# Costs in the reporting currency as int_charge_splits has them, without a join of all charges by their ids. #}
reported as (
    select
        charges.source,
        charges.billing_period,
        charges.resource_id,
        charges.charge_period_start,
        charges.charge_period_end,
        charges.pricing_category,
        case
            when charges.charge_category = 'Usage' and charges.consumed_unit = 'Hours'
                then charges.consumed_quantity
        end as billed_hours,
        fx_rates.reporting_currency,
        {%- for cost in ('effective_cost', 'list_cost') %}
        {{ reporting_cost(
            'charges.' ~ cost, 'charges.billing_currency = fx_rates.reporting_currency', 'fx_rates.fx_rate'
        ) | indent(8) }} as {{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from charges
    inner join fx_rates  -- many charges to the one rate of their day and currency
        on
            charges.source = fx_rates.source
            and charges.billing_period = fx_rates.billing_period
            and cast(charges.charge_period_start as date) = fx_rates.usage_date
            and charges.billing_currency = fx_rates.billing_currency
    where {{ this_period('charges') }}
)

select
    source,
    billing_period,
    resource_id,
    charge_period_start,
    charge_period_end,
    reporting_currency,
    cast(sum(effective_cost_reporting) as decimal(38, 12)) as effective_cost_reporting,
    cast(sum(
        case when pricing_category = 'Dynamic' then effective_cost_reporting end
    ) as decimal(38, 12)) as spot_cost_reporting,
    cast(sum(
        case when pricing_category = 'Dynamic' then list_cost_reporting - effective_cost_reporting end
    ) as decimal(38, 12)) as spot_saving_reporting,
    cast(sum(
        case
            when pricing_category = 'Dynamic' and list_cost_reporting is not null
                then effective_cost_reporting
        end
    ) as decimal(38, 12)) as listed_spot_cost_reporting,
    cast(sum(billed_hours) as decimal(38, 12)) as billed_hours,
    count(*) filter (where effective_cost_reporting is null) as unknown_charges_count
from reported
group by all
