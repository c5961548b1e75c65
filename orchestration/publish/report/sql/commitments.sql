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
    balance.service_provider_name as provider,
    coalesce(balance.commitment_type, balance.commitment_category) as commitment_type,
    balance.commitment_id,
    balance.billing_currency as currency,
    balance.billed_cost,
    balance.used_effective_cost,
    balance.unused_effective_cost,
    cast(
        unit_economics.quotient(
            balance.used_effective_cost,
            balance.used_effective_cost + balance.unused_effective_cost
        ) as decimal(18, 4)
    ) as utilisation_share,
    sum(balance.used_effective_cost + balance.unused_effective_cost) over (partition by balance.billing_currency)
        as all_paid_cost,
    sum(balance.unused_effective_cost) over (partition by balance.billing_currency) as all_unused_effective_cost,
    1 as rows_count
from trust.rpt_commitment_balance as balance
inner join months on balance.billing_period = months.this_month
order by balance.unused_effective_cost desc nulls last, balance.commitment_id, currency
