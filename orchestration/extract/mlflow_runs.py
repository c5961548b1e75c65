"""What is kept of a training run of MLflow, and of its GPUs by the day.

A run holds what people wrote (its name, notes, parameters, the mail address of a git remote). Only
the columns of ``RUN_COLUMNS`` and ``RUN_DAY_COLUMNS`` are kept, of tags and metrics those alone
that the sources file names; a person becomes a pseudonym, a text that is no id a keyed hash.

What is wrong with a run is said in its ``defects``: such a run is an exception and in no total. A
metric that is no number takes nothing from what the run cost: the run counts, without its value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.extract.metered_calls import id_sql, pseudonym_sql, sql_text, tags_json

RUN_COLUMNS: Mapping[str, str] = {
    "run_id": "varchar",
    "parent_run_id": "varchar",
    "experiment_id": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "is_timed": "boolean",
    "status": "varchar",
    "is_deleted": "boolean",
    "user_id": "varchar",
    "team_id": "varchar",
    "use_case": "varchar",
    "trained_model": "varchar",
    "environment": "varchar",
    "resource_id": "varchar",
    "tags": "varchar",
    "gpu_count": "bigint",
    "gpu_utilisation_share": "decimal(18, 12)",
    "metric_name": "varchar",
    "metric_value": "decimal(38, 12)",
    "defects": "varchar",
    "measures_tag": "varchar",
}
_WHOSE = (
    "run_id",
    "parent_run_id",
    "user_id",
    "team_id",
    "use_case",
    "trained_model",
    "environment",
    "resource_id",
    "tags",
)
RUN_DAY_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(_WHOSE, "varchar"),
    "window_start": "timestamp",
    "window_end": "timestamp",
    "gpu_count": "bigint",
    "requested_gpu_seconds": "decimal(38, 6)",
    "used_gpu_seconds": "decimal(38, 6)",
    "used_gpu_memory_gibseconds": "decimal(38, 6)",
    "defects": "varchar",
}
# A sample of a metric, as it is only looked at.
SAMPLE_COLUMNS: Mapping[str, str] = {
    "run_id": "varchar",
    "metric": "varchar",
    "sampled_at": "timestamp",
    "value": "decimal(28, 12)",
}
# What a tag of a run may say, by the name of the tag that says it.
LABELS: Mapping[str, str] = {
    "team": "team",
    "use_case": "use_case",
    "model": "model",
    "environment": "environment",
    "resource": "resource_id",
    "gpu_count": "gpu_count",
}
# Names of metrics that say how good a model is, where the sources file names none; more is better.
METRICS = ("accuracy", "val_accuracy", "eval_accuracy", "test_accuracy", "f1", "f1_score")

# One machine's GPUs, or those of several, whose metrics carry the name of the machine.
GPU_METRIC = r"system/(?:[^/]+/)?gpu_[0-9]+_(?:utilization_percentage|memory_usage_megabytes)"
UTILISATION = "%utilization_percentage"
MEMORY = "%memory_usage_megabytes"

_STATUSES = ("RUNNING", "FINISHED", "FAILED", "KILLED")
_MOST_GPUS = 100_000

_RUNS = """
    select unnest(from_json(json_extract(body, '$.runs'), '["JSON"]')) as run, read_order
    from (select unnest($bodies) as body, unnest($numbers) as read_order)
