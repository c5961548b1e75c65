{#-
  A vendor's model name without the date of its snapshot: gpt-5.6-sol-2026-07-01 -> gpt-5.6-sol,
  claude-haiku-4-5-20251001 -> claude-haiku-4-5. Both engines' regular expressions read it alike.
-#}
{% macro undated_model_name(column) -%}
    regexp_replace(lower({{ column }}), '-([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})$', '')
{%- endmacro %}

{#- A model's name without the way to it, and without its date: openai/gpt-5.4-2026-03-05. -#}
{% macro unrouted_model_name(column) -%}
    {{ undated_model_name("regexp_replace(" ~ column ~ ", '^.*/', '')") }}
{%- endmacro %}
