-- One row per month, outcome, owner, use case, source, service and model: what a request costs in full.
-- Invariant: the loaded costs add up to the ledger's effective cost; each cost is loaded once.
-- Ratios do not add up: divide sums of cost by sums of requests.
{{ config(work_unit='period', keeps_periods_apart=true) }}

{#- What is loaded, by what it is: the parts add up to the shared cost. -#}
{%- set components = {
    'idle': 'is_idle',
    'machines': "not is_idle and x_classification = 'gpu'",
    'other_ai': "not is_idle and x_classification in ('ai_model', 'ai_other')",
    'platform': "not is_idle and x_classification not in ('gpu', 'ai_model', 'ai_other')",
} %}
{%- set who = ['billing_period', 'outcome', 'owner_id', 'use_case_id'] %}

with unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
    where {{ this_month('fct_unit_cost_monthly') }}
),

metered_usage as (
    select * from {{ ref('fct_metered_usage_daily') }}
    where
        {{ this_month('fct_metered_usage_daily') }}
        and standing = 'counted' and x_use_case is not null
),

{# Idle capacity of an owner and use case is loaded where it has models. Where it has none, or the
    capacity is of no use case, it stays a row of its own: others may have left it idle. #}
with_models as (
    select distinct
        billing_period,
        owner_id,
        use_case_id
    from unit_costs
    where
        use_case_id is not null
        and outcome = 'owned' and x_classification = 'ai_model' and charge_category = 'Usage'
),

told_apart as (
    select
        unit_costs.billing_period,
        unit_costs.owner_id,
        unit_costs.use_case_id,
        case
            when unit_costs.outcome = 'idle' and with_models.billing_period is not null then 'owned'
            else unit_costs.outcome
        end as outcome,
        unit_costs.outcome = 'idle' as is_idle,
        unit_costs.team,
        unit_costs.department,
        unit_costs.use_case,
        unit_costs.source,
        unit_costs.service_name,
        unit_costs.x_model,
        unit_costs.x_classification,
        unit_costs.reporting_currency,
        unit_costs.effective_cost_reporting,
        unit_costs.unknown_charges_count,
        unit_costs.tokens,
        unit_costs.requests,
        unit_costs.outcome = 'owned' and unit_costs.x_classification = 'ai_model'
        and unit_costs.charge_category = 'Usage' as is_direct
    from unit_costs
    left join with_models  -- many to at most one
        on
            unit_costs.billing_period = with_models.billing_period
            and unit_costs.owner_id is not distinct from with_models.owner_id
            and unit_costs.use_case_id = with_models.use_case_id
),

{# Of a model in owned rows; everything else that the owner and use case carry is loaded onto it. #}
by_model as (
    select
        {%- for name in who %}
        {{ name }},
        {%- endfor %}
        case when is_direct then source end as source,
        case when is_direct then service_name end as service_name,
        case when is_direct then x_model end as x_model,
        max(team) as team,
        max(department) as department,
        max(use_case) as use_case,
        max(reporting_currency) as reporting_currency,
        sum(case when is_direct then effective_cost_reporting end) as direct_cost_reporting,
        {%- for name, condition in components.items() %}
        sum(case when not is_direct and {{ condition }} then effective_cost_reporting end)
            as {{ name }}_cost_reporting,
        {%- endfor %}
        sum(unknown_charges_count) as unknown_charges_count,
        sum(tokens) as tokens,
        sum(requests) as vendor_requests
    from told_apart
    group by
        {%- for name in who %}
        {{ name }},
        {%- endfor %}
        case when is_direct then source end,
        case when is_direct then service_name end,
        case when is_direct then x_model end
),

with_totals as (
    select
        *,
        {%- set of_group %}
        over (partition by {{ who | join(', ') }})
        {%- endset %}
        {%- for name in components %}
        sum({{ name }}_cost_reporting) {{ of_group }} as group_{{ name }}_cost_reporting,
        {%- endfor %}
        sum(case when direct_cost_reporting > 0 then direct_cost_reporting end) {{ of_group }}
            as group_direct_cost_reporting,
        row_number() over (
            partition by {{ who | join(', ') }}
            order by
                case when direct_cost_reporting > 0 then direct_cost_reporting end desc nulls last,
                source asc, service_name asc, x_model asc
        ) as model_rank
    from by_model
),

shares as (
    select
        *,
        case
            when direct_cost_reporting > 0
                then {{ per_unit_share(
                    'cast(direct_cost_reporting as decimal(38, 12))',
                    'cast(group_direct_cost_reporting as decimal(38, 12))',
                ) }}
            else 0
        end as direct_share
    from with_totals
),

{# The model with the largest direct cost takes what rounding leaves; without one, the group's first
    row does, which names no model where there is none. #}
loaded as (
    select
        *,
        {%- for name in components %}
        case
            when model_rank = 1
                then group_{{ name }}_cost_reporting - sum(
                    case
                        when model_rank > 1
                            then cast(group_{{ name }}_cost_reporting as decimal(38, 12)) * direct_share
                        else 0
                    end
                ) over (partition by {{ who | join(', ') }})
            else cast(group_{{ name }}_cost_reporting as decimal(38, 12)) * direct_share
        end as shared_{{ name }}_cost_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from shares
),

{# Our own meter counts for a vendor that does not, where it saw the tokens that the vendor bills. #}
metered as (
    select
        billing_period,
        x_use_case,
        x_model,
        sum(requests) as requests,
        cast(sum(
            {% for name in metered_token_classes() -%}
            {{ 'coalesce(' ~ name ~ ', 0)' }}{{ ' + ' if not loop.last }}
            {%- endfor %}
        ) as decimal(38, 12)) as tokens
    from metered_usage
    group by billing_period, x_use_case, x_model
),

{# A part that the owner and use case do not have adds nothing. #}
shared as (
    select
        *,
        case
            when
                {%- for name in components %}
                shared_{{ name }}_cost_reporting is not null{{ ' or' if not loop.last }}
                {%- endfor %}
                then
                    {%- for name in components %}
                    case
                        when shared_{{ name }}_cost_reporting is not null then shared_{{ name }}_cost_reporting
                        else 0
                    end{{ ' +' if not loop.last }}
                    {%- endfor %}
        end as shared_cost_reporting
    from loaded
),

counted as (
    select
        shared.*,
        metered.requests as metered_requests,
        {{ per_request('metered.tokens', 'cast(shared.tokens as decimal(38, 12))') }} as metered_share
    from shared
    left join metered  -- a use case and model to at most one count
        on
            shared.billing_period = metered.billing_period
            and shared.use_case_id = metered.x_use_case
            and shared.x_model = metered.x_model
            and shared.vendor_requests is null
),

requested as (
    select
        *,
        case
            when vendor_requests is not null then vendor_requests
            when metered_share between 0.98 and 1.02 then cast(metered_requests as decimal(38, 12))
        end as requests,
        case
            when vendor_requests is not null then 'vendor'
            when metered_share between 0.98 and 1.02 then 'meter'
        end as requests_source,
        coalesce(direct_cost_reporting, 0 * shared_cost_reporting)
        + coalesce(shared_cost_reporting, 0 * direct_cost_reporting) as loaded_cost_reporting
    from counted
)

select
    {%- for name in who %}
    {{ name }},
    {%- endfor %}
    team,
    department,
    use_case,
    source,
    service_name,
    x_model,
    reporting_currency,
    cast(direct_cost_reporting as decimal(38, 24)) as direct_cost_reporting,
    {%- for name in components %}
    cast(shared_{{ name }}_cost_reporting as decimal(38, 24)) as shared_{{ name }}_cost_reporting,
    {%- endfor %}
    cast(shared_cost_reporting as decimal(38, 24)) as shared_cost_reporting,
    cast(loaded_cost_reporting as decimal(38, 24)) as loaded_cost_reporting,
    cast(unknown_charges_count as bigint) as unknown_charges_count,
    cast(tokens as decimal(38, 12)) as tokens,
    cast(requests as decimal(38, 12)) as requests,
    requests_source,
    {#- What is of no model was asked for by no request: requests and tokens beside it are of other charges. #}
    case when x_model is not null then {{ per_request('direct_cost_reporting', 'cast(requests as decimal(38, 12))') }}
    end as direct_cost_per_request,
    case when x_model is not null then {{ per_request('loaded_cost_reporting', 'cast(requests as decimal(38, 12))') }}
    end as loaded_cost_per_request,
    case when x_model is not null then {{ per_million_tokens('direct_cost_reporting', 'tokens') }}
    end as direct_cost_per_million_tokens,
    case when x_model is not null then {{ per_million_tokens('loaded_cost_reporting', 'tokens') }}
    end as loaded_cost_per_million_tokens,
    case
        when x_model is null then 'the cost is of no model'
        when requests = 0 then 'no requests were counted in the month'
        when requests is not null then null
        when metered_share is not null
            then 'the vendor counts no requests, and our meter saw other tokens than the vendor bills'
        else 'the vendor counts no requests, and no meter of ours does'
    end as cost_per_request_unknown_reason
from requested
