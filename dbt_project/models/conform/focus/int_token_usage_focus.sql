-- One row per billing day, who-columns, model and token class that a FOCUS bill counts tokens of.
-- Invariant: token classes are disjoint as the bill meters them; tokens are the bill's own count.
-- A FOCUS bill knows no request count, so there is no request row; the day is the charge's first.

{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed_focus') }}
    where {{ this_period('int_charges_conformed_focus') }}
),

named as (
    select
        source,
        billing_period,
        cast(charge_period_start as date) as usage_date,
        'bill' as usage_source,
        service_name,
        billing_account_id,
        sub_account_id,
        region_id,
        tags,
        x_model,
        x_token_class,
        x_credential_id,
        x_product_code,
        x_operation,
        billing_currency,
        sum(consumed_quantity) as tokens
    from charges
    where x_token_class is not null and lower(consumed_unit) = 'tokens'
    group by all
)

{{ conformed_usage('named', unknown=[
    'x_service_tier', 'x_context_window', 'x_region_scope', 'x_principal_id', 'x_profile_id',
    'x_user_id', 'x_line_item_type', 'requests',
]) }}
