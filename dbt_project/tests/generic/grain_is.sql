{#-
  A model has at most one row for each combination of the columns; NULL is a value like any other.
  The columns are the grain that the first sentence of the model's description names.
-#}
{% test grain_is(model, columns) %}
select
    {%- for name in columns %}
    {{ name }},
    {%- endfor %}
    count(*) as rows_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
