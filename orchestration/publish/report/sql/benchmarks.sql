with months as (
    -- the latest month that is over at every source, and the one before it
    select
        latest.this_month,
        (
            -- NULL where nothing is published of it
            select max(billing_period)
            from reference.dim_billing_period
            where billing_period = cast(latest.this_month - interval '1 month' as date)
        ) as month_before
    from (
        select
            coalesce(
                max(periods.billing_period) filter (where periods.is_over),
                max(periods.billing_period)
            ) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        ) as periods
    ) as latest
),

names as (
    -- what use cases and owners are called now; an own model is named by itself
    select
        'use_case' as subject_kind,
        use_case_id as subject_id,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as subject_name
    from reference.dim_use_case
    group by all

    union all

    select
        'owner' as subject_kind,
        owner_id as subject_id,
        max_by(team, coalesce(valid_from, date '0001-01-01')) as subject_name
    from reference.dim_owner
    group by all
)

select
    coalesce(names.subject_name, benchmark.subject_id) as subject_name,
    benchmark.subject_kind,
    benchmark.benchmark_metric,
    benchmark.metric_value as metric_ratio,
    benchmark.unit as metric_unit,
    benchmark.peer_rank as place_count,
    benchmark.peers_count,
    benchmark.median_value as median_ratio,
    benchmark.reference_low as reference_low_ratio,
    benchmark.reference_high as reference_high_ratio,
    benchmark.reference_standing,
    benchmark.reference_source,
    benchmark.reference_date,
    1 as rows_count
from unit_economics.fct_benchmark_monthly as benchmark
inner join months on benchmark.billing_period = months.this_month
left join names on benchmark.subject_kind = names.subject_kind and benchmark.subject_id = names.subject_id
order by benchmark.benchmark_metric, benchmark.subject_kind, place_count, subject_name
