-- One row per billing period, owner and billing currency of a frozen statement that is in force.
-- Invariant: the rows are those of the frozen file, whatever became of the bills since.
-- A period that was reopened has no rows here until it is closed again.
{{ config(work_unit='period') }}

with frozen_statements as (
    select * from {{ source('tollgate', 'closed_statement_monthly') }}
)

select
    {%- for name in statement_columns() %}
    {{ name }},
    {%- endfor %}
    statement_version
from frozen_statements
where {{ this_month('frozen_statements') }}
