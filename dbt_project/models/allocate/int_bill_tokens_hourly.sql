-- One row per split, day, hour, account, service, model, token class, tier and currency that a bill counts tokens of.
-- Invariant: added up over its hours and splits, a day is what int_token_usage has of the bill.
-- Only in months in which a rule divides by the hour; charges for longer than an hour have a day alone.
{{ config(keeps_periods_apart=true, needed_when=a_rule_works_by_hour()) }}

{#- What a token is priced by and who paid for it, as int_usage_splits keeps it. -#}
{%- set of_charge = [
    'sub_account_id', 'service_name', 'x_model', 'x_token_class', 'x_service_tier', 'x_context_window',
    'x_region_scope', 'billing_currency',
] %}

with bills as (
    select distinct source, billing_period
    from {{ ref('int_token_usage') }}
    where {{ this_period('int_token_usage') }} and usage_source = 'bill'
),

charges as (
    select
        *,
        {{ hour_of('charge_period_start', 'charge_period_end') }} as usage_hour
    from {{ ref('int_charges_conformed') }}
    where
        {{ this_period('int_charges_conformed') }}
        and x_token_class is not null
        and lower(consumed_unit) = 'tokens'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and x_token_class is not null
)

select
    charges.source,
    charges.billing_period,
    charge_splits.split_id,
    charge_splits.usage_date,
    charges.usage_hour,
    {%- for name in of_charge %}
    charges.{{ name }},
    {%- endfor %}
    cast(sum(charges.consumed_quantity) as decimal(38, 6)) as tokens
from charges
inner join bills  -- many charges to their bill, if it is the one that counts the tokens
    on charges.source = bills.source and charges.billing_period = bills.billing_period
inner join charge_splits  -- one to one
    on
        charges.source = charge_splits.source
        and charges.billing_period = charge_splits.billing_period
        and charges.x_charge_id = charge_splits.x_charge_id
group by
    charges.source,
    charges.billing_period,
    charge_splits.split_id,
    charge_splits.usage_date,
    charges.usage_hour,
    {%- for name in of_charge %}
    charges.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
