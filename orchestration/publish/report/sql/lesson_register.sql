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
        compliance.x_model as model,
        compliance.reporting_currency as currency,
        compliance.register_status,
        sum(compliance.effective_cost_reporting) as cost,
        count(*) as rows_count
    from governance.fct_model_register_compliance as compliance
    inner join months on compliance.billing_period = months.this_month
    where compliance.compliance_state <> 'compliant' and compliance.reporting_currency is not null
    group by all
)

select *
from costs
order by cost desc nulls last, model
limit 1
