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
    {% do run_only(wanted_sql) %}
    {% set pending_sql %}
        select source, billing_period, path
        from wanted
        where path not in (select file from glob('{{ folder }}/*/*/*.parquet'))
    {% endset %}
    {% set pending = run_query(pending_sql ~ " order by 2, 1") %}
    {% if config.get('keeps_periods_apart', false) and pending | length > 1 %}
        {% for batch in small_batches(pending_sql) %}
            {% set periods = run_query(
                "select w.source, w.billing_period, w.path from wanted as w inner join pending_batch as b "
                ~ "on w.source = b.source and w.billing_period = b.billing_period where b.batch = " ~ batch
            ) %}
            {% if periods | length > 1 %}
                {% do write_batch(batch, periods, over_periods_in_hand(sql)) %}
            {% else %}
                {% do write_period(periods[0], sql) %}
            {% endif %}
        {% endfor %}
    {% else %}
        {% for row in pending %}
            {% do write_period(row, sql) %}
        {% endfor %}
    {% endif %}

    {% do run_only("delete from tollgate.period_key where relation = '" ~ relation_name ~ "'") %}
    {% set files = run_query('select path from wanted order by path').columns[0].values() %}
    {% if files | length > 0 %}
        {% set listed = "['" ~ files | join("', '") ~ "']" %}
        {% do run_only(
            "insert into tollgate.period_key "
            ~ "select '" ~ relation_name ~ "', w.source, w.billing_period, w.key, f.num_rows, w.inputs "
            ~ "from wanted as w inner join parquet_file_metadata(" ~ listed ~ ") as f on f.file_name = w.path"
        ) %}
        {% set body = rows_of_period_files(files, [model]) %}
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

