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

charges as (
    select
        *,
        charge_category = 'Usage' and list_cost_reporting is not null and contracted_cost_reporting is not null
            as is_priced_use
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
),

costs as (
    select
        service_name,
        reporting_currency as currency,
        sum(list_cost_reporting) filter (where is_priced_use) as list_cost,
        sum(contracted_cost_reporting) filter (where is_priced_use) as contracted_cost,
        sum(effective_cost_reporting) filter (where is_priced_use) as use_cost,
        coalesce(sum(effective_cost_reporting) filter (where charge_category = 'Adjustment'), 0) as adjusted_cost,
        sum(effective_cost_reporting) as cost,
        count(*) as rows_count
    from charges
    group by all
)

select
    *,
    cost - use_cost - adjusted_cost as beside_use_cost
from costs
where list_cost <> use_cost
order by list_cost - use_cost desc, service_name
limit 1
