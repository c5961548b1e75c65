{#- Parts into which the difference between an invoice and the ledger is taken apart, in order. -#}
{% macro difference_parts() %}
    {% do return(['missing_bill', 'doubled_bill', 'tax', 'credit', 'late_usage', 'rounding']) %}
{% endmacro %}

{#-
  The part of a rest that a reason explains: the whole of the reason's amount, where it points the
  same way and is no more than the rest (but for rounding); nothing otherwise.
-#}
{% macro explained_part(amount, rest, tolerance) -%}
    case
        when {{ amount }} > 0 and {{ rest }} > 0 and {{ amount }} <= {{ rest }} + {{ tolerance }} then {{ amount }}
        when {{ amount }} < 0 and {{ rest }} < 0 and {{ amount }} >= {{ rest }} - {{ tolerance }} then {{ amount }}
        else 0
    end
{%- endmacro %}
