select
    run_id,
    trained_model,
    started_at,
    run_state,
    reporting_currency as currency,
    own_cost_reporting as cost,
    wasted_cost_reporting as wasted_cost,
    spot_saving_reporting as spot_saving_cost,
    gpu_hours,
    gpu_utilisation_share,
    metric_name,
    metric_value as metric_ratio,
    cost_per_metric_point,
    cost_per_point_gained,
    cost_unknown_reason as reason,
    1 as rows_count
from unit_economics.fct_training_efficiency
order by started_at desc, run_id
