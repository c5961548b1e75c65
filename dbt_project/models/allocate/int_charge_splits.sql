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

profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_period('int_charge_profiles') }}
),

profile_rules as (
    select * from {{ ref('int_profile_rules') }}
    where {{ this_period('int_profile_rules') }} and match_rank = 1
),

fx_rates as (
    select * from {{ ref('int_fx_rates') }}
    where {{ this_period('int_fx_rates') }}
),

no_machine_words as (
    select * from {{ ref('no_machine_meter') }}
),

{# Each meter is read once, not with each of its charges. #}
meters as (
    select distinct {{ meter_of('metered') }} as meter
    from {{ ref('int_charges_conformed') }} as metered
    where {{ this_period('metered') }}
),

no_machine_meters as (
    select distinct meters.meter
    from meters
    inner join no_machine_words  -- a meter to the words that are in it
        on meters.meter like concat('%', {{ like_literal('no_machine_words.meter_words') }}, '%') escape '!'
),

settings as (
    select * from {{ source('tollgate', 'setting') }}
),

reporting as (
    select max(setting_value) as reporting_currency
    from settings
    where setting_name = 'reporting_currency'
),

profile_splits as (
    select
        profiles.*,
        profile_rules.split_id,
        profile_rules.split_window
    from profiles
    inner join profile_rules  -- one to one
        on profiles.charge_profile_id = profile_rules.charge_profile_id
),

dated as (
    select
        charges.*,
        {{ charge_kind('charges', 'no_machine_meters.meter is null') | indent(8) }} as charge_kind,
        {{ machine_hours('charges', 'no_machine_meters.meter is null') | indent(8) }} as machine_hours,
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
    left join no_machine_meters  -- many charges to at most one
        on {{ meter_of('charges') }} = no_machine_meters.meter
    where {{ this_period('charges') }}
)

select
    dated.source,
    dated.billing_period,
    dated.x_charge_id,
    profile_splits.charge_profile_id,
    {{ split_of_charge('profile_splits', 'dated', 'dated.usage_date') | indent(4) }} as split_id,
    dated.usage_date,
    dated.service_name,
    dated.charge_category,
    dated.pricing_category,
    dated.charge_kind,
    case when dated.charge_kind = 'machines' then coalesce(dated.sku_id, dated.sku_meter) end as machine_sku_id,
    case when dated.charge_kind = 'machines' then dated.machine_hours end as machine_hours,
    case
        when dated.x_token_class is not null and lower(dated.consumed_unit) = 'tokens'
            then cast(dated.consumed_quantity as decimal(38, 6))
    end as tokens,
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
    reporting.reporting_currency,
    {%- for cost in ['billed_cost', 'effective_cost', 'list_cost', 'contracted_cost'] %}
    case
        when dated.billing_currency = reporting.reporting_currency then dated.{{ cost }}
        else cast(dated.{{ cost }} * fx_rates.fx_rate as decimal(38, 12))
    end as {{ cost }}_reporting{{ ',' if not loop.last }}
    {%- endfor %}
from dated
cross join reporting
inner join profile_splits  -- many charges to one profile
    on
    {{ same_profile('dated', 'profile_splits') | indent(4) }}
left join fx_rates  -- at most one rate a day and currency
    on
        dated.source = fx_rates.source
        and dated.billing_period = fx_rates.billing_period
        and dated.usage_date = fx_rates.usage_date
        and dated.billing_currency = fx_rates.billing_currency
