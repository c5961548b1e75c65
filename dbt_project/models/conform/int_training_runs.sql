-- One row per run that a tracker knows, over all kinds of tracker.
-- Invariant: every landed run is here once, whatever its standing.
-- Two trackers may know one run; trust.rpt_training_run chooses.
{{ config(materialized='period_view') }}

select * from {{ ref('int_training_runs_mlflow') }}
