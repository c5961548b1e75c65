-- One row per billing period, owner and billing currency: the statement as it stands.
-- Invariant: a closed period shows its frozen statement, an open one what is known now.
-- What is known of a closed period now is in fct_statement_known_monthly, the difference in fct_true_up.
{{ config(materialized='published_view', work_unit='whole') }}

with closed_periods as (
    select billing_period
    from {{ ref('rpt_closed_period') }}
    where is_in_force
),

frozen_statements as (
    select * from {{ ref('fct_frozen_statement_monthly') }}
),

known_statements as (
    select * from {{ ref('fct_statement_known_monthly') }}
)

select
    {%- for name in statement_columns() %}
    {{ name }},
    {%- endfor %}
    'closed' as statement_state,
    statement_version
from frozen_statements

union all

select
    {%- for name in statement_columns() %}
    known_statements.{{ name }},
    {%- endfor %}
    'open' as statement_state,
    cast(null as integer) as statement_version
from known_statements
left join closed_periods  -- many statements to at most one period
    on known_statements.billing_period = closed_periods.billing_period
where closed_periods.billing_period is null
