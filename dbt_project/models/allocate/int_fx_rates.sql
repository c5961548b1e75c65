-- One row per source, billing period, day and billing currency: the rate into the reporting currency.
-- Invariant: each day and currency that the ledger holds is here once; an unknown rate is NULL, never 1.
-- Which rate counts (the day's, the month's average, its end) and against which is the organisation's policy.

{{ config(keeps_periods_apart=true) }}

with charge_totals as (
    select * from {{ ref('int_charge_totals') }}
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
    where {{ this_period('int_usage_days') }}
),

day_rates as (
    select * from {{ source('org', 'fx_rate') }}
),

period_rates as (
    select * from {{ source('org', 'fx_period_rate') }}
),

policies as (
    select * from {{ source('org', 'fx_policy') }}
),

settings as (
    select * from {{ source('tollgate', 'setting') }}
),

reporting as (
    select max(setting_value) as reporting_currency
    from settings
    where setting_name = 'reporting_currency'
),

currencies as (
    select distinct
        charge_totals.source,
        charge_totals.billing_period,
        charge_totals.billing_currency
    from charge_totals
    where {{ this_period('charge_totals') }} and charge_totals.billing_currency is not null
),

{# A policy for the currency goes before the one for all; without either it is the rate of the day. #}
currency_policies as (
    select
        currencies.source,
        currencies.billing_period,
        currencies.billing_currency,
        reporting.reporting_currency,
        {{ last_day_of('currencies.billing_period') }} as last_date,
        cast(currencies.billing_period - interval 1 day as date) as day_before_date,
        coalesce(policies.fx_policy, 'daily') as fx_policy,
        coalesce(policies.compared_with, 'previous_month') as fx_compared_with
    from currencies
    cross join reporting
    left join policies  -- a currency to its own policy and the one for all, of which one counts
        on
            (policies.from_currency is null or currencies.billing_currency = policies.from_currency)
            and (
                policies.valid_from is null
                or policies.valid_from <= {{ last_day_of('currencies.billing_period') }}
            )
            and (
                policies.valid_to is null
                or policies.valid_to > {{ last_day_of('currencies.billing_period') }}
            )
    qualify row_number() over (
        partition by currencies.source, currencies.billing_period, currencies.billing_currency
        order by policies.from_currency nulls last
    ) = 1
),

day_policies as (
    select
        currency_policies.*,
        usage_days.usage_date,
        {{ in_force_date('usage_days') }} as rate_date
    from currency_policies
    inner join usage_days  -- each currency to the days of its period
        on
            currency_policies.source = usage_days.source
            and currency_policies.billing_period = usage_days.billing_period
)

select
    day_policies.source,
    day_policies.billing_period,
    day_policies.usage_date,
    day_policies.billing_currency,
    day_policies.reporting_currency,
    day_policies.fx_policy,
    case
        when day_policies.billing_currency = day_policies.reporting_currency then cast(1 as decimal(28, 12))
        when day_policies.fx_policy = 'daily' then day_rates.fx_rate
        else period_rates.fx_rate
    end as fx_rate,
    day_policies.fx_compared_with,
    case
        when day_policies.billing_currency = day_policies.reporting_currency then cast(1 as decimal(28, 12))
        when day_policies.fx_compared_with = 'plan' then plan_rates.fx_rate
        when day_policies.fx_policy = 'daily' then day_rates_before.fx_rate
        else period_rates_before.fx_rate
    end as compared_fx_rate
from day_policies
left join day_rates  -- at most one rate of a pair a day
    on {{ rate_in_force('day_rates', 'day_policies', 'rate_date') }}
left join period_rates  -- at most one rate of a kind and pair a day
    on
        day_policies.fx_policy = period_rates.rate_kind
        and {{ rate_in_force('period_rates', 'day_policies', 'last_date') }}
left join period_rates as plan_rates  -- at most one
    on
        plan_rates.rate_kind = 'plan'
        and {{ rate_in_force('plan_rates', 'day_policies', 'last_date') }}
left join day_rates as day_rates_before  -- at most one
    on {{ rate_in_force('day_rates_before', 'day_policies', 'day_before_date') }}
left join period_rates as period_rates_before  -- at most one
    on
        day_policies.fx_policy = period_rates_before.rate_kind
        and {{ rate_in_force('period_rates_before', 'day_policies', 'day_before_date') }}
