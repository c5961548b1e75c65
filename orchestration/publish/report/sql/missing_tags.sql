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
    tags.tag_key,
    tags.compliance_state,
    coalesce(tags.team, tags.outcome) as team,
    tags.service_name,
    tags.sub_account_id,
    tags.reporting_currency as currency,
    sum(tags.effective_cost_reporting) as cost,
    count(*) as rows_count
from governance.fct_tag_compliance_monthly as tags
inner join months on tags.billing_period = months.this_month
where tags.compliance_state <> 'compliant'
group by all
order by cost desc nulls last, tags.tag_key, team, tags.service_name, tags.sub_account_id, currency
