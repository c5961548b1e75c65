{#-
  A model has at most one row for each combination of the columns; NULL is a value like any other.
  The columns are the grain that the first sentence of the model's description names.

  Hashes are narrow: they only say which rows need a look. Grouping a large month by its ids
  themselves takes more memory than all else that a run does. The model is named twice instead of
  read through a CTE, because an engine may keep a CTE that is read more than once.
-#}
{% test grain_is(model, columns) %}
with suspects as (
    select {{ row_hash(columns) }} as suspect_hash
    from {{ model }}
    group by {{ row_hash(columns) }}
    having count(*) > 1
)

select
    {%- for name in columns %}
    {{ name }},
    {%- endfor %}
    count(*) as rows_count
from {{ model }}
inner join suspects  -- many rows to one hash
    on {{ row_hash(columns) }} = suspects.suspect_hash
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
