{#-
  The period in hand. A model that works period by period says
  `where {{ this_period('charges') }}`; the materialization sets the two variables before each
  period, and DuckDB prunes the period files by them. Unit tests override this macro with "true".
  Spark has no variables in SQL of that kind: it puts the settings ${tollgate....} into the text.
-#}
{% macro this_period(alias) -%}
    {{ return(adapter.dispatch('this_period')(alias)) }}
{%- endmacro %}

{% macro duckdb__this_period(alias) -%}
    {{ alias }}.source = getvariable('this_source')
    and {{ alias }}.billing_period = getvariable('this_period')
{%- endmacro %}

{% macro spark__this_period(alias) -%}
    {{ alias }}.source = '${tollgate.this_source}'
    and {{ alias }}.billing_period = cast('${tollgate.this_period}' as date)
{%- endmacro %}

{#- The month in hand, over all sources: for models whose work unit is the period. -#}
{% macro this_month(alias) -%}
    {{ return(adapter.dispatch('this_month')(alias)) }}
{%- endmacro %}

{% macro duckdb__this_month(alias) -%}
    {{ alias }}.billing_period = getvariable('this_period')
{%- endmacro %}

{% macro spark__this_month(alias) -%}
    {{ alias }}.billing_period = cast('${tollgate.this_period}' as date)
{%- endmacro %}

{#- The month in hand and all before it: for models that compare a month with earlier ones. -#}
{% macro up_to_this_month(alias) -%}
    {{ return(adapter.dispatch('up_to_this_month')(alias)) }}
{%- endmacro %}

{% macro duckdb__up_to_this_month(alias) -%}
    {{ alias }}.billing_period <= getvariable('this_period')
{%- endmacro %}

{% macro spark__up_to_this_month(alias) -%}
    {{ alias }}.billing_period <= cast('${tollgate.this_period}' as date)
{%- endmacro %}

{#- The months in hand as rows: for models that make a month's rows out of more than the month has. -#}
{% macro months_in_hand() -%}
    (select {{ this_period_start() }} as billing_period)
{%- endmacro %}

{#- The month in hand as a date: a column of the rows that are made for it. -#}
{% macro this_period_start() -%}
    {{ return(adapter.dispatch('this_period_start')()) }}
{%- endmacro %}

{% macro duckdb__this_period_start() -%}
    cast(getvariable('this_period') as date)
{%- endmacro %}

{% macro spark__this_period_start() -%}
    cast('${tollgate.this_period}' as date)
{%- endmacro %}

{#-
  True, for the condition of a left join by source and month: in a ledger's view it is false where the other
  side has no such rows of any month that the view lists. Nobody who reads the view looks for them then, or
  reads the columns that charges are joined by, which takes longer than much of what is asked of a large
  month. The view is made anew in each run, so it follows the other side.
-#}
{% macro where_there_are(relation, condition='true') -%}
    /* where there are {{ relation }} where {{ condition }} */ true
{%- endmacro %}
