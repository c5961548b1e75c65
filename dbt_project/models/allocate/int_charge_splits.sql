-- One row per charge: the split that divides it, with the narrow columns that marts group by.
-- Invariant: every charge of the ledger is here once; its four costs are the ledger's.
-- Reporting twins are the cost times the exchange rate of the policy, rounded once, NULL where no rate is known.

{{ config(
    repeats=reporting_twins(), repeats_where={'group_splits': 'is_in_reporting_currency'},
    keeps_periods_apart=true
) }}

with charge_groups as (
    select * from {{ ref('int_charge_groups') }}
    where {{ this_period('int_charge_groups') }}
),

profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
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

{{ made_first({'group_splits': [
    'source', 'service_name', 'charge_category', 'pricing_category', 'charge_kind', 'machine_sku_id',
    'x_classification', 'x_model', 'x_token_class', 'x_service_tier', 'x_context_window', 'x_region_scope', 'x_basis',
    'billing_currency', 'reporting_currency',
]}) }}

charges as (
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

{# What is in the reporting currency needs no rate. #}
other_rates as (
    select * from {{ ref('int_fx_rates') }}
    where {{ this_period('int_fx_rates') }} and billing_currency is distinct from reporting_currency
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

{# What a charge and its group have alike is the group's: its few words are not looked up again for each charge. #}
matched as (
    select
        group_splits.source,
        dated.billing_period,
        dated.x_charge_id,
        group_splits.charge_profile_id,
        {{ split_of_charge('group_splits', 'dated', 'dated.usage_date') | indent(8) }} as split_id,
        dated.usage_date,
        group_splits.service_name,
        group_splits.charge_category,
        group_splits.pricing_category,
        group_splits.charge_kind,
        group_splits.machine_sku_id,
        {{ machine_hours('dated.consumed_quantity', 'group_splits.units_per_machine_hour') | indent(8) }}
            as machine_hours,
        {# guessed before it is looked at twice #}
        case
            when group_splits.counts_tokens then {{ guess_of_six_decimals('dated.consumed_quantity') }}
        end as guessed_tokens,
        case when group_splits.counts_tokens then dated.consumed_quantity end as tokens,
        group_splits.x_classification,
        group_splits.x_model,
        group_splits.x_token_class,
        group_splits.x_service_tier,
        group_splits.x_context_window,
        group_splits.x_region_scope,
        group_splits.x_basis,
        group_splits.billing_currency,
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
),

rated as (
    select
        matched.*,
        other_rates.fx_rate
    from matched
    left join other_rates  -- at most one rate a day and currency
        on
            matched.source = other_rates.source
            and matched.billing_period = other_rates.billing_period
            and matched.usage_date = other_rates.usage_date
            and matched.billing_currency = other_rates.billing_currency
)

select
    cast(source as string) as source,
    billing_period,
    x_charge_id,
    charge_profile_id,
    split_id,
    usage_date,
    cast(service_name as string) as service_name,
    cast(charge_category as string) as charge_category,
    cast(pricing_category as string) as pricing_category,
    cast(charge_kind as string) as charge_kind,
    cast(machine_sku_id as string) as machine_sku_id,
    machine_hours,
    case
        when tokens = guessed_tokens then guessed_tokens
        else cast(tokens as decimal(38, 6))
    end as tokens,
    cast(x_classification as string) as x_classification,
    cast(x_model as string) as x_model,
    cast(x_token_class as string) as x_token_class,
    cast(x_service_tier as string) as x_service_tier,
    cast(x_context_window as string) as x_context_window,
    cast(x_region_scope as string) as x_region_scope,
    cast(x_basis as string) as x_basis,
    cast(billing_currency as string) as billing_currency,
    billed_cost,
    effective_cost,
    list_cost,
    contracted_cost,
    cast(reporting_currency as string) as reporting_currency,
    {%- for cost in four_costs() %}
    {{ reporting_cost(cost, 'is_in_reporting_currency', 'fx_rate') | indent }}
        as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from rated
