-- Detects: a use case whose models, and what no model can be given, together cost or brought other than itself.
-- Usually means: a model is there twice, or a month without a model is in no later one.
-- What to do: compare the rows of the month in fct_cost_per_inference_monthly with the use case's effective cost.
{{ config(meta={'dagster': {'ref': {'name': 'fct_model_return_monthly'}}}) }}

with by_month as (
    select
        billing_period,
        use_case_id,
        {# a cost that cannot be divided is in the row without a model, beside what stands on each model #}
        sum(coalesce(full_cost_reporting, loaded_cost_reporting)) as models_cost_reporting,
        sum(benefit_reporting) as models_benefit_reporting
    from {{ ref('fct_model_return_monthly') }}
    group by billing_period, use_case_id
),

by_model as (
    select
        billing_period,
        use_case_id,
        {%- for name in ['models_cost_reporting', 'models_benefit_reporting'] %}
        sum({{ name }}) over (
            partition by use_case_id
            order by billing_period rows between unbounded preceding and current row
        ) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from by_month
),

use_cases as (
    select * from {{ ref('fct_return_on_model_investment') }}
)

select
    by_model.billing_period,
    by_model.use_case_id,
    by_model.models_cost_reporting,
    use_cases.cumulative_full_cost_reporting,
    by_model.models_benefit_reporting,
    use_cases.cumulative_benefit_reporting
from by_model
inner join use_cases  -- one to one
    on
        by_model.billing_period = use_cases.billing_period
        and by_model.use_case_id = use_cases.use_case_id
where
    by_model.models_cost_reporting is distinct from use_cases.cumulative_full_cost_reporting
    or by_model.models_benefit_reporting is distinct from use_cases.cumulative_benefit_reporting
