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
        reporting_currency as currency,
        billing_period = this_month as is_this_month,
        persona,
        outcome,
        x_model,
        effective_cost_reporting as cost
    from showback.fct_showback_daily
    inner join months on billing_period in (this_month, month_before)
)

select
    currency,
    sum(case when is_this_month and persona = 'engineering' then cost else 0 end) as persona_cost,
    case
        when (select month_before from months) is not null
            then sum(case when not is_this_month and persona = 'engineering' then cost else 0 end)
    end as persona_cost_before,
    sum(case when is_this_month and outcome = 'idle' then cost else 0 end) as idle_cost,
    case
        when (select month_before from months) is not null
            then sum(case when not is_this_month and outcome = 'idle' then cost else 0 end)
    end as idle_cost_before,
    cast(
        unit_economics.quotient(
            sum(case when is_this_month and outcome = 'idle' then cost else 0 end),
            sum(case when is_this_month then cost else 0 end)
        ) as decimal(18, 4)
    ) as idle_share,
    cast(
        unit_economics.quotient(
            sum(case when not is_this_month and outcome = 'idle' then cost else 0 end),
            sum(case when not is_this_month then cost else 0 end)
        ) as decimal(18, 4)
    ) as idle_share_before,
    count(*) as rows_count
from costs
group by currency
order by currency
