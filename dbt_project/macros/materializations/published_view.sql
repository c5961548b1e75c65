{#-
  A mart that is a view over tables of the published file (contracted like the others). One that
  reads relations over all months (work_unit 'whole') has no keys by period: a change anywhere would
  change them all.
-#}
{% materialization published_view, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation_name = this.schema ~ '.' ~ this.identifier -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {{ get_assert_columns_equivalent(sql) }}
    {% call statement('main', auto_begin=false) %}
        create or replace view {{ this.include(database=false) }} as {{ get_select_subquery(sql) }}
    {% endcall %}
    {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% set is_whole = config.get('work_unit') == 'whole' %}
    {% for unit in (['whole'] if is_whole else ['source_period', 'whole']) %}
        {% do run_only(
            "insert into tollgate.period_key select '" ~ relation_name
            ~ "', source, billing_period, " ~ ("key" if unit == 'source_period' or is_whole else "'" ~ local_md5(keyed_code(sql)) ~ "'")
            ~ ", null, inputs from (" ~ wanted_keys_sql(relation_name, keyed_code(sql), unit) ~ ") as k"
        ) %}
    {% endfor %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