"""
_SHAPE = """{
    "info": {"run_id": "VARCHAR", "run_uuid": "VARCHAR", "experiment_id": "VARCHAR",
             "user_id": "VARCHAR", "status": "VARCHAR", "start_time": "VARCHAR",
             "end_time": "VARCHAR", "lifecycle_stage": "VARCHAR"},
    "data": {"metrics": [{"key": "VARCHAR", "value": "VARCHAR", "timestamp": "VARCHAR"}],
             "tags": [{"key": "VARCHAR", "value": "VARCHAR"}]}
}"""


@dataclass(frozen=True)
class RunFormat:
    """What the sources file says of a tracker's runs.

    Attributes:
        labels: The tag that says each of ``LABELS``.
        metrics: Names of metrics; the first that a run has is the one that says how good it is.
        tags: Keys of the free tags that are kept.
    """

    labels: Mapping[str, str]
    metrics: Sequence[str]
    tags: Sequence[str]


def runs_sql(form: RunFormat, today: date) -> str:
    """Return the SELECT of the runs of pages, from lists of one length as parameters.

    ``bodies`` are the pages and ``numbers`` the order in which they were read.
    Besides the columns of a run it has ``gpu_metrics``, the names of the metrics to ask the history
    of, ``asked_as``, the run's id as the tracker wants it, ``is_placed``, whether its start is
    known, and ``read_order``. What is not counted by days yet (a run that
    is to begin, or began today) is left out.

    Args:
        form: What is kept.
        today: First day that has not happened yet.
    """
    label = {name: _tag(key) for name, key in form.labels.items()}
    named = ", ".join(
        f"list_filter(metrics, m -> m.key = {sql_text(name)})[1]" for name in form.metrics
    )
    in_order = f"coalesce({named})" if form.metrics else "null"
    tomorrow = f"timestamp '{today}' + interval 1 day"
    statuses = ", ".join(map(sql_text, _STATUSES))
    told = {*form.labels.values(), *form.tags, "mlflow.parentRunId", "mlflow.user"}
    said = ", ".join(_tag(key) for key in sorted(told))
    # What is at work today has more days tomorrow, whatever its metrics.
    unfinished = f"case when coalesce(ended_at > timestamp '{today}', true) then '{today}' end"
    return f"""
    with answered as (
        select from_json(run, {sql_text(_SHAPE)}) as one, read_order from ({_RUNS})
    ),

    read as (
        select
            coalesce(nullif(one.info.run_id, ''), nullif(one.info.run_uuid, '')) as raw_run_id,
            one.info.experiment_id as raw_experiment_id,
            one.info.user_id as raw_user_id,
            one.info.status as raw_status,
            one.info.start_time as raw_start,
            one.info.end_time as raw_end,
            one.info.lifecycle_stage as lifecycle_stage,
            coalesce(one.data.metrics, []) as metrics,
            coalesce(one.data.tags, []) as tag_list,
            read_order
        from answered
    ),

    typed as (
        select
            *,
            {id_sql("raw_run_id")} as run_id,
            {_moment("raw_start")} as begun_at,
            /* a run that is taken up again keeps the end that it had before */
            case when raw_status is distinct from 'RUNNING' then {_moment("raw_end")} end
                as ended_at,
            {label["gpu_count"]} as raw_gpu_count,
            case
                when try_cast({label["gpu_count"]} as bigint) between 0 and {_MOST_GPUS}
                    then try_cast({label["gpu_count"]} as bigint)
            end as gpu_count,
            {_named_metric(in_order)} as metric,
            list_filter(metrics, m -> regexp_full_match(m.key, {sql_text(GPU_METRIC)}))
                as gpu_metrics
        from read
    ),

    judged as (
        select
            *,
            try_cast(metric.value as decimal(38, 12)) as metric_value,
            begun_at is not null and begun_at < {tomorrow} as is_placed,
            concat_ws('; ',
                case when run_id is null then 'the run has no id' end,
                case
                    when raw_start is null or raw_start = '0' then 'its start is missing'
                    when begun_at is null then 'its start is no time'
                    when begun_at >= {tomorrow} then 'its start is in the future'
                end,
                case
                    when raw_end is not null and {_moment("raw_end")} is null
                        then 'its end is no time'
                end,
                case when ended_at >= {tomorrow} then 'its end is in the future' end,
                case when ended_at < begun_at then 'it ends before it begins' end,
                case
                    when raw_status is null then 'its status is missing'
                    when raw_status not in ({statuses}) then 'its status is unknown'
                    when raw_status <> 'RUNNING' and raw_end is null
                        then 'it is over and has no end'
                end,
                case
                    when raw_gpu_count is not null and gpu_count is null
                        then 'its number of GPUs is none'
                end
            ) as found_defects
        from typed
    )

    select
        coalesce(run_id, concat('missing-', left(sha256(concat_ws('|',
            getvariable('pseudonym_key'), raw_experiment_id, raw_user_id, raw_start, raw_end,
            raw_status)), 32))) as run_id,
        nullif({id_sql(_tag("mlflow.parentRunId"))}, '') as parent_run_id,
        {id_sql("raw_experiment_id")} as experiment_id,
        begun_at as started_at,
        ended_at,
        coalesce(
            is_placed and (
                raw_status = 'RUNNING' or (ended_at >= begun_at and ended_at < {tomorrow})
            ),
            false
        ) as is_timed,
        case when raw_status in ({statuses}) then raw_status end as status,
        coalesce(lifecycle_stage = 'deleted', false) as is_deleted,
        {pseudonym_sql(f"coalesce({_tag('mlflow.user')}, nullif(raw_user_id, ''))")} as user_id,
        {id_sql(label["team"])} as team_id,
        {id_sql(label["use_case"])} as use_case,
        {id_sql(label["model"])} as trained_model,
        {id_sql(label["environment"])} as environment,
        {id_sql(label["resource"])} as resource_id,
        {tags_json({key: _tag(key) for key in form.tags})} as tags,
        gpu_count,
        null as gpu_utilisation_share,
        metric.key as metric_name,
        metric_value,
        nullif(found_defects, '') as defects,
        left(sha256(concat_ws(
            '|', raw_start, raw_end, raw_status, {unfinished}, found_defects,
            cast([{said}] as varchar),
            cast(list_sort(list_transform(
                gpu_metrics, m -> concat(m.key, ' ', m.timestamp)
            )) as varchar)
        )), 16) as measures_tag,
        list_sort(list_transform(gpu_metrics, m -> m.key)) as gpu_metrics,
        raw_run_id as asked_as,
        coalesce(is_placed, false) as is_placed,
        read_order
    from judged
    where
        raw_status is distinct from 'SCHEDULED'
        and not coalesce(begun_at >= timestamp '{today}' and begun_at < {tomorrow}, false)
    """


def days_sql(today: date) -> str:
    """Return the SELECT of days of the runs in ``measured`` from the samples in ``samples``.

    The mean of a day's samples stands for the time in which the run was at work on that day. A run
    that is at work is told until the beginning of today.

    Args:
        today: First day that has not happened yet.
    """
    return f"""
    with spans as (
        select
            *,
            least(coalesce(ended_at, timestamp '{today}'), timestamp '{today}') as until
        from measured
        where is_timed
    ),

    days as (
        select
            * exclude (until),
            greatest(started_at, day) as window_start,
            least(until, day + interval 1 day) as window_end
        from (
            select *, unnest(generate_series(
                date_trunc('day', started_at), until, interval 1 day
            )) as day
            from spans
        )
        where day < until
    ),

    daily as (
        select
            run_id,
            cast(date_trunc('day', sampled_at) as timestamp) as day,
            sum(value) filter (where metric like '{UTILISATION}') as utilisation_sum,
            count(*) filter (where metric like '{UTILISATION}') as utilisation_count,
            sum(value) filter (where metric like '{MEMORY}') as memory_sum,
            count(*) filter (where metric like '{MEMORY}') as memory_count,
            bool_or(value is null) as has_text,
            bool_or(value < 0) as has_negative,
            bool_or(metric like '{UTILISATION}' and value > 100) as has_too_much
        from samples
        group by all
    ),

    known as (
        select run_id, count(distinct metric) as gpu_count
        from samples
        where metric like '{UTILISATION}'
        group by run_id
    ),

    counted as (
        select
            days.* replace (coalesce(days.gpu_count, known.gpu_count) as gpu_count),
            cast(
                cast(epoch_us(days.window_end) - epoch_us(days.window_start) as decimal(18, 0))
                * cast('0.000001' as decimal(7, 6)) as decimal(18, 6)
            ) as seconds,
            daily.* exclude (run_id, day)
        from days
        left join known on days.run_id = known.run_id
        left join daily on days.run_id = daily.run_id and days.day = daily.day
    )

    select
        {", ".join(_WHOSE)},
        window_start,
        window_end,
        gpu_count,
        gpu_count * seconds as requested_gpu_seconds,
        case
            when utilisation_count > 0
                then cast(utilisation_sum / utilisation_count / 100 as decimal(18, 12))
                * gpu_count * seconds
        end as used_gpu_seconds,
        case
            when memory_count > 0
                then cast(memory_sum / memory_count / 1073.741824 as decimal(18, 6))
                * gpu_count * seconds
        end as used_gpu_memory_gibseconds,
        nullif(concat_ws('; ', defects, case
            when has_text then 'a measure of its GPUs is no number'
            when has_negative then 'a measure of its GPUs is negative'
            when has_too_much then 'its GPUs are used by more than 100 per cent'
        end), '') as defects
    from counted
    where gpu_count > 0
    """


def samples_sql() -> str:
    """Return the SELECT of samples from pages of histories.

    The parameters are lists of one length: ``runs``, ``metrics`` and ``bodies``.
    """
    return f"""
    select
        run_id,
        metric,
        {_moment("one->>'$.timestamp'")} as sampled_at,
        try_cast(one->>'$.value' as decimal(28, 12)) as value
    from (
        select
            run_id,
            metric,
            unnest(from_json(json_extract(body, '$.metrics'), '["JSON"]')) as one
        from (
            select
                unnest($runs) as run_id,
                unnest($metrics) as metric,
                unnest($bodies) as body
        )
    )
    """


def _tag(key: str) -> str:
    return f"nullif(list_filter(tag_list, t -> t.key = {sql_text(key)})[1].value, '')"


def _named_metric(in_order: str) -> str:
    empty = 'cast(null as struct("key" varchar, "value" varchar, "timestamp" varchar))'
    return in_order if in_order != "null" else empty


def _moment(text: str) -> str:
    """Return SQL of the time that a text of milliseconds since 1970 means; 0 is none."""
    milliseconds = f"try_cast(nullif({text}, '0') as bigint)"
    # beyond the year 2200 it is microseconds or something else
    return (
        f"case when {milliseconds} between 1 and 7258118400000 "
        f"then make_timestamp({milliseconds} * 1000) end"
    )
