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

names as (
    -- the name that the use case has now
    select
        use_case_id,
        max_by(use_case, coalesce(valid_from, date '0001-01-01')) as use_case
    from reference.dim_use_case
    group by use_case_id
)

select
    hosted.hosted_model,
    coalesce(names.use_case, hosted.use_case_id) as use_case,
    hosted.reporting_currency as currency,
    hosted.hosting_cost_reporting as hosting_cost,
    hosted.served_tokens as tokens,
    hosted.tokens_state,
    hosted.metered_share,
    hosted.utilisation_share,
    hosted.cost_per_million_tokens,
    hosted.full_use_cost_per_million_tokens as full_use_estimated_cost_per_million_tokens,
    hosted.compared_model,
    hosted.compared_price_per_million_tokens as compared_estimated_price_per_million_tokens,
    hosted.break_even_tokens as break_even_estimated_tokens,
    hosted.cheaper_choice,
    coalesce(hosted.cost_per_million_tokens_unknown_reason, hosted.cheaper_choice_unknown_reason) as reason,
    1 as rows_count
from unit_economics.fct_hosted_model_monthly as hosted
inner join months on hosted.billing_period = months.this_month
left join names on hosted.use_case_id = names.use_case_id
order by hosting_cost desc nulls last, hosted.hosted_model, use_case
