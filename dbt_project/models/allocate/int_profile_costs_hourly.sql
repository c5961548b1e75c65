-- One row per charge profile, day and hour: what its charges cost.
-- Invariant: added up over its hours, a day's cost is that of int_profile_costs.
-- Only in months in which a rule weighs costs by the hour; charges for longer than an hour have a day alone.
{{ config(keeps_periods_apart=true, needed_when=a_rule_works_by_hour('proportional')) }}

with charges as (
    select
        source,
        billing_period,
        x_charge_id,
        {{ hour_of('charge_period_start', 'charge_period_end') }} as usage_hour
    from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }}
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }}
)

select
    charge_splits.source,
    charge_splits.billing_period,
    charge_splits.charge_profile_id,
    charge_splits.usage_date,
    charges.usage_hour,
    charge_splits.reporting_currency,
    {%- for cost in four_costs() %}
    cast(sum(charge_splits.{{ cost }}_reporting) as decimal(38, 12)) as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from charge_splits
inner join charges  -- one to one
    on
        charge_splits.source = charges.source
        and charge_splits.billing_period = charges.billing_period
        and charge_splits.x_charge_id = charges.x_charge_id
group by
    charge_splits.source,
    charge_splits.billing_period,
    charge_splits.charge_profile_id,
    charge_splits.usage_date,
    charges.usage_hour,
    charge_splits.reporting_currency
