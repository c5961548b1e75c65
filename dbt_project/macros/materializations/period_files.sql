{#-
  A ledger-sized model: one immutable Parquet file a period, named by its key.

  A file whose key is there is right and is never written again; a missing one is written once by
  one COPY (to a temporary name, then renamed), so memory is bounded by a period and a killed run
  resumes where it stopped. The relation is a view that lists the current files by name.
-#}
{% materialization period_files, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation_name = this.schema ~ '.' ~ this.identifier -%}
    {%- set work_unit = config.get('work_unit', 'source_period') -%}
    {%- set folder = env_var('TOLLGATE_WAREHOUSE_DIR') ~ '/' ~ model.fqn[1] ~ '/' ~ this.identifier -%}
    {{ run_hooks(pre_hooks) }}

    {% set wanted_sql %}
        create or replace temp table wanted as
        with keys as ({{ wanted_keys_sql(relation_name, keyed_code(sql), work_unit) }})
        select
            *,
            '{{ folder }}/source=' || replace(source, '*', 'all')
            || '/billing_period=' || strftime(billing_period, '%Y-%m')
            || '/' || key || '.parquet' as path
        from keys
    {% endset %}
    {% do run_query(wanted_sql) %}
    {% set pending = run_query(
        "select source, billing_period, path from wanted "
        ~ "where path not in (select file from glob('" ~ folder ~ "/*/*/*.parquet')) "
        ~ "order by billing_period, source"
    ) %}
    {#-
      What Parquet says of a month's size misleads the planner into holding the month in memory and
      streaming its handful of meters past it. A model that writes the large side of each join first
      says so with `joins_as_written`.
    -#}
    {% do run_query(
        "set disabled_optimizers = '"
        ~ ('join_order,build_side_probe_side' if config.get('joins_as_written', false) else '') ~ "'"
    ) %}
    {% for row in pending %}
        {% do take_in_hand(row[0], row[1]) %}
        {% set started = modules.datetime.datetime.now() %}
        {% set written = run_query(
            "copy (" ~ sql ~ ") to '" ~ row[2]
            ~ "' (format parquet, compression zstd, use_tmp_file true)"
        ).columns[0][0] %}
        {% set seconds = (modules.datetime.datetime.now() - started).total_seconds() %}
        {{ log(
            "%-8s %s %s %s: %s rows, %.1f s" | format(
                model.fqn[1], row[0], (row[1] | string)[:7], this.identifier, "{:,}".format(written | int), seconds
            ),
            info=true
        ) }}
    {% endfor %}

    {% do run_query("set disabled_optimizers = ''") %}

    {% do run_query("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% set files = run_query('select path from wanted order by path').columns[0].values() %}
    {% if files | length > 0 %}
        {% set listed = "['" ~ files | join("', '") ~ "']" %}
        {% do run_query(
            "insert into tollgate.period_key "
            ~ "select '" ~ relation_name ~ "', w.source, w.billing_period, w.key, f.num_rows, w.inputs "
            ~ "from wanted as w inner join parquet_file_metadata(" ~ listed ~ ") as f on f.file_name = w.path"
        ) %}
        {% set body = "select * from read_parquet(" ~ listed ~ ", hive_partitioning = false)" %}
    {% else %}
        {% set body = no_rows_like(sql) %}
    {% endif %}
    {% call statement('main', auto_begin=false) %}
        create or replace view {{ this.include(database=false) }} as {{ body }}
    {% endcall %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='view')]}) }}
{% endmaterialization %}

{#-
  A SELECT without rows, of the same shape: names and types alone. A view over the model's own SQL
  would have it planned by every query that unites the kinds of source, also those nobody has.
-#}
{% macro no_rows_like(sql) %}
    {% set columns = [] %}
    {% for row in run_query("select column_name, column_type from (describe " ~ sql ~ ")") %}
        {% do columns.append('cast(null as ' ~ row[1] ~ ') as ' ~ adapter.quote(row[0])) %}
    {% endfor %}
    {% do return('select ' ~ columns | join(', ') ~ ' where false') %}
{% endmacro %}
