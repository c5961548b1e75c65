-- Detects: a table that models read and whose content has no key, so that a change of it rebuilds nothing.
-- Usually means: the keys of the run's inputs were not written, or were rolled back, when the run began.
-- What to do: look at key_the_inputs in macros/engine/open_build.sql; run again once the keys are there.
{{ config(meta={'dagster': {'ref': {'name': 'int_profile_rules'}}}) }}
-- depends_on: {{ ref('int_profile_rules') }}

{#- land has a key for each landed period; what the machinery itself writes has none. -#}
{%- set inputs = [] %}
{%- if execute %}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' %}
        {%- for unique_id in node.depends_on.nodes if unique_id in graph.sources %}
            {%- set input = graph.sources[unique_id] %}
            {%- if input.source_name != 'land' %}
                {%- do inputs.append(input.schema ~ '.' ~ input.identifier) %}
            {%- endif %}
        {%- endfor %}
        {%- for unique_id in node.depends_on.nodes if unique_id.startswith('seed.') %}
            {%- do inputs.append(graph.nodes[unique_id].schema ~ '.' ~ graph.nodes[unique_id].alias) %}
        {%- endfor %}
    {%- endfor %}
{%- endif %}

with inputs as (
    {%- for name in inputs | unique | sort %}
    select '{{ name }}' as relation{{ ' union all' if not loop.last }}
    {%- else %}
    select cast(null as string) as relation
    {%- endfor %}
),

keyed as (
    select distinct relation from tollgate.period_key
),

{#- Before anything has landed there is no period that a key could be of. -#}
landed as (
    select count(*) as landed_count
    from tollgate.period_key
    where relation like 'land.%' and billing_period is not null
)

select
    cast(null as string) as source,
    cast(null as date) as billing_period,
    concat(inputs.relation, ' has no key: a change of it would rebuild nothing') as what,
    cast(null as decimal(38, 24)) as money_touched,
    cast(null as string) as currency
from inputs
cross join landed
left join keyed  -- one to at most one
    on inputs.relation = keyed.relation
where keyed.relation is null and inputs.relation is not null and landed.landed_count > 0
