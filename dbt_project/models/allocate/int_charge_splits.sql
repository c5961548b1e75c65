-- One row per charge: the split that divides it, with the narrow columns that marts group by.
-- Invariant: every charge of the ledger is here once; its four costs are the ledger's.
-- Reporting twins are the cost times the exchange rate of the policy, rounded once, NULL where no rate is known.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
),

usage_days as (
    select * from {{ ref('int_usage_days') }}
    where {{ this_period('int_usage_days') }}
),

virtual_tags as (
    select * from {{ ref('int_virtual_tags') }}
    where {{ this_period('int_virtual_tags') }}
),

charge_groups as (
    select * from {{ ref('int_charge_groups') }}
    where {{ this_period('int_charge_groups') }}
),

profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

fx_rates as (
    select * from {{ ref('int_fx_rates') }}
    where {{ this_period('int_fx_rates') }}
),

settings as (
    select * from {{ source('tollgate', 'setting') }}
),

reporting as (
    select max(setting_value) as reporting_currency
    from settings
    where setting_name = 'reporting_currency'
),

group_splits as (
    select
        charge_groups.*,
        profile_rules.split_id,
        profile_rules.split_window,
        reporting.reporting_currency,
        coalesce(charge_groups.billing_currency = reporting.reporting_currency, false) as is_in_reporting_currency
    from charge_groups
    cross join reporting
    inner join profile_rules  -- many groups to the one rule of their profile that decides
        on charge_groups.charge_profile_id = profile_rules.charge_profile_id
),

{# What is in the reporting currency needs no rate. #}
other_rates as (
    select fx_rates.*
    from fx_rates
    inner join reporting  -- many to one
        on fx_rates.billing_currency is distinct from reporting.reporting_currency
),

dated as (
    select
        charges.*,
        {{ is_counted('charges') }} as is_counted,
        virtual_tags.virtual_tags,
        usage_days.usage_date,
        usage_days.epoch_start_date
    from charges
    inner join usage_days  -- many charges to one day
        on
            charges.source = usage_days.source
            and charges.billing_period = usage_days.billing_period
            and cast(charges.charge_period_start as date) = usage_days.usage_date
    left join virtual_tags  -- one charge to at most one
        on
            charges.source = virtual_tags.source
            and charges.billing_period = virtual_tags.billing_period
            and charges.x_charge_id = virtual_tags.x_charge_id
    where {{ this_period('charges') }}
),

matched as (
    select
        dated.source,
        dated.billing_period,
        dated.x_charge_id,
        group_splits.charge_profile_id,
        {{ split_of_charge('group_splits', 'dated', 'dated.usage_date') | indent(8) }} as split_id,
        dated.usage_date,
        dated.service_name,
        dated.charge_category,
        dated.pricing_category,
        group_splits.charge_kind,
        group_splits.machine_sku_id,
        {{ machine_hours('dated.consumed_quantity', 'group_splits.units_per_machine_hour') | indent(8) }}
            as machine_hours,
        {# guessed before it is looked at twice #}
        case
            when group_splits.counts_tokens then {{ guess_of_six_decimals('dated.consumed_quantity') }}
        end as guessed_tokens,
        case when group_splits.counts_tokens then dated.consumed_quantity end as tokens,
        dated.x_classification,
        dated.x_model,
        dated.x_token_class,
        dated.x_service_tier,
        dated.x_context_window,
        dated.x_region_scope,
        dated.x_basis,
        dated.billing_currency,
        dated.billed_cost,
        dated.effective_cost,
        dated.list_cost,
        dated.contracted_cost,
        group_splits.reporting_currency,
        group_splits.is_in_reporting_currency
    from dated
    inner join group_splits  -- many charges to one group
        on
        {{ same_columns('dated', 'group_splits', group_columns()) | indent(8) }}
)

select
    matched.source,
    matched.billing_period,
    matched.x_charge_id,
    matched.charge_profile_id,
    matched.split_id,
    matched.usage_date,
    matched.service_name,
    matched.charge_category,
    matched.pricing_category,
    matched.charge_kind,
    matched.machine_sku_id,
    matched.machine_hours,
    case
        when matched.tokens = matched.guessed_tokens then matched.guessed_tokens
        else cast(matched.tokens as decimal(38, 6))
    end as tokens,
    matched.x_classification,
    matched.x_model,
    matched.x_token_class,
    matched.x_service_tier,
    matched.x_context_window,
    matched.x_region_scope,
    matched.x_basis,
    matched.billing_currency,
    matched.billed_cost,
    matched.effective_cost,
    matched.list_cost,
    matched.contracted_cost,
    matched.reporting_currency,
    {%- for cost in four_costs() %}
    {{ reporting_cost('matched.' ~ cost, 'matched.is_in_reporting_currency', 'other_rates.fx_rate') | indent }}
        as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from matched
left join other_rates  -- at most one rate a day and currency
    on
        matched.source = other_rates.source
        and matched.billing_period = other_rates.billing_period
        and matched.usage_date = other_rates.usage_date
        and matched.billing_currency = other_rates.billing_currency
