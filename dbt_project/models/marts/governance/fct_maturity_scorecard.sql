-- One row per billing period and capability: the stage that its computed KPIs reach.
-- Invariant: a capability is at the stage of its weakest KPI; one without a measured KPI has no stage.
-- Nothing is asked or estimated here: every stage comes from a KPI and the organisation's thresholds.
{{ config(work_unit='whole') }}

with kpis as (
    select * from {{ ref('fct_allocation_kpi_monthly') }}
),

capabilities as (
    {%- set kpis_of = {
        'allocation': ['allocation_coverage', 'unallocated_share', 'shared_share'],
        'tagging': ['untagged_share', 'non_compliant_share'],
        'invoicing and chargeback': ['recharge_rate'],
        'capacity': ['idle_share'],
        'AI governance': ['unregistered_model_share'],
        'data ingestion': ['visibility_delay_days'],
    } %}
    {%- for capability, names in kpis_of.items() %}
    {%- set last_capability = loop.last %}
    {%- for name in names %}
    select '{{ capability }}' as capability, '{{ name }}' as kpi
    {{ 'union all' if not (loop.last and last_capability) }}
    {%- endfor %}
    {%- endfor %}
),

{# What is of one owner or evidence is no KPI of the company; a tag key and a source are. #}
measured as (
    select
        kpis.billing_period,
        capabilities.capability,
        case
            when kpis.kpi_scope = 'company' then kpis.kpi
            else concat(kpis.kpi, ' of ', coalesce(kpis.tag_key, kpis.source))
        end as kpi_name,
        kpis.kpi_value,
        kpis.stage,
        case kpis.stage when 'below crawl' then 0 when 'crawl' then 1 when 'walk' then 2 when 'run' then 3 end
            as stage_rank,
        case kpis.stage
            when 'below crawl' then kpis.crawl_value
            when 'crawl' then kpis.walk_value
            when 'walk' then kpis.run_value
        end as next_stage_value
    from kpis
    inner join capabilities  -- many to one
        on kpis.kpi = capabilities.kpi
    where kpis.kpi_scope in ('company', 'tag_key', 'source') and kpis.stage is not null
)

select
    billing_period,
    capability,
    stage,
    kpi_name as weakest_kpi,
    kpi_value as weakest_kpi_value,
    next_stage_value,
    cast(count(*) over (partition by billing_period, capability) as integer) as kpis_count
from measured
qualify
    row_number() over (
        partition by billing_period, capability
        order by stage_rank asc, kpi_name asc
    ) = 1
