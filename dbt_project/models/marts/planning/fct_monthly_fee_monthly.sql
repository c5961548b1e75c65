-- One row per month, source, budget scope, its value, service and currency: fees that recur, and what comes each month.
-- Invariant: billed fees of one month are a part of what fct_budget_actual_monthly says is billed once in the month.
-- Fees of another length have a row, and count nothing in it.
-- Scopes look at the same money and are never added to each other.
{{ config(keeps_periods_apart=true) }}

{%- set measures = ['billed_cost', 'effective_cost'] %}

with charges as (
    select
        source,
        billing_period,
        x_charge_id,
        service_provider_name,
        sub_account_id,
        service_name,
        billing_currency,
        {%- for measure in measures %}
        case when {{ is_of_one_month() }} then {{ measure }} else 0 end as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_charges_conformed') }}
    where
        {{ this_period('int_charges_conformed') }}
        and charge_category = 'Purchase' and charge_frequency = 'Recurring'
),

charge_splits as (
    select * from {{ ref('int_charge_splits') }}
    where {{ this_period('int_charge_splits') }} and charge_category = 'Purchase'
),

split_shares as (
    select * from {{ ref('int_split_shares') }}
    where {{ this_period('int_split_shares') }}
),

fee_splits as (
    select
        charges.source,
        charges.billing_period,
        charges.service_name,
        charges.billing_currency,
        charge_splits.split_id,
        {%- for measure in measures %}
        cast(sum(charges.{{ measure }}) as decimal(38, 12)) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from charges
    inner join charge_splits  -- one to one
        on charges.x_charge_id = charge_splits.x_charge_id
    group by
        charges.source, charges.billing_period, charges.service_name, charges.billing_currency,
        charge_splits.split_id
),

by_owner as (
    select
        fee_splits.source,
        fee_splits.billing_period,
        fee_splits.service_name,
        fee_splits.billing_currency,
        split_shares.use_case_id,
        split_shares.owner_id,
        {%- for measure in measures %}
        fee_splits.{{ measure }} * split_shares.share as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from fee_splits
    inner join split_shares  -- one split to its owners
        on fee_splits.split_id = split_shares.split_id
)

{%- for scope, value, fees in [
    ('service_provider', 'service_provider_name', 'charges'),
    ('sub_account', 'sub_account_id', 'charges'),
    ('use_case', 'use_case_id', 'by_owner'),
    ('owner', 'owner_id', 'by_owner'),
] %}
{{ 'union all' if not loop.first }}

select
    source,
    billing_period,
    '{{ scope }}' as budget_scope,
    {{ value }} as scope_value,
    service_name,
    billing_currency,
    {%- for measure in measures %}
    cast(sum({{ measure }}) as decimal(38, 24)) as fee_{{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ fees }}
group by source, billing_period, {{ value }}, service_name, billing_currency
{%- endfor %}
