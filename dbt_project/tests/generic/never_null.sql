{#-
  None of the columns is NULL in any row: one scan for all of them, one failing row a column.
-#}
{% test never_null(model, columns) %}
with counted as (
    select
        {%- for name in columns %}
        count(*) - count({{ name }}) as {{ name }}_null_count{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
)
{% for name in columns %}
select '{{ name }}' as column_name, {{ name }}_null_count as null_rows_count
from counted
where {{ name }}_null_count > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
