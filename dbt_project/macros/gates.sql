{#-
  What the gates (tests/gates, tests/generic) have in common.

  A gate judges the periods that differ from what is published: a period that is published has
  passed, and one that failed is not published and is judged again. `make audit` empties
  tollgate.published_key, so that everything differs and everything is judged.
-#}

{#-
  True for rows of the (source, billing period) pairs of which a key differs from the published
  one. The keys are those of the models that the test reads: a key stands for all that a model was
  made from, so sources need no look. DuckDB hands the few pairs to the scan, which skips the period
  files of the others by their statistics.
-#}
{% macro unpublished(alias, period_columns=['source', 'billing_period']) -%}
    ({{ alias }}.{{ period_columns[0] }}, {{ alias }}.{{ period_columns[1] }}) in (
        select pending.source, pending.billing_period
        from ({{ unpublished_periods() }}) as pending
    )
{%- endmacro %}

{#- The same for whole months: for tests that compare the sources of a month with one another. -#}
{% macro unpublished_month(alias, period_column='billing_period') -%}
    {{ alias }}.{{ period_column }} in (
        select pending.billing_period
        from ({{ unpublished_periods() }}) as pending
    )
{%- endmacro %}

{#- The pairs themselves. A key of source '*' stands for all sources, one without a period for all periods. -#}
{% macro unpublished_periods() -%}
    {%- set relations = [] -%}
    {%- if execute -%}
        {%- for unique_id in model.depends_on.nodes if unique_id in graph.nodes -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- if node.resource_type == 'model' -%}
                {%- do relations.append(node.schema ~ '.' ~ node.alias) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    select distinct held.source, held.billing_period
    from (
        select source, billing_period
        from tollgate.period_key
        where relation in ('{{ relations | join("', '") }}')
        union
        select source, billing_period
        from tollgate.published_key
        where relation in ('{{ relations | join("', '") }}')
    ) as held
    inner join (
        (
            select relation, source, billing_period, key
            from tollgate.period_key
            except
            select relation, source, billing_period, key
            from tollgate.published_key
        )
        union
        (
            select relation, source, billing_period, key
            from tollgate.published_key
            except
            select relation, source, billing_period, key
            from tollgate.period_key
        )
    ) as changed  -- each pair to the changed keys that concern it
        on
            (changed.source = held.source or changed.source = '*')
            and (changed.billing_period = held.billing_period or changed.billing_period is null)
    where
        changed.relation in ('{{ relations | join("', '") }}')
        and held.source <> '*'
        and held.billing_period is not null
{%- endmacro %}

{#-
  Rows that say where two sets of totals differ, one a measure. The CTEs `left` and `right` hold one
  row per source, billing period and currency, with the measures under the same names. NULL-safe and
  exact. `measures` are money; `count_measures` are not, and the first of the money says what they touch.
-#}
{% macro differing_totals(left, right, measures, count_measures=[], currency='billing_currency') -%}
    {%- for measure in count_measures + measures %}
    select
        coalesce({{ left }}.source, {{ right }}.source) as source,
        coalesce({{ left }}.billing_period, {{ right }}.billing_period) as billing_period,
        concat(
            '{{ measure }}: {{ left }} ', coalesce(cast({{ left }}.{{ measure }} as string), 'nothing'),
            ', {{ right }} ', coalesce(cast({{ right }}.{{ measure }} as string), 'nothing')
        ) as what,
        {%- set money = (measures or [none])[0] if measure in count_measures else measure %}
        {%- if money %}
        cast(
            coalesce(
                abs({{ left }}.{{ money }} - {{ right }}.{{ money }}),
                abs({{ left }}.{{ money }}),
                abs({{ right }}.{{ money }})
            ) as decimal(38, 24)
        ) as money_touched,
        {%- else %}
        cast(null as decimal(38, 24)) as money_touched,
        {%- endif %}
        {%- if measure.endswith('_reporting') %}
        'of reporting currency' as currency
        {%- else %}
        coalesce({{ left }}.{{ currency }}, {{ right }}.{{ currency }}) as currency
        {%- endif %}
    from {{ left }}
    full outer join {{ right }}  -- one to one
        on
            {{ left }}.source = {{ right }}.source
            and {{ left }}.billing_period = {{ right }}.billing_period
            and {{ left }}.{{ currency }} is not distinct from {{ right }}.{{ currency }}
    where {{ left }}.{{ measure }} is distinct from {{ right }}.{{ measure }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- Rows whose validity [valid_from, valid_to) is empty or begins before an earlier one of the key ends. -#}
{% macro overlapping_validities(relation, key_columns) -%}
    select
        cast(null as string) as source,
        cast(null as date) as billing_period,
        concat(
            {%- for name in key_columns %}
            '{{ name }} ', coalesce(cast(validities.{{ name }} as string), 'unknown'), ', ',
            {%- endfor %}
            'valid from ', coalesce(cast(validities.valid_from as string), 'ever'),
            ' to ', coalesce(cast(validities.valid_to as string), 'open'),
            case
                when validities.valid_to <= validities.valid_from then ': ends before it begins'
                else concat(': the one before it holds until ', cast(validities.held_until as string))
            end
        ) as what,
        cast(null as decimal(38, 12)) as money_touched,
        cast(null as string) as currency
    from (
        select
            *,
            max(coalesce(valid_to, cast('9999-12-31' as date))) over (
                partition by {{ key_columns | join(', ') }}
                order by valid_from nulls first, valid_to
                rows between unbounded preceding and 1 preceding
            ) as held_until
        from {{ relation }}
    ) as validities
    where
        validities.valid_to <= validities.valid_from
        or validities.held_until > coalesce(validities.valid_from, cast('0001-01-01' as date))
{%- endmacro %}

{#-
  dbt's own test materialization, and: a gate that fails says its first rows in the log, and keeps
  them in tollgate.gate_failure for the run. dbt would only count them, and the build file that
  holds them is thrown away.
-#}
{% materialization test, adapter='duckdb' %}
    {% set main_sql = get_limit_subquery_sql(sql, config.get('limit')) %}
    {% call statement('main', fetch_result=True, auto_begin=false) -%}
        {{ get_test_sql(
            main_sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), none
        ) }}
    {%- endcall %}
    {% if load_result('main').table.columns['failures'].values()[0] | int > 0 %}
        {% do say_what_failed(model.name, sql) %}
        {% if config.get('severity', 'error') | lower != 'warn' %}
            {% do keep_what_failed(model.name, sql, config.get('meta', {}).get('stops_its_month', false)) %}
        {% endif %}
    {% endif %}
    {{ return({'relations': []}) }}
{% endmaterialization %}

{% macro say_what_failed(test_name, sql) %}
    {% set found = run_query('select * from (' ~ sql ~ ') as failed limit 1') %}
    {% if 'what' in found.column_names and 'money_touched' in found.column_names %}
        {#- Each source and period with most of its money first, so that none hides another. -#}
        {% set rows = run_query(
            'select * from (select failed.*, row_number() over (partition by source, billing_period '
            ~ 'order by money_touched desc nulls last, what) as place from (' ~ sql ~ ') as failed) as ranked '
            ~ 'order by place, money_touched desc nulls last, source, billing_period limit 10'
        ) %}
        {% set said = 'WARN' if config.get('severity', 'error') | lower == 'warn' else 'FAIL' %}
        {% for row in rows %}
            {{ log(said ~ ' ' ~ test_name ~ ': ' ~ failed_row_in_words(row), info=true) }}
        {% endfor %}
    {% endif %}
{% endmacro %}

{#-
  Keeps the failures of a gate: of each source and month the three with most of its money. A gate
  that `stops_its_month` lets the others be published (defs/warehouse.py); any other stops all.
-#}
{% macro keep_what_failed(test_name, sql, stops_its_month) %}
    {% set found = run_query('select * from (' ~ sql ~ ') as failed limit 0') %}
    {% set names = ['source', 'billing_period', 'what', 'money_touched', 'currency'] %}
    {% if names | reject('in', found.column_names) | list %}
        {% do run_only(
            "insert into tollgate.gate_failure values ('" ~ test_name ~ "', false, null, null, null, null, null)"
        ) %}
    {% else %}
        {% do run_only(
            "insert into tollgate.gate_failure select '" ~ test_name ~ "', " ~ stops_its_month ~ ", "
            ~ names | join(', ') ~ " from (" ~ sql ~ ") as failed qualify row_number() over ("
            ~ "partition by source, billing_period order by money_touched desc nulls last, what) <= 3"
        ) %}
    {% endif %}
{% endmacro %}

{% macro failed_row_in_words(row) -%}
    {{ row['source'] ~ ' ' if row['source'] is not none }}
    {{- (row['billing_period'] | string)[:7] ~ ': ' if row['billing_period'] is not none }}
    {{- row['what'] }}
    {{- ' (' ~ '{:f}'.format(row['money_touched'].normalize()) ~ ' ' ~ (row['currency'] or 'of unknown currency') ~ ' touched)' if row['money_touched'] is not none }}
{%- endmacro %}

{#- The names under which gates count charges whose cost is unknown, one a cost. -#}
{% macro unknown_cost_counts() %}
    {% set names = [] %}
    {% for cost in four_costs() %}
        {% do names.append('unknown_' ~ cost ~ '_count') %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{#-
  What dbt's generic tests (columns_hold, grain_is and the others) look at: of a model
  that is built by source and period, the rows of the periods that differ from what is published,
  and rows that lack either: without them a row belongs to no period.
-#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set where = config.get('where') or 'true' -%}
    {%- set node = graph.nodes.get(model.attached_node) if execute else none -%}
    {%- if node and node.resource_type == 'model' and node.config.get('work_unit', 'source_period') == 'source_period' -%}
        {%- set period_columns = node.config.get('period_columns', ['source', 'billing_period']) -%}
        {%- set judged -%}
            (
                select judged.* from {{ relation }} as judged
                where ({{ where }}) and {{ unpublished('judged', period_columns) }}
                union all
                select judged.* from {{ relation }} as judged
                where ({{ where }})
                    and ({{ period_columns[0] }} is null or {{ period_columns[1] }} is null)
            ) as judged_rows
        {%- endset -%}
        {%- do return(judged) -%}
    {%- elif config.get('where') -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as judged_rows') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}

{#- A rule that rows break, with its sentence, how many they are and three of them. -#}
{% macro broken_rule_in_words() -%}
    concat(
        rule_id, ': ', sentence, '; ', cast(failed_rows_count as string), ' of ',
        cast(judged_rows_count as string), ' rows of focus.', dataset, ' break it, such as ', example_ids
    )
{%- endmacro %}
