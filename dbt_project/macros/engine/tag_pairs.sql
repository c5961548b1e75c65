{#- One row per key of a flat JSON column: the id, 'tag:<key>' and the value as text. -#}
{% macro tag_pairs(relation, id_column, json_column) -%}
    {{ return(adapter.dispatch('tag_pairs')(relation, id_column, json_column)) }}
{%- endmacro %}

{% macro duckdb__tag_pairs(relation, id_column, json_column) -%}
    {#- Keys are data: as JSON paths `*`, an empty key or a quote in one would be read as syntax. #}
    select
        tagged.{{ id_column }},
        'tag:' || tag.key as attribute,
        min(tag.value ->> '$') as attribute_value
    from {{ relation }} as tagged
    cross join json_each(tagged.{{ json_column }}) as tag
    where tagged.{{ json_column }} is not null
    group by tagged.{{ id_column }}, tag.key
{%- endmacro %}

{% macro spark__tag_pairs(relation, id_column, json_column) -%}
    select {{ id_column }}, 'tag:' || tag_key as attribute, tag_value as attribute_value
    from {{ relation }}
    lateral view explode(from_json({{ json_column }}, 'map<string,string>')) tag as tag_key, tag_value
{%- endmacro %}
