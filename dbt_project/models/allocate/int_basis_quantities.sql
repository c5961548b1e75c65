-- One row per month, metric, day, hour, source, account, service, model, owner and use case: what they used.
-- Invariant: cost and tokens count for an owner only where a direct rule named that owner.
-- Only metrics that some rule weighs by are here; what is unknown is left out, never taken as zero.
-- Hours are told apart only in months in which a rule works by the hour.
{{ config(work_unit='period', keeps_periods_apart=true, needed_when=a_rule_has_a_basis()) }}

{%- set dimensions = [
    'billing_period', 'usage_date', 'usage_hour', 'source', 'billing_account_id', 'sub_account_id',
    'service_name', 'x_model', 'owner_id', 'use_case_id',
] %}
{%- set reporting_costs = [] %}
{%- for cost in four_costs() %}{% do reporting_costs.append(cost ~ '_reporting') %}{% endfor %}
{%- set metered_measures = [
    'requests', 'total_seconds', 'estimated_cost_usd', 'requested_gpu_seconds', 'used_gpu_seconds',
] + metered_token_classes() %}
{%- set metered_evidences = [
    'x_credential_id', 'x_principal_id', 'x_profile_id', 'sub_account_id', 'billing_account_id', 'x_team',
    'x_namespace',
] %}

with daily_costs as (
    select * from {{ ref('int_profile_costs') }}
    where {{ this_month('int_profile_costs') }}
),

hourly_costs as (
    select * from {{ ref('int_profile_costs_hourly') }}
    where {{ this_month('int_profile_costs_hourly') }}
),

profile_costs as (
    {{- by_hour_where_there_are_hours(
        'daily_costs', 'hourly_costs',
        ['source', 'billing_period', 'charge_profile_id', 'usage_date']
        + reporting_costs
    ) }}
),

profiles as (
    select * from {{ ref('int_charge_profiles') }}
    where {{ this_month('int_charge_profiles') }}
),

