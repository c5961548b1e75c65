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

costs as (
    select
        source,
        service_name,
        reporting_currency as currency,
        sum(billed_cost_reporting) as billed_cost,
        sum(effective_cost_reporting) as cost,
        sum(list_cost_reporting) as list_cost,
        sum(list_cost_reporting - contracted_cost_reporting) as negotiated_saving_cost,
        sum(contracted_cost_reporting - effective_cost_reporting) as commitment_saving_cost,
        sum(list_cost_reporting - effective_cost_reporting) as saving_against_list_cost,
        count(*) filter (where list_cost_reporting is null) as unknown_list_rows_count,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    group by all
)

select
    *,
    sum(saving_against_list_cost) over (partition by currency) as all_saving_against_list_cost,
    sum(negotiated_saving_cost) over (partition by currency) as all_negotiated_saving_cost,
    sum(commitment_saving_cost) over (partition by currency) as all_commitment_saving_cost
from costs
order by saving_against_list_cost desc nulls last, cost desc nulls last, source, service_name, currency
