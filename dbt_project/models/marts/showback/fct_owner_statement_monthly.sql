-- One row per billing period, owner and billing currency: what the owner is asked for, with what corrects it.
-- Invariant: cost + true-up = stated, and all stated costs of a month are those of fct_stated_cost_monthly.
-- An owner who has true-ups alone in a month has a row as well.
{{ config(work_unit='whole') }}

with stated as (
    select * from {{ ref('fct_stated_cost_monthly') }}
),

-- A corrected month and an accepted difference are told once, however many lines they touch.
corrected_months as (
    select distinct
        billing_period,
        owner_id,
        billing_currency,
        concat(
            substr(cast(corrected_period as string), 1, 7),
            coalesce(' v' || cast(corrected_version as string), ''),
            ' (', correction_kind, ')'
        ) as in_words
    from stated
    where line_kind = 'true_up'
),

corrections as (
    select
        billing_period,
        owner_id,
        billing_currency,
        {{ texts_in_order('in_words', ', ') }} as corrected_months
    from corrected_months
    group by billing_period, owner_id, billing_currency
),

accepted as (
    select distinct billing_period, owner_id, billing_currency, accepted_differences as in_words
    from stated
    where accepted_differences is not null
),

acceptances as (
    select
        billing_period,
        owner_id,
        billing_currency,
        {{ texts_in_order('in_words', '; ') }} as accepted_differences
    from accepted
    group by billing_period, owner_id, billing_currency
),

costs as (
    select
        billing_period,
        owner_id,
        billing_currency,
        max(statement_state) as statement_state,
        {%- for cost in ['billed_cost', 'effective_cost'] %}
        cast(sum(case when line_kind = 'cost' then {{ cost }} else 0 end) as decimal(38, 24)) as {{ cost }},
        cast(sum(case when line_kind = 'true_up' then {{ cost }} else 0 end) as decimal(38, 24))
            as true_up_{{ cost }},
        cast(sum({{ cost }}) as decimal(38, 24)) as stated_{{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from stated
    group by billing_period, owner_id, billing_currency
)

select
    costs.billing_period,
    costs.owner_id,
    costs.billing_currency,
    costs.statement_state,
    costs.billed_cost,
    costs.true_up_billed_cost,
    costs.stated_billed_cost,
    costs.effective_cost,
    costs.true_up_effective_cost,
    costs.stated_effective_cost,
    corrections.corrected_months,
    acceptances.accepted_differences
from costs
left join corrections  -- one to at most one
    on
        costs.billing_period = corrections.billing_period
        and costs.owner_id is not distinct from corrections.owner_id
        and costs.billing_currency is not distinct from corrections.billing_currency
left join acceptances  -- one to at most one
    on
        costs.billing_period = acceptances.billing_period
        and costs.owner_id is not distinct from acceptances.owner_id
        and costs.billing_currency is not distinct from acceptances.billing_currency