{#-
  A bill has few of the ledger's many columns, and writing a column costs the same whether it is empty
  or not: most of what conforming wide rows is spent on. So a period's file of a ledger lacks those that
  its kind of source cannot know, and those carried as they came that are empty in all of its landed
  files, which say so themselves: `native_columns_of` names which landed column each of them is made of.
  `rows` selects the period's rows of those that the model's `sql` makes; `filled` is of filled_in_hand(),
  `repeated` of repeated_in_hand(), whose columns it lacks as well.
-#}
{% macro without_empty_columns(rows, sql, period, filled, repeated={}) %}
    {% set left_out = repeated.keys() | list %}
    {% if config.get('is_ledger', false) %}
        {#- of which conformed() makes the last select -#}
        {% set selected = (sql.split('select')[-1] | replace('\n', ',')) %}
        {% for name, type in ledger_columns() if 'cast(null as ' ~ type ~ ') as ' ~ name ~ ',' in selected %}
            {% do left_out.append(name) %}
        {% endfor %}
        {% for name, landed_name in config.get('native_columns_of', [])
            if period[0] ~ ' ' ~ period[1] ~ ' ' ~ landed_name not in filled %}
            {% do left_out.append(name) %}
        {% endfor %}
    {% endif %}
    {% do return('select * exclude (' ~ left_out | join(', ') ~ ') from (' ~ rows ~ ')' if left_out else rows) %}
{% endmacro %}

{#-
  The columns of a large month that only repeat another one, with its name: those that the model `repeats`, of
  a month in which all rows of a CTE that is made first say so, where `repeats_where` names it and its column.
  Money is what takes longest to write. The file says whose values they are, and its readers have them so.
-#}
{% macro repeated_in_hand() %}
    {% for name, column in config.get('repeats_where', {}).items() if not run_query(
        'select coalesce(bool_and(' ~ column ~ '), false) from made_first_' ~ name
    ).columns[0][0] %}
        {% do return({}) %}
    {% endfor %}
    {% do return(config.get('repeats', {})) %}
{% endmacro %}

{#- Each 'source month column' of the landed files in hand that has a value. -#}
{% macro filled_in_hand() %}
    {% if not config.get('native_columns_of') %}
        {% do return([]) %}
    {% endif %}
    {% set landed = landed_inputs(model.depends_on.nodes)[0] %}
    {% do return(set(run_query(
        "select distinct concat_ws(' ', l.source, l.billing_period, split_part(m.path_in_schema, ', ', 1)) "
        ~ "from parquet_metadata(getvariable('landed_" ~ landed ~ "')) as m "
        ~ "inner join tollgate.landed_file as l on m.file_name = l.file_path "
        ~ "where l.relation = '" ~ landed ~ "' "
        ~ "and (m.stats_null_count is null or m.stats_null_count < m.num_values)"
    ).columns[0].values())) %}
{% endmacro %}

{#-
  The rows of period files that `nodes` made: of a ledger's, of which each may lack columns, with all of its
  columns, and with those that repeat others.
-#}
{% macro rows_of_period_files(files, nodes) %}
    {% set branches, options = [], ', hive_partitioning = false' %}
    {% if nodes | selectattr('config.is_ledger', 'defined') | list %}
        {% set columns = [] %}
        {% for name, type in ledger_columns() %}
            {% do columns.append('cast(null as ' ~ type ~ ') as ' ~ name) %}
        {% endfor %}
        {% do branches.append('select ' ~ columns | join(', ') ~ ' where false') %}
        {% set options = options ~ ', union_by_name = true' %}
    {% endif %}
    {% set files_by_repeated = {'{}': []} %}
    {% set repeated_of = repeated_of_files(files) if nodes | selectattr('config.repeats', 'defined') | list else {} %}
    {% for file in files %}
        {% do files_by_repeated.setdefault(repeated_of.get(file, '{}'), []).append(file) %}
    {% endfor %}
    {% for repeated, those in files_by_repeated.items() if those %}
        {% set columns = ['*'] %}
        {% for name, column in fromjson(repeated).items() %}
            {% do columns.append(column ~ ' as ' ~ name) %}
        {% endfor %}
        {% do branches.append(
            'select ' ~ columns | join(', ') ~ " from read_parquet(['" ~ those | join("', '") ~ "']" ~ options ~ ')'
        ) %}
    {% endfor %}
    {% do return(branches | join(' union all by name ')) %}
{% endmacro %}

{#- What the files that lack repeated columns say of them, by the file's path. -#}
{% macro repeated_of_files(files) %}
    {% set repeated = {} %}
    {% for row in run_query(
        "select file_name, decode(value) from parquet_kv_metadata(['" ~ files | join("', '") ~ "']) "
        ~ "where decode(key) = 'repeated'"
    ) %}
        {% do repeated.update({row[0]: row[1]}) %}
    {% endfor %}
    {% do return(repeated) %}
{% endmacro %}

{#- Makes tables of the CTEs that made_first() ends, and returns the rest of the model, which reads them. -#}
{% macro make_first(sql) %}
    {% set parts = modules.re.split('-- made first: (.*)', sql) %}
    {% if parts | length == 1 or row_count_in_hand() * 12 <= env_var('TOLLGATE_LEDGER_TABLE_ROWS', '3000000') | int %}
        {% do return(sql) %}
    {% endif %}
    {% set read = [] %}
    {% for name, words in fromjson(parts[1]).items() %}
        {% do run_only(
            'create or replace temp table made_first_' ~ name ~ ' as '
            ~ parts[0].rstrip().rstrip(',') ~ ' select * from ' ~ name
        ) %}
        {% do keep_as_words('made_first_' ~ name, words) %}
        {% do read.append(name ~ ' as (select * from made_first_' ~ name ~ ')') %}
    {% endfor %}
    {#- The last select says of each column that it is a text; a word is one. -#}
    {% set last = parts[2].rindex('select') %}
    {% do return(
        'with ' ~ read | join(', ') ~ ', ' ~ parts[2][:last]
        ~ modules.re.sub('cast[(]([a-z0-9_]+) as string[)] as (?=\\1[^a-z0-9_])', '', parts[2][last:])
    ) %}
{% endmacro %}

{#-
  Makes columns of a table of few rows lists of words. A list stands in the file once a row group, so what
  has many words stays a text, and so does what has none. A type made of rows is no temporary thing in
  DuckDB: it has the name of its model, and drop_made_first() drops it.
-#}
{% macro keep_as_words(table, words) %}
    {% for columns in words %}
        {% set columns = [columns] if columns is string else columns %}
        {% set type = 'tollgate.' ~ this.identifier ~ '_' ~ columns[0] %}
        {% set every = [] %}
        {% for column in columns %}
            {% do every.append('select ' ~ column ~ ' as word from ' ~ table ~ ' where ' ~ column ~ ' is not null') %}
        {% endfor %}
        {% set different = 'select distinct word from (' ~ every | join(' union all ') ~ ')' %}
        {% if 0 < run_query('select count(*) from (' ~ different ~ ')').columns[0][0] | int <= 1000 %}
            {% do run_only('create or replace type ' ~ type ~ ' as enum (' ~ different ~ ')') %}
            {% for column in columns %}
                {% do run_only('alter table ' ~ table ~ ' alter column ' ~ column ~ ' type ' ~ type) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{#- Drops the tables of make_first() and the types of their words. -#}
{% macro drop_made_first() %}
    {% for row in run_query(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, 'made_first_')"
    ) %}
        {% do run_only('drop table ' ~ row[0]) %}
    {% endfor %}
    {% for row in run_query(
        "select type_name from duckdb_types() where schema_name = 'tollgate' "
        ~ "and starts_with(type_name, '" ~ this.identifier ~ "_')"
    ) %}
        {% do run_only('drop type tollgate.' ~ row[0]) %}
    {% endfor %}
{% endmacro %}

{#- The rows of the period in hand: of its largest relation, which is what was landed or the ledger. -#}
{% macro row_count_in_hand() %}
    {% do return(run_query(
        "select coalesce(max(row_count), 0) from tollgate.period_key "
        ~ "where source = getvariable('this_source') and billing_period = getvariable('this_period')"
    ).columns[0][0] | int) %}
{% endmacro %}

{% macro copy_period(sql, path, repeated={}) %}
    {% do return(
        "copy (" ~ sql ~ ") to '" ~ path
        ~ "' (format parquet, compression zstd, compression_level 1, use_tmp_file true, row_group_size 40960"
        ~ (", kv_metadata {repeated: '" ~ tojson(repeated, sort_keys=true) ~ "'}" if repeated else '') ~ ")"
    ) %}
{% endmacro %}

{#- Makes and writes one period: its source, its first day and the path of its file. -#}
{% macro write_period(period, sql) %}
    {% set started = modules.datetime.datetime.now() %}
    {% do run_only(in_hand(period[0], period[1])) %}
    {% set rest = make_first(sql) %}
    {% set repeated = repeated_in_hand() if rest != sql else {} %}
    {% set made = without_empty_columns(rest, sql, period, filled_in_hand(), repeated) %}
    {% set written = run_query(copy_period(made, period[2], repeated)).columns[0][0] %}
    {% if rest != sql %}
        {% do drop_made_first() %}
    {% endif %}
    {% do say_written(period[0] ~ ' ' ~ (period[1] | string)[:7], written, started) %}
{% endmacro %}

{#-
  Makes the rows of small periods together and writes each period's file from them: planning a
  statement for each would be most of what they cost.
-#}
{% macro write_batch(batch, periods, sql) %}
    {% set started = modules.datetime.datetime.now() %}
    {% do take_in_hand(batch) %}
    {% do run_only("create or replace temp table rows_in_hand as " ~ sql) %}
    {% set copies, counts, filled = [], [], filled_in_hand() %}
    {% for row in periods %}
        {% set is_its = "billing_period = date '" ~ row[1] ~ "'"
            ~ (" and source = '" ~ row[0] ~ "'" if row[0] != '*' else '') %}
        {% do counts.append("count(*) filter (where " ~ is_its ~ ")") %}
        {% do copies.append(copy_period(
            without_empty_columns("select * from rows_in_hand where " ~ is_its, sql, row, filled), row[2]
        )) %}
    {% endfor %}
    {#- Before a file is there: one that is there is taken to be right. -#}
    {% set made = run_query("select count(*), " ~ counts | join(' + ') ~ " from rows_in_hand") %}
    {% if made.columns[0][0] != made.columns[1][0] %}
        {% do exceptions.raise_compiler_error(
            model.name ~ ' made ' ~ made.columns[0][0] ~ ' rows of ' ~ copies | length ~ ' periods, to which '
            ~ made.columns[1][0] ~ ' belong: it makes rows of a source or a month that is not in hand'
        ) %}
    {% endif %}
    {% do run_all(copies) %}
    {% do run_only("drop table rows_in_hand") %}
    {% do say_written(copies | length ~ ' periods', made.columns[0][0], started) %}
{% endmacro %}

{% macro say_written(periods, written, started) %}
    {% set seconds = (modules.datetime.datetime.now() - started).total_seconds() %}
    {{ log(
        "%-8s %s %s: %s rows, %.1f s" | format(
            model.fqn[1], periods, this.identifier, "{:,}".format(written | int), seconds
        ),
        info=true
    ) }}
{% endmacro %}
