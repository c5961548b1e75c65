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
    coalesce(status.description, status.commitment_id) as description,
    status.source,
    status.valid_from as starts_at,
    status.valid_to as ends_at,
    status.billing_currency as currency,
    status.committed_cost,
    status.counted_cost,
    status.counted_so_far_cost,
    status.left_to_count_cost,
    status.run_rate_cost as run_rate_estimated_cost,
    case
        when status.commitment_state = 'missed' then status.left_to_count_cost
        when status.commitment_state = 'falls short' then status.committed_cost - status.run_rate_cost
        when status.commitment_state <> 'unknown' then 0
    end as shortfall_estimated_cost,
    status.commitment_state,
    status.unknown_reason as reason,
    1 as rows_count
from planning.fct_commitment_status as status
inner join months on status.billing_period = months.this_month
order by
    -- what needs a decision first
    case status.commitment_state
        when 'missed' then 1
        when 'falls short' then 2
        when 'unknown' then 3
        when 'on track' then 4
        when 'kept' then 5
        else 6
    end,
    ends_at nulls last, status.commitment_id, currency
