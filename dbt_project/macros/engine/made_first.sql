{#-
  Ends the CTEs of a model that are few rows of many: `words` names those that the rest of it reads. The
  planner takes them to be as many as the month's lines, holds the wide lines in memory and streams the
  few past them, and reads all lines where there is nothing to look for; so the materialization makes tables
  of them first, whose rows are counted. A month of which twelve make no large ledger is spared the
  statements.

  `words` also tells their columns of few different texts that lines are given as they are. Such a table
  keeps them as numbers of a list of words (ENUM), and so do the lines, until the file is written: hashing
  the same words again for each line, to find out how few they are, is most of what writing them costs.
  Columns of which one is put in the place of another share a list.
-#}
{% macro made_first(words) -%}
    -- made first: {{ words | tojson }}
{%- endmacro %}

{#-
  A text of few that SQL itself names, as one of their list: of these as well a line is given a number. The
  last select says of it that it is a text.
-#}
{% macro word(text, words) -%}
    {{ return(adapter.dispatch('word')(text, words)) }}
{%- endmacro %}

{% macro duckdb__word(text, words) -%}
    cast('{{ text }}' as enum('{{ words | join("', '") }}'))
{%- endmacro %}

{% macro spark__word(text, words) -%}
    '{{ text }}'
{%- endmacro %}
