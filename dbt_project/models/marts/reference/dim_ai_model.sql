-- One row per canonical AI model that the curated names or the organisation's register know.
-- Invariant: a model is here once; one that nobody registered has the status 'unregistered'.
-- A model that is only seen in a bill or in usage is not here: the marts show it as unregistered.
{{ config(work_unit='whole') }}

with model_names as (
    select * from {{ ref('ai_model_name') }}
),

register as (
    select * from {{ source('org', 'ai_model') }}
),

named_models as (
    select
        model,
        max(developer) as developer,
        max(model_family) as model_family,
        max(model_kind) as model_kind
    from model_names
    group by model
),

known_models as (
    select model from named_models
    union
    select model from register
)

select
    known_models.model,
    coalesce(named_models.developer, register.developer) as developer,
    coalesce(named_models.model_family, register.model_family) as model_family,
    named_models.model_kind,
    coalesce(register.register_status, 'unregistered') as register_status,
    cast(register.approved_on as date) as approved_on,
    register.owner_id,
    register.note
from known_models
left join named_models  -- one model to one name
    on known_models.model = named_models.model
left join register  -- one model to one entry
    on known_models.model = register.model
