-- One row per charge of any source: the ledger.
-- Invariant: every landed line is here once, and billed cost adds up to the landed total.
-- Adding a kind of source adds one branch.
{{ config(materialized='period_view') }}

select * from {{ ref('int_charges_conformed_aws_cur2') }}
union all
select * from {{ ref('int_charges_conformed_aws_cur_legacy') }}
union all
select * from {{ ref('int_charges_conformed_focus') }}
union all
select * from {{ ref('int_charges_conformed_openai') }}
union all
select * from {{ ref('int_charges_conformed_anthropic') }}
