-- Detects: a correction of a billing period that is still open (CAU-ChargeClass-C-003-C).
-- Usually means: a refund within the running month is marked Correction.
-- What to do: see how the conform model of the source sets charge_class.
{{ config(meta={'dagster': {'ref': {'name': 'cost_and_usage'}}}) }}
-- depends_on: {{ ref('cost_and_usage') }}

{{ corrections_of_open_periods(delivered=false) }}
