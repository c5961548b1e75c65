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
        compliance.reporting_currency as currency,
        compliance.billing_period = months.this_month as is_this_month,
        compliance.x_model as model,
        compliance.compliance_state <> 'compliant' as is_unapproved,
        compliance.effective_cost_reporting as cost
    from governance.fct_model_register_compliance as compliance
    inner join months on compliance.billing_period in (months.this_month, months.month_before)
    where compliance.reporting_currency is not null
)

select
    currency,
    count(distinct model) filter (where is_this_month) as models_count,
    case
        when (select month_before from months) is not null
            then count(distinct model) filter (where not is_this_month)
    end as models_count_before,
    count(distinct model) filter (where is_this_month and is_unapproved) as unapproved_models_count,
    case
        when (select month_before from months) is not null
            then count(distinct model) filter (where not is_this_month and is_unapproved)
    end as unapproved_models_count_before,
    sum(case when is_this_month and is_unapproved then cost else 0 end) as unapproved_cost,
    case
        when (select month_before from months) is not null
            then sum(case when not is_this_month and is_unapproved then cost else 0 end)
    end as unapproved_cost_before,
    count(*) as rows_count
from costs
group by currency
order by currency
