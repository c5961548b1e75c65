-- One row per billing period, owner and billing currency: the month's statement of the owner.
-- Invariant: the costs of a month and currency are those of showback and of the ledger, to the last digit.
-- direct + shared + idle + unallocated = effective; usage + purchase + tax + credit + adjustment = billed.
{{ config(work_unit='whole') }}

with statement_lines as (
    select * from {{ ref('fct_statement_line_monthly') }}
),

token_usage as (
    select * from {{ ref('fct_token_usage_daily') }}
),

inferences as (
    select * from {{ ref('fct_cost_per_inference_daily') }}
),

fx_rates as (
    select * from {{ ref('int_fx_rates') }}
),

budgets as (
    select * from {{ ref('dim_budget') }}
),

settings as (
    select * from {{ source('tollgate', 'setting') }}
),

fiscal_year as (
    select cast(max(setting_value) as integer) as first_month
    from settings
    where setting_name = 'fiscal_year_start_month'
),

statements as (
    select
        billing_period,
        owner_id,
        team,
        department,
        cost_centre,
        persona,
        billing_currency,
        reporting_currency,
        {%- for measure in statement_measures() %}
        cast(sum({{ measure }}) as decimal(38, 24)) as {{ measure }},
        cast(sum({{ measure }}_reporting) as decimal(38, 24)) as {{ measure }}_reporting,
        {%- endfor %}
        cast(sum(case when outcome = 'owned' and not is_shared then effective_cost else 0 end) as decimal(38, 24))
            as direct_effective_cost,
        cast(sum(case when outcome = 'owned' and is_shared then effective_cost else 0 end) as decimal(38, 24))
            as shared_effective_cost,
        cast(sum(case when outcome = 'idle' then effective_cost else 0 end) as decimal(38, 24))
            as idle_effective_cost,
        cast(sum(case when outcome = 'unallocated' then effective_cost else 0 end) as decimal(38, 24))
            as unallocated_effective_cost,
        {%- for category in ['Usage', 'Purchase', 'Tax', 'Credit'] %}
        cast(sum(case when charge_category = '{{ category }}' then billed_cost else 0 end) as decimal(38, 24))
            as {{ category | lower }}_billed_cost,
        {%- endfor %}
        cast(
            sum(
                case when charge_category in ('Usage', 'Purchase', 'Tax', 'Credit') then 0 else billed_cost end
            ) as decimal(38, 24)
        ) as adjustment_billed_cost,
        {#- What a budget is of: the one cost or the other, without taxes. -#}
        {%- for cost in ['billed_cost', 'effective_cost'] %}
        cast(sum(case when charge_category = 'Tax' then 0 else {{ cost }} end) as decimal(38, 24))
            as untaxed_{{ cost }},
        {%- endfor %}
        cast(sum(case when x_basis = 'estimated' then effective_cost else 0 end) as decimal(38, 24))
            as estimated_effective_cost,
        cast(sum(unknown_effective_cost_count) as bigint) as unknown_effective_cost_count,
        cast(sum(unknown_savings_count) as bigint) as unknown_savings_count
    from statement_lines
    group by
        billing_period, owner_id, team, department, cost_centre, persona, billing_currency, reporting_currency
),

held_months as (
    select distinct billing_period, billing_currency
    from statements
),

fiscal_statements as (
    select
        statements.*,
        year(statements.billing_period)
        - case
            when month(statements.billing_period) < fiscal_year.first_month then 1
            else 0
        end as fiscal_year
    from statements
    cross join fiscal_year
),

to_date as (
    select
        billing_period,
        owner_id,
        billing_currency,
        {%- for cost in ['billed_cost', 'effective_cost', 'effective_cost_reporting'] %}
        cast(
            sum({{ cost }}) over (
                partition by owner_id, billing_currency, fiscal_year
                order by billing_period
                rows between unbounded preceding and current row
            ) as decimal(38, 24)
        ) as year_to_date_{{ cost }}{{ ',' if not loop.last }}
        {%- endfor %}
    from fiscal_statements
),

{# Usage that no bill has a cost for names no currency: it stands in the owner's first one by name. #}
first_currencies as (
    select billing_period, owner_id, min(billing_currency) as billing_currency
    from statements
    group by billing_period, owner_id
),

usage_measured as (
    select
        billing_period,
        owner_id,
        billing_currency,
        tokens,
        cast(null as decimal(38, 12)) as requests,
        cast(null as decimal(38, 24)) as requests_effective_cost
    from token_usage

    union all

    select
        billing_period,
        owner_id,
        billing_currency,
        cast(null as decimal(38, 18)) as tokens,
        requests,
        case when requests is not null then effective_cost end as requests_effective_cost
    from inferences
),

usage_by_owner as (
    select
        usage_measured.billing_period,
        usage_measured.owner_id,
        coalesce(usage_measured.billing_currency, first_currencies.billing_currency) as billing_currency,
        cast(sum(usage_measured.tokens) as decimal(38, 12)) as tokens,
        cast(sum(usage_measured.requests) as decimal(38, 12)) as requests,
        cast(sum(usage_measured.requests_effective_cost) as decimal(38, 24)) as requests_effective_cost
    from usage_measured
    inner join first_currencies  -- many rows to the one currency
        on
            usage_measured.billing_period = first_currencies.billing_period
            and usage_measured.owner_id is not distinct from first_currencies.owner_id
    group by
        usage_measured.billing_period,
        usage_measured.owner_id,
        coalesce(usage_measured.billing_currency, first_currencies.billing_currency)
),

{# At most one budget of an owner is in force on the first day, of billed or of effective cost. #}
budgeted as (
    select
        statements.billing_period,
        statements.owner_id,
        statements.billing_currency,
        budgets.monthly_budget,
        budgets.budgeted_cost,
        case
            when budgets.budgeted_cost = 'effective' then statements.untaxed_effective_cost
            else statements.untaxed_billed_cost
        end as budget_spent_cost
    from statements
    inner join budgets  -- one to at most one
        on
            budgets.budget_scope = 'owner'
            and statements.owner_id = budgets.scope_value
            and statements.billing_currency = budgets.billing_currency
            and (budgets.valid_from is null or statements.billing_period >= budgets.valid_from)
            and (budgets.valid_to is null or statements.billing_period < budgets.valid_to)
),

{# The rate that a month is compared with is the same on all its days and for all sources. #}
compared_rates as (
    select
        billing_period,
        billing_currency,
        max(fx_policy) as fx_policy,
        max(fx_compared_with) as fx_compared_with,
        max(compared_fx_rate) as compared_fx_rate,
        min(fx_rate) = max(compared_fx_rate) and max(fx_rate) = max(compared_fx_rate) as is_same_rate
    from fx_rates
    group by billing_period, billing_currency
)

select
    statements.billing_period,
    statements.owner_id,
    statements.team,
    statements.department,
    statements.cost_centre,
    statements.persona,
    statements.billing_currency,
    {%- for cost in four_costs() %}
    statements.{{ cost }},
    {%- endfor %}
    statements.direct_effective_cost,
    statements.shared_effective_cost,
    statements.idle_effective_cost,
    statements.unallocated_effective_cost,
    statements.estimated_effective_cost,
    statements.usage_billed_cost,
    statements.purchase_billed_cost,
    statements.tax_billed_cost,
    statements.credit_billed_cost,
    statements.adjustment_billed_cost,
    {%- for kind in savings_kinds() %}
    statements.{{ kind }},
    {%- endfor %}
    case
        when previous_months.billing_period is not null then previous_months.effective_cost
        when held_months.billing_period is not null then cast(0 as decimal(38, 24))
    end as previous_month_effective_cost,
    to_date.year_to_date_billed_cost,
    to_date.year_to_date_effective_cost,
    budgeted.monthly_budget,
    budgeted.budgeted_cost,
    budgeted.budget_spent_cost,
    cast(budgeted.monthly_budget - budgeted.budget_spent_cost as decimal(38, 24)) as budget_left_cost,
    usage_by_owner.tokens,
    usage_by_owner.requests,
    usage_by_owner.requests_effective_cost,
    {{ per_request('usage_by_owner.requests_effective_cost', 'usage_by_owner.requests') }} as cost_per_request,
    statements.reporting_currency,
    {%- for measure in statement_measures() %}
    statements.{{ measure }}_reporting,
    {%- endfor %}
    case
        when previous_months.billing_period is not null then previous_months.effective_cost_reporting
        when held_months.billing_period is not null then cast(0 as decimal(38, 24))
    end as previous_month_effective_cost_reporting,
    to_date.year_to_date_effective_cost_reporting,
    compared_rates.fx_policy,
    compared_rates.fx_compared_with,
    compared_rates.compared_fx_rate,
    case
        when compared_rates.is_same_rate then cast(0 as decimal(38, 24))
        else cast(
            statements.effective_cost_reporting
            - cast(
                cast(statements.effective_cost as decimal(38, 12)) * compared_rates.compared_fx_rate
                as decimal(38, 12)
            ) as decimal(38, 24)
        )
    end as exchange_effect_reporting,
    statements.unknown_effective_cost_count,
    statements.unknown_savings_count
from statements
inner join to_date  -- one to one
    on {{ same_statement('statements', 'to_date') }}
left join statements as previous_months  -- one to at most one
    on
        statements.billing_period = {{ months_later('previous_months.billing_period') }}
        and statements.owner_id is not distinct from previous_months.owner_id
        and statements.billing_currency is not distinct from previous_months.billing_currency
left join held_months  -- many to at most one
    on
        statements.billing_period = {{ months_later('held_months.billing_period') }}
        and statements.billing_currency is not distinct from held_months.billing_currency
left join budgeted  -- one to at most one
    on {{ same_statement('statements', 'budgeted') }}
left join usage_by_owner  -- one to at most one
    on {{ same_statement('statements', 'usage_by_owner') }}
left join compared_rates  -- many to at most one
    on
        statements.billing_period = compared_rates.billing_period
        and statements.billing_currency = compared_rates.billing_currency
