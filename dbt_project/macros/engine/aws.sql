{#- A map of texts as one text that is equal when and only when the map is. -#}
{% macro map_text(column) -%}
    {{ return(adapter.dispatch('map_text')(column)) }}
{%- endmacro %}

{% macro duckdb__map_text(column) -%}
    cast(to_json({{ column }}) as varchar)
{%- endmacro %}

{% macro spark__map_text(column) -%}
    to_json({{ column }})
{%- endmacro %}

{#-
  The tags of a bill as FOCUS KeyValue JSON: sorted keys, NULL when there are none. AWS writes one
  tag in three ways: `user_team` in the maps of Parquet exports, `user:team` in the documentation
  and the console, `resourceTags/user:team` in the unified map. The user's prefix is dropped, the
  vendor's is kept as `aws:`; other keys (`iamPrincipal/...`) stay. An empty value is no tag.
-#}
{% macro aws_tags(column) -%}
    {{ return(adapter.dispatch('aws_tags')(column)) }}
{%- endmacro %}

{% macro duckdb__aws_tags(column) -%}
    nullif('{' || array_to_string(list_transform(
        list_sort(list_transform(
            list_filter(map_entries({{ column }}), lambda entry: entry.value <> ''),
            lambda entry: {'tag_key': {{ aws_tag_key('entry.key') }}, 'tag_value': entry.value}
        )),
        lambda tag: cast(to_json(tag.tag_key) as varchar)
            || ':' || cast(to_json(tag.tag_value) as varchar)
    ), ',') || '}', '{}')
{%- endmacro %}

{% macro spark__aws_tags(column) -%}
    nullif(to_json(map_from_entries(array_sort(transform(
        filter(map_entries({{ column }}), entry -> entry.value <> ''),
        entry -> struct({{ aws_tag_key('entry.key') }} as tag_key, entry.value as tag_value)
    )))), '{}')
{%- endmacro %}

{% macro aws_tag_key(key) -%}
    {%- set bare = "replace(" ~ key ~ ", 'resourceTags/', '')" -%}
    case
        when substr({{ bare }}, 1, 5) in ('user:', 'user_') then substr({{ bare }}, 6)
        when substr({{ bare }}, 1, 4) in ('aws:', 'aws_') then 'aws:' || substr({{ bare }}, 5)
        else {{ bare }}
    end
{%- endmacro %}
