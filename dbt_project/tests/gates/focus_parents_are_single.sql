-- Detects: a price point of two products, or a service in two categories (CAU-SkuPriceId-C-011-M, CAU-ServiceName-C-005-M).
-- Usually means: a curated seed names a service twice, or a SKU is made of too few columns.
-- What to do: look up the name in the ledger by SkuMeter and x_ProductCode; mend the seed or the conform model.
{{ config(meta={'dagster': {'ref': {'name': 'cost_and_usage'}}}) }}
-- depends_on: {{ ref('cost_and_usage') }}

{{ parents_that_differ(delivered=false) }}