{# Shared cost is what is divided by direct cost: it is no part of the basis, and so there is no circle. #}
direct_profiles as (
    select * from {{ ref('int_profile_rules') }}
    where
        {{ this_month('int_profile_rules') }}
        and match_rank = 1 and method = 'direct'
),

usage_splits as (
    select * from {{ ref('int_usage_splits') }}
    where {{ this_month('int_usage_splits') }}
),

usage_days as (
    select distinct billing_period, usage_date
    from {{ ref('int_usage_days') }}
    where {{ this_month('int_usage_days') }}
),

daily_use as (
    select * from {{ ref('int_usage_metered_daily') }}
    where {{ this_month('int_usage_metered_daily') }} and standing = 'counted'
),

hourly_use as (
    select * from {{ ref('int_usage_metered_hourly') }}
    where {{ this_month('int_usage_metered_hourly') }}
),

use_that_counts as (
    {{- by_hour_where_there_are_hours(
        'daily_use', 'hourly_use',
        ['source', 'billing_period', 'usage_date', 'meter_kind', 'x_provider', 'x_model', 'x_use_case']
        + (metered_evidences | reject('equalto', 'x_namespace') | list) + metered_measures
    ) }}
),

metered as (
    select
        *,
        case
            when
                meter_kind in (
                    {%- for kind in namespace_meter_kinds() %}
                    '{{ kind }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                ) then sub_account_id
        end as x_namespace
    from use_that_counts
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

bases as (
    select * from {{ source('org', 'allocation_rule_basis') }}
),

mappings as (
    select * from {{ source('org', 'owner_mapping') }}
),

use_cases as (
    select * from {{ source('org', 'use_case') }}
),

own_metrics as (
    select * from {{ source('org', 'usage_metric') }}
),

prices as (
    select * from {{ ref('ai_price') }}
    where currency = 'USD'
),

wanted_metrics as (
    select distinct metric
    from bases
),

owned_costs as (
    select
        profile_costs.billing_period,
        profile_costs.usage_date,
        profile_costs.usage_hour,
        profile_costs.source,
        profiles.billing_account_id,
        profiles.sub_account_id,
        profiles.service_name,
        profiles.x_model,
        direct_profiles.outcome,
        direct_profiles.owner_id,
        direct_profiles.use_case_id,
        {%- for cost in four_costs() %}
        profile_costs.{{ cost }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from profile_costs
    inner join direct_profiles  -- the costs of a profile to the one rule that decides
        on profile_costs.charge_profile_id = direct_profiles.charge_profile_id
    inner join profiles  -- many to one
        on profile_costs.charge_profile_id = profiles.charge_profile_id
),

direct_splits as (
    select distinct split_id, owner_id, use_case_id
    from direct_profiles
    where outcome = 'owned'
),

owned_usage as (
    select
        usage_splits.*,
        {{ context_above_tokens('usage_splits.x_context_window') }} as context_above_tokens,
        direct_splits.owner_id,
        direct_splits.use_case_id
    from usage_splits
    inner join direct_splits  -- many to one owner
        on usage_splits.own_split_id = direct_splits.split_id
),

usage_to_price as (
    select *
    from owned_usage
    where exists (
        select 1 from wanted_metrics where wanted_metrics.metric = 'price_weighted_tokens'
    )
),

{{ prices_in_force('usage_to_price', 'prices') }},

priced_usage as (
    select
        owned_usage.*,
        cast({{ cost_of_tokens('owned_usage.tokens', 'prices_in_force.list_price') }} as decimal(38, 12))
            as price_weighted_tokens
    from owned_usage
    left join prices_in_force  -- many rows to at most one price
        on
            {{- price_of('owned_usage') }}
),

{# Whose a meter's row is: the evidence that the organisation's rules ask first, else its use case's owner. #}
evidence_orders as (
    select evidence, min(rule_order) as rule_order
    from (
        select evidence, rule_order
        from rules
        where method = 'direct'
        union all
        {# what no rule about charges asks for is asked last: the gateway's team, a namespace #}
        select 'x_team' as evidence, 2147483647 as rule_order
        union all
        select 'x_namespace' as evidence, 2147483647 as rule_order
    ) as asked
    group by evidence
),

callers as (
    select distinct usage_date, x_use_case, {{ metered_evidences | join(', ') }}
    from metered
),

caller_evidences as (
    {%- for name in metered_evidences %}
    select callers.*, '{{ name }}' as evidence, {{ name }} as evidence_value
    from callers
    where {{ name }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

caller_owners as (
    select
        caller_evidences.usage_date,
        caller_evidences.x_use_case,
        {%- for name in metered_evidences %}
        caller_evidences.{{ name }},
        {%- endfor %}
        mappings.owner_id,
        mappings.use_case_id
    from caller_evidences
    inner join evidence_orders  -- many to one
        on caller_evidences.evidence = evidence_orders.evidence
    inner join mappings  -- at most one mapping of a value is in force on a day
        on
            caller_evidences.evidence = mappings.evidence
            and caller_evidences.evidence_value = mappings.value
            and (mappings.valid_from is null or caller_evidences.usage_date >= mappings.valid_from)
            and (mappings.valid_to is null or caller_evidences.usage_date < mappings.valid_to)
    qualify row_number() over (
        partition by
            caller_evidences.usage_date,
            caller_evidences.x_use_case,
            {%- for name in metered_evidences %}
            caller_evidences.{{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        order by evidence_orders.rule_order, caller_evidences.evidence
    ) = 1
),

owned_metered as (
    select
        metered.*,
        coalesce(caller_owners.owner_id, use_cases.owner_id) as owner_id,
        coalesce(caller_owners.use_case_id, use_cases.use_case_id) as use_case_id
    from metered
    left join caller_owners  -- many to at most one
        on
            metered.usage_date = caller_owners.usage_date
            and metered.x_use_case is not distinct from caller_owners.x_use_case
            {%- for name in metered_evidences %}
            and metered.{{ name }} is not distinct from caller_owners.{{ name }}
            {%- endfor %}
    left join use_cases  -- at most one version of a use case is in force on a day
        on
            metered.x_use_case = use_cases.use_case_id
            and (use_cases.valid_from is null or metered.usage_date >= use_cases.valid_from)
            and (use_cases.valid_to is null or metered.usage_date < use_cases.valid_to)
),

measured as (
    {# idle capacity is its holder's where a rule asks for it: support and discounts are of it as well #}
    {%- for cost in four_costs() %}
    {%- for suffix, outcomes in [('', "'owned'"), ('_with_idle', "'owned', 'idle'")] %}
    select
        '{{ cost }}{{ suffix }}' as metric,
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        {{ cost }}_reporting as quantity
    from owned_costs
    where outcome in ({{ outcomes }})

    union all
    {% endfor %}
    {%- endfor %}

    {%- for metric, quantity in [
        ('tokens', 'tokens'),
        ('price_weighted_tokens', 'price_weighted_tokens'),
        ('requests', 'requests'),
    ] %}
    select
        '{{ metric }}' as metric,
        {%- for name in dimensions %}
        {{ 'cast(null as string) as ' if name == 'billing_account_id' }}{{ name }},
        {%- endfor %}
        cast({{ quantity }} as decimal(38, 12)) as quantity
    from priced_usage

    union all
    {% endfor %}

    {%- for metric, quantity in [
        ('metered_requests', 'requests'),
        ('metered_seconds', 'total_seconds'),
        ('metered_estimated_cost', 'estimated_cost_usd'),
        ('requested_gpu_seconds', 'requested_gpu_seconds'),
        ('used_gpu_seconds', 'used_gpu_seconds'),
        ('metered_tokens', all_metered_tokens()),
    ] %}
    select
        '{{ metric }}' as metric,
        {%- for name in dimensions %}
        {{ 'x_provider as ' if name == 'service_name' }}{{ name }},
        {%- endfor %}
        cast({{ quantity }} as decimal(38, 12)) as quantity
    from owned_metered
    where owner_id is not null

    union all
    {% endfor %}

    {# a quantity of the organisation counts on each day of its validity on which anything was charged #}
    select
        own_metrics.metric,
        usage_days.billing_period,
        usage_days.usage_date,
        cast(null as timestamp) as usage_hour,
        cast(null as string) as source,
        cast(null as string) as billing_account_id,
        cast(null as string) as sub_account_id,
        cast(null as string) as service_name,
        cast(null as string) as x_model,
        own_metrics.owner_id,
        own_metrics.use_case_id,
        cast(own_metrics.daily_quantity as decimal(38, 12)) as quantity
    from usage_days
    inner join own_metrics  -- each day to the quantities in force on it
        on
            (own_metrics.valid_from is null or usage_days.usage_date >= own_metrics.valid_from)
            and (own_metrics.valid_to is null or usage_days.usage_date < own_metrics.valid_to)
            and usage_days.usage_date >= usage_days.billing_period
            and usage_days.usage_date < usage_days.billing_period + interval 1 month
)

select
    measured.metric,
    {%- for name in dimensions %}
    measured.{{ name }},
    {%- endfor %}
    cast(sum(measured.quantity) as decimal(38, 12)) as quantity
from measured
inner join wanted_metrics  -- many to one
    on measured.metric = wanted_metrics.metric
where measured.quantity is not null
group by
    measured.metric,
    {%- for name in dimensions %}
    measured.{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
