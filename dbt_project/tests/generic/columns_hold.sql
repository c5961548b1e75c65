{#-
  What a model's columns must hold: none of `never_null` is NULL in any row, and what stands in one
  of `accepted_values` is in its list, or NULL. One scan for all of them; a failing row names the
  column, the fault, how many rows have it and one of the values.

  The rows without a fault are left out first: an engine knows from the statistics of a file which
  columns have no NULL, and counts nothing for the rows that are as they should be.
-#}
{% test columns_hold(model, never_null=[], accepted_values={}) %}
{%- set faults = [] -%}
{%- for name in never_null -%}
    {%- do faults.append((name, 'null', name ~ ' is null', 'is NULL')) -%}
{%- endfor -%}
{%- for name, values in accepted_values.items() -%}
    {%- set listed = [] -%}
    {%- for value in values -%}
        {%- do listed.append("'" ~ (value | string | replace("'", "''")) ~ "'") -%}
    {%- endfor -%}
    {%- do faults.append(
        (name, 'value', 'cast(' ~ name ~ ' as string) not in (' ~ listed | join(', ') ~ ')', 'is not in the list')
    ) -%}
{%- endfor -%}
with counted as (
    select
        {%- for name, kind, condition, fault in faults %}
        count(case when {{ condition }} then 1 end) as {{ name }}_{{ kind }}_rows,
        min(case when {{ condition }} then cast({{ name }} as string) end) as {{ name }}_{{ kind }}_example{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where
        {%- for name, kind, condition, fault in faults %}
        {{ 'or ' if not loop.first }}{{ condition }}
        {%- endfor %}
)
{% for name, kind, condition, fault in faults %}
select
    '{{ name }}' as column_name,
    '{{ fault }}' as fault,
    {{ name }}_{{ kind }}_rows as rows_count,
    {{ name }}_{{ kind }}_example as example
from counted
where {{ name }}_{{ kind }}_rows > 0
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
