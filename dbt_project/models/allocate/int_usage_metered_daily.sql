-- One row per day, meter, standing, model, operation and caller, with what counts once only.
-- Invariant: each day's metered usage is here once; of meters that the organisation ranks for the
-- same use case or key, one counts on a day and the others are `seen_elsewhere`, with its name.
{{ config(work_unit='period', keeps_periods_apart=true) }}

{%- set dimensions = [
    'meter_kind', 'x_provider', 'x_model', 'x_service_tier', 'context_above_tokens', 'x_operation', 'region_id',
    'x_region_scope',
] + metered_identity() %}

with metered as (
    select * from {{ ref('int_metered_usage') }}
    where {{ this_month('int_metered_usage') }}
),

precedences as (
    select * from {{ source('org', 'meter_precedence') }}
),

by_day as (
    select
        source,
        billing_period,
        usage_date,
        standing,
        standing_reason,
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        {%- for name in metered_measures() %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        max(longest_seconds) as longest_seconds
    from metered
    group by all
),

{# What can be seen twice: the use cases and keys that a meter counted on a day, calls and GPUs apart. #}
seen as (
    select distinct source, billing_period, usage_date, x_use_case, x_credential_id, {{ metered_matter() }} as matter
    from by_day
    where standing = 'counted'
),

{# The narrowest list of the organisation that ranks the meter: by key, by use case, or for all. #}
ranked as (
    select
        seen.source,
        seen.billing_period,
        seen.usage_date,
        seen.x_use_case,
        seen.x_credential_id,
        seen.matter,
        precedences.meter_scope,
        case
            when precedences.meter_scope = 'key' then precedences.scope_value
            else seen.x_use_case
        end as competes_for,
        precedences.meter_order
    from seen
    inner join precedences  -- each of what was seen to the lists that rank its meter
        on
            seen.source = precedences.source
            and (precedences.valid_from is null or seen.usage_date >= precedences.valid_from)
            and (precedences.valid_to is null or seen.usage_date < precedences.valid_to)
            and (
                precedences.meter_scope = 'all'
                or (precedences.meter_scope = 'use_case' and seen.x_use_case = precedences.scope_value)
                or (precedences.meter_scope = 'key' and seen.x_credential_id = precedences.scope_value)
            )
    qualify row_number() over (
        partition by
            seen.source, seen.billing_period, seen.usage_date, seen.x_use_case, seen.x_credential_id, seen.matter
        order by case precedences.meter_scope when 'key' then 1 when 'use_case' then 2 else 3 end
    ) = 1
),

first_ranked as (
    select
        billing_period,
        usage_date,
        matter,
        meter_scope,
        competes_for,
        min(meter_order) as meter_order
    from ranked
    group by billing_period, usage_date, matter, meter_scope, competes_for
),

{# A meter has one place in a list, so that the first of a list is one meter. #}
winners as (
    select distinct
        ranked.billing_period,
        ranked.usage_date,
        ranked.matter,
        ranked.meter_scope,
        ranked.competes_for,
        ranked.source as counted_source
    from ranked
    inner join first_ranked  -- many to one
        on
            ranked.billing_period = first_ranked.billing_period
            and ranked.usage_date = first_ranked.usage_date
            and ranked.matter = first_ranked.matter
            and ranked.meter_scope = first_ranked.meter_scope
            and ranked.competes_for is not distinct from first_ranked.competes_for
            and ranked.meter_order = first_ranked.meter_order
),

losers as (
    select
        ranked.source,
        ranked.billing_period,
        ranked.usage_date,
        ranked.x_use_case,
        ranked.x_credential_id,
        ranked.matter,
        winners.counted_source
    from ranked
    inner join winners  -- many to one
        on
            ranked.billing_period = winners.billing_period
            and ranked.usage_date = winners.usage_date
            and ranked.matter = winners.matter
            and ranked.meter_scope = winners.meter_scope
            and ranked.competes_for is not distinct from winners.competes_for
            and ranked.source <> winners.counted_source
)

select
    by_day.source,
    by_day.billing_period,
    by_day.usage_date,
    cast(case when losers.source is null then by_day.standing else 'seen_elsewhere' end as string)
        as standing,
    cast(case
        when losers.source is null then by_day.standing_reason
        else concat('counted by ', losers.counted_source)
    end as string) as standing_reason,
    {%- for name in dimensions %}
    by_day.{{ name }},
    {%- endfor %}
    {%- for name, type in metered_usage_columns() if name in metered_measures() + ['longest_seconds'] %}
    cast(by_day.{{ name }} as {{ type }}) as {{ name }},
    {%- endfor %}
    'api_equivalent' as x_basis
from by_day
left join losers  -- many rows to at most one loser
    on
        by_day.standing = 'counted'
        and by_day.source = losers.source
        and by_day.billing_period = losers.billing_period
        and by_day.usage_date = losers.usage_date
        and by_day.x_use_case is not distinct from losers.x_use_case
        and by_day.x_credential_id is not distinct from losers.x_credential_id
        and {{ metered_matter() }} = losers.matter
