-- Detects: parts of a split charge whose ratios, costs or quantities do not sum to the whole (O-027-M, A-014-C).
-- Usually means: a part was lost, or two origin charges were taken for one.
-- What to do: add up AllocatedRatio and the named metric by ResourceId, SkuPriceId and charge period.
{{ config(meta={'dagster': {'ref': {'name': 'cost_and_usage'}}}) }}
-- depends_on: {{ ref('cost_and_usage') }}

{{ splits_that_do_not_sum(delivered=false) }}
