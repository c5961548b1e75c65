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
    compliance.x_model as model,
    compliance.compliance_state,
    compliance.register_status,
    coalesce(compliance.team, compliance.outcome) as team,
    coalesce(compliance.use_case, 'no use case') as use_case,
    compliance.reporting_currency as currency,
    sum(compliance.effective_cost_reporting) as cost,
    sum(compliance.tokens) as tokens,
    min(compliance.first_used_on) as first_used_on,
    max(compliance.last_used_on) as last_used_on,
    case when sum(compliance.tokens) is null then 'it is not billed by the token' end as reason,
    count(*) as rows_count
from governance.fct_model_register_compliance as compliance
inner join months on compliance.billing_period = months.this_month
where compliance.compliance_state <> 'compliant'
group by all
order by cost desc nulls last, tokens desc nulls last, model, team, use_case, currency
