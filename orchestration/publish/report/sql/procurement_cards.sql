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

lines as (
    -- savings are of use, as on the statements: negotiated prices, commitments and spot
    select
        reporting_currency as currency,
        billing_period = this_month as is_this_month,
        billed_cost_reporting as billed,
        list_cost_reporting as list,
        case
            when coalesce(negotiated_savings_reporting, commitment_savings_reporting, spot_savings_reporting) is not null
                then
                    coalesce(negotiated_savings_reporting, 0) + coalesce(commitment_savings_reporting, 0)
                    + coalesce(spot_savings_reporting, 0)
        end as saved
    from showback.fct_statement_line_monthly
    inner join months on billing_period in (this_month, month_before)
)

select
    currency,
    sum(case when is_this_month then billed else 0 end) as billed_cost,
    case
        when (select month_before from months) is not null
            then sum(case when is_this_month then 0 else billed end)
    end as billed_cost_before,
    sum(saved) filter (where is_this_month) as saving_against_list_cost,
    sum(saved) filter (where not is_this_month) as saving_against_list_cost_before,
    cast(
        unit_economics.quotient(
            sum(saved) filter (where is_this_month),
            sum(list) filter (where is_this_month and saved is not null)
        ) as decimal(18, 4)
    ) as effective_savings_share,
    cast(
        unit_economics.quotient(
            sum(saved) filter (where not is_this_month),
            sum(list) filter (where not is_this_month and saved is not null)
        ) as decimal(18, 4)
    ) as effective_savings_share_before,
    count(*) as rows_count
from lines
group by currency
order by currency
