-- One row per billing period, KPI and what it is of: the company, an owner, a tag, an evidence, a source.
-- Invariant: kpi_value is part over whole, or whole days for a delay; part never belongs to another whole.
-- Money is effective cost in the reporting currency; shares are rounded down and do not add up across KPIs.
{{ config(work_unit='whole') }}

with statement_lines as (
    select * from {{ ref('fct_statement_line_monthly') }}
),

tag_compliance as (
    select * from {{ ref('fct_tag_compliance_monthly') }}
),

model_compliance as (
    select * from {{ ref('fct_model_register_compliance') }}
),

journal as (
    select * from {{ ref('fct_chargeback_journal') }}
),

showback as (
    select * from {{ ref('fct_showback_daily') }}
),

rules as (
    select * from {{ source('org', 'allocation_rule') }}
),

thresholds as (
    select * from {{ source('org', 'kpi_threshold') }}
),

clock as (
    select * from {{ source('tollgate', 'clock') }}
),

months_with_journal as (
    select distinct billing_period
    from journal
),

lines as (
    select
        statement_lines.billing_period,
        statement_lines.reporting_currency,
        statement_lines.outcome,
        statement_lines.is_shared,
        statement_lines.owner_id,
        statement_lines.cost_centre,
        coalesce(rules.evidence, statement_lines.method) as evidence,
        months_with_journal.billing_period is not null as has_journal,
        statement_lines.effective_cost_reporting
    from statement_lines
    left join rules  -- many to at most one; no rule took what is unallocated
        on statement_lines.rule_id = rules.rule_id and statement_lines.rule_version = rules.rule_version
    left join months_with_journal  -- many to at most one
        on statement_lines.billing_period = months_with_journal.billing_period
),

