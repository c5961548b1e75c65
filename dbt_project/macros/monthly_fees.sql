{#- Whether a charge is for all of its billing month, as a fee for the month is. -#}
{% macro is_of_whole_month() -%}
    (
        charge_period_start <= cast(billing_period as timestamp)
        and charge_period_end >= cast({{ months_later('billing_period') }} as timestamp)
    )
{%- endmacro %}
