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

up_to_now as (
    -- of each use case its latest month up to this one, so that one that has ended is in it
    select romi.*
    from unit_economics.fct_return_on_model_investment as romi
    inner join months on romi.billing_period <= months.this_month
    qualify row_number() over (partition by romi.use_case_id order by romi.billing_period desc) = 1
),

ledger as (
    select
        costs.reporting_currency as currency,
        sum(costs.effective_cost_reporting) as cost,
        sum(costs.effective_cost_reporting) filter (where costs.use_case_id is null) as cost_of_no_use_case,
        count(*) filter (where costs.use_case_id is null) as rows_of_no_use_case
    from unit_economics.fct_unit_cost_monthly as costs
    inner join months on costs.billing_period <= months.this_month
    where costs.reporting_currency is not null
    group by all
),

whole as (
    -- all that bills cost, and people where they are stated
    select
        ledger.currency,
        ledger.cost + coalesce((select sum(cumulative_people_cost_reporting) from up_to_now), 0) as company_cost
    from ledger
),

parts as (
    select
        1 as place,
        'use cases with a return' as return_part,
        *
    from up_to_now
    where romi_pct is not null

    union all

    select
        2 as place,
        'of them after ' || cost_basis as return_part,
        *
    from up_to_now
    where romi_pct is not null

    union all

    select
        3 as place,
        'use cases without a known return' as return_part,
        *
    from up_to_now
    where romi_pct is null
),

bases as (
    -- of what costs each part is, largest first: a return on bills alone is not one after people
    select
        by_basis.place,
        by_basis.return_part,
        by_basis.currency,
        count(*) as bases_count,
        case
            when count(*) = 1 then max(by_basis.cost_basis)
            else
                string_agg(
                    concat(cast(round(by_basis.basis_pct, 0) as integer), ' % ', by_basis.cost_basis), '; '
                    order by by_basis.basis_pct desc, by_basis.cost_basis
                )
        end as cost_basis
    from (
        select
            place,
            return_part,
            reporting_currency as currency,
            cost_basis,
            unit_economics.quotient(
                sum(cumulative_full_cost_reporting) * 100,
                cast(
                    sum(sum(cumulative_full_cost_reporting)) over (
                        partition by place, return_part, reporting_currency
                    ) as decimal(38, 12)
                )
            ) as basis_pct
        from parts
        group by place, return_part, reporting_currency, cost_basis
    ) as by_basis
    where by_basis.basis_pct is not null
    group by all
),

added as (
    select
        place,
        return_part,
        reporting_currency as currency,
        count(*) as use_cases_count,
        sum(cumulative_full_cost_reporting) as full_cost,
        sum(cumulative_people_cost_reporting) as people_cost,
        sum(cumulative_benefit_reporting) as benefit_amount,
        coalesce(sum(cumulative_benefit_reporting) filter (where benefit_state = 'measured'), 0)
            as measured_benefit_amount,
        sum(cumulative_benefit_low_reporting) as low_amount,
        sum(cumulative_benefit_high_reporting) as high_amount,
        case
            when count(*) filter (where benefit_state <> 'measured') = 0 then 'measured'
            else 'estimated by owner'
        end as benefit_state,
        count(*) as rows_count
    from parts
    group by all

    union all

    select
        4 as place,
        'no use case' as return_part,
        currency,
        0 as use_cases_count,
        cost_of_no_use_case as full_cost,
        null as people_cost,
        null as benefit_amount,
        null as measured_benefit_amount,
        null as low_amount,
        null as high_amount,
        null as benefit_state,
        rows_of_no_use_case as rows_count
    from ledger
    where cost_of_no_use_case is not null
)

select
    added.return_part,
    -- returns on other costs are no one return: what is after people stands beside what is on bills alone
    case
        when added.place = 2 or bases.bases_count = 1 and added.place = 1
            then cast(
                unit_economics.quotient(
                    (added.benefit_amount - added.full_cost) * 100, cast(added.full_cost as decimal(38, 12))
                ) as decimal(38, 4)
            )
    end as romi_pct,
    case
        when added.place = 2 or bases.bases_count = 1 and added.place = 1
            then cast(
                unit_economics.quotient(
                    (added.low_amount - added.full_cost) * 100, cast(added.full_cost as decimal(38, 12))
                ) as decimal(38, 4)
            )
    end as romi_low_pct,
    case
        when added.place = 2 or bases.bases_count = 1 and added.place = 1
            then cast(
                unit_economics.quotient(
                    (added.high_amount - added.full_cost) * 100, cast(added.full_cost as decimal(38, 12))
                ) as decimal(38, 4)
            )
    end as romi_high_pct,
    added.use_cases_count,
    added.currency,
    added.full_cost,
    case when added.place = 4 then 'bills only' else bases.cost_basis end as cost_basis,
    cast(unit_economics.quotient(added.full_cost, cast(whole.company_cost as decimal(38, 12))) as decimal(18, 4))
        as company_cost_share,
    added.people_cost,
    case when added.place < 3 then added.benefit_amount end as benefit_amount,
    case when added.place < 3 then added.benefit_state end as benefit_state,
    case
        when added.place < 3
            then cast(
                unit_economics.quotient(
                    added.measured_benefit_amount, cast(added.benefit_amount as decimal(38, 12))
                ) as decimal(18, 4)
            )
    end as measured_benefit_share,
    case
        when added.place = 4 then 'no use case is named, so that nobody can say what it is for'
        when added.place = 3 then 'nobody has stated a benefit, or a part of the cost is not known'
        when added.place = 1 and bases.bases_count > 1
            then 'returns after people and returns on bills alone make no one return: each has its line'
    end as reason,
    sum(added.use_cases_count) filter (where added.place = 2) over (partition by added.currency)
    - added.use_cases_count as all_other_use_cases_count,
    cast(
        unit_economics.quotient(
            sum(added.full_cost) filter (where added.place > 2) over (partition by added.currency),
            cast(whole.company_cost as decimal(38, 12))
        ) as decimal(18, 4)
    ) as all_unanswered_cost_share,
    added.rows_count
from added
inner join whole on added.currency = whole.currency
left join bases on
    added.place = bases.place
    and added.return_part = bases.return_part
    and added.currency = bases.currency
order by
    added.place,
    -- what carries most of its costs first
    case bases.cost_basis when 'bills and people' then 1 when 'bills only' then 3 else 2 end,
    added.full_cost desc nulls last, added.return_part
