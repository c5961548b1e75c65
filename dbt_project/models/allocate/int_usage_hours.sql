-- One row per source, billing period and hour in which something was charged for an hour or less.
-- Invariant: an hour lies in one day; charges for longer have no hour and are not here.
-- Only in months in which a rule divides by the hour; the day tells the epoch.
{{ config(keeps_periods_apart=true, needed_when=a_rule_works_by_hour()) }}

with charges as (
    select
        *,
        {{ hour_of('charge_period_start', 'charge_period_end') }} as usage_hour
    from {{ ref('int_charges_conformed') }}
)

select distinct
    charges.source,
    charges.billing_period,
    cast(charges.usage_hour as date) as usage_date,
    charges.usage_hour
from charges
where {{ this_period('charges') }} and charges.usage_hour is not null
