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

first_months as (
    -- the first month that is in the sums of a use case
    select
        use_case_id,
        min(billing_period) as first_billing_period
    from unit_economics.fct_return_on_model_investment
    group by all
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
    first_months.first_billing_period,
    1 as rows_count
from unit_economics.fct_return_on_model_investment as romi
inner join months on romi.billing_period = months.this_month
left join first_months on romi.use_case_id = first_months.use_case_id
where romi.romi_pct is not null and romi.benefit_stated_by is not null
order by
    -- one whose costs are here from its first day is the better example
    coalesce(romi.is_history_cut, true), full_cost desc, romi.use_case
limit 1
