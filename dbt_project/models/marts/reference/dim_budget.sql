-- One row per budget and validity, as the organisation keeps it: a provider, sub account, use case or owner.
-- Invariant: what a budget is of has at most one of them a day and currency.
-- valid_to is exclusive and NULL while open.
{{ config(work_unit='whole') }}

select
    budget_scope,
    scope_value,
    billing_currency,
    monthly_budget,
    coalesce(budgeted_cost, 'billed') as budgeted_cost,
    valid_from,
    valid_to,
    note
from {{ source('org', 'budget') }}
