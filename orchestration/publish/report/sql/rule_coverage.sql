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
    coverage.rule_id,
    coverage.method,
    coverage.coverage,
    coverage.reporting_currency as currency,
    coverage.taken_effective_cost_reporting as cost,
    coverage.taken_charges_count as charges_count,
    coverage.shadowed_by_rule_id,
    coverage.shadowed_effective_cost_reporting as shadowed_cost,
    count(*) over () as all_rules_count,
    count(*) filter (where coverage.coverage = 'takes charges') over () as all_taking_count,
    1 as rows_count
from trust.rpt_rule_coverage as coverage
inner join months on coverage.billing_period = months.this_month
order by
    coverage.coverage = 'takes charges', coverage.taken_effective_cost_reporting desc nulls last,
    coverage.rule_order, coverage.rule_id, coverage.rule_version
