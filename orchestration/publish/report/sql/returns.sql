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

first_months as (
    -- the first month that is in the sums of a use case
    select
        use_case_id,
        min(billing_period) as first_billing_period
    from unit_economics.fct_return_on_model_investment
    group by all
)

select
    romi.use_case,
    romi.team,
    romi.cost_basis,
    romi.romi_pct,
    romi.romi_low_pct,
    romi.romi_high_pct,
    romi.payback_period,
    first_months.first_billing_period,
    romi.is_history_cut,
    romi.reporting_currency as currency,
    romi.cumulative_full_cost_reporting as full_cost,
    romi.cumulative_people_cost_reporting as people_cost,
    romi.cumulative_training_cost_reporting as training_cost,
    romi.cumulative_benefit_reporting as benefit_amount,
    romi.unknown_benefit_months_count,
    romi.benefit_state,
    coalesce(romi.benefit_stated_by, 'nobody') as benefit_stated_by,
    romi.benefit_stated_on,
    romi.margin_reporting as margin_amount,
    romi.margin_contradiction_reason,
    romi.stage,
    coalesce(romi.romi_unknown_reason, romi.payback_unknown_reason) as reason,
    1 as rows_count
from unit_economics.fct_return_on_model_investment as romi
inner join months on romi.billing_period = months.this_month
left join first_months on romi.use_case_id = first_months.use_case_id
order by
    case romi.cost_basis
        when 'bills and people' then 1
        when 'bills, and people of some months' then 2
        when 'people only' then 3
        when 'bills only' then 4
        else 5
    end,
    romi.romi_pct desc nulls last, full_cost desc nulls last, romi.use_case
