-- One row per vendor, model, token class, tier, context band, region scope and start of validity.
-- Invariant: at most one price is in force on a day; a billed amount is never computed from it.
-- valid_to is exclusive and NULL while open; a NULL band or scope means that the price holds for all.
{{ config(work_unit='whole') }}

select
    vendor,
    service_name,
    model,
    token_class,
    service_tier,
    context_window,
    region_scope,
    unit,
    list_price,
    currency,
    valid_from,
    valid_to,
    price_source,
    price_source_date
from {{ ref('ai_price') }}
