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
