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
