{#-
  A mart: a table in the warehouse file, of which only the periods whose key changed are deleted and
  inserted again. With work_unit 'whole' the table is filled as a whole when its key changed.

  With `ledger` the mart repeats a ledger-sized model. Writing wide rows twice is the slowest thing
  there is, so above TOLLGATE_LEDGER_TABLE_ROWS it is a view that lists the period files by name.
-#}
{% materialization period_table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation_name = this.schema ~ '.' ~ this.identifier -%}
    {%- set work_unit = config.get('work_unit', 'source_period') -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}

    {% if config.get('ledger', false) and ledger_row_count() > env_var('TOLLGATE_LEDGER_TABLE_ROWS', '3000000') | int %}
        {{ return(ledger_view(sql, relation_name, existing)) }}
    {% endif %}

    {% do run_only(
        "create or replace temp table wanted as " ~ wanted_keys_sql(relation_name, keyed_code(sql), work_unit)
    ) %}
    {#- A table without any period has no keys and no rows. -#}
    {% set shape_is_same = existing is not none and existing.type == 'table' and run_query(
        "select exists (from tollgate.period_key where relation = '" ~ relation_name ~ "' and inputs is not null) "
        ~ "or not exists (from " ~ existing.include(database=false) ~ ")"
    ).columns[0][0] and get_column_shape(existing) == promised_shape() %}
    {% if not shape_is_same %}
        {% if existing is not none %}
            {% do adapter.drop_relation(existing) %}
        {% endif %}
        {{ get_assert_columns_equivalent(sql) }}
        {% do run_only("create table " ~ this.include(database=false) ~ get_table_columns_and_constraints()) %}
        {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% endif %}

    {% set stale = run_query(
        "select k.source, k.billing_period from tollgate.period_key as k "
        ~ "left join wanted as w on w.key = k.key "
        ~ "where k.relation = '" ~ relation_name ~ "' and w.key is null"
    ) %}
    {% set pending_sql %}
        select w.source, w.billing_period
        from wanted as w
        left join tollgate.period_key as k on k.relation = '{{ relation_name }}' and w.key = k.key
        where k.key is null
    {% endset %}
    {% set pending = run_query(pending_sql ~ " order by 2, 1") %}
    {% for row in stale %}
        {% set condition = period_condition(row[0], row[1], work_unit, config.get('period_columns', ['source', 'billing_period'])) %}
        {% do run_only("delete from " ~ this.include(database=false) ~ " where " ~ condition) %}
    {% endfor %}
    {% set insert = "insert into " ~ this.include(database=false) ~ " " %}
    {% if config.get('keeps_periods_apart', false) and pending | length > 1 %}
        {% for batch in small_batches(pending_sql) %}
            {% do take_in_hand(batch) %}
            {% do run_only(insert ~ get_select_subquery(over_periods_in_hand(sql))) %}
        {% endfor %}
    {% else %}
        {% for row in pending %}
            {% do run_only(in_hand(row[0], row[1]) ~ insert ~ get_select_subquery(sql)) %}
        {% endfor %}
    {% endif %}
    {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% do run_only(
        "insert into tollgate.period_key "
        ~ "select '" ~ relation_name ~ "', source, billing_period, key, null, inputs from wanted"
    ) %}
    {% call statement('main', auto_begin=false) %}
        select {{ pending | length }} as periods_written
    {% endcall %}
    {% if pending | length > 0 or not shape_is_same %}
        {{ log('%-8s %s: %s period(s) written' | format('marts', relation_name, pending | length), info=true) }}
        {% do persist_docs(target_relation, model) %}
    {% endif %}

    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#-
  The rows that a key stood for. The model may have had another work unit when it was made: a key
  without a month was of the whole table, one of source '*' of a month over all sources.
-#}
{% macro period_condition(source, billing_period, work_unit, columns) -%}
    {%- if work_unit == 'whole' or not billing_period -%}
        true
    {%- elif work_unit == 'period' or source == '*' -%}
        {{ columns[1] }} = date '{{ billing_period }}'
    {%- else -%}
        {{ columns[0] }} = '{{ source }}' and {{ columns[1] }} = date '{{ billing_period }}'
    {%- endif -%}
{%- endmacro %}

{#- Name, type and nullability of each column, as the contract promises them. -#}
{% macro promised_shape() %}
    {% set shape = [] %}
    {% for column in model.columns.values() %}
        {% set needed = column.constraints | selectattr('type', 'equalto', 'not_null') | list | length > 0 %}
        {% do shape.append(column.name ~ ' ' ~ column.data_type | lower | replace(' ', '') ~ (' needed' if needed else '')) %}
    {% endfor %}
    {% do return(shape) %}
{% endmacro %}

{#- The same of a table that is there. -#}
{% macro get_column_shape(relation) %}
    {% set shape = [] %}
    {% for row in run_query('select column_name, column_type, "null" from (describe ' ~ relation.include(database=false) ~ ')') %}
        {% do shape.append(row[0] ~ ' ' ~ row[1] | lower | replace(' ', '') ~ (' needed' if row[2] == 'NO' else '')) %}
    {% endfor %}
    {% do return(shape) %}
{% endmacro %}

{#- Asked without dbt's own get_columns_in_relation, which opens a transaction that nobody commits. -#}
{% macro get_column_names(relation) %}
    {% do return(
        run_query("select column_name from (describe " ~ relation.include(database=false) ~ ")").columns[0].values() | list
    ) %}
{% endmacro %}

{#- As dbt-duckdb has it, without that transaction: the comments would be rolled back. -#}
{% macro duckdb__alter_column_comment(relation, column_dict) %}
    {% set existing_columns = get_column_names(relation) %}
    {% for name in column_dict if name in existing_columns %}
        comment on column {{ relation }}.{{ name }} is {{ duckdb_escape_comment(column_dict[name]['description']) }};
    {% endfor %}
{% endmacro %}

{#- The period_files models that a ledger mart repeats, directly or through a view that unites them. -#}
{% macro ledger_files_nodes(unique_ids) %}
    {% set found = [] %}
    {% for unique_id in unique_ids if unique_id in graph.nodes %}
        {% set node = graph.nodes[unique_id] %}
        {% if node.config.materialized == 'period_files' %}
            {% do found.append(node) %}
        {% else %}
            {% do found.extend(ledger_files_nodes(node.depends_on.nodes)) %}
        {% endif %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}

{% macro ledger_names() %}
    {% set names = [] %}
    {% for node in ledger_files_nodes(model.depends_on.nodes) %}
        {% do names.append(node.schema ~ '.' ~ node.alias) %}
    {% endfor %}
    {% do return("('" ~ names | join("', '") ~ "')") %}
{% endmacro %}

{% macro ledger_row_count() %}
    {% do return(run_query(
        "select coalesce(sum(row_count), 0) from tollgate.period_key where relation in " ~ ledger_names()
    ).columns[0][0] | int) %}
{% endmacro %}

{% macro ledger_view(sql, relation_name, existing) %}
    {% set files = run_query(
        "select '" ~ env_var('TOLLGATE_WAREHOUSE_DIR') ~ "/' || split_part(relation, '.', 1) || '/' "
        ~ "|| split_part(relation, '.', 2) || '/source=' || source || '/billing_period=' "
        ~ "|| strftime(billing_period, '%Y-%m') || '/' || key || '.parquet' "
        ~ "from tollgate.period_key where relation in " ~ ledger_names() ~ " order by 1"
    ).columns[0].values() %}
    {% set node = graph.nodes[model.depends_on.nodes[0]] %}
    {% set repeated = ref(node.name) | string %}
    {% set body = without_empty_joins(sql)
        | replace(this_period(node.name), 'true')
        | replace(
            repeated,
            '(' ~ rows_of_period_files(files, ledger_files_nodes(model.depends_on.nodes)) ~ ') as ' ~ node.name
        ) %}
    {% if existing is not none and existing.type == 'table' %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement('main', auto_begin=false) %}
        create or replace view {{ this.include(database=false) }} as {{ body }}
    {% endcall %}
    {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {#- Where the files are is part of what such a view is, and tells it from the table. #}
    {% do run_only(
        "insert into tollgate.period_key "
        ~ "select '" ~ relation_name ~ "', source, billing_period, key, null, inputs from ("
        ~ wanted_keys_sql(relation_name, keyed_code(sql) ~ env_var('TOLLGATE_WAREHOUSE_DIR'), 'source_period') ~ ") as k"
    ) %}
    {% do persist_docs(this.incorporate(type='view'), model) %}
    {% do return({'relations': [this.incorporate(type='view')]}) %}
{% endmacro %}

{#- The SQL of a ledger's view, of which where_there_are() joins nothing where there is nothing to join. -#}
{% macro without_empty_joins(sql) %}
    {% set joined = namespace(sql=sql) %}
    {% for marked, rows in modules.re.findall('(/[*] where there are (.*) [*]/ true)', sql) %}
        {% set listed = "(source, billing_period) in (select source, billing_period from tollgate.period_key "
            ~ "where relation in " ~ ledger_names() ~ ")" %}
        {% if not run_query('select exists (from ' ~ rows ~ ' and ' ~ listed ~ ')').columns[0][0] %}
            {% set joined.sql = joined.sql | replace(marked, 'false') %}
        {% endif %}
    {% endfor %}
    {% do return(joined.sql) %}
{% endmacro %}

{#- dbt's own asks for the columns a second time, inside the transaction that nobody commits. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {% if for_relation and config.persist_relation_docs() and model.description %}
        {% do run_only(alter_relation_comment(relation, model.description)) %}
    {% endif %}
    {% if for_columns and config.persist_column_docs() and model.columns %}
        {% do run_only(alter_column_comment(relation, model.columns)) %}
    {% endif %}
{% endmacro %}
