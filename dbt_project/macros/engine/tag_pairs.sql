{#- One row per key of a flat JSON column: the id, 'tag:<key>' and the value as text. -#}
{% macro tag_pairs(relation, id_column, json_column) -%}
    {{ return(adapter.dispatch('tag_pairs')(relation, id_column, json_column)) }}
{%- endmacro %}

{% macro duckdb__tag_pairs(relation, id_column, json_column) -%}
    select
        {{ id_column }},
        'tag:' || tag_key as attribute,
        json_extract_string({{ json_column }}, '$."' || replace(tag_key, '"', '\"') || '"') as attribute_value
    from (
        select {{ id_column }}, {{ json_column }}, unnest(json_keys({{ json_column }})) as tag_key
        from {{ relation }}
        where {{ json_column }} is not null
    ) as keyed
{%- endmacro %}

{% macro spark__tag_pairs(relation, id_column, json_column) -%}
    select {{ id_column }}, 'tag:' || tag_key as attribute, tag_value as attribute_value
    from {{ relation }}
    lateral view explode(from_json({{ json_column }}, 'map<string,string>')) tag as tag_key, tag_value
{%- endmacro %}