{# Each KPI of lines: which of them are its part. The whole is all of them. #}
{%- set of_lines = [
    ('allocation_coverage', "outcome in ('owned', 'idle') and owner_id is not null"),
    ('unallocated_share', "outcome = 'unallocated' or owner_id is null"),
    ('shared_share', "outcome = 'owned' and is_shared"),
    ('idle_share', "outcome = 'idle'"),
    ('recharge_rate', 'has_journal and owner_id is not null and cost_centre is not null'),
] %}

company_kpis as (
    {%- for kpi, part in of_lines %}
    select
        billing_period,
        '{{ kpi }}' as kpi,
        'company' as kpi_scope,
        cast(null as string) as owner_id,
        cast(null as string) as tag_key,
        cast(null as string) as evidence,
        cast(null as string) as source,
        max(reporting_currency) as reporting_currency,
        sum(case when {{ part }} then effective_cost_reporting else 0 end) as part_cost_reporting,
        sum(effective_cost_reporting) as whole_cost_reporting
    from lines
    group by billing_period
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

owner_kpis as (
    {%- for kpi, part in of_lines if kpi in ('shared_share', 'idle_share') %}
    select
        billing_period,
        '{{ kpi }}' as kpi,
        'owner' as kpi_scope,
        owner_id,
        cast(null as string) as tag_key,
        cast(null as string) as evidence,
        cast(null as string) as source,
        max(reporting_currency) as reporting_currency,
        sum(case when {{ part }} then effective_cost_reporting else 0 end) as part_cost_reporting,
        sum(effective_cost_reporting) as whole_cost_reporting
    from lines
    where owner_id is not null
    group by billing_period, owner_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

month_totals as (
    select billing_period, sum(effective_cost_reporting) as whole_cost_reporting
    from lines
    group by billing_period
),

evidence_kpis as (
    select
        lines.billing_period,
        'evidence_share' as kpi,
        'evidence' as kpi_scope,
        cast(null as string) as owner_id,
        cast(null as string) as tag_key,
        lines.evidence,
        cast(null as string) as source,
        max(lines.reporting_currency) as reporting_currency,
        sum(lines.effective_cost_reporting) as part_cost_reporting,
        max(month_totals.whole_cost_reporting) as whole_cost_reporting
    from lines
    inner join month_totals  -- many to one
        on lines.billing_period = month_totals.billing_period
    group by lines.billing_period, lines.evidence
),

{%- set of_tags = [
    ('untagged_share', "compliance_state = 'missing'"),
    ('non_compliant_share', "compliance_state <> 'compliant'"),
] %}

tag_kpis as (
    {%- for kpi, part in of_tags %}
    {%- for owner in ['cast(null as string)', 'owner_id'] %}
    select
        billing_period,
        '{{ kpi }}' as kpi,
        '{{ 'tag_key_of_owner' if owner == 'owner_id' else 'tag_key' }}' as kpi_scope,
        {{ owner }} as owner_id,
        tag_key,
        cast(null as string) as evidence,
        cast(null as string) as source,
        max(reporting_currency) as reporting_currency,
        sum(case when {{ part }} then effective_cost_reporting else 0 end) as part_cost_reporting,
        sum(effective_cost_reporting) as whole_cost_reporting
    from tag_compliance
    group by billing_period, tag_key{{ ', owner_id' if owner == 'owner_id' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

model_kpis as (
    {%- for owner in ['cast(null as string)', 'owner_id'] %}
    select
        billing_period,
        'unregistered_model_share' as kpi,
        '{{ 'owner' if owner == 'owner_id' else 'company' }}' as kpi_scope,
        {{ owner }} as owner_id,
        cast(null as string) as tag_key,
        cast(null as string) as evidence,
        cast(null as string) as source,
        max(reporting_currency) as reporting_currency,
        sum(case when compliance_state <> 'compliant' then effective_cost_reporting else 0 end)
            as part_cost_reporting,
        sum(effective_cost_reporting) as whole_cost_reporting
    from model_compliance
    {{ 'where owner_id is not null' if owner == 'owner_id' }}
    group by billing_period{{ ', owner_id' if owner == 'owner_id' }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shares as (
    select * from company_kpis
    union all
    select * from owner_kpis
    union all
    select * from evidence_kpis
    union all
    select * from tag_kpis
    union all
    select * from model_kpis
),

{# How far what a source shows lies back: only of its newest month, the others are whole. #}
newest_days as (
    select
        source,
        billing_period,
        least(max(usage_date), {{ last_day_of('billing_period') }}) as newest_date
    from showback
    group by source, billing_period
    qualify row_number() over (partition by source order by billing_period desc) = 1
),

kpis as (
    select
        shares.*,
        case
            when shares.part_cost_reporting = shares.whole_cost_reporting then cast(1 as decimal(18, 12))
            when shares.part_cost_reporting >= 0 and shares.whole_cost_reporting > shares.part_cost_reporting
                then {{ per_unit_share(
                    'cast(shares.part_cost_reporting as decimal(38, 12))',
                    'cast(shares.whole_cost_reporting as decimal(38, 12))'
                ) }}
        end as kpi_value
    from shares

    union all

    select
        newest_days.billing_period,
        'visibility_delay_days' as kpi,
        'source' as kpi_scope,
        cast(null as string) as owner_id,
        cast(null as string) as tag_key,
        cast(null as string) as evidence,
        newest_days.source,
        cast(null as string) as reporting_currency,
        cast(null as decimal(38, 24)) as part_cost_reporting,
        cast(null as decimal(38, 24)) as whole_cost_reporting,
        cast({{ days_between('newest_days.newest_date', 'clock.today_date') }} - 1 as decimal(18, 12)) as kpi_value
    from newest_days
    cross join clock
)

select
    kpis.billing_period,
    kpis.kpi,
    kpis.kpi_scope,
    kpis.owner_id,
    kpis.tag_key,
    kpis.evidence,
    kpis.source,
    kpis.reporting_currency,
    cast(kpis.part_cost_reporting as decimal(38, 24)) as part_cost_reporting,
    cast(kpis.whole_cost_reporting as decimal(38, 24)) as whole_cost_reporting,
    cast(kpis.kpi_value as decimal(18, 12)) as kpi_value,
    thresholds.better,
    thresholds.crawl_value,
    thresholds.walk_value,
    thresholds.run_value,
    case
        when kpis.kpi_value is null or thresholds.kpi is null then null
        {%- for stage in ['run', 'walk', 'crawl'] %}
        when
            (thresholds.better = 'higher' and kpis.kpi_value >= thresholds.{{ stage }}_value)
            or (thresholds.better = 'lower' and kpis.kpi_value <= thresholds.{{ stage }}_value)
            then '{{ stage }}'
        {%- endfor %}
        else 'below crawl'
    end as stage
from kpis
left join thresholds  -- a KPI of a month to at most one in force on its last day
    on
        kpis.kpi = thresholds.kpi
        and (thresholds.valid_from is null or {{ last_day_of('kpis.billing_period') }} >= thresholds.valid_from)
        and (thresholds.valid_to is null or {{ last_day_of('kpis.billing_period') }} < thresholds.valid_to)
