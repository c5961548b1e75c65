-- One row per month and use case: what it cost, what it brought about and what that is worth.
-- Invariant: the costs are those that the ledger gives the use case; unknown is NULL, never zero.
-- Ratios do not add up: divide sums of cost by sums of outcomes.
{{ config(work_unit='whole') }}

with unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
),

showback as (
    select * from {{ ref('fct_showback_daily') }}
),

use_cases as (
    select * from {{ ref('dim_use_case') }}
),

owners as (
    select * from {{ ref('dim_owner') }}
),

outcome_counts as (
    select * from {{ ref('fct_outcome_count') }}
),

outcome_meters as (
    select * from {{ source('org', 'outcome_meter') }}
),

benefits as (
    select * from {{ source('org', 'business_value') }}
),

fx_rates as (
    select * from {{ source('org', 'fx_rate') }}
),

{{ billed_months('unit_costs', 'showback') }},

months as (
    select * from billed_months
),

costs as (
    select
        billing_period,
        use_case_id,
        sum(case when outcome = 'owned' and x_classification = 'ai_model' then effective_cost_reporting end)
            as model_cost_reporting,
        sum(case when outcome = 'owned' and x_classification <> 'ai_model' then effective_cost_reporting end)
            as supporting_cost_reporting,
        sum(case when outcome = 'idle' then effective_cost_reporting end) as idle_cost_reporting,
        sum(effective_cost_reporting) as effective_cost_reporting,
        sum(unknown_charges_count) as unknown_charges_count,
        sum(tokens) as tokens,
        sum(requests) as requests,
        count(distinct case when tokens > 0 then x_model end) as used_models,
        count(distinct case when requests > 0 then x_model end) as counted_models
    from unit_costs
    where use_case_id is not null
    group by billing_period, use_case_id
),

in_force as (
    select
        months.billing_period,
        use_cases.*
    from use_cases
    inner join months  -- a validity to the months whose last day it holds
        on
            (use_cases.valid_from is null or use_cases.valid_from < months.next_period)
            and (use_cases.valid_to is null or use_cases.valid_to >= months.next_period)
            and (use_cases.started_on is null or use_cases.started_on < months.next_period)
),

