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

splits as (
    select
        charge_split.split_id,
        charge_split.reporting_currency as currency,
        sum(charge_split.effective_cost_reporting) as cost,
        count(*) as charges_count
    from allocation.charge_split as charge_split
    inner join months on charge_split.billing_period = months.this_month
    group by all
),

shares as (
    select split_share.*
    from allocation.split_share as split_share
    inner join months on split_share.billing_period = months.this_month
)

select
    coalesce(shares.department, shares.outcome) as department,
    coalesce(shares.team, shares.outcome) as team,
    shares.rule_id,
    shares.method,
    splits.currency,
    cast(sum(cast(splits.cost as decimal(38, 12)) * shares.share) as decimal(38, 24)) as cost,
    cast(sum(splits.charges_count) as bigint) as owner_charges_count,
    count(*) as rows_count
from splits
inner join shares on splits.split_id = shares.split_id
group by all
order by cost desc nulls last, department, team, shares.rule_id, shares.method, splits.currency
