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

shared as (
    select
        split_share.split_id,
        max(split_share.rule_id) as rule_id,
        count(distinct split_share.owner_id) as owners_count,
        count(*) as rows_count
    from allocation.split_share as split_share
    inner join months on split_share.billing_period = months.this_month
    where split_share.outcome = 'owned'
    group by split_share.split_id
    having count(distinct split_share.owner_id) > 1
)

select
    shared.rule_id,
    splits.currency,
    max(shared.owners_count) as owners_count,
    sum(splits.charges_count) as charges_count,
    sum(splits.cost) as shared_cost,
    cast(sum(shared.rows_count) as bigint) as rows_count
from splits
inner join shared on splits.split_id = shared.split_id
group by all
order by shared_cost desc nulls last, shared.rule_id
limit 1
