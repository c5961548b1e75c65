{#-
  The day whose rules, mappings and exchange rates a charged day (the column usage_date, or what is
  given) takes: the day itself, but never one after the bill's period. A bill may charge days ahead (a
  fee for next month); their rules are not known when the period closes, and a later change must not
  reach back into it.
-#}
{% macro in_force_date(alias, usage_date=none) -%}
    least({{ usage_date or alias ~ '.usage_date' }}, {{ last_day_of(alias ~ '.billing_period') }})
{%- endmacro %}
