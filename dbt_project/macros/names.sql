{#- Schemas carry the door's or the domain's own word, without dbt's target prefix. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{#-
  Relations are named without the database: a view that carries the build file's name would break
  in the published file. Spark has no such name to drop.
-#}
{% macro ref() -%}
    {% set relation = builtins.ref(*varargs, **kwargs) %}
    {% do return(relation.include(database=false) if target.type == 'duckdb' else relation) %}
{%- endmacro %}

{% macro source() -%}
    {% set relation = builtins.source(*varargs) %}
    {% do return(relation.include(database=false) if target.type == 'duckdb' else relation) %}
{%- endmacro %}
