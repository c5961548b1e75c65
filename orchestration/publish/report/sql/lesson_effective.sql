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
        reporting_currency as currency,
        sum(billed_cost_reporting) as billed_cost,
        sum(effective_cost_reporting) as cost,
        count(*) as rows_count
    from showback.fct_showback_daily
    inner join months on billing_period = this_month
    group by all
),

invoiced as (
    select distinct source
    from trust.rpt_invoice_reconciliation
    inner join months on billing_period = this_month
    where invoice_basis <> 'provisional'
)

select
    costs.*,
    case when invoiced.source is null then 'no invoice came' else 'the invoices came' end as invoices_came
from costs
left join invoiced on costs.source = invoiced.source
where billed_cost <> cost
order by abs(billed_cost - cost) desc, costs.source
limit 1
