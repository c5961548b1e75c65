with months as (
    -- the latest month that is over at every source, and the one before it
    select
        this_month,
        cast(this_month - interval '1 month' as date) as month_before
    from (
        select coalesce(max(billing_period) filter (where is_over), max(billing_period)) as this_month
        from (
            select
                billing_period,
                bool_and(period_status = 'complete') as is_over
            from reference.dim_billing_period
            group by billing_period
        )
    )
)

select
    count(*) as totals_count,
    count(*) filter (where totals.is_conserved) as conserved_count,
    cast(sum(totals.charges_count) as bigint) as charges_count,
    count(*) as rows_count
from trust.rpt_control_totals as totals
inner join months on totals.billing_period = months.this_month
having count(*) > 0
