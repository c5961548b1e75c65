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
    economics.use_case,
    economics.team,
    economics.stage,
    economics.reporting_currency as currency,
    economics.effective_cost_reporting as cost,
    economics.outcome_name,
    economics.outcome_quantity as outcomes_count,
    economics.outcome_state,
    economics.cost_per_outcome,
    economics.cost_per_accepted_outcome,
    economics.benefit_kind,
    economics.benefit_reporting as benefit_amount,
    economics.benefit_state,
    coalesce(economics.benefit_stated_by, 'nobody') as benefit_stated_by,
    economics.margin_reporting as margin_amount,
    romi.romi_pct,
    romi.cost_basis,
    romi.margin_contradiction_reason,
    nullif(
        concat_ws(
            '; ',
            economics.margin_unknown_reason,
            case
                when economics.cost_per_outcome_unknown_reason is distinct from economics.margin_unknown_reason
                    then economics.cost_per_outcome_unknown_reason
            end
        ), ''
    ) as reason,
    1 as rows_count
from unit_economics.fct_use_case_economics_monthly as economics
inner join months on economics.billing_period = months.this_month
left join unit_economics.fct_return_on_model_investment as romi on
    economics.billing_period = romi.billing_period
    and economics.use_case_id = romi.use_case_id
order by margin_amount desc nulls last, cost desc nulls last, economics.use_case
