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
    kpi.kpi,
    kpi.reporting_currency as currency,
    kpi.part_cost_reporting as part_cost,
    kpi.whole_cost_reporting as whole_cost,
    kpi.kpi_value as kpi_share,
    kpi.stage as maturity,
    count(*) filter (where kpi.stage = 'run') over () as all_at_run_count,
    count(*) over () as all_kpis_count,
    1 as rows_count
from governance.fct_allocation_kpi_monthly as kpi
inner join months on kpi.billing_period = months.this_month
where kpi.kpi_scope = 'company'
order by
    case kpi.kpi
        when 'allocation_coverage' then 1 when 'idle_share' then 2 when 'unallocated_share' then 3
        when 'shared_share' then 4 when 'recharge_rate' then 5 else 6
    end,
    kpi.kpi, currency
