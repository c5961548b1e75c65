{#-
  A person's name as 16 hexadecimal digits that only the holder of the key can make again; NULL
  while no key is in hand, so that a name is never hashed without one.
-#}
{% macro pseudonym(column) -%}
    substr({{ keyed_hash(column) }}, 1, 16)
{%- endmacro %}

{% macro keyed_hash(column) -%}
    {{ return(adapter.dispatch('keyed_hash')(column)) }}
{%- endmacro %}

{% macro duckdb__keyed_hash(column) -%}
    sha256({{ pseudonym_key() }} || '|' || {{ column }})
{%- endmacro %}

{% macro spark__keyed_hash(column) -%}
    sha2({{ pseudonym_key() }} || '|' || {{ column }}, 256)
{%- endmacro %}

{#- The key as text. Unit tests override this macro with a literal. -#}
{% macro pseudonym_key() -%}
    {{ return(adapter.dispatch('pseudonym_key')()) }}
{%- endmacro %}

{% macro duckdb__pseudonym_key() -%}
    cast(getvariable('pseudonym_key') as varchar)
{%- endmacro %}

{% macro spark__pseudonym_key() -%}
    '${tollgate.pseudonym_key}'
{%- endmacro %}

{#- A 64-bit hash that only narrows a search: equal rows have equal hashes, never the reverse. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}

{#-
  The hashes that more than one row has; `hash` is of the columns of `relation`, which may have a name.
  Nearly all rows of a month have one of their own, and a group for each takes twice the time of sorting
  them beside one another. Spark groups: a window over all rows would be the work of one of its machines.
-#}
{% macro repeated_hashes(hash, relation, condition='true') -%}
    {{ return(adapter.dispatch('repeated_hashes')(hash, relation, condition)) }}
{%- endmacro %}

{% macro duckdb__repeated_hashes(hash, relation, condition) -%}
    select distinct row_hash
    from (
        select
            row_hash,
            lag(row_hash) over (order by row_hash) as hash_before
        from (
            select {{ hash }} as row_hash
            from {{ relation }}
            where {{ condition }}
        ) as hashed
    ) as sorted
    where row_hash = hash_before
{%- endmacro %}

{% macro spark__repeated_hashes(hash, relation, condition) -%}
    select {{ hash }} as row_hash
    from {{ relation }}
    where {{ condition }}
    group by {{ hash }}
    having count(*) > 1
{%- endmacro %}

{#-
  A row's hash as a whole number of 40 bits: those of two rows multiplied and added up over more rows
  than any month has still fit. Sums of them say whether two sets of rows are the same.
-#}
{% macro row_hash_number(columns) -%}
    {{ return(adapter.dispatch('row_hash_number')(columns)) }}
{%- endmacro %}

{% macro duckdb__row_hash_number(columns) -%}
    cast({{ row_hash(columns) }} >> 24 as hugeint)
{%- endmacro %}

{% macro spark__row_hash_number(columns) -%}
    cast(shiftrightunsigned({{ row_hash(columns) }}, 24) as decimal(38, 0))
{%- endmacro %}
