-- One row per training run and who states it: whether it counts, and what its GPU time cost.
-- Invariant: own costs add up to no more than the GPU charges of the machines; nothing counts twice.
-- Of a run that two state one counts: training_run.csv before a tracker. cost_with_nested does not add up.
{{ config(work_unit='whole') }}

{%- set most_parents = most_parents() %}
{%- set inherited = ['use_case_id', 'trained_model', 'resource_id'] %}
{%- set of_the_window = 'source, resource_id, charge_period_start, charge_period_end' %}

with table_runs as (
    select * from {{ source('org', 'training_run') }}
),

tracked_runs as (
    select * from {{ ref('int_training_runs') }}
),

use_cases as (
    select distinct use_case_id
    from {{ source('org', 'use_case') }}
),

clock as (
    select today_date from {{ source('tollgate', 'clock') }}
),

gpu_windows as (
    select * from {{ ref('int_gpu_resource_windows') }}
),

use_case_windows as (
    select * from {{ ref('int_gpu_resource_use_cases') }}
),

stated as (
    select
        'training_run.csv' as run_source,
        1 as source_order,
        run_id,
        parent_run_id,
        use_case_id,
        trained_model,
        resource_id,
        started_at,
        ended_at,
        true as is_timed,
        run_state,
        false as is_deleted,
        cast(null as string) as x_user_id,
        cast(null as string) as x_environment,
        gpu_count,
        gpu_utilisation_share,
        metric_name,
        metric_value,
        cast(null as string) as defects
    from table_runs

    union all

    select
        source as run_source,
        2 as source_order,
        run_id,
        parent_run_id,
        use_case as use_case_id,
        trained_model,
        resource_id,
        started_at,
        ended_at,
        is_timed,
        run_state,
        is_deleted,
        user_id as x_user_id,
        environment as x_environment,
        gpu_count,
        gpu_utilisation_share,
        metric_name,
        metric_value,
        standing_reason as defects
    from tracked_runs
),

in_order as (
    select
        *,
        row_number() over (partition by run_id order by source_order, run_source) as choice
    from stated
),

chosen as (
    select * from in_order
    where choice = 1
),