{#
  What is counted of days that are not billed yet stands against no cost: of an open month outcomes count until
  the day that is billed, those of a row that reaches beyond it by its days, which is an estimate.
#}
outcomes as (
    select
        outcome_counts.use_case_id,
        outcome_counts.billing_period,
        outcome_counts.counted_from,
        outcome_counts.counted_by,
        outcome_counts.outcome_name,
        outcome_counts.quality_share,
        case
            when outcome_counts.counted_until <= months.billed_until then outcome_counts.outcome_quantity
            else cast(
                cast(outcome_counts.outcome_quantity as decimal(26, 12)) * {{ part_of(
                    days_between('outcome_counts.counted_from', 'months.billed_until'),
                    days_between('outcome_counts.counted_from', 'outcome_counts.counted_until'),
                ) }} as decimal(38, 12)
            )
        end as outcome_quantity,
        case
            when outcome_counts.counted_until <= months.billed_until or outcome_counts.outcome_state = 'unknown'
                then outcome_counts.outcome_state
            else 'estimated by owner'
        end as outcome_state,
        outcome_counts.counted_until > months.billed_until as is_by_days
    from outcome_counts
    inner join months  -- many to one
        on outcome_counts.billing_period = months.billing_period
    where outcome_counts.standing = 'counted' and outcome_counts.counted_from < months.billed_until
),

{# An outcome that was not good brings nothing; where nobody judges, all of them count. #}
month_outcomes as (
    select
        use_case_id,
        billing_period,
        min(outcome_name) as outcome_name,
        case when count(*) = count(outcome_quantity) then sum(outcome_quantity) end as outcome_quantity,
        case
            when count(*) = count(outcome_quantity)
                then cast(sum(
                    cast(outcome_quantity as decimal(26, 12)) * coalesce(quality_share, 1)
                ) as decimal(38, 12))
        end as accepted_quantity,
        count(quality_share) as judged_rows,
        case
            when count(*) > count(outcome_quantity) then 'unknown'
            when count(*) filter (where outcome_state <> 'measured') = 0 then 'measured'
            else 'estimated by owner'
        end as outcome_state,
        case when min(counted_by) = max(counted_by) then min(counted_by) else 'statement and meter' end
            as outcome_counted_by,
        case when max(case when is_by_days then 1 else 0 end) = 1 then 'by the days that are billed' else 'whole' end
            as outcome_part
    from outcomes
    group by use_case_id, billing_period
),

{# What the other way of counting says of days that are counted already. #}
month_set_aside as (
    select
        use_case_id,
        billing_period,
        case when count(*) = count(outcome_quantity) then sum(outcome_quantity) end as set_aside_quantity
    from outcome_counts
    where standing = 'set_aside'
    group by use_case_id, billing_period
),

metered_use_cases as (
    select distinct
        months.billing_period,
        outcome_meters.use_case_id
    from outcome_meters
    inner join months  -- a declaration to the months in which it is in force
        on
            (outcome_meters.valid_from is null or outcome_meters.valid_from < months.next_period)
            and (outcome_meters.valid_to is null or outcome_meters.valid_to > months.billing_period)
),

{#
  The days of a month on which a benefit is in force; one per month counts by its part of them, and of an open
  month up to the day that is billed, as its cost does.
#}
month_benefits as (
    select
        benefits.use_case_id,
        benefits.benefit_kind,
        benefits.benefit_basis,
        benefits.benefit_currency,
        benefits.benefit_amount,
        coalesce(benefits.benefit_low, benefits.benefit_amount) as benefit_low,
        coalesce(benefits.benefit_high, benefits.benefit_amount) as benefit_high,
        benefits.benefit_state,
        benefits.stated_by,
        benefits.stated_on,
        months.billing_period,
        months.next_period,
        months.billed_until,
        months.reporting_currency,
        greatest(coalesce(benefits.valid_from, months.billing_period), months.billing_period) as first_day,
        least(coalesce(benefits.valid_to, months.next_period), months.next_period) as end_day
    from benefits
    inner join months  -- a benefit to the months in which it is in force
        on
            (benefits.valid_from is null or benefits.valid_from < months.next_period)
            and (benefits.valid_to is null or benefits.valid_to > months.billing_period)
),

benefit_outcomes as (
    select
        month_benefits.use_case_id,
        month_benefits.benefit_kind,
        month_benefits.billing_period,
        month_benefits.first_day,
        case
            when count(*) = count(outcomes.outcome_quantity)
                then cast(sum(
                    cast(outcomes.outcome_quantity as decimal(26, 12)) * coalesce(outcomes.quality_share, 1)
                ) as decimal(38, 12))
        end as accepted_quantity,
        count(*) filter (where outcomes.outcome_state <> 'measured') as estimated_rows
    from month_benefits
    inner join outcomes  -- a month's benefit to the outcomes that begin while it is in force
        on
            month_benefits.use_case_id = outcomes.use_case_id
            and month_benefits.first_day <= outcomes.counted_from
            and month_benefits.end_day > outcomes.counted_from
    group by
        month_benefits.use_case_id, month_benefits.benefit_kind, month_benefits.billing_period,
        month_benefits.first_day
),

counted_benefits as (
    select
        month_benefits.*,
        case
            when month_benefits.benefit_basis = 'per outcome' then benefit_outcomes.accepted_quantity
            else {{ part_of(
                days_between(
                    'month_benefits.first_day',
                    'greatest(month_benefits.first_day, least(month_benefits.end_day, month_benefits.billed_until))',
                ),
                days_between('month_benefits.billing_period', 'month_benefits.next_period'),
            ) }}
        end as counted_quantity,
        case
            when month_benefits.benefit_currency = month_benefits.reporting_currency then 1
            else fx_rates.fx_rate
        end as fx_rate,
        coalesce(benefit_outcomes.estimated_rows, 0) as estimated_rows
    from month_benefits
    left join benefit_outcomes  -- one to at most one
        on
            month_benefits.use_case_id = benefit_outcomes.use_case_id
            and month_benefits.benefit_kind = benefit_outcomes.benefit_kind
            and month_benefits.billing_period = benefit_outcomes.billing_period
            and month_benefits.first_day = benefit_outcomes.first_day
    left join fx_rates  -- at most one rate on the last day of the month
        on
            month_benefits.benefit_currency = fx_rates.from_currency
            and month_benefits.reporting_currency = fx_rates.to_currency
            and (fx_rates.valid_from is null or month_benefits.next_period > fx_rates.valid_from)
            and (fx_rates.valid_to is null or month_benefits.next_period <= fx_rates.valid_to)
),

valued as (
    select
        *,
        {%- for amount in ['benefit_amount', 'benefit_low', 'benefit_high'] %}
        cast(
            cast(cast({{ amount }} as decimal(25, 12)) * cast(fx_rate as decimal(22, 12)) as decimal(26, 12))
            * cast(counted_quantity as decimal(26, 12)) as decimal(38, 12)
        ) as {{ amount }}_reporting{{ ',' if not loop.last }}
        {%- endfor %}
    from counted_benefits
),

use_case_benefits as (
    select
        use_case_id,
        billing_period,
        {%- for amount in ['benefit_amount', 'benefit_low', 'benefit_high'] %}
        case when count(*) = count({{ amount }}_reporting) then sum({{ amount }}_reporting) end
            as {{ amount }}_reporting,
        {%- endfor %}
        case
            when count(*) filter (where benefit_state <> 'measured') = 0 and sum(estimated_rows) = 0
                then 'measured'
            {#- However exactly outcomes are counted: what one of them is worth is stated by somebody. -#}
            when
                count(*) filter (where benefit_state <> 'measured' and benefit_basis <> 'per outcome') = 0
                and sum(estimated_rows) = 0
                then 'measured quantity, stated worth'
            else 'estimated by owner'
        end as benefit_state,
        case
            when count(counted_quantity) < count(*) then 'the outcomes of the month are not known'
            when count(fx_rate) < count(*) then 'no exchange rate is known on the last day of the month'
        end as unknown_reason,
        case when min(benefit_kind) = max(benefit_kind) then min(benefit_kind) else 'several' end as benefit_kind,
        min(stated_by) as stated_by,
        max(stated_on) as stated_on
    from valued
    group by use_case_id, billing_period
),

keys as (
    select
        billing_period,
        use_case_id
    from costs

    union

    select
        billing_period,
        use_case_id
    from in_force
),

joined as (
    select
        keys.billing_period,
        keys.use_case_id,
        in_force.use_case,
        in_force.owner_id,
        owners.team,
        owners.department,
        in_force.stage,
        in_force.started_on,
        months.reporting_currency,
        costs.model_cost_reporting,
        costs.supporting_cost_reporting,
        costs.idle_cost_reporting,
        costs.effective_cost_reporting,
        coalesce(costs.unknown_charges_count, 0) as unknown_charges_count,
        case when costs.counted_models = costs.used_models then costs.requests end as requests,
        costs.counted_models,
        costs.used_models,
        costs.tokens,
        month_outcomes.outcome_name,
        month_outcomes.outcome_quantity,
        month_outcomes.accepted_quantity,
        month_outcomes.judged_rows,
        month_outcomes.outcome_counted_by,
        month_outcomes.outcome_part,
        month_set_aside.set_aside_quantity as set_aside_outcome_quantity,
        case
            when month_outcomes.use_case_id is not null
                then 'the meter that counts the outcomes does not tell them of all calls of the month'
            when metered_use_cases.use_case_id is not null
                then 'the meter that counts the outcomes saw nothing of them in the month'
            else 'nobody has stated outcomes for the month'
        end as outcome_unknown_reason,
        coalesce(month_outcomes.outcome_state, 'unknown') as outcome_state,
        use_case_benefits.benefit_amount_reporting,
        use_case_benefits.benefit_low_reporting,
        use_case_benefits.benefit_high_reporting,
        case
            when use_case_benefits.benefit_amount_reporting is null then 'unknown'
            else use_case_benefits.benefit_state
        end as benefit_state,
        case
            when use_case_benefits.use_case_id is null then 'nobody has stated a benefit for the month'
            else use_case_benefits.unknown_reason
        end as benefit_unknown_reason,
        use_case_benefits.benefit_kind,
        use_case_benefits.stated_by,
        use_case_benefits.stated_on
    from keys
    inner join months  -- many to one
        on keys.billing_period = months.billing_period
    left join in_force  -- at most one validity holds the last day
        on keys.billing_period = in_force.billing_period and keys.use_case_id = in_force.use_case_id
    left join owners  -- at most one validity holds the last day
        on
            in_force.owner_id = owners.owner_id
            and (owners.valid_from is null or months.next_period > owners.valid_from)
            and (owners.valid_to is null or months.next_period <= owners.valid_to)
    left join costs  -- one to at most one
        on keys.billing_period = costs.billing_period and keys.use_case_id = costs.use_case_id
    left join month_outcomes  -- one to at most one
        on
            keys.billing_period = month_outcomes.billing_period
            and keys.use_case_id = month_outcomes.use_case_id
    left join month_set_aside  -- one to at most one
        on
            keys.billing_period = month_set_aside.billing_period
            and keys.use_case_id = month_set_aside.use_case_id
    left join metered_use_cases  -- one to at most one
        on
            keys.billing_period = metered_use_cases.billing_period
            and keys.use_case_id = metered_use_cases.use_case_id
    left join use_case_benefits  -- one to at most one
        on
            keys.billing_period = use_case_benefits.billing_period
            and keys.use_case_id = use_case_benefits.use_case_id
)

select
    billing_period,
    use_case_id,
    use_case,
    owner_id,
    team,
    department,
    stage,
    reporting_currency,
    cast(model_cost_reporting as decimal(38, 24)) as model_cost_reporting,
    cast(supporting_cost_reporting as decimal(38, 24)) as supporting_cost_reporting,
    cast(idle_cost_reporting as decimal(38, 24)) as idle_cost_reporting,
    cast(effective_cost_reporting as decimal(38, 24)) as effective_cost_reporting,
    cast(unknown_charges_count as bigint) as unknown_charges_count,
    cast(requests as decimal(38, 12)) as requests,
    cast(tokens as decimal(38, 18)) as tokens,
    {{ per_request('effective_cost_reporting', 'requests') }} as effective_cost_per_request,
    case
        when effective_cost_reporting is null then 'no cost of the month is known to be of this use case'
        when requests > 0 then null
        when coalesce(used_models, 0) = 0 then 'no model was used in the month'
        when counted_models = 0 then 'the vendors of its models count no requests'
        when counted_models < used_models then 'requests are counted of a part of its models only'
    end as cost_per_request_unknown_reason,
    outcome_name,
    cast(outcome_quantity as decimal(38, 12)) as outcome_quantity,
    cast(case when judged_rows > 0 then accepted_quantity end as decimal(38, 12)) as accepted_quantity,
    outcome_state,
    outcome_counted_by,
    outcome_part,
    cast(set_aside_outcome_quantity as decimal(38, 12)) as set_aside_outcome_quantity,
    {{ per_request('effective_cost_reporting', 'outcome_quantity') }} as cost_per_outcome,
    {{ per_request('effective_cost_reporting', 'case when judged_rows > 0 then accepted_quantity end') }}
        as cost_per_accepted_outcome,
    case
        when effective_cost_reporting is null then 'no cost of the month is known to be of this use case'
        when outcome_quantity is null then outcome_unknown_reason
        when outcome_quantity = 0 then 'there were no outcomes in the month'
    end as cost_per_outcome_unknown_reason,
    case
        when effective_cost_reporting is null then 'no cost of the month is known to be of this use case'
        when outcome_quantity is null then outcome_unknown_reason
        when judged_rows = 0 then 'nobody has judged how many of the outcomes were good'
        when accepted_quantity = 0 then 'no outcome of the month was good'
    end as cost_per_accepted_outcome_unknown_reason,
    benefit_kind,
    cast(benefit_amount_reporting as decimal(38, 12)) as benefit_reporting,
    cast(benefit_low_reporting as decimal(38, 12)) as benefit_low_reporting,
    cast(benefit_high_reporting as decimal(38, 12)) as benefit_high_reporting,
    benefit_state,
    benefit_unknown_reason,
    stated_by as benefit_stated_by,
    stated_on as benefit_stated_on,
    cast(benefit_amount_reporting - effective_cost_reporting as decimal(38, 24)) as margin_reporting,
    {{ per_request('benefit_amount_reporting - effective_cost_reporting', 'benefit_amount_reporting') }}
        as margin_share,
    case
        when effective_cost_reporting is null then 'no cost of the month is known to be of this use case'
        else benefit_unknown_reason
    end as margin_unknown_reason
from joined
