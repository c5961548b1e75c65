-- One row per month and use case: benefit and full cost up to then, and when it paid back.
-- Invariant: full cost = ledger cost + people; cumulative columns run from the first month of bills.
-- Cumulative columns do not add up over months; take the last month.
{{ config(work_unit='whole') }}

with economics as (
    select * from {{ ref('fct_use_case_economics_monthly') }}
),

use_cases as (
    select * from {{ ref('dim_use_case') }}
),

training_runs as (
    select * from {{ ref('fct_training_efficiency') }}
),

unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
),

hosted_models as (
    select * from {{ ref('fct_hosted_model_monthly') }}
),

people as (
    select * from {{ source('org', 'people_cost') }}
),

fx_rates as (
    select * from {{ source('org', 'fx_rate') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

trained as (
    select
        use_case_id,
        {{ month_of('started_at') }} as billing_period,
        sum(own_cost_reporting) as training_cost_reporting
    from training_runs
    group by use_case_id, {{ month_of('started_at') }}
),

first_months as (
    select min(billing_period) as first_period
    from unit_costs
),

started as (
    select
        use_case_id,
        min(started_on) as started_on
    from use_cases
    group by use_case_id
),

serving as (
    select distinct
        billing_period,
        use_case_id,
        x_model
    from unit_costs
    where x_classification = 'ai_model' and use_case_id is not null

    union all

    {# of an own model that no bill ever names nobody knows when it served #}
    select
        billing_period,
        use_case_id,
        hosted_model as x_model
    from hosted_models
    qualify gpu_hours is not null or count(gpu_hours) over (partition by hosted_model, use_case_id) = 0
),

{# The one model that a month's requests went to, where it is one. #}
models as (
    select
        billing_period,
        use_case_id,
        case when count(distinct x_model) = 1 then max(x_model) end as only_model
    from serving
    group by billing_period, use_case_id
),

monthly as (
    select
        economics.billing_period,
        economics.use_case_id,
        economics.use_case,
        economics.owner_id,
        economics.team,
        economics.stage,
        economics.reporting_currency,
        models.only_model,
        economics.effective_cost_reporting,
        trained.training_cost_reporting,
        cast(people.people_amount * case
            when people.people_currency = economics.reporting_currency then 1
            else fx_rates.fx_rate
        end as decimal(38, 12)) as people_cost_reporting,
        people.use_case_id is not null and people.people_currency <> economics.reporting_currency
        and fx_rates.fx_rate is null as is_people_rate_unknown,
        economics.benefit_reporting,
        economics.benefit_low_reporting,
        economics.benefit_high_reporting,
        economics.benefit_unknown_reason,
        economics.margin_reporting,
        economics.benefit_state,
        economics.benefit_stated_by,
        economics.benefit_stated_on
    from economics
    left join models  -- at most one
        on
            economics.billing_period = models.billing_period
            and economics.use_case_id = models.use_case_id
    left join trained  -- at most one
        on
            economics.billing_period = trained.billing_period
            and economics.use_case_id = trained.use_case_id
    left join people  -- at most one
        on
            economics.billing_period = people.billing_period
            and economics.use_case_id = people.use_case_id
    left join fx_rates  -- at most one rate on the last day of the month
        on
            people.people_currency = fx_rates.from_currency
            and economics.reporting_currency = fx_rates.to_currency
            and (
                fx_rates.valid_from is null
                or fx_rates.valid_from < {{ months_later('economics.billing_period') }}
            )
            and (
                fx_rates.valid_to is null
                or fx_rates.valid_to >= {{ months_later('economics.billing_period') }}
            )
),

full_costs as (
    select
        *,
        case
            when effective_cost_reporting is null then people_cost_reporting
            when people_cost_reporting is null then effective_cost_reporting
            else effective_cost_reporting + people_cost_reporting
        end as full_cost_reporting
    from monthly
),

{# Sums skip what is unknown; the counts beside them say how many months that is. #}
cumulative as (
    select
        *,
        {%- for amount in [
            'effective_cost', 'training_cost', 'people_cost', 'full_cost', 'benefit', 'benefit_low',
            'benefit_high',
        ] %}
        cast(sum({{ amount }}_reporting) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as decimal(38, 24)) as cumulative_{{ amount }}_reporting,
        {%- endfor %}
        sum(case when benefit_reporting is null then 1 else 0 end) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as unknown_benefit_months_count,
        sum(case when people_cost_reporting is null then 1 else 0 end) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as unknown_people_months_count,
        sum(case when is_people_rate_unknown then 1 else 0 end) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as unknown_people_rates
    from full_costs
),

with_history as (
    select
        cumulative.*,
        clock.today_date,
        started.started_on < first_months.first_period as is_history_cut
    from cumulative
    cross join first_months
    cross join clock
    left join started  -- at most one
        on cumulative.use_case_id = started.use_case_id
),

{# Whether a month, and all months up to it, gain or lose, before and after people: what parts margin and return. #}
signs as (
    select
        *,
        {%- for sign, benefit, cost in [
            ('margin_sign', 'benefit', 'effective_cost'), ('full_margin_sign', 'benefit', 'full_cost'),
            ('margin_to_date_sign', 'cumulative_benefit', 'cumulative_effective_cost'),
            ('return_sign', 'cumulative_benefit', 'cumulative_full_cost'),
        ] %}
        case
            when {{ benefit }}_reporting > {{ cost }}_reporting then 1
            when {{ benefit }}_reporting < {{ cost }}_reporting then -1
            when {{ benefit }}_reporting = {{ cost }}_reporting then 0
        end as {{ sign }}{{ ',' if not loop.last }}
        {%- endfor %}
    from with_history
),

paid_back as (
    select
        *,
        min(
            case
                when cumulative_benefit_reporting >= cumulative_full_cost_reporting then billing_period
            end
        ) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as reached_period
    from signs
)

select
    paid_back.billing_period,
    paid_back.use_case_id,
    paid_back.use_case,
    paid_back.owner_id,
    paid_back.team,
    paid_back.stage,
    paid_back.only_model,
    paid_back.reporting_currency,
    cast(paid_back.full_cost_reporting as decimal(38, 24)) as full_cost_reporting,
    paid_back.benefit_reporting,
    paid_back.cumulative_effective_cost_reporting,
    paid_back.cumulative_training_cost_reporting,
    paid_back.cumulative_people_cost_reporting,
    paid_back.cumulative_full_cost_reporting,
    case
        when
            paid_back.cumulative_people_cost_reporting is null
            and paid_back.cumulative_effective_cost_reporting is null
            then 'nothing known'
        when paid_back.cumulative_people_cost_reporting is null then 'bills only'
        when paid_back.cumulative_effective_cost_reporting is null then 'people only'
        when paid_back.unknown_people_months_count = 0 then 'bills and people'
        else 'bills, and people of some months'
    end as cost_basis,
    cast(paid_back.unknown_people_months_count as bigint) as unknown_people_months_count,
    paid_back.cumulative_benefit_reporting,
    paid_back.cumulative_benefit_low_reporting,
    paid_back.cumulative_benefit_high_reporting,
    cast(paid_back.unknown_benefit_months_count as bigint) as unknown_benefit_months_count,
    {%- for name, benefit in [('romi', 'benefit'), ('romi_low', 'benefit_low'), ('romi_high', 'benefit_high')] %}
    case
        when paid_back.unknown_people_rates = 0
            then {{ per_request(
                'cast(paid_back.cumulative_' ~ benefit ~ '_reporting'
                ~ ' - paid_back.cumulative_full_cost_reporting as decimal(38, 22)) * 100',
                'cast(paid_back.cumulative_full_cost_reporting as decimal(38, 12))',
            ) }}
    end as {{ name }}_pct,
    {%- endfor %}
    case
        when paid_back.cumulative_full_cost_reporting is null then 'no cost is known to be of this use case'
        when paid_back.cumulative_benefit_reporting is null
            then coalesce(paid_back.benefit_unknown_reason, 'nobody has stated a benefit')
        when paid_back.unknown_people_rates > 0
            then 'no exchange rate is known for the cost of people in a month'
        when paid_back.cumulative_full_cost_reporting = 0 then 'it has cost nothing'
    end as romi_unknown_reason,
    paid_back.margin_reporting,
    case
        when
            paid_back.unknown_people_rates > 0
            or coalesce(paid_back.margin_sign * paid_back.return_sign, 0) <> -1
            then null
        when paid_back.full_margin_sign = paid_back.return_sign
            then 'the margin is before people, the return after them'
        when paid_back.margin_to_date_sign = paid_back.return_sign
            then 'the margin is of the month, the return of all months up to it'
        else 'the margin is of the month and before people, the return of all months and after them'
    end as margin_contradiction_reason,
    {{ payback_period('paid_back') }} as payback_period,
    case
        when paid_back.cumulative_benefit_reporting is null
            then coalesce(paid_back.benefit_unknown_reason, 'nobody has stated a benefit')
        else {{ payback_unknown_reason('paid_back') | indent(8) }}
    end as payback_unknown_reason,
    paid_back.is_history_cut,
    paid_back.benefit_state,
    paid_back.benefit_stated_by,
    paid_back.benefit_stated_on
from paid_back