{# The runs around a run, from the inside out. A run without tags of its own has those of the run around it. #}
nested as (
    select
        chosen.run_id,
        {%- for n in range(1, most_parents + 1) %}
        around_{{ n }}.run_id as parent_{{ n }},
        {%- endfor %}
        around_{{ most_parents }}.parent_run_id is not null as has_no_outermost,
        {%- for name in inherited %}
        coalesce(
            chosen.{{ name }}
            {%- for n in range(1, most_parents + 1) %},
            around_{{ n }}.{{ name }}
            {%- endfor %}
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from chosen
    {%- for n in range(1, most_parents + 1) %}
    left join chosen as around_{{ n }}  -- a run to at most one run around it
        on {{ 'chosen' if n == 1 else 'around_' ~ (n - 1) }}.parent_run_id = around_{{ n }}.run_id
    {%- endfor %}
),

judged as (
    select
        chosen.run_source,
        chosen.run_id,
        case when not nested.has_no_outermost then nested.parent_1 end as parent_run_id,
        {%- for n in range(1, most_parents + 1) %}
        case when not nested.has_no_outermost then nested.parent_{{ n }} end as parent_{{ n }},
        {%- endfor %}
        {%- for name in inherited %}
        nested.{{ name }},
        {%- endfor %}
        chosen.started_at,
        chosen.ended_at,
        chosen.is_timed,
        chosen.run_state,
        chosen.is_deleted,
        chosen.x_user_id,
        chosen.x_environment,
        chosen.gpu_count,
        chosen.gpu_utilisation_share,
        chosen.metric_name,
        chosen.metric_value,
        case
            when chosen.defects is not null then chosen.defects
            when nested.has_no_outermost
                then 'its parents go in a circle, or more than {{ most_parents }} lie around it'
            when nested.use_case_id is null then 'it names no use case'
            when use_cases.use_case_id is null
                then concat('the use case ', nested.use_case_id, ' is not in use_case.csv')
            when nested.trained_model is null then 'it names no model'
        end as kept_out_reason
    from chosen
    inner join nested  -- one to one
        on chosen.run_id = nested.run_id
    left join use_cases  -- many to at most one
        on nested.use_case_id = use_cases.use_case_id
),

{#
  A later month's bill may correct a window: its costs are added up, its time is there once. Machines that
  the bill names as one have more hours than the window, but it is the window that the runs share; so it is
  where the bill tells no hours, which least() passes over.
#}
corrected_windows as (
    select
        source,
        resource_id,
        charge_period_start,
        charge_period_end,
        sum(effective_cost_reporting) as effective_cost_reporting,
        sum(spot_cost_reporting) as spot_cost_reporting,
        sum(spot_saving_reporting) as spot_saving_reporting,
        sum(listed_spot_cost_reporting) as listed_spot_cost_reporting,
        least(
            cast(sum(billed_hours) * 3600 as decimal(38, 6)),
            {{ seconds_between('charge_period_start', 'charge_period_end') }}
        ) as billed_seconds
    from gpu_windows
    -- most machines are of no run, and their windows are as many as the hours of a month's bill
    where resource_id in (select judged.resource_id from judged)
    group by source, resource_id, charge_period_start, charge_period_end
),

{# What the ledger gives a use case of a window, whatever the month of the bill. #}
carried_windows as (
    select
        source,
        resource_id,
        charge_period_start,
        charge_period_end,
        use_case_id,
        cast(sum(effective_cost_reporting) as decimal(38, 12)) as use_case_cost_reporting
    from use_case_windows
    group by source, resource_id, charge_period_start, charge_period_end, use_case_id
),

{#
  The part of each charge window in which a run was at work; a run without an end is still at it. A run that
  is kept out has its part too: what nobody named is not paid by those beside it.
#}
touched_windows as (
    select
        judged.run_id,
        judged.parent_run_id,
        judged.use_case_id,
        corrected_windows.source,
        corrected_windows.resource_id,
        corrected_windows.charge_period_start,
        corrected_windows.charge_period_end,
        corrected_windows.effective_cost_reporting,
        corrected_windows.spot_cost_reporting,
        corrected_windows.spot_saving_reporting,
        corrected_windows.listed_spot_cost_reporting,
        corrected_windows.billed_seconds,
        {{ seconds_between(
            'greatest(judged.started_at, corrected_windows.charge_period_start)',
            'least(coalesce(judged.ended_at, corrected_windows.charge_period_end), '
            ~ 'corrected_windows.charge_period_end)',
        ) }} as overlap_seconds
    from judged
    inner join corrected_windows  -- a run to the windows of its machine that it touches
        on
            judged.resource_id = corrected_windows.resource_id
            and judged.started_at < corrected_windows.charge_period_end
            and coalesce(judged.ended_at, corrected_windows.charge_period_end)
            > corrected_windows.charge_period_start
    where judged.is_timed
),

nested_time as (
    select
        parent_run_id,
        source,
        resource_id,
        charge_period_start,
        charge_period_end,
        sum(overlap_seconds) as nested_seconds
    from touched_windows
    where parent_run_id is not null
    group by parent_run_id, source, resource_id, charge_period_start, charge_period_end
),

{# What a nested run has, its parent does not have. #}
own_time as (
    select
        touched_windows.*,
        greatest(touched_windows.overlap_seconds - coalesce(nested_time.nested_seconds, 0), 0)
            as own_seconds
    from touched_windows
    left join nested_time  -- at most one
        on
            touched_windows.run_id = nested_time.parent_run_id
            and touched_windows.source = nested_time.source
            and touched_windows.resource_id = nested_time.resource_id
            and touched_windows.charge_period_start = nested_time.charge_period_start
            and touched_windows.charge_period_end = nested_time.charge_period_end
),

run_time as (
    select
        *,
        sum(own_seconds) over (partition by {{ of_the_window }}) as used_seconds
    from own_time
),

{# Runs at the same time share the machine by their time; time without a run is nobody's. #}
shared_time as (
    select
        *,
        {{ per_unit_share('own_seconds', 'greatest(billed_seconds, used_seconds)') }} as share_rounded_down,
        {{ per_unit_share('used_seconds', 'greatest(billed_seconds, used_seconds)') }} as used_share
    from run_time
),

{# What rounding leaves of the time that was used goes to the run with most of it: a window that was used whole
    is paid whole. #}
shares as (
    select
        *,
        share_rounded_down + case
            when row_number() over (partition by {{ of_the_window }} order by own_seconds desc, run_id asc) = 1
                then used_share - sum(share_rounded_down) over (partition by {{ of_the_window }})
            else 0
        end as share
    from shared_time
),

run_costs as (
    select
        run_id,
        sum(effective_cost_reporting * share) as own_cost_reporting,
        sum(spot_cost_reporting * share) as spot_cost_reporting,
        sum(spot_saving_reporting * share) as spot_saving_reporting,
        sum(listed_spot_cost_reporting * share) as listed_spot_cost_reporting
    from shares
    group by run_id
),

use_case_costs as (
    select
        shares.run_id,
        sum(carried_windows.use_case_cost_reporting * shares.share) as use_case_cost_reporting
    from shares
    inner join carried_windows  -- a run's part of a window to what its use case carries of that
        on
            shares.source = carried_windows.source
            and shares.resource_id = carried_windows.resource_id
            and shares.charge_period_start = carried_windows.charge_period_start
            and shares.charge_period_end = carried_windows.charge_period_end
            and shares.use_case_id = carried_windows.use_case_id
    group by shares.run_id
),

{# Each run for itself and for every run around it. #}
lineage as (
    select
        run_id,
        run_id as outer_run_id
    from judged
    {%- for n in range(1, most_parents + 1) %}

    union all

    select
        run_id,
        parent_{{ n }} as outer_run_id
    from judged
    where parent_{{ n }} is not null
    {%- endfor %}
),

family_costs as (
    select
        lineage.outer_run_id,
        sum(run_costs.own_cost_reporting) as cost_with_nested_reporting
    from lineage
    inner join run_costs  -- many to one
        on lineage.run_id = run_costs.run_id
    group by lineage.outer_run_id
),

gpu_times as (
    select
        run_id,
        resource_id,
        case
            when is_timed and ended_at is not null
                then cast(
                    cast(gpu_count as decimal(10, 0)) * {{ seconds_between('started_at', 'ended_at') }}
                    as decimal(38, 6)
                )
        end as gpu_seconds
    from judged
),

{# What ran on the machine of a run around it ran within the time of that run. #}
inside as (
    select distinct
        inner_runs.run_id,
        outer_lineage.outer_run_id
    from gpu_times as inner_runs
    inner join lineage as inner_lineage  -- a run to those around it
        on inner_runs.run_id = inner_lineage.run_id
    inner join gpu_times as around  -- many to one
        on
            inner_lineage.outer_run_id = around.run_id
            and inner_runs.run_id <> around.run_id
            and inner_runs.resource_id = around.resource_id
    inner join lineage as outer_lineage  -- a run around it to those around that
        on around.run_id = outer_lineage.run_id
),

family_hours as (
    select
        lineage.outer_run_id,
        case when count(*) = count(gpu_times.gpu_seconds) then sum(gpu_times.gpu_seconds) end
            as gpu_seconds_with_nested
    from lineage
    inner join gpu_times  -- many to one
        on lineage.run_id = gpu_times.run_id
    left join inside  -- at most one
        on lineage.run_id = inside.run_id and lineage.outer_run_id = inside.outer_run_id
    where gpu_times.resource_id is not null and inside.run_id is null
    group by lineage.outer_run_id
),

currencies as (
    select max(reporting_currency) as reporting_currency
    from gpu_windows
),

{# Those who state a run as well and are not the one that counts. #}
others as (
    select
        run_id,
        min(run_source) as also_stated_by
    from in_order
    where choice > 1
    group by run_id
),

costed as (
    select
        judged.*,
        others.also_stated_by,
        currencies.reporting_currency,
        {{ seconds_between(
            'judged.started_at',
            'coalesce(judged.ended_at, cast(clock.today_date as timestamp))',
        ) }} as seconds_at_work,
        run_costs.own_cost_reporting,
        use_case_costs.use_case_cost_reporting,
        family_costs.cost_with_nested_reporting,
        run_costs.spot_cost_reporting,
        run_costs.spot_saving_reporting,
        run_costs.listed_spot_cost_reporting,
        family_hours.gpu_seconds_with_nested
    from judged
    cross join currencies
    cross join clock
    left join run_costs  -- at most one
        on judged.run_id = run_costs.run_id
    left join use_case_costs  -- at most one
        on judged.run_id = use_case_costs.run_id
    left join family_costs  -- at most one
        on judged.run_id = family_costs.outer_run_id
    left join family_hours  -- at most one
        on judged.run_id = family_hours.outer_run_id
    left join others  -- at most one
        on judged.run_id = others.run_id
)

select
    run_source,
    run_id,
    case when kept_out_reason is null then 'counted' else 'kept_out' end as standing,
    kept_out_reason as standing_reason,
    also_stated_by,
    parent_run_id,
    use_case_id,
    trained_model,
    resource_id,
    x_user_id,
    x_environment,
    started_at,
    ended_at,
    run_state,
    is_deleted,
    gpu_count,
    cast({{ per_unit(
        'case when is_timed then cast(gpu_count as decimal(10, 0)) * seconds_at_work end', 3600
    ) }} as decimal(38, 12)) as gpu_hours,
    gpu_utilisation_share,
    metric_name,
    metric_value,
    reporting_currency,
    cast(own_cost_reporting as decimal(38, 24)) as own_cost_reporting,
    cast(coalesce(use_case_cost_reporting, 0 * own_cost_reporting) as decimal(38, 24)) as use_case_cost_reporting,
    cast(cost_with_nested_reporting as decimal(38, 24)) as cost_with_nested_reporting,
    cast(coalesce(spot_cost_reporting, 0 * own_cost_reporting) as decimal(38, 24)) as spot_cost_reporting,
    cast(coalesce(spot_saving_reporting, 0 * own_cost_reporting) as decimal(38, 24)) as spot_saving_reporting,
    cast(coalesce(listed_spot_cost_reporting, 0 * own_cost_reporting) as decimal(38, 24))
        as listed_spot_cost_reporting,
    cast({{ per_unit('gpu_seconds_with_nested', 3600) }} as decimal(38, 12)) as gpu_hours_with_nested
from costed

union all

select
    in_order.run_source,
    in_order.run_id,
    'stated_elsewhere' as standing,
    concat('counted as stated by ', chosen.run_source) as standing_reason,
    chosen.run_source as also_stated_by,
    in_order.parent_run_id,
    in_order.use_case_id,
    in_order.trained_model,
    in_order.resource_id,
    in_order.x_user_id,
    in_order.x_environment,
    in_order.started_at,
    in_order.ended_at,
    in_order.run_state,
    in_order.is_deleted,
    in_order.gpu_count,
    cast(null as decimal(38, 12)) as gpu_hours,
    in_order.gpu_utilisation_share,
    in_order.metric_name,
    in_order.metric_value,
    cast(null as string) as reporting_currency,
    cast(null as decimal(38, 24)) as own_cost_reporting,
    cast(null as decimal(38, 24)) as use_case_cost_reporting,
    cast(null as decimal(38, 24)) as cost_with_nested_reporting,
    cast(null as decimal(38, 24)) as spot_cost_reporting,
    cast(null as decimal(38, 24)) as spot_saving_reporting,
    cast(null as decimal(38, 24)) as listed_spot_cost_reporting,
    cast(null as decimal(38, 12)) as gpu_hours_with_nested
from in_order
inner join chosen  -- many to one
    on in_order.run_id = chosen.run_id
where in_order.choice > 1
