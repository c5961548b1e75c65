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
)

select
    runs.run_id,
    runs.trained_model,
    runs.started_at,
    runs.run_state,
    runs.reporting_currency as currency,
    runs.own_cost_reporting as cost,
    runs.wasted_cost_reporting as wasted_cost,
    runs.spot_share,
    runs.spot_saving_reporting as spot_saving_cost,
    runs.gpu_hours,
    runs.gpu_utilisation_share,
    runs.metric_name,
    runs.metric_value as metric_ratio,
    runs.cost_per_metric_point,
    runs.cost_per_point_gained,
    coalesce(runs.cost_unknown_reason, runs.cost_per_metric_point_unknown_reason) as reason,
    count(*) over () as all_runs_count,
    sum(runs.own_cost_reporting) over (partition by runs.reporting_currency) as all_cost,
    sum(runs.wasted_cost_reporting) over (partition by runs.reporting_currency) as all_wasted_cost,
    1 as rows_count
from unit_economics.fct_training_efficiency as runs
inner join months on
    runs.started_at >= months.this_month
    and runs.started_at < months.this_month + interval '1 month'
order by cost desc nulls last, runs.run_id
