{#-
  CTEs `newest_billed_day` and `billed_months`: each month of a relation with the day until which it is billed,
  exclusive. Only the newest month of the showback is open: it is billed up to its newest day of usage, and a
  purchase of a later day bills none before it. The others are whole, whatever their last usage was.
-#}
{% macro billed_months(relation, showback) %}
newest_billed_day as (
    select
        billing_period,
        coalesce(max(case when charge_category = 'Usage' then usage_date end), max(usage_date)) as newest_date
    from {{ showback }}
    group by billing_period
    qualify row_number() over (order by billing_period desc) = 1
),

billed_months as (
    select
        {{ relation }}.billing_period,
        {{ months_later(relation ~ '.billing_period') }} as next_period,
        {# least() passes over a month without #}
        least(
            cast(max(newest_billed_day.newest_date) + interval 1 day as date),
            {{ months_later(relation ~ '.billing_period') }}
        ) as billed_until,
        max({{ relation }}.reporting_currency) as reporting_currency
    from {{ relation }}
    left join newest_billed_day  -- many to at most one
        on {{ relation }}.billing_period = newest_billed_day.billing_period
    group by {{ relation }}.billing_period
)
{% endmacro %}
