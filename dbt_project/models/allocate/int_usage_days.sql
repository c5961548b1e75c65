-- One row per source, billing period and day on which something was charged or used.
-- Invariant: each day lies in exactly one epoch, a stretch in which no rule or mapping changes.
-- A bill may charge days of earlier periods (refunds): those days keep the rules of their time.
-- Days after the bill's period take the rules of its last day.

{{ config(keeps_periods_apart=true) }}

with charge_totals as (
    select * from {{ ref('int_charge_totals') }}
),

token_usage as (
    select * from {{ ref('int_token_usage') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

mappings as (
    select * from {{ source('org', 'owner_mapping') }}
),

boundaries as (
    select valid_from as epoch_start_date from rules where valid_from is not null
    union
    select valid_to from rules where valid_to is not null
    union
    select valid_from from mappings where valid_from is not null
    union
    select valid_to from mappings where valid_to is not null
    union
    select cast('0001-01-01' as date)
),

days as (
    select charge_totals.source, charge_totals.billing_period, charge_totals.usage_date
    from charge_totals
    where {{ this_period('charge_totals') }}
    union
    select token_usage.source, token_usage.billing_period, token_usage.usage_date
    from token_usage
    where {{ this_period('token_usage') }}
)

select
    days.source,
    days.billing_period,
    days.usage_date,
    max(boundaries.epoch_start_date) as epoch_start_date
from days
inner join boundaries  -- one day to the boundaries before it, of which the last counts
    on {{ in_force_date('days') }} >= boundaries.epoch_start_date
group by days.source, days.billing_period, days.usage_date
