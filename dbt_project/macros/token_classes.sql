{#- The disjoint token classes in groups, as the texts of an SQL list. -#}
{% macro token_class_groups() %}
    {% do return({
        'input_uncached': "'input_uncached'",
        'cache_read': "'cache_read'",
        'cache_write': "'cache_write_5m', 'cache_write_1h'",
        'output': "'output', 'output_reasoning'",
    }) %}
{% endmacro %}
