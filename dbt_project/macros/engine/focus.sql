{#-
  Tags as FOCUS KeyValue JSON: one flat, compact JSON object; NULL where there are none.

  A text that is an object without its braces gets them (Azure writes tags so). What is no object,
  or names a key twice, is kept whole under `x_unparsed`, so that nothing is lost and every reader
  of tags still finds one value a key.
-#}
{% macro key_value_json(column) -%}
    {{ return(adapter.dispatch('key_value_json')(column)) }}
{%- endmacro %}

{% macro duckdb__key_value_json(column) -%}
    case
        when {{ column }} is null or trim({{ column }}) in ('', '{}') then null
        when json_valid({{ column }}) then
            case
                when json_type({{ column }}) = 'OBJECT'
                    and len(list_distinct(json_keys({{ column }}))) = len(json_keys({{ column }}))
                    then cast(json({{ column }}) as varchar)
                else cast(json_object('x_unparsed', {{ column }}) as varchar)
            end
        when json_valid('{' || {{ column }} || '}')
            and len(list_distinct(json_keys('{' || {{ column }} || '}')))
            = len(json_keys('{' || {{ column }} || '}'))
            then cast(json('{' || {{ column }} || '}') as varchar)
        else cast(json_object('x_unparsed', {{ column }}) as varchar)
    end
{%- endmacro %}

{% macro spark__key_value_json(column) -%}
    case
        when {{ column }} is null or trim({{ column }}) in ('', '{}') then null
        else coalesce(
            to_json(from_json({{ column }}, 'map<string,string>')),
            to_json(from_json('{' || {{ column }} || '}', 'map<string,string>')),
            to_json(named_struct('x_unparsed', {{ column }}))
        )
    end
{%- endmacro %}

{#- A flat JSON object of (key, SQL text) pairs; keys whose value is NULL are left out. -#}
{% macro flat_json(pairs) -%}
    {{ return(adapter.dispatch('flat_json')(pairs)) }}
{%- endmacro %}

{% macro duckdb__flat_json(pairs) -%}
    nullif(cast(json_merge_patch('{}', json_object(
        {%- for key, value in pairs %}
        '{{ key }}', {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    )) as varchar), '{}')
{%- endmacro %}

{% macro spark__flat_json(pairs) -%}
    nullif(to_json(named_struct(
        {%- for key, value in pairs %}
        '{{ key }}', {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    )), '{}')
{%- endmacro %}

{#- A text as JSON, with its quotes and escapes; NULL stays NULL. -#}
{% macro json_text(column) -%}
    {{ return(adapter.dispatch('json_text')(column)) }}
{%- endmacro %}

{% macro duckdb__json_text(column) -%}
    cast(to_json({{ column }}) as varchar)
{%- endmacro %}

{% macro spark__json_text(column) -%}
    regexp_extract(to_json(named_struct('v', {{ column }})), '^[{]"v":(.*)[}]$', 1)
{%- endmacro %}

{#-
  Joins each row to the elements of its ContractApplied: one row an element, `elements.element` as
  JSON text. What is no JSON object of that shape has none.
-#}
{% macro contract_elements(column) -%}
    {{ return(adapter.dispatch('contract_elements')(column)) }}
{%- endmacro %}

{% macro duckdb__contract_elements(column) -%}
    cross join lateral (
        select unnest(
            case
                when json_valid({{ column }}) and json_type({{ column }}, '$.Elements') = 'ARRAY'
                    then cast(json_extract({{ column }}, '$.Elements') as json[])
            end
        ) as element
    ) as elements
{%- endmacro %}

{% macro spark__contract_elements(column) -%}
    lateral view explode(from_json(get_json_object({{ column }}, '$.Elements'), 'array<string>')) elements as element
{%- endmacro %}
