-- One row per month, source, budget scope, its value and currency: what was billed of what a budget can be of.
-- Invariant: in each scope the amounts of a source and month add up to its billed cost without taxes.
-- Scopes look at the same money and are never added to each other.
{{ config(keeps_periods_apart=true) }}

with charges as (
    select * from {{ ref('int_charges_conformed') }}
    where {{ this_period('int_charges_conformed') }} and charge_category is distinct from 'Tax'
),

statement_lines as (
    select * from {{ ref('fct_statement_line_monthly') }}
    where {{ this_period('fct_statement_line_monthly') }} and charge_category is distinct from 'Tax'
),

billed as (
    select
        source,
        billing_period,
        service_provider_name,
        sub_account_id,
        billing_currency,
        cast(sum(billed_cost) as decimal(38, 12)) as billed_cost
    from charges
    group by source, billing_period, service_provider_name, sub_account_id, billing_currency
)

{%- for scope, value in [('service_provider', 'service_provider_name'), ('sub_account', 'sub_account_id')] %}
select
    source,
    billing_period,
    '{{ scope }}' as budget_scope,
    {{ value }} as scope_value,
    billing_currency,
    cast(sum(billed_cost) as decimal(38, 24)) as actual_billed_cost
from billed
group by source, billing_period, {{ value }}, billing_currency

union all
{% endfor %}
{%- for scope in ['use_case', 'owner'] %}
select
    source,
    billing_period,
    '{{ scope }}' as budget_scope,
    {{ scope }}_id as scope_value,
    billing_currency,
    cast(sum(billed_cost) as decimal(38, 24)) as actual_billed_cost
from statement_lines
group by source, billing_period, {{ scope }}_id, billing_currency
{{ 'union all' if not loop.last }}
{%- endfor %}
