-- One row per usage date, who-columns, model and token class as one usage source reports it.
-- Invariant: token classes are disjoint; requests sit on rows of their own.
-- Adding a kind of source that reports tokens adds one branch.
{{ config(materialized='period_view') }}

select * from {{ ref('int_token_usage_aws_cur2') }}
union all
select * from {{ ref('int_token_usage_aws_cur_legacy') }}
union all
select * from {{ ref('int_token_usage_focus') }}
union all
select * from {{ ref('int_token_usage_openai') }}
union all
select * from {{ ref('int_token_usage_anthropic') }}
