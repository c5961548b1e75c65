{#-
  A mart: a table in the warehouse file, of which only the periods whose key changed are deleted and
  inserted again. With work_unit 'whole' the table is filled as a whole when its key changed.
-#}
{% materialization period_table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation_name = this.schema ~ '.' ~ this.identifier -%}
    {%- set work_unit = config.get('work_unit', 'source_period') -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}

    {% do run_query(
        "create or replace temp table wanted as " ~ wanted_keys_sql(relation_name, keyed_code(sql), work_unit)
    ) %}
    {% set shape_is_same = existing is not none and existing.type == 'table' and run_query(
        "select count(*) from tollgate.period_key where relation = '" ~ relation_name ~ "' and inputs is not null"
    ).columns[0][0] > 0 and get_column_names(existing) == promised_names() %}
    {% if not shape_is_same %}
        {% if existing is not none %}
            {% do adapter.drop_relation(existing) %}
        {% endif %}
        {{ get_assert_columns_equivalent(sql) }}
        {% do run_query("create table " ~ this.include(database=false) ~ get_table_columns_and_constraints()) %}
        {% do run_query("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% endif %}

    {% set stale = run_query(
        "select k.source, k.billing_period from tollgate.period_key as k "
        ~ "left join wanted as w on w.key = k.key "
        ~ "where k.relation = '" ~ relation_name ~ "' and w.key is null"
    ) %}
    {% set pending = run_query(
        "select w.source, w.billing_period from wanted as w "
        ~ "left join tollgate.period_key as k on k.relation = '" ~ relation_name ~ "' and w.key = k.key "
        ~ "where k.key is null order by w.billing_period, w.source"
    ) %}
    {% for row in stale %}
        {% set condition = period_condition(row[0], row[1], work_unit) %}
        {% do run_query("delete from " ~ this.include(database=false) ~ " where " ~ condition) %}
    {% endfor %}
    {% for row in pending %}
        {% do take_in_hand(row[0], row[1]) %}
        {% do run_query(
            "insert into " ~ this.include(database=false) ~ " " ~ get_select_subquery(sql)
        ) %}
    {% endfor %}
    {% do run_query("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% do run_query(
        "insert into tollgate.period_key "
        ~ "select '" ~ relation_name ~ "', source, billing_period, key, null, inputs from wanted"
    ) %}
    {% call statement('main') %}
        select {{ pending | length }} as periods_written
    {% endcall %}
    {% if pending | length > 0 or not shape_is_same %}
        {{ log('marts  ' ~ relation_name ~ '  ' ~ pending | length ~ ' of its periods written', info=true) }}
        {% do persist_docs(target_relation, model) %}
    {% endif %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro period_condition(source, billing_period, work_unit) -%}
    {%- if work_unit == 'whole' -%}
        true
    {%- elif work_unit == 'period' -%}
        billing_period = date '{{ billing_period }}'
    {%- else -%}
        source = '{{ source }}' and billing_period = date '{{ billing_period }}'
    {%- endif -%}
{%- endmacro %}

{% macro promised_names() %}
    {% do return(model.columns.values() | map(attribute='name') | list) %}
{% endmacro %}

{% macro get_column_names(relation) %}
    {% do return(adapter.get_columns_in_relation(relation) | map(attribute='name') | list) %}
{% endmacro %}
