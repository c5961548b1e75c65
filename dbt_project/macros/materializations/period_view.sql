{#-
  A view that carries keys: its periods have the keys of what it reads, hashed with its own SQL, so
  that a change in a staging model is seen by every model behind it.
-#}
{% materialization period_view, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation_name = this.schema ~ '.' ~ this.identifier -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main', auto_begin=false) %}
        create or replace view {{ this.include(database=false) }} as {{ sql }}
    {% endcall %}
    {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% for unit in ['source_period', 'whole'] %}
        {#- The whole-relation key stands for the code alone: what it reads has period keys. -#}
        {% do run_only(
            "insert into tollgate.period_key select '" ~ relation_name
            ~ "', source, billing_period, " ~ ("key" if unit == 'source_period' else "'" ~ local_md5(sql) ~ "'")
            ~ ", null, inputs from (" ~ wanted_keys_sql(relation_name, keyed_code(sql), unit) ~ ") as k"
        ) %}
    {% endfor %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='view')]}) }}
{% endmaterialization %}
