-- One row per window, standing, model, operation and caller as one meter saw it.
-- Invariant: token classes are disjoint; what a meter does not know is NULL.
-- Not additive across standings or sources: two meters may see one call.
{{ config(materialized='period_view') }}

select * from {{ ref('int_metered_usage_litellm') }}
union all
select * from {{ ref('int_metered_usage_langfuse') }}
union all
select * from {{ ref('int_metered_usage_bedrock_log') }}
union all
select * from {{ ref('int_metered_usage_otel') }}
union all
select * from {{ ref('int_metered_usage_prometheus') }}
union all
select * from {{ ref('int_metered_usage_opencost') }}
union all
select * from {{ ref('int_metered_usage_mlflow') }}
