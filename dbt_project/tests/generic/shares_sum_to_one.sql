{#- The column's shares sum to exactly 1 for each combination of `by`; none is negative or unknown. -#}
{% test shares_sum_to_one(model, column_name, by) %}
select
    {%- for name in by %}
    {{ name }},
    {%- endfor %}
    sum({{ column_name }}) as share_total,
    min({{ column_name }}) as smallest_share,
    count(*) - count({{ column_name }}) as unknown_shares_count
from {{ model }}
group by {{ by | join(', ') }}
having
    sum({{ column_name }}) is distinct from 1
    or min({{ column_name }}) < 0
    or count(*) > count({{ column_name }})
{% endtest %}
