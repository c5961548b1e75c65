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
    status.service_provider_name as provider,
    status.commitment_type,
    status.commitment_id,
    status.billing_currency as currency,
    balance.billed_cost,
    status.used_effective_cost,
    status.unused_effective_cost,
    cast(
        unit_economics.quotient(status.used_effective_cost, status.counted_cost) as decimal(18, 4)
    ) as utilisation_share,
    sum(status.counted_cost) over (partition by status.billing_currency) as all_paid_cost,
    sum(status.unused_effective_cost) over (partition by status.billing_currency) as all_unused_effective_cost,
    1 as rows_count
from planning.fct_commitment_status as status
inner join months on status.billing_period = months.this_month
left join (
    select
        billing_period,
        commitment_id,
        billing_currency,
        sum(billed_cost) as billed_cost
    from trust.rpt_commitment_balance
    group by all
) as balance on
    status.billing_period = balance.billing_period
    and status.commitment_id = balance.commitment_id
    and status.billing_currency = balance.billing_currency
-- what usage counts toward is never unused: whether such a promise is kept is the next question
where status.counted_by = 'bill'
order by status.unused_effective_cost desc nulls last, status.commitment_id, currency
