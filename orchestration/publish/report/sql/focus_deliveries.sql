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
    delivery.source,
    delivery.billing_period,
    delivery.focus_version,
    delivery.finding,
    delivery.level as finding_level,
    delivery.sentence,
    delivery.billing_currency as currency,
    delivery.billed_cost,
    delivery.what_to_do,
    case when delivery.billed_cost is null then 'it is about a column of the files, and not about money of rows' end
        as reason,
    count(*) over () as all_findings_count,
    coalesce(delivery.rows_count, 1) as rows_count
from trust.rpt_focus_delivery as delivery
inner join months on delivery.billing_period in (months.this_month, months.month_before)
order by delivery.billing_period desc, delivery.source, delivery.level, delivery.rule_id, delivery.finding, delivery.sentence
