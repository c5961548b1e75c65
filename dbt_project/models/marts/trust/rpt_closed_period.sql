-- One row per closed billing period and version of its statements.
-- Invariant: at most one version of a period is in force, and it is the last one.
-- A reopened version stays on disk as it was; the period is open until it is closed again.
{{ config(work_unit='whole') }}

with closed_periods as (
    select * from {{ source('tollgate', 'closed_period') }}
)

select
    billing_period,
    statement_version,
    is_in_force,
    closed_at,
    reopened_at,
    reopened_because,
    manifest_sha256,
    code_version
from closed_periods
