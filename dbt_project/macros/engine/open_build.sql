{#-
  Opens the build file for a run: reads what the doors before dbt left in the warehouse's inputs
  folder, makes the views of landed rows and of the organisation's tables, and writes the keys of
  both into `tollgate.period_key`, from which every model derives what it has to do.
-#}
{% macro open_build() %}
    {% if execute and target.type == 'duckdb' and flags.WHICH in ('build', 'run', 'test', 'seed') %}
        {% set inputs = env_var('TOLLGATE_WAREHOUSE_DIR') ~ '/inputs' %}
        {% do run_only('create schema if not exists tollgate') %}
        {% do run_only('create schema if not exists land') %}
        {% do run_only('create schema if not exists org') %}
        {% do run_only(
            'create table if not exists tollgate.period_key ('
            ~ 'relation varchar, source varchar, billing_period date, key varchar, '
            ~ 'row_count bigint, inputs varchar)'
        ) %}
        {#- What is published now: the gates judge what differs from it. -#}
        {% do run_only(
            'create or replace table tollgate.published_key as select * from tollgate.period_key'
            ~ (' where false' if env_var('TOLLGATE_JUDGE_ALL', '') == 'true' else '')
        ) %}
        {#- What gates find in this run, for who runs dbt. -#}
        {% do run_only(
            'create or replace table tollgate.gate_failure ('
            ~ 'gate_name varchar, stops_its_month boolean, source varchar, billing_period date, '
            ~ 'what varchar, money_touched decimal(38, 12), currency varchar)'
        ) %}
        {% set made = [] %}
        {% for name in [
            'snapshot', 'landed_file', 'landed_cost', 'native_column', 'source', 'source_failure', 'focus_finding',
            'focus_delivered_column', 'org_table', 'org_fault', 'setting', 'clock', 'closed_period', 'closed_statement', 'closed_statement_monthly',
            'closed_journal', 'held_period', 'held_org_table'
        ] %}
            {% do made.append(
                "create or replace table tollgate." ~ name
                ~ " as select * from read_parquet('" ~ inputs ~ "/" ~ name ~ ".parquet')"
            ) %}
        {% endfor %}
        {% do run_all(made) %}
        {#- What the day says of a month: what reads it is made anew when a month ends, not every day. -#}
        {% do run_only(
            "create or replace table tollgate.month_status as "
            ~ "select months.billing_period, case when clock.today_date < months.billing_period + interval 1 month "
            ~ "then 'open' else 'complete' end as period_status "
            ~ "from (select distinct billing_period from tollgate.landed_file) as months cross join tollgate.clock as clock"
        ) %}
        {% do create_land_views(inputs) %}
        {% do create_org_views(inputs) %}
        {% do key_the_inputs() %}
        {% do publish_functions() %}
    {% endif %}
{% endmacro %}

{#-
  One view a landed dataset, over the files of the period in hand. A file of the right shape with
  no rows stands in the list, so that a column which a month's files do not have is NULL and the view
  can be read before any period is in hand. It stands last, because the planner takes all files to be as
  long as the first. What no month's files have is plainly NULL: a bill has few of the columns that a
  dataset may have, and planning the reading of the others, for each model and month, would be most of
  what a small month costs.
-#}
{% macro create_land_views(inputs) %}
    {% set landed = landed_columns() %}
    {% set made = [] %}
    {% for node in graph.sources.values() if node.source_name == 'land' %}
        {% set shape = inputs ~ '/shape_' ~ node.name ~ '.parquet' %}
        {% set own = ['source', 'billing_period', 'snapshot_id', 'landed_row'] %}
        {% set columns = node.columns.values() | rejectattr('name', 'in', own) | list %}
        {% set shape_sql %}
            copy (
                select
                    {%- for column in columns %}
                    cast(null as {{ shape_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
                    {%- endfor %}
                where false
            ) to '{{ shape }}' (format parquet)
        {% endset %}
        {% do made.append(shape_sql) %}
        {% set view_sql %}
            create or replace view land.{{ node.name }} as
            select
                {{ of_landed_file('this_source', 'sources_' ~ node.name, 'varchar') }} as source,
                {{ of_landed_file('this_period', 'periods_' ~ node.name, 'date') }} as billing_period,
                {{ of_landed_file('snapshot_' ~ node.name, 'snapshots_' ~ node.name, 'varchar') }} as snapshot_id,
                -- tells one row of the month from another, wherever they are alike
                cast(file_index as bigint) * 1099511627776 + file_row_number as landed_row,
                {%- for column in columns %}
                {{ landed_value(column) if node.name ~ '.' ~ column.name in landed else 'cast(null as ' ~ column.data_type ~ ')' }}
                as {{ column.name }}{{ ',' if not loop.last }}
                {%- endfor %}
            from read_parquet(
                list_concat(getvariable('landed_{{ node.name }}'), ['{{ shape }}']),
                union_by_name = true,
                hive_partitioning = false
            )
        {% endset %}
        {% do made.append(view_sql) %}
    {% endfor %}
    {% do run_all(made) %}
{% endmacro %}

{#- What is said of the period in hand; where several are in hand, of the file that a row comes from. -#}
{% macro of_landed_file(of_period, of_files, type) -%}
    coalesce(
        cast(getvariable('{{ of_period }}') as {{ type }}),
        cast(getvariable('{{ of_files }}') as {{ type }}[])[cast(file_index as bigint) + 1]
    )
{%- endmacro %}

{#- Keeps which columns the landed files of a month have, and returns each 'dataset.column' of them. -#}
{% macro landed_columns() %}
    {% do run_only(
        'create or replace table tollgate.landed_column ('
        ~ 'relation varchar, source varchar, billing_period date, column_name varchar, column_type varchar)'
    ) %}
    {% set files = run_query('select distinct file_path from tollgate.landed_file').columns[0].values() %}
    {% if files %}
        {% do run_only(
            "insert into tollgate.landed_column "
            ~ "select distinct f.relation, f.source, f.billing_period, lower(s.name), coalesce(s.duckdb_type, s.type, '') "
            ~ "from tollgate.landed_file as f inner join "
            ~ "parquet_schema(['" ~ files | join("', '") ~ "']) as s on f.file_path = s.file_name"
        ) %}
    {% endif %}
    {% do return(run_query(
        "select distinct relation || '.' || column_name from tollgate.landed_column"
    ).columns[0].values()) %}
{% endmacro %}

{#- The narrowest type for a number, so that it never widens or narrows what a file holds. -#}
{% macro shape_type(data_type) -%}
    {{ 'tinyint' if data_type.startswith('decimal') else data_type }}
{%- endmacro %}

{% macro landed_value(column) -%}
    {%- if column.data_type == 'decimal(38, 12)' -%}
        {{ money(column.name) }}
    {%- elif column.data_type == 'decimal(38, 15)' -%}
        {{ quantity(column.name) }}
    {%- elif column.data_type == 'varchar' -%}
        nullif(cast({{ column.name }} as varchar), '')
    {%- else -%}
        cast({{ column.name }} as {{ column.data_type }})
    {%- endif -%}
{%- endmacro %}

{#- Rows that name a held month are those of the publication; such a table has a file of its own. -#}
{% macro create_org_views(inputs) %}
    {% set made = [] %}
    {% for row in run_query(
        'select o.table_name, coalesce(h.file_path, o.file_path) from tollgate.org_table as o '
        ~ 'left join tollgate.held_org_table as h on o.table_name = h.table_name order by 1'
    ) %}
        {% do made.append(
            "create or replace view org." ~ row[0] ~ " as select * from read_parquet('" ~ row[1] ~ "')"
        ) %}
    {% endfor %}
    {% do run_all(made) %}
{% endmacro %}

{#-
  Keys of landed rows are snapshot ids. A table of the organisation with validity dates has a key
  for each period: a hash of the rows that are in force by the end of that period, with an end of
  validity that lies later taken as open; so a change of today's rule leaves the past alone. The
  conditions and targets of a rule version are in force with it. What names a source and a month
  itself has a key for each, also where no bill of that month is there.
-#}
{% macro key_the_inputs() %}
    {% do run_only(
        "delete from tollgate.period_key where relation like 'land.%' or relation like 'org.%' "
        ~ "or relation like 'tollgate.%'"
    ) %}
    {% set files = run_query('select file_path from tollgate.landed_file').columns[0].values() %}
    {% if files %}
        {% do run_only(
            "insert into tollgate.period_key "
            ~ "select 'land.' || l.relation, l.source, l.billing_period, l.snapshot_id, sum(f.num_rows), null "
            ~ "from tollgate.landed_file as l inner join parquet_file_metadata(['" ~ files | join("', '") ~ "']) as f "
            ~ "on l.file_path = f.file_name group by all"
        ) %}
    {% endif %}
    {% set made = [] %}
    {% set periods = '(select distinct billing_period from tollgate.landed_file)' %}
    {% set columns_of = {} %}
    {% for row in run_query(
        "select table_name, list(column_name) from duckdb_columns() "
        ~ "where database_name = current_database() and schema_name = 'org' group by all"
    ) %}
        {% do columns_of.update({row[0]: row[1]}) %}
    {% endfor %}
    {% for row in run_query('select table_name, content_hash from tollgate.org_table order by 1') %}
        {% set columns = columns_of[row[0]] %}
        {% set in_force %}
            {% if 'valid_from' in columns and 'valid_to' not in columns %}
                {#- A table that is only added to: a later row changes nothing of an earlier period. #}
                select o.* from org.{{ row[0] }} as o
                where o.valid_from < p.billing_period + interval 1 month
            {% elif 'valid_from' in columns %}
                select o.* replace (
                    case
                        when o.valid_to >= p.billing_period + interval 1 month then null else o.valid_to
                    end as valid_to
                )
                from org.{{ row[0] }} as o
                where o.valid_from is null or o.valid_from < p.billing_period + interval 1 month
            {% elif 'billing_period' in columns %}
                select o.* from org.{{ row[0] }} as o where o.billing_period = p.billing_period
            {% else %}
                select o.*
                from org.{{ row[0] }} as o
                inner join org.allocation_rule as r on o.rule_id = r.rule_id and o.rule_version = r.rule_version
                where r.valid_from is null or r.valid_from < p.billing_period + interval 1 month
            {% endif %}
        {% endset %}
        {% if 'source' in columns and 'billing_period' in columns and 'valid_from' not in columns %}
            {% do made.append(
                "insert into tollgate.period_key "
                ~ "select 'org." ~ row[0] ~ "', source, billing_period, "
                ~ "md5(string_agg(cast(t as varchar), '|' order by cast(t as varchar))), null, null "
                ~ "from org." ~ row[0] ~ " as t group by source, billing_period "
                ~ "union all select 'org." ~ row[0] ~ "', '*', null, 'by source and month', null, null"
            ) %}
        {% elif ['valid_from', 'billing_period', 'rule_version'] | select('in', columns) | list %}
            {% do made.append(
                "insert into tollgate.period_key "
                ~ "select 'org." ~ row[0] ~ "', '*', p.billing_period, "
                ~ "md5(coalesce(string_agg(cast(t as varchar), '|' order by cast(t as varchar)), '')), null, null "
                ~ "from " ~ periods ~ " as p left join lateral (" ~ in_force ~ ") as t on true "
                ~ "group by p.billing_period"
            ) %}
        {% else %}
            {% do made.append(
                "insert into tollgate.period_key values ('org." ~ row[0] ~ "', '*', null, '"
                ~ row[1] ~ "', null, null)"
            ) %}
        {% endif %}
    {% endfor %}
    {% set apart_by = {
        'snapshot': 'source, billing_period',
        'focus_finding': 'source, billing_period',
        'focus_delivered_column': 'source, billing_period',
        'native_column': 'source, billing_period',
        'closed_statement': 'source, billing_period',
        'closed_statement_monthly': "'*', billing_period",
        'month_status': "'*', billing_period",
    } %}
    {% for name in apart_by.keys() | list + ['source', 'source_failure', 'org_fault', 'setting', 'clock', 'closed_period', 'closed_journal', 'held_period'] %}
        {% set apart = apart_by.get(name, "'*', null") %}
        {% do made.append(
            "insert into tollgate.period_key select 'tollgate." ~ name ~ "', " ~ apart ~ ", "
            ~ "md5(coalesce(string_agg(cast(t as varchar), '|' order by cast(t as varchar)), '')), count(*), null "
            ~ "from tollgate." ~ name ~ " as t" ~ (" group by all" if name in apart_by else "")
        ) %}
    {% endfor %}
    {#- Without any bill in files, or any closed month, there is no period that a key could be of. -#}
    {% for name in ['focus_finding', 'focus_delivered_column', 'native_column', 'closed_statement', 'closed_statement_monthly', 'month_status'] %}
        {% do made.append("insert into tollgate.period_key values ('tollgate." ~ name ~ "', '*', null, 'by period', 0, null)") %}
    {% endfor %}
    {% for node in graph.nodes.values() if node.resource_type == 'seed' %}
        {% do made.append(
            "delete from tollgate.period_key where relation = '" ~ node.schema ~ '.' ~ node.name ~ "'"
        ) %}
        {% do made.append(
            "insert into tollgate.period_key values ('" ~ node.schema ~ '.' ~ node.name
            ~ "', '*', null, '" ~ node.checksum.checksum ~ "', null, null)"
        ) %}
    {% endfor %}
    {% do run_all(made) %}
{% endmacro %}
