-- One row per month, source, model, state in the register, service, outcome, owner, use case and currency.
-- Invariant: the costs are those that showback has for known models, to the last digit.
-- A model is held to the register as it is now, and to the day since when it may be used.
{{ config(keeps_periods_apart=true) }}

{%- set who_columns = ['outcome', 'owner_id', 'team', 'department', 'use_case_id', 'use_case'] %}

with showback as (
    select * from {{ ref('fct_showback_daily') }}
    where {{ this_period('fct_showback_daily') }} and x_model is not null
),

token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
    where {{ this_period('fct_token_usage_daily') }} and x_model is not null and tokens is not null
),

register as (
    select * from {{ source('org', 'ai_model') }}
),

measured as (
    select
        source,
        billing_period,
        usage_date,
        x_model,
        service_name,
        {%- for name in who_columns %}
        {{ name }},
        {%- endfor %}
        billing_currency,
        effective_cost,
        reporting_currency,
        effective_cost_reporting,
        cast(null as decimal(38, 18)) as tokens
    from showback

    union all

    select
        source,
        billing_period,
        usage_date,
        x_model,
        service_name,
        {%- for name in who_columns %}
        {{ name }},
        {%- endfor %}
        billing_currency,
        cast(null as decimal(38, 24)) as effective_cost,
        cast(null as string) as reporting_currency,
        cast(null as decimal(38, 24)) as effective_cost_reporting,
        tokens
    from token_usage
),

judged as (
    select
        measured.*,
        coalesce(register.register_status, 'unregistered') as register_status,
        case
            when register.model is null then 'unregistered'
            when register.register_status in ('forbidden', 'retired') then register.register_status
            when measured.usage_date < register.approved_on then 'used_before_approval'
            when register.register_status in ('approved', 'pilot') then 'compliant'
            else 'not_approved'
        end as compliance_state
    from measured
    left join register  -- many to at most one
        on measured.x_model = register.model
)

select
    source,
    billing_period,
    x_model,
    service_name,
    register_status,
    compliance_state,
    {%- for name in who_columns %}
    {{ name }},
    {%- endfor %}
    billing_currency,
    cast(sum(effective_cost) as decimal(38, 24)) as effective_cost,
    max(reporting_currency) as reporting_currency,
    cast(sum(effective_cost_reporting) as decimal(38, 24)) as effective_cost_reporting,
    cast(sum(tokens) as decimal(38, 12)) as tokens,
    min(usage_date) as first_used_on,
    max(usage_date) as last_used_on
from judged
group by
    source,
    billing_period,
    x_model,
    service_name,
    register_status,
    compliance_state,
    {%- for name in who_columns %}
    {{ name }},
    {%- endfor %}
    billing_currency
