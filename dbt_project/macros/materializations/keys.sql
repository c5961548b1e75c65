{#-
  Runs statements whose rows nobody reads. dbt's run_query would make a table of them, and guess the
  type of each column, a thousand times in a run.
-#}
{% macro run_only(sql) %}
    {% do adapter.execute(sql, auto_begin=false, fetch=false) %}
{% endmacro %}

{#- Many short statements in one go: asking dbt for one takes longer than what it does. -#}
{% macro run_all(statements) %}
    {% if statements %}
        {% do run_only(statements | join('; ')) %}
    {% endif %}
{% endmacro %}

{#-
  What a model makes for one period is named by what it was made from. A key is a hash of the
  relation, the source, the period, the compiled SQL with its contract, and the keys of the model's
  inputs in that period.

  work_unit: 'source_period' (each source's month apart), 'period' (a month over all sources,
  source '*') or 'whole' (one key for the relation, source '*' and no period).

  `needed_when`: a condition without which a model has no periods at all.
  `reads_month_before`: a condition under which a month is made from its inputs of the month before
  as well; `reads_earlier_months`: that it is always made from those of all months before.
-#}
{% macro wanted_keys_sql(relation_name, code, work_unit) %}
    {% set inputs = [] %}
    {% for unique_id in model.depends_on.nodes %}
        {% set node = graph.nodes.get(unique_id) or graph.sources.get(unique_id) %}
        {% do inputs.append(node.schema ~ '.' ~ (node.alias or node.identifier or node.name)) %}
    {% endfor %}
    {% for name in config.get('reads', []) %}
        {% do inputs.append(name) %}
    {% endfor %}
    with inputs as (
        select relation, source, billing_period, key
        from tollgate.period_key
        where relation in ('{{ inputs | join("', '") }}')
    ),

    {% if work_unit == 'source_period' %}
    periods as (
        select distinct source, billing_period from inputs
        where source <> '*' and billing_period is not null
    ),
    {% elif work_unit == 'period' %}
    periods as (
        select distinct '*' as source, billing_period from inputs
        where billing_period is not null
    ),
    {% else %}
    periods as (
        select '*' as source, cast(null as date) as billing_period
    ),
    {% endif %}

    needed_periods as (
        select *, {{ config.get('reads_month_before', 'false') }} as reads_month_before
        from periods
        where {{ config.get('needed_when', 'true') }}
    ),

    made_from as (
        select
            p.source,
            p.billing_period,
            coalesce(string_agg(
                i.relation || ' ' || i.source || ' '
                || coalesce(cast(i.billing_period as varchar), '*') || ' ' || i.key,
                ', '
                order by i.relation, i.source, i.billing_period, i.key
            ), '') as inputs
        from needed_periods as p
        left join inputs as i
            on
            {% if work_unit == 'whole' %}
                true
            {% else %}
                (
                    i.billing_period = p.billing_period
                    or i.billing_period is null
                    or (p.reads_month_before and i.billing_period = p.billing_period - interval 1 month)
                    {{ 'or i.billing_period < p.billing_period' if config.get('reads_earlier_months', false) }}
                )
                {% if work_unit == 'source_period' %}and i.source in (p.source, '*'){% endif %}
            {% endif %}
        group by p.source, p.billing_period
    )

    select
        source,
        billing_period,
        md5(concat_ws('|', '{{ relation_name }}', source, billing_period, '{{ local_md5(code) }}', inputs)) as key,
        {# an auditor reads the inputs of a period; of a whole relation only their hash is kept #}
        {{ 'md5(inputs)' if work_unit == 'whole' else 'inputs' }} as inputs
    from made_from
{% endmacro %}

{#- The code that a key stands for: SQL, and the column types that a contract promises. -#}
{% macro keyed_code(sql) %}
    {% set promised = [] %}
    {% for column in model.columns.values() %}
        {% do promised.append(column.name ~ ':' ~ column.data_type ~ ':' ~ column.description) %}
    {% endfor %}
    {% do return(sql ~ '|' ~ promised | join(',') ~ '|' ~ model.description) %}
{% endmacro %}

{#-
  The statements that put one period in hand: the variables that this_period() and the land views
  read. They run together with what is done for the period, because a round trip for each model and
  period is what a long history would be spent on.
-#}
{% macro in_hand(source, billing_period) %}
    {% set statements = [
        "set variable this_source = '" ~ source ~ "'",
        "set variable this_period = " ~ ("date '" ~ billing_period ~ "'" if billing_period else "null::date"),
    ] %}
    {% for name in landed_inputs(model.depends_on.nodes) %}
        {% set condition = "relation = '" ~ name ~ "' and source = '" ~ source
            ~ "' and billing_period = date '" ~ (billing_period or '0001-01-01') ~ "'" %}
        {% do statements.append(
            "set variable landed_" ~ name ~ " = (select list(file_path order by file_ordinal) "
            ~ "from tollgate.landed_file where " ~ condition ~ ")"
        ) %}
        {% do statements.append(
            "set variable snapshot_" ~ name ~ " = (select max(snapshot_id) "
            ~ "from tollgate.landed_file where " ~ condition ~ ")"
        ) %}
    {% endfor %}
    {% do return(statements | join('; ') ~ '; ') %}
{% endmacro %}

{#- The landed datasets that nodes read, themselves or through views. -#}
{% macro landed_inputs(unique_ids) %}
    {% set names = [] %}
    {% for unique_id in unique_ids %}
        {% if unique_id in graph.sources %}
            {% if graph.sources[unique_id].source_name == 'land' %}
                {% do names.append(graph.sources[unique_id].name) %}
            {% endif %}
        {% elif graph.nodes[unique_id].config.materialized == 'period_view' %}
            {% do names.extend(landed_inputs(graph.nodes[unique_id].depends_on.nodes)) %}
        {% endif %}
    {% endfor %}
    {% do return(names | unique | list) %}
{% endmacro %}

{#-
  The pending periods in batches of about a million charges, so that memory stays bounded by a large
  period, which is a batch of its own; a small one costs a share of a statement instead of a statement.
  `pending_sql` selects their source and billing_period. Of wide rows a batch has fewer. Landed files that
  are read together have one type a column: of money that one bill has as a decimal and another as a double
  DuckDB would make doubles.
-#}
{% macro small_batches(pending_sql) %}
    {% set rows = config.get('batch_rows', 1000000) %}
    {% set landed = landed_inputs(model.depends_on.nodes) | join("', '") %}
    {% set batches_sql %}
        create or replace temp table pending_batch as
        with pending as ({{ pending_sql }}),

        counted as (
            select p.source, p.billing_period, coalesce(sum(held.row_count), 0) as row_count, '' as types
            from pending as p
            left join (
                select source, billing_period, max(row_count) as row_count
                from tollgate.period_key
                group by source, billing_period
            ) as held on p.source in (held.source, '*') and held.billing_period = p.billing_period
            group by p.source, p.billing_period
        ),

        {% if landed %}
        {#- Only of columns that differ among the periods: a bill may lack columns. #}
        typed as (
            select
                l.source,
                l.billing_period,
                l.relation || '.' || l.column_name || ' ' || string_agg(l.column_type, '/' order by l.column_type) as types,
                count(distinct string_agg(l.column_type, '/' order by l.column_type)) over (
                    partition by l.relation, l.column_name
                ) as types_count
            from pending as p
            inner join tollgate.landed_column as l on p.source = l.source and p.billing_period = l.billing_period
            where l.relation in ('{{ landed }}')
            group by l.source, l.billing_period, l.relation, l.column_name
        ),

        told_apart as (
            select c.source, c.billing_period, c.row_count, coalesce(string_agg(t.types, ', ' order by t.types), '') as types
            from counted as c
            left join typed as t on c.source = t.source and c.billing_period = t.billing_period and t.types_count > 1
            group by all
        ),
        {% endif %}

        filled as (
            select
                source,
                billing_period,
                types,
                row_count >= {{ rows }} as is_large,
                (sum(row_count) over (
                    partition by row_count >= {{ rows }}, types order by billing_period, source
                ) - row_count) // {{ rows }} as filled_before
            from {{ 'told_apart' if landed else 'counted' }}
        )

        select
            source,
            billing_period,
            case
                when is_large then -row_number() over (order by billing_period, source)
                else dense_rank() over (order by is_large, types, filled_before)
            end as batch
        from filled
    {% endset %}
    {% do run_only(batches_sql) %}
    {% do return(
        run_query("select distinct batch from pending_batch order by batch").columns[0].values()
    ) %}
{% endmacro %}

{#-
  Puts a batch in hand: the table that over_periods_in_hand() lets a model read its periods from, and
  what the land views say of each landed file of theirs.
-#}
{% macro take_in_hand(batch) %}
    {% do run_only(
        "create or replace temp table periods_in_hand as "
        ~ "select source, billing_period from pending_batch where batch = " ~ batch
    ) %}
    {% set statements = ["set variable this_source = null::varchar", "set variable this_period = null::date"] %}
    {% for name in landed_inputs(model.depends_on.nodes) %}
        {% for variable, column in [
            ('landed', 'file_path'), ('sources', 'source'), ('periods', 'billing_period'), ('snapshots', 'snapshot_id')
        ] %}
            {% do statements.append(
                "set variable " ~ variable ~ "_" ~ name ~ " = (select list(l." ~ column
                ~ " order by l.billing_period, l.source, l.file_ordinal) from tollgate.landed_file as l "
                ~ "inner join periods_in_hand as p on l.source = p.source and l.billing_period = p.billing_period "
                ~ "where l.relation = '" ~ name ~ "')"
            ) %}
        {% endfor %}
        {% do statements.append("set variable snapshot_" ~ name ~ " = null::varchar") %}
    {% endfor %}
    {% if statements | length > 2 %}
        {% do run_all(statements) %}
    {% endif %}
{% endmacro %}

{#-
  The SQL of a model over several periods at once. Only for a model that says `keeps_periods_apart`:
  each of its joins and groups carries the source and the period (the period alone where it works on a
  month over all sources), or an id made from them.
-#}
{% macro over_periods_in_hand(sql) %}
    {% set rewritten = namespace(sql=sql) %}
    {% for one_period, several in [
        (this_period('ALIAS'), '(ALIAS.source, ALIAS.billing_period) in (select source, billing_period from periods_in_hand)'),
        (this_month('ALIAS'), 'ALIAS.billing_period in (select billing_period from periods_in_hand)'),
        (up_to_this_month('ALIAS'), 'ALIAS.billing_period <= (select max(billing_period) from periods_in_hand)'),
        (months_in_hand(), '(select distinct billing_period from periods_in_hand)'),
    ] %}
        {% set pattern = modules.re.escape(one_period | trim) | replace('ALIAS', '(\\w+)', 1) | replace('ALIAS', '\\1') %}
        {% set rewritten.sql = modules.re.sub(pattern, several | replace('ALIAS', '\\1'), rewritten.sql) %}
    {% endfor %}
    {% if "getvariable('this_" in rewritten.sql %}
        {% do exceptions.raise_compiler_error(
            model.name ~ ' keeps_periods_apart and yet reads the period in hand otherwise than by this_period(), this_month() or months_in_hand()'
        ) %}
    {% endif %}
    {% do return(rewritten.sql) %}
{% endmacro %}
