{#-
  A vendor's model name without the date of its snapshot: gpt-5.6-sol-2026-07-01 -> gpt-5.6-sol,
  claude-haiku-4-5-20251001 -> claude-haiku-4-5. Both engines' regular expressions read it alike.
-#}
{% macro undated_model_name(column) -%}
    regexp_replace(lower({{ column }}), '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})$', '')
{%- endmacro %}
