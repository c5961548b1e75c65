{#-
  Whether a charge is for a month or for longer, such as a year: it comes once and does not go on with the days.
  The shortest month has 28 days, of which a vendor that names its last day as the end leaves 27.
#}
{% macro lasts_a_month() -%}
    charge_period_end >= charge_period_start + interval 27 day
{%- endmacro %}

{#- Whether a charge is for one month that begins in its billing month, on whatever day. -#}
{% macro is_of_one_month() -%}
    (
        charge_period_start >= cast(billing_period as timestamp)
        and charge_period_start < cast({{ months_later('billing_period') }} as timestamp)
        and {{ lasts_a_month() }}
        and charge_period_end <= charge_period_start + interval 31 day
    )
{%- endmacro %}
