{#-
  Functions that stand in the published file, because DuckDB divides decimals as DOUBLE: what a reader
  or a metric divides has the digits that the marts have.
-#}
{% macro publish_functions() %}
    {% for name, body, meaning in [
        (
            'quotient', per_request('amount', 'units'),
            'Amount by units, exact to 12 decimals and rounded toward zero; NULL where units are NULL or 0.',
        ),
        (
            'per_million', per_million_tokens('amount', 'units'),
            'Amount by 1000000 units, exact to 12 decimals and rounded toward zero; NULL where units are NULL or 0.',
        ),
    ] %}
        {% do run_only('create schema if not exists unit_economics') %}
        {% do run_only('create or replace macro unit_economics.' ~ name ~ '(amount, units) as ' ~ body) %}
        {% do run_only('comment on macro unit_economics.' ~ name ~ " is '" ~ meaning ~ "'") %}
    {% endfor %}
{% endmacro %}
