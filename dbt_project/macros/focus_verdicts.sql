{#-
  What became of each rule: CTEs that end with `verdicts`, from the CTEs `rules` (seed focus_rule),
  `tallies` (dataset, source, billing_period and what focus_tallies_... says) and `excuses`: which
  rows nobody here can mend, told by their number and money (dataset, source, billing_period,
  rule_id, currency, rows_count, money, effective_cost, reason). An excuse holds for just that: one
  row more, or other money, is no known gap. With `of_deliveries` also from `unjudged_deliveries`, of
  which nobody knows what they broke; tallies and excuses then have money_above_zero and
  effective_cost_above_zero, and excuses is_mended_in_part: fewer rows are excused then, if what they
  have above zero and below it is no more than what the delivered rows had.
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
        {%- if of_deliveries %}
        broken.money_above_zero as failed_above_zero,
        broken.effective_cost_above_zero as failed_effective_above_zero,
        {%- endif %}
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

with_gaps as (
    select
        answered.*,
        case
            when answered.verdict <> 'failed' then null
            when
                answered.failed_rows_count = excuses.rows_count
                and coalesce(
                    answered.failed_billed_cost = excuses.money,
                    answered.failed_billed_cost is null and excuses.money is null
                )
                and coalesce(
                    answered.failed_effective_cost = excuses.effective_cost,
                    answered.failed_effective_cost is null and excuses.effective_cost is null
                )
                then excuses.reason
            {%- if of_deliveries %}
            when
                excuses.is_mended_in_part
                and answered.failed_rows_count < excuses.rows_count
                and answered.failed_above_zero <= excuses.money_above_zero
                and coalesce(
                    answered.failed_billed_cost - answered.failed_above_zero
                    >= excuses.money - excuses.money_above_zero,
                    answered.failed_billed_cost is null and excuses.money is null
                )
                and answered.failed_effective_above_zero <= excuses.effective_cost_above_zero
                and coalesce(
                    answered.failed_effective_cost - answered.failed_effective_above_zero
                    >= excuses.effective_cost - excuses.effective_cost_above_zero,
                    answered.failed_effective_cost is null and excuses.effective_cost is null
                )
                then excuses.reason
            when unjudged_deliveries.source is not null
                then 'what the delivered files break is unknown: they could not be judged yet, and the next run tries again'
            {%- endif %}
        end as own_gap
    from answered
    left join excuses  -- one rule and currency to at most one
        on
            answered.dataset = excuses.dataset
            and answered.source = excuses.source
            and answered.billing_period = excuses.billing_period
            and answered.rule_id = excuses.rule_id
            and answered.billing_currency is not distinct from excuses.currency
    {%- if of_deliveries %}
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

{#-
  The rows of a published dataset in the periods in hand. A text and no CTE, because the judge reads
  it several times: an engine may keep a CTE that is read more than once, and of a large month with
  all its columns that is more than there is memory.
-#}
{% macro published_rows(relation) -%}
(
        select published.*
        from (
            select
                *,
                x_Source as source,
                x_BillingPeriod as billing_period
            from {{ relation }}
        ) as published
        where {{ this_period('published') }}
    ) as published_rows
{%- endmacro %}
