{#-
  What became of each rule: CTEs that end with `verdicts`, from the CTEs `rules` (seed focus_rule),
  `known_gaps`, `sources` and `tallies` (dataset, source, billing_period and what
  focus_tallies_... says). With `of_deliveries` also from `delivered_breaks`: how many rows of a
  FOCUS file (dataset, source, billing_period, rule_id, rows_count) broke a rule before they were
  lifted, and `unjudged_deliveries`, of which nobody knows.
-#}
{% macro focus_verdicts(of_deliveries=false) -%}
-- a dataset of a period that has rows has tallies: most rules look at every row
judged_periods as (
    select distinct
        dataset,
        source,
        billing_period
    from tallies
),

asked as (
    select
        judged_periods.source,
        judged_periods.billing_period,
        rules.*
    from judged_periods
    inner join rules  -- many periods to all rules of their dataset
        on judged_periods.dataset = rules.dataset
),

answered as (
    select
        asked.*,
        coalesce(looked_at.rows_count, 0) as judged_rows_count,
        coalesce(broken.rows_count, 0) as failed_rows_count,
        broken.currency as billing_currency,
        broken.money as failed_billed_cost,
        broken.effective_cost as failed_effective_cost,
        broken.example_ids,
        case
            when asked.why_not_judged is not null then 'not_applicable'
            when broken.rows_count is not null then 'failed'
            when looked_at.rows_count is null then 'not_applicable'
            else 'passed'
        end as verdict
    from asked
    left join tallies as looked_at  -- one rule to at most one row
        on
            asked.dataset = looked_at.dataset
            and asked.source = looked_at.source
            and asked.billing_period = looked_at.billing_period
            and asked.rule_number = looked_at.rule_number
            and looked_at.outcome = 'judged'
    left join tallies as broken  -- one rule to one row a currency
        on
            asked.dataset = broken.dataset
            and asked.source = broken.source
            and asked.billing_period = broken.billing_period
            and asked.rule_number = broken.rule_number
            and broken.outcome = 'broken'
),

-- what the bills of a source cannot keep
gaps as (
    select
        sources.source,
        known_gaps.rule_id,
        min(known_gaps.reason) as reason
    from sources
    inner join known_gaps  -- each source to the gaps of its kind, and of every kind
        on known_gaps.kind in (sources.kind, '*')
    group by sources.source, known_gaps.rule_id
),

with_gaps as (
    select
        answered.*,
        case
            when answered.verdict <> 'failed' then null
            when gaps.reason is not null then gaps.reason
            {%- if of_deliveries %}
            when unjudged_deliveries.source is not null
                then 'what the delivered files break is unknown: they could not be judged yet, and the next run tries again'
            when
                delivered_breaks.rows_count >= sum(answered.failed_rows_count) over (
                    partition by answered.source, answered.billing_period, answered.dataset, answered.rule_id
                )
                then 'the delivered files break it before they are lifted, in as many rows (trust.rpt_focus_delivery)'
            {%- endif %}
        end as own_gap
    from answered
    left join gaps  -- many rules to at most one gap
        on
            answered.source = gaps.source
            and answered.rule_id = gaps.rule_id
    {%- if of_deliveries %}
    left join delivered_breaks  -- many to at most one
        on
            answered.dataset = delivered_breaks.dataset
            and answered.source = delivered_breaks.source
            and answered.billing_period = delivered_breaks.billing_period
            and answered.rule_id = delivered_breaks.rule_id
    left join unjudged_deliveries  -- many to at most one
        on
            answered.dataset = unjudged_deliveries.dataset
            and answered.source = unjudged_deliveries.source
            and answered.billing_period = unjudged_deliveries.billing_period
    {%- endif %}
),

-- a composite that fails because of gaps alone fails by them
unexcused as (
    select distinct
        composites.source,
        composites.billing_period,
        composites.dataset,
        composites.rule_id
    from with_gaps as composites
    inner join with_gaps as parts  -- one composite to its parts that fail for other reasons
        on
            composites.source = parts.source
            and composites.billing_period = parts.billing_period
            and composites.dataset = parts.dataset
            and parts.breaks like concat('%|', composites.rule_id, '|%')
    where
        composites.verdict = 'failed'
        and composites.rule_kind = 'composite'
        and parts.verdict = 'failed'
        and parts.rule_kind <> 'composite'
        and parts.own_gap is null
),

verdicts as (
    select
        answered.source,
        answered.billing_period,
        answered.dataset,
        answered.rule_id,
        answered.column_name,
        answered.level,
        answered.rule_kind,
        answered.sentence,
        answered.verdict,
        case
            when answered.verdict = 'not_applicable'
                then coalesce(answered.why_not_judged, 'no row meets its condition')
        end as not_applicable_reason,
        case
            when answered.own_gap is not null then answered.own_gap
            when
                answered.verdict = 'failed' and answered.rule_kind = 'composite'
                and unexcused.rule_id is null
                then 'known gaps of its parts'
        end as known_gap,
        cast(answered.judged_rows_count as bigint) as judged_rows_count,
        cast(answered.failed_rows_count as bigint) as failed_rows_count,
        answered.billing_currency,
        cast(answered.failed_billed_cost as decimal(38, 12)) as failed_billed_cost,
        cast(answered.failed_effective_cost as decimal(38, 12)) as failed_effective_cost,
        answered.example_ids
    from with_gaps as answered
    left join unexcused  -- one to at most one
        on
            answered.source = unexcused.source
            and answered.billing_period = unexcused.billing_period
            and answered.dataset = unexcused.dataset
            and answered.rule_id = unexcused.rule_id
)
{%- endmacro %}
