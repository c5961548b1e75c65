{#-
  Ends the CTEs of a model that are few rows of many: `names` are those that the rest of it reads. The
  planner takes them to be as many as the month's lines, holds the wide lines in memory and streams the
  few past them, and reads all lines where there is nothing to look for; so the materialization makes tables of them first, whose rows are counted. A month of
  which twelve make no large ledger is spared the statements.
-#}
{% macro made_first(names) -%}
    -- made first: {{ names | join(', ') }}
{%- endmacro %}
