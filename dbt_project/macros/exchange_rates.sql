{#- The last day of a month that is given by its first. -#}
{% macro last_day_of(period) -%}
    cast({{ period }} + interval 1 month - interval 1 day as date)
{%- endmacro %}

{#- The rate of the wanted currency pair that is in force on a day of the relation that wants it. -#}
{% macro rate_in_force(rates, wanted, day) -%}
    {{ wanted }}.billing_currency = {{ rates }}.from_currency
        and {{ wanted }}.reporting_currency = {{ rates }}.to_currency
        and ({{ rates }}.valid_from is null or {{ wanted }}.{{ day }} >= {{ rates }}.valid_from)
        and ({{ rates }}.valid_to is null or {{ wanted }}.{{ day }} < {{ rates }}.valid_to)
{%- endmacro %}


{# A charge's cost in the reporting currency: rounded once, NULL where the cost or its rate is unknown. #}
{% macro reporting_cost(cost, is_in_reporting_currency, fx_rate) -%}
case
    when {{ is_in_reporting_currency }} then {{ cost }}
    else cast({{ cost }} * {{ fx_rate }} as decimal(38, 12))
end
{%- endmacro %}
