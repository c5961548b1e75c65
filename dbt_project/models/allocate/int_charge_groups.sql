-- One row per source, billing period, epoch and distinct combination of the columns that many charges have alike.
-- Invariant: every charge of the period is of exactly one group, and every group of one profile.
-- What a charge is for follows from its group, so that it is worked out on few rows instead of on millions.

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

no_machine_words as (
    select * from {{ ref('no_machine_meter') }}
),

grouped as (
    select
        charges.billing_period,
        {%- for name in profile_attributes() + group_attributes() %}
        charges.{{ name }},
        {%- endfor %}
        charges.tags,
        virtual_tags.virtual_tags,
        usage_days.epoch_start_date,
        {{ is_counted('charges') }} as is_counted
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
    group by all
),

meters as (
    select distinct {{ meter_of('grouped') }} as meter
    from grouped
),

no_machine_meters as (
    select distinct meters.meter
    from meters
    inner join no_machine_words  -- a meter to the words that are in it
        on meters.meter like concat('%', {{ like_literal('no_machine_words.meter_words') }}, '%') escape '!'
),

metered as (
    select
        grouped.*,
        {{ units_per_machine_hour('grouped', 'no_machine_meters.meter is null') | indent(8) }} as units_per_machine_hour
    from grouped
    left join no_machine_meters  -- many groups to at most one
        on {{ meter_of('grouped') }} = no_machine_meters.meter
),

kinds as (
    select
        *,
        {{ charge_kind('metered') | indent(8) }} as charge_kind
    from metered
)

select
    {%- for name in group_columns() %}
    {{ name }},
    {%- endfor %}
    {{ charge_profile_id() | indent(4) }} as charge_profile_id,
    charge_kind,
    case when charge_kind = 'machines' then coalesce(sku_id, sku_meter) end as machine_sku_id,
    case when charge_kind = 'machines' then units_per_machine_hour end as units_per_machine_hour,
    coalesce(x_token_class is not null and lower(consumed_unit) = 'tokens', false) as counts_tokens
from kinds
