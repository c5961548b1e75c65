-- One row per contract term and start of validity: a price of its own, or a discount on list prices.
-- Invariant: a service, model, tier, class, band and scope has at most one term on a day.
-- An empty model, tier, class, band or scope means all of them; of terms that fit the narrowest holds.
{{ config(work_unit='whole') }}

select
    contract_id,
    service_name,
    model,
    token_class,
    service_tier,
    context_window,
    region_scope,
    unit,
    cast(contract_price as decimal(21, 12)) as contract_price,
    currency,
    cast(discount_share as decimal(18, 12)) as discount_share,
    valid_from,
    valid_to,
    note
from {{ source('org', 'contract_price') }}
