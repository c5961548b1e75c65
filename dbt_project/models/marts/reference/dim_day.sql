-- One row per day of the billing months that the ledger holds.
-- Invariant: a month that the ledger holds has all of its days, whether anything was billed on them or not.
-- The semantic layer's calendar; it holds no money.
{{ config(work_unit='whole') }}

with billing_periods as (
    select * from {{ ref('dim_billing_period') }}
),

months as (
    select distinct billing_period from billing_periods
),

days as (
    {%- for later in range(31) %}
    select
        billing_period,
        cast(billing_period + interval {{ later }} day as date) as usage_date
    from months
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select
    usage_date,
    billing_period
from days
where {{ month_of('usage_date') }} = billing_period
