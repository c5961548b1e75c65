{#-
  The version that a model's name carries: its first number that stands for itself, `4-6` as 4.6.
  A size (`120b`) or a generation with a letter (`4o`) is none, and a name without a version has NULL.
-#}
{% macro model_version(model) -%}
    nullif(replace(regexp_extract({{ model }}, '([0-9]+(?:[.-][0-9])?)(?:-|$)', 1), '-', '.'), '')
{%- endmacro %}
