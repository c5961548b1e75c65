{#-
  A model has at most one row for each combination of the columns; NULL is a value like any other.
  The columns are the grain that the first sentence of the model's description names.

  Hashes are narrow: they only say which rows need a look. Grouping a large month by its ids
  themselves takes more memory than all else that a run does. The model is named twice instead of
  read through a CTE, because an engine may keep a CTE that is read more than once.

  Where the rows are those of relations whose own grain is tested, `made_of` names them with the
  columns that the grain has of each, in order, and `joined_on` what two of them are joined by. The
  hashes of the grain's rows then add up to what those of the parts come to: no row is there twice.
  Each row's hash is the product of its parts' hashes, so that the sum of a join is known without
  it. A part that holds such sums already names the column as `hash_sum`. Rows are only grouped where
  the sums differ.
-#}
{% test grain_is(model, columns, made_of=[], joined_on=none) %}
with
{%- if made_of %}
{%- set hashes, placed = [], namespace(columns=columns) -%}
{%- for part in made_of -%}
    {%- do hashes.append(row_hash_number(placed.columns[:part.columns | length])) -%}
    {%- set placed.columns = placed.columns[part.columns | length:] -%}
{%- endfor %}
found as (
    select sum({{ hashes | join(' * ') }}) as hash_sum
    from {{ model }}
),

{% for part in made_of -%}
part_{{ loop.index }} as (
    select
        {%- if joined_on %}
        {{ joined_on }},
        {%- endif %}
        sum({{ part.hash_sum or row_hash_number(part.columns) }}) as hash_sum
    from {{ part.relation }} as part
    where {{ unpublished('part') }}
    {%- if joined_on %}
    group by {{ joined_on }}
    {%- endif %}
),

{% endfor -%}
expected as (
    select sum(
        {%- for part in made_of %}part_{{ loop.index }}.hash_sum{{ ' * ' if not loop.last }}{% endfor -%}
    ) as hash_sum
    from part_1
    {%- for part in made_of[1:] %}
    inner join part_{{ loop.index + 1 }}  -- one to one
        on part_1.{{ joined_on }} = part_{{ loop.index + 1 }}.{{ joined_on }}
    {%- endfor %}
),

differing as (
    select 1 as sums_differ
    from found
    cross join expected
    where found.hash_sum is distinct from expected.hash_sum
),
{% endif %}
suspects as (
    select {{ row_hash(columns) }} as suspect_hash
    from {{ model }}
    {%- if made_of %}
    cross join differing
    {%- endif %}
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
