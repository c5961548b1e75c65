{#-
  dbt's own way of a unit test, but for the types of the tested columns: dbt makes a table without
  rows to ask for them, which plans the model twice.
-#}
{% materialization unit, adapter='duckdb' %}
    {% set types, quoted = {}, {} %}
    {% for row in run_query('select column_name, column_type from (describe ' ~ sql ~ '\n)') %}
        {% do types.update({row[0] | lower: row[1]}) %}
        {% do quoted.update({row[0] | lower: adapter.quote(row[0])}) %}
    {% endfor %}
    {% set expected_rows = config.get('expected_rows') %}
    {% set compared = [] %}
    {% for name in (expected_rows[0] if expected_rows else types) %}
        {% do compared.append(quoted[name | lower]) %}
    {% endfor %}
    {% set expected_sql = config.get('expected_sql') or get_expected_sql(expected_rows, types, quoted) %}
    {% call statement('main', fetch_result=True) %}
        {{ get_unit_test_sql(sql, expected_sql, compared) }}
    {% endcall %}
    {{ return({'relations': []}) }}
{% endmaterialization %}
