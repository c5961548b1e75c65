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
    scorecard.capability,
    scorecard.stage as maturity,
    split_part(scorecard.weakest_kpi, ' of ', 1) as weakest_kpi,
    nullif(substr(scorecard.weakest_kpi, strpos(scorecard.weakest_kpi || ' of ', ' of ') + 4), '') as kpi_subject,
    case when not scorecard.is_of_days then scorecard.weakest_kpi_value end as weakest_share,
    case when not scorecard.is_of_days then scorecard.next_stage_value end as next_share,
    case when scorecard.is_of_days then scorecard.weakest_kpi_value end as weakest_days,
    case when scorecard.is_of_days then scorecard.next_stage_value end as next_days,
    scorecard.kpis_count,
    count(*) over () as all_capabilities_count,
    count(*) filter (where scorecard.stage = 'run') over () as all_at_run_count,
    scorecard.kpis_count as rows_count
from (
    select
        *,
        -- all are parts of a whole but how late bills are
        weakest_kpi like '%\_days' escape '\' or weakest_kpi like '%\_days of %' escape '\' as is_of_days
    from governance.fct_maturity_scorecard
) as scorecard
inner join months on scorecard.billing_period = months.this_month
order by
    case scorecard.stage when 'below crawl' then 1 when 'crawl' then 2 when 'walk' then 3 else 4 end,
    scorecard.capability
