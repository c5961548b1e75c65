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
    coalesce(balance.commitment_type, balance.commitment_category) as commitment_type,
    balance.billing_currency as currency,
    balance.used_effective_cost,
    balance.unused_effective_cost,
    cast(
        unit_economics.quotient(
            balance.used_effective_cost,
            balance.used_effective_cost + balance.unused_effective_cost
        ) as decimal(18, 4)
    ) as utilisation_share,
    1 as rows_count
from trust.rpt_commitment_balance as balance
inner join months on balance.billing_period = months.this_month
where balance.used_effective_cost is not null and balance.unused_effective_cost is not null
order by balance.unused_effective_cost desc, balance.commitment_id
limit 1
