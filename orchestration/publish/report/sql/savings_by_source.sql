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
    -- savings are of use: a commitment's fee saves nothing, and its list price is that of the use it pays for
    select
        source,
        service_name,
        reporting_currency as currency,
        sum(billed_cost_reporting) as billed_cost,
        sum(effective_cost_reporting) as cost,
        sum(list_cost_reporting) filter (where charge_category = 'Usage') as list_cost,
        sum(negotiated_savings_reporting) as negotiated_saving_cost,
        sum(commitment_savings_reporting) as commitment_saving_cost,
        sum(spot_savings_reporting) as spot_saving_cost,
        sum(effective_cost_reporting) filter (where charge_category = 'Adjustment') as adjusted_cost,
        cast(sum(unknown_savings_count) as bigint) as unknown_savings_count,
        count(*) as rows_count
    from showback.fct_statement_line_monthly
    inner join months on billing_period = this_month
    group by all
),

saved as (
    -- a kind of saving that a service does not have is none of it, and what is no use saves nothing; where
    -- the bill lacks a price, and no saving is known, the sum is unknown
    select
        * replace (case when list_cost is null and unknown_savings_count = 0 then 0 else list_cost end as list_cost),
        case
            when
                coalesce(negotiated_saving_cost, commitment_saving_cost, spot_saving_cost) is not null
                or unknown_savings_count = 0
                then
                    coalesce(negotiated_saving_cost, 0) + coalesce(commitment_saving_cost, 0)
                    + coalesce(spot_saving_cost, 0)
        end as saving_against_list_cost
    from lines
)

select
    service_name,
    source,
    currency,
    billed_cost,
    cost,
    list_cost,
    saving_against_list_cost,
    case when saving_against_list_cost is not null then coalesce(negotiated_saving_cost, 0) end
        as negotiated_saving_cost,
    case when saving_against_list_cost is not null then coalesce(commitment_saving_cost, 0) end
        as commitment_saving_cost,
    case when saving_against_list_cost is not null then coalesce(spot_saving_cost, 0) end as spot_saving_cost,
    coalesce(adjusted_cost, 0) as adjusted_cost,
    unknown_savings_count,
    case when saving_against_list_cost is null then 'the bill lacks a price of its use' end as reason,
    sum(saving_against_list_cost) over (partition by currency) as all_saving_against_list_cost,
    coalesce(sum(saved.negotiated_saving_cost) over (partition by currency), 0) as all_negotiated_saving_cost,
    coalesce(sum(saved.commitment_saving_cost) over (partition by currency), 0) as all_commitment_saving_cost,
    coalesce(sum(saved.spot_saving_cost) over (partition by currency), 0) as all_spot_saving_cost,
    rows_count
from saved
order by saving_against_list_cost desc nulls last, cost desc nulls last, service_name, source, currency
