-- One row per run that a tracker of MLflow knows.
-- Invariant: every landed run is here once, whatever its standing.
-- Names are the tracker's; whether anybody knows them is judged in trust.rpt_training_run.

{{ config(keeps_periods_apart=true) }}

with runs as (
    select * from {{ ref('stg_mlflow__runs') }}
)

{{ conformed_training_runs('runs') }}
