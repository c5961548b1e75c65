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
    exceptions.subject,
    exceptions.exception_kind,
    exceptions.source,
    coalesce(exceptions.billing_currency, exceptions.reporting_currency) as currency,
    sum(exceptions.billed_cost) as billed_cost,
    sum(exceptions.own_cost_reporting) as run_cost,
    sum(exceptions.tokens) as waiting_tokens,
    max(exceptions.what_to_do) as what_to_do,
    count(*) as rows_count,
    count(*) over () as all_items_count
from trust.rpt_exceptions as exceptions
inner join months on exceptions.billing_period = months.this_month
group by all
order by billed_cost desc nulls last, waiting_tokens desc nulls last, source, subject, exception_kind
