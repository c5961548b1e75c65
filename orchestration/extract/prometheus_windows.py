"""The SQL that makes hours of use from a day's points of Prometheus, of vLLM and of GPUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.extract.metered_calls import id_sql, sql_text, tags_json
from orchestration.extract.metered_windows import WINDOW_COLUMNS

DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600

# Landed column, and what may be added to it from a counter.
COUNTERS: Mapping[str, str] = {
    "vllm:prompt_tokens_total": "input_tokens",
    "vllm:prompt_tokens_cached_total": "cache_read_tokens",
    "vllm:generation_tokens_total": "output_tokens",
    "vllm:request_success_total": "requests",
    "vllm:time_to_first_token_seconds_count": "first_token_requests",
    "vllm:time_to_first_token_seconds_sum": "first_token_seconds",
    "vllm:e2e_request_latency_seconds_count": "timed_requests",
    "vllm:e2e_request_latency_seconds_sum": "total_seconds",
}
# vLLM counts every request that came to an end as a success, whatever the reason of its end.
_FAILED_REASONS = ("abort", "error")
_ACTIVE_SHARE = "DCGM_FI_PROF_GR_ENGINE_ACTIVE"
_UTILISATION_PCT = "DCGM_FI_DEV_GPU_UTIL"
_MEMORY_USED_MIB = "DCGM_FI_DEV_FB_USED"
_MEMORY_FREE_MIB = "DCGM_FI_DEV_FB_FREE"
GAUGES = (_ACTIVE_SHARE, _UTILISATION_PCT, _MEMORY_USED_MIB, _MEMORY_FREE_MIB)
_SLICES_OF_A_GPU, _SLICES_OF_AN_A30 = 7, 4
_MOST_TOKENS_OF_A_STEP = 10**12


def windows_sql(step: int, labels: Mapping[str, str], tags: Sequence[str], start: int) -> str:
    """Return the statement that makes the table ``windows`` of a day's points.

    It reads the points and the series of ``day`` (all series), ``known`` (counters as they were
    last seen when the day began), ``begun`` (when processes began), ``known_begun`` (when those
    began that were last seen) and ``down`` (a point where a target was down), and
    ``scraped_points`` (a point where anything was scraped).

    Args:
        step: Seconds between the points of a series.
        labels: The label that says each of who used it.
        tags: Labels that are kept as free tags.
        start: Start of the day in Unix seconds.
    """
    end = start + DAY_SECONDS
    who = [
        *(
            f"{id_sql(_label(label))} as {'team_id' if name == 'team' else name}"
            for name, label in labels.items()
        ),
        f"{id_sql(_label('model_name'))} as model",
        f"{id_sql(_label('region'))} as region",
        f"{id_sql(_label('cluster'))} as account_id",
        f"{tags_json({key: _present(key) for key in tags})} as tags",
    ]
    names = [
        "team_id", "use_case", "agent", "environment", "model", "region", "account_id", "tags",
        "project_id",
    ]  # fmt: skip
    group = ", ".join(names)
    counted = ", ".join(
        f"sum(increase) filter (where column_name = '{column}') as {column}"
        for column in COUNTERS.values()
    )
    counter_columns = ", ".join(
        f"{'cast(round(' + column + ') as bigint)' if _is_count(column) else column} as {column}"
        for column in COUNTERS.values()
    )
    names_of_counters = ", ".join(
        f"({sql_text(name)}, '{column}')" for name, column in COUNTERS.items()
    )
    failed = ", ".join(sql_text(reason) for reason in _FAILED_REASONS)
    gauges = ", ".join(sql_text(name) for name in GAUGES)
    nothing = ", ".join(
        f"cast(null as {kind}) as {name}"
        for name, kind in WINDOW_COLUMNS.items()
        if name not in ("window_start", "window_end", "operation", "unmetered_seconds")
    )
    return f"""
    create or replace temp table windows as
    with any_series as (
        select * from day_series
        union
        select * from known_series
    ),

    /* With its own labels of pod and namespace the exporter's target hides those of the workload,
       which then are exported_pod and exported_namespace: its own say nothing of who used a GPU. */
    hidden as (
        select coalesce(bool_or(labels['exported_namespace'] <> ''), false) as is_so
        from any_series
        where labels['__name__'] in ({gauges})
    ),

    series_names as (
        select
            series,
            labels['__name__'] as metric_name,
            concat(labels['job'], ' ', labels['instance']) as target,
            labels['finished_reason'] in ({failed}) as is_failure,
            concat_ws(' ', labels['Hostname'], coalesce(labels['UUID'], labels['gpu'])) as gpu,
            nullif(labels['GPU_I_ID'], '') as instance_id,
            labels['GPU_I_PROFILE'] as profile,
            contains(labels['modelName'], 'A30') as is_a30,
            {
        id_sql(
            "case when hidden.is_so and labels['__name__'] in (" + gauges + ") "
            "then labels['exported_namespace'] "
            "else coalesce(nullif(labels['exported_namespace'], ''), labels['namespace']) end"
        )
    } as project_id,
            {", ".join(who)}
        from any_series
        cross join hidden
        qualify row_number() over (partition by series order by cast(labels as varchar)) = 1
    ),

    counter_names(metric_name, column_name) as (values {names_of_counters}),

    counter_points as (
        select
            points.series,
            series_names.target,
            counter_names.column_name,
            points.moment,
            points.value,
            points.said,
            points.is_known
        from (
            select series, moment, said, value, false as is_known from day_points
            union all
            select series, {start} as moment, said, value, true as is_known from known_points
            where not exists (
                select 1 from day_points
                where day_points.series = known_points.series and day_points.moment = {start}
            )
        ) as points
        inner join series_names on points.series = series_names.series
        inner join counter_names on series_names.metric_name = counter_names.metric_name
    ),

    target_points as (select distinct target, moment from counter_points where not is_known),

    begun as (
        select
            concat(labels['job'], ' ', labels['instance']) as target,
            moment,
            max(value) as began_at
        from (
            select series, moment, value from begun_points
            union all
            select series, {start} as moment, value
            from known_begun_points
            where not exists (
                select 1 from begun_points
                where
                    begun_points.series = known_begun_points.series
                    and begun_points.moment = {start}
            )
        ) as begun_or_known
        inner join (
            select * from begun_series
            union
            select * from known_begun_series
        ) as begun_of_series using (series)
        group by all
    ),

    stepped as (
        select
            *,
            lag(value) over (partition by series order by moment) as before,
            lag(moment) over (partition by series order by moment) as before_at,
            lag(is_known) over (partition by series order by moment) as before_is_known
        from counter_points
        where value >= 0
    ),

    /* A counter that fell began anew, and so did one whose process began after it was last seen:
       in an outage it may have passed what it was before. When it was last seen before the day is
       not known: there its process is another one if it began later than the one of then. One that
       is first seen has counted from nothing where its process began on that day, or where its
       target was read a step before without it. */
    increases as (
        select
            stepped.series,
            stepped.column_name,
            stepped.moment - {step} as used_at,
            case
                when stepped.before is null then
                    case
                        when begun.began_at >= {start} or read_before.target is not null
                            then stepped.value
                    end
                when stepped.value < stepped.before then stepped.value
                when
                    begun.began_at is distinct from begun_before.began_at
                    and (
                        begun.began_at > stepped.before_at
                        or (
                            stepped.before_is_known
                            and begun.began_at > begun_before.began_at + {step}
                        )
                    )
                    then stepped.value
                else stepped.value - stepped.before
            end as increase,
            cast(null as varchar) as defect
        from stepped
        left join begun on stepped.target = begun.target and stepped.moment = begun.moment
        left join begun as begun_before
            on
                stepped.target = begun_before.target
                and stepped.before_at = begun_before.moment
        left join target_points as read_before
            on stepped.target = read_before.target and stepped.moment - {step} = read_before.moment
        where stepped.moment > {start}

        union all

        select
            series,
            column_name,
            moment - {step},
            value,
            concat(column_name, case
                when value is null then ' is no number' else ' is negative'
            end)
        from counter_points
        where moment > {start} and (value is null or value < 0)
    ),

    served as (
        select
            (used_at // {HOUR_SECONDS}) * {HOUR_SECONDS} as hour,
            {group},
            increases.defect,
            {counted},
            sum(increase) filter (where column_name = 'requests' and is_failure) as failed_requests
        from increases
        inner join series_names on increases.series = series_names.series
        where increase is not null or increases.defect is not null
        group by all
    ),

    gpu_points as (
        select
            series_names.gpu,
            series_names.instance_id,
            series_names.profile,
            {", ".join("series_names." + name for name in names)},
            day_points.moment,
            case
                when series_names.instance_id is null then cast(1 as decimal(18, 12))
                else cast(
                    try_cast(regexp_extract(series_names.profile, '^([1-7])g[.]', 1) as integer)
                    / case
                        when series_names.is_a30 then {_SLICES_OF_AN_A30} else {_SLICES_OF_A_GPU}
                    end as decimal(18, 12)
                )
            end as part_of_gpu,
            {
        ", ".join(
            f"max(case when metric_name = '{name}' then value end) as {alias}"
            for name, alias in (
                (_ACTIVE_SHARE, "active_share"),
                (_UTILISATION_PCT, "utilisation_pct"),
                (_MEMORY_USED_MIB, "used_mib"),
                (_MEMORY_FREE_MIB, "free_mib"),
            )
        )
    },
            bool_or(value is null) as is_no_number
        from day_points
        inner join series_names on day_points.series = series_names.series
        where series_names.metric_name in ({gauges}) and day_points.moment < {end}
        group by all
    ),

    /* Where an instance of a GPU is measured the GPU itself is not: both are the same time. */
    gpu_once as (
        select gpu_points.*
        from gpu_points
        where
            instance_id is not null
            or not exists (
                select 1 from gpu_points as instances
                where
                    instances.gpu = gpu_points.gpu
                    and instances.moment = gpu_points.moment
                    and instances.instance_id is not null
            )
    ),

    gpu_judged as (
        select
            *,
            coalesce(active_share, utilisation_pct * 0.01) as used_share,
            case
                when is_no_number then 'a measure of a GPU is no number'
                when part_of_gpu is null then 'the profile of an instance is unknown'
                when active_share not between 0 and 1 then 'the active share is not 0 to 1'
                when utilisation_pct not between 0 and 100 then 'the utilisation is not 0 to 100'
                when used_mib < 0 or free_mib < 0 then 'the memory is negative'
            end as defect
        from gpu_once
    ),

    worked as (
        select
            (moment // {HOUR_SECONDS}) * {HOUR_SECONDS} as hour,
            {group},
            defect,
            sum(cast(part_of_gpu * {step} as decimal(28, 12)))
                filter (where project_id is not null) as requested_gpu_seconds,
            sum(cast(part_of_gpu * {step} * used_share as decimal(28, 12))) as used_gpu_seconds,
            sum((used_mib + free_mib) * {step}) * 0.0009765625 as gpu_memory_gibseconds,
            sum(used_mib * {step}) * 0.0009765625 as used_gpu_memory_gibseconds
        from gpu_judged
        group by all
    ),

    steps as (select unnest(range({start}, {end}, {step})) as moment),

    outages as (
        select moment, 'all of it' as target
        from steps
        where
            moment not in (select moment from scraped_points)
            and moment not in (select moment from day_points)

        union

        select moment, concat(labels['job'], ' ', labels['instance']) as target
        from down_points
        inner join down_series using (series)
        where moment < {end}
    ),

    /* Time counts once, however many targets were down in it. */
    unmetered as (
        select
            (moment // {HOUR_SECONDS}) * {HOUR_SECONDS} as hour,
            count(distinct moment) * {step} as unmetered_seconds
        from outages
        group by all
    ),

    served_windows as (
        select
            {_window("hour")}, 'inference' as operation, 'self_hosted' as provider,
            {group},
            {counter_columns},
            case
                when requests is not null
                    then cast(round(coalesce(failed_requests, 0)) as bigint)
            end as failed_requests,
            cast(null as decimal(38, 6)) as requested_gpu_seconds,
            cast(null as decimal(38, 6)) as used_gpu_seconds,
            cast(null as decimal(38, 6)) as gpu_memory_gibseconds,
            cast(null as decimal(38, 6)) as used_gpu_memory_gibseconds,
            cast(null as decimal(38, 6)) as unmetered_seconds,
            cast(null as decimal(38, 12)) as estimated_cost_usd,
            coalesce(defect, case
                when cache_read_tokens > coalesce(input_tokens, 0)
                    then 'the cache is larger than the input'
                when model is null then 'the model is missing'
                when greatest(coalesce(input_tokens, 0), coalesce(output_tokens, 0))
                    > {_MOST_TOKENS_OF_A_STEP} then 'more tokens than a server can read'
            end) as defects
        from served
    ),

    worked_windows as (
        select
            {_window("hour")}, 'gpu' as operation, 'self_hosted' as provider,
            {group},
            {
        ", ".join(
            f"cast(null as {WINDOW_COLUMNS[column]}) as {column}"
            for column in (*COUNTERS.values(), "failed_requests")
        )
    },
            requested_gpu_seconds,
            used_gpu_seconds,
            gpu_memory_gibseconds,
            used_gpu_memory_gibseconds,
            cast(null as decimal(38, 6)) as unmetered_seconds,
            cast(null as decimal(38, 12)) as estimated_cost_usd,
            defect as defects
        from worked
    ),

    outage_windows as (
        select
            {_window("hour")}, 'outage' as operation, {nothing},
            unmetered_seconds
        from unmetered
    ),

    found as (
        select * from served_windows
        union all by name
        select * from worked_windows
        union all by name
        select * from outage_windows
    )

    select * from found
    """


def _is_count(column: str) -> bool:
    return WINDOW_COLUMNS[column] == "bigint"


def _window(hour: str) -> str:
    return (
        f"make_timestamp({hour} * 1000000) as window_start, "
        f"make_timestamp(({hour} + {HOUR_SECONDS}) * 1000000) as window_end"
    )


def _label(name: str) -> str:
    return f"labels[{sql_text(name)}]"


def _present(label: str) -> str:
    return f"nullif({_label(label)}, '')"
