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
    romi.use_case,
    romi.reporting_currency as currency,
    romi.cumulative_full_cost_reporting as full_cost,
    romi.cumulative_benefit_reporting as benefit_amount,
    romi.benefit_state,
    romi.benefit_stated_by,
    romi.romi_pct,
    romi.cost_basis,
    1 as rows_count
from unit_economics.fct_return_on_model_investment as romi
inner join months on romi.billing_period = months.this_month
where romi.romi_pct is not null and romi.benefit_stated_by is not null
order by full_cost desc, romi.use_case
limit 1
