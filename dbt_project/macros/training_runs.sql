{#- The columns of a training run as a tracker knows it, in order. The one place that names them. -#}
{% macro training_run_columns() %}
    {% do return([
        ('source', 'string'),
        ('billing_period', 'date'),
        ('snapshot_id', 'string'),
        ('run_id', 'string'),
        ('parent_run_id', 'string'),
        ('started_at', 'timestamp'),
        ('ended_at', 'timestamp'),
        ('is_timed', 'boolean'),
        ('run_state', 'string'),
        ('is_deleted', 'boolean'),
        ('user_id', 'string'),
        ('team_id', 'string'),
        ('use_case', 'string'),
        ('trained_model', 'string'),
        ('environment', 'string'),
        ('resource_id', 'string'),
        ('gpu_count', 'int'),
        ('gpu_utilisation_share', 'decimal(18, 12)'),
        ('metric_name', 'string'),
        ('metric_value', 'decimal(38, 12)'),
        ('standing', 'string'),
        ('standing_reason', 'string'),
    ]) %}
{% endmacro %}

{#- The last select of every model of training runs: all columns in order. -#}
{% macro conformed_training_runs(relation) %}
select
    {%- for name, type in training_run_columns() %}
    cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ relation }}
{% endmacro %}

{#- How many runs may lie around a run; one with more is taken for one whose parents go in a circle. -#}
{% macro most_parents() %}{% do return(4) %}{% endmacro %}
