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

posted as (
    -- where the journal books what no owner's cost centre takes; nothing where there is no journal
    select string_agg(distinct cost_centre, ', ' order by cost_centre) as cost_centre
    from showback.fct_chargeback_journal
    inner join months on billing_period = this_month
    where line_role = 'expense' and cost_centre_of = 'account'
),

costs as (
    select
        coalesce(showback.cost_centre, posted.cost_centre, 'no cost centre') as cost_centre,
        case
            when showback.cost_centre is not null then 'its owner''s'
            when posted.cost_centre is not null then 'cleared there until it has an owner'
            else 'nobody carries it'
        end as posted_because,
        coalesce(department, 'no department') as department,
        coalesce(team, outcome) as team,
        outcome,
        reporting_currency as currency,
        billing_period = this_month as is_this_month,
        effective_cost_reporting as cost
    from showback.fct_showback_daily as showback
    inner join months on showback.billing_period in (months.this_month, months.month_before)
    cross join posted
),

compared as (
    select
        * exclude (is_this_month, cost),
        sum(case when is_this_month then cost else 0 end) as cost,
        case
            when (select month_before from months) is not null
                then sum(case when is_this_month then 0 else cost end)
        end as cost_before,
        count(*) filter (where is_this_month and cost is null) as unknown_rows_count,
        count(*) as rows_count
    from costs
    group by all
)

select
    * exclude (posted_because),
    cost - cost_before as cost_change,
    cast(unit_economics.quotient(cost - cost_before, greatest(cost_before, 0)) as decimal(18, 4))
        as cost_change_share,
    posted_because
from compared
order by cost desc nulls last, cost_centre, team, outcome, department, posted_because, currency
