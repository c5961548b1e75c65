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
    totals.source,
    totals.billing_currency as currency,
    totals.receipt_total,
    totals.conformed_total,
    totals.allocated_total,
    case when totals.is_conserved then 'adds up' else 'does NOT add up' end as verdict,
    totals.charges_count,
    count(*) over () as all_totals_count,
    count(*) filter (where totals.is_conserved) over () as all_conserved_count,
    cast(sum(totals.charges_count) over () as bigint) as all_charges_count,
    1 as rows_count
from trust.rpt_control_totals as totals
inner join months on totals.billing_period = months.this_month
order by totals.source, currency
