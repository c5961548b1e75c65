-- One row per month, base month, outcome, owner, use case, source, service, model and currency.
-- Invariant: the effects add up to the change of the effective cost, to the last digit.
-- Each effect adds up over rows of one pair of months; two base months are two stories of the same.
{{ config(work_unit='period', keeps_periods_apart=true, reads_earlier_months=true) }}

{%- set scope = ['outcome', 'owner_id', 'use_case_id'] %}
{%- set model = ['source', 'service_name', 'x_model', 'billing_currency'] %}
{%- set money = ['contracted', 'metered', 'unmetered', 'effective'] %}
{%- set levels = ['scope', 'model', 'tier', 'kind'] %}
{%- set cell = scope + model + ['charge_reason', 'machine_sku_id', 'price_point', 'token_kind', 'x_token_class'] %}

with unit_costs as (
    select * from {{ ref('fct_unit_cost_monthly') }}
    where {{ up_to_this_month('fct_unit_cost_monthly') }}
),

month_status as (
    select * from {{ source('tollgate', 'month_status') }}
    where {{ this_month('month_status') }}
),

{# Costs that nobody knows cannot be compared; unknown_charges_count tells how many there are. Use of a
    model that counted no tokens is another service. #}
known_costs as (
    select
        *,
        case
            when charge_kind = 'tokens' and coalesce(tokens, 0) <= 0 then 'other_services'
            else charge_kind
        end as charge_reason,
        concat(
            coalesce(x_service_tier, 'standard'), '|', coalesce(x_context_window, ''), '|',
            coalesce(x_region_scope, '')
        ) as price_point,
        case
            when x_token_class in ('input_uncached', 'cache_read', 'cache_write_5m', 'cache_write_1h')
                then 'input'
            else x_token_class
        end as token_kind,
        charge_kind = 'tokens' and coalesce(tokens, 0) > 0 as has_tokens
    from unit_costs
    where effective_cost_reporting is not null
),

named_cells as (
    select
        billing_period,
        {%- for name in cell %}
        {{ name }},
        {%- endfor %}
        reporting_currency,
        max(team) as team,
        max(use_case) as use_case,
        cast(sum(case when has_tokens then tokens else 0 end) as decimal(38, 12)) as tokens,
        cast(sum(coalesce(machine_hours, 0)) as decimal(38, 12)) as machine_hours,
        {%- for currency in ['', '_reporting'] %}
        sum(case when has_tokens then contracted_cost{{ currency }} else 0 end)
            as contracted{{ currency }},
        sum(case when has_tokens then effective_cost{{ currency }} else 0 end)
            as metered{{ currency }},
        {# without tokens: use at the contracted price, everything else as it is #}
        sum(
            case
                when has_tokens then 0
                when charge_category = 'Usage' then contracted_cost{{ currency }}
                else effective_cost{{ currency }}
            end
        ) as unmetered{{ currency }},
        sum(effective_cost{{ currency }}) as effective{{ currency }},
        {%- endfor %}
        sum(unknown_charges_count) as unknown_charges
    from known_costs
    group by
        billing_period,
        {%- for name in cell %}
        {{ name }},
        {%- endfor %}
        reporting_currency
),

{# Numbers stand for the names from here on: the month is joined to every month before it. #}
cell_numbers as (
    select
        *,
        dense_rank() over (order by {{ scope | join(', ') }}) as scope_number,
        dense_rank() over (order by {{ (scope + model) | join(', ') }}) as model_number,
        dense_rank() over (order by {{ (scope + model) | join(', ') }}, price_point) as tier_number,
        dense_rank() over (order by {{ (scope + model) | join(', ') }}, price_point, token_kind)
            as kind_number,
        row_number() over (order by {{ cell | join(', ') }}) as cell_number
    from (select distinct {{ cell | join(', ') }} from named_cells) as cells_of_all_months
),

month_cells as (
    select
        named_cells.billing_period,
        cell_numbers.cell_number,
        cell_numbers.charge_reason,
        {%- for level in levels %}
        cell_numbers.{{ level }}_number,
        {%- endfor %}
        named_cells.billing_currency,
        named_cells.reporting_currency,
        named_cells.team,
        named_cells.use_case,
        named_cells.tokens,
        named_cells.machine_hours,
        {%- for currency in ['', '_reporting'] %}
        {%- for name in money %}
        named_cells.{{ name }}{{ currency }},
        {%- endfor %}
        {%- endfor %}
        {# what is multiplied by a ratio, which has 12 decimals as well #}
        cast(named_cells.contracted_reporting as decimal(38, 12)) as priced_reporting,
        cast(named_cells.unmetered_reporting as decimal(38, 12)) as machine_priced_reporting,
        named_cells.unknown_charges
    from named_cells
    inner join cell_numbers  -- many to one
        on
            {%- for name in cell %}
            {{ 'and ' if not loop.first }}named_cells.{{ name }} is not distinct from cell_numbers.{{ name }}
            {%- endfor %}
),

model_names as (
    select distinct
        model_number,
        scope_number,
        {{ (scope + model) | join(', ') }}
    from cell_numbers
),

scope_names as (
    select
        billing_period,
        scope_number,
        max(team) as team,
        max(use_case) as use_case
    from month_cells
    group by billing_period, scope_number
),

{# What a unit of a currency was on average in a month, by the money itself. #}
month_rates as (
    select
        billing_period,
        billing_currency,
        {{ per_request('sum(effective_reporting)', 'cast(sum(effective) as decimal(38, 12))') }}
            as average_fx_rate
    from month_cells
    where effective > 0
    group by billing_period, billing_currency
),

months as (
    select distinct billing_period from unit_costs
),

pairs as (
    select
        months.billing_period,
        bases.billing_period as base_period
    from months
    inner join months as bases  -- the month to each one before it
        on months.billing_period > bases.billing_period
    where {{ this_month('months') }}
),

sides as (
    select
        pairs.billing_period,
        pairs.base_period,
        month_cells.cell_number,
        {%- for level in levels %}
        month_cells.{{ level }}_number,
        {%- endfor %}
        month_cells.reporting_currency,
        month_cells.charge_reason,
        month_cells.tokens as base_tokens,
        0 as tokens,
        month_cells.machine_hours as base_machine_hours,
        0 as machine_hours,
        {%- for name in money %}
        month_cells.{{ name }}_reporting as base_{{ name }},
        0 as {{ name }},
        {%- endfor %}
        month_cells.priced_reporting as base_priced,
        month_cells.machine_priced_reporting as base_machine_priced,
        0 as effective_reporting,
        month_cells.unknown_charges
    from month_cells
    inner join pairs on month_cells.billing_period = pairs.base_period  -- a base to its months

    union all

    select
        pairs.billing_period,
        pairs.base_period,
        month_cells.cell_number,
        {%- for level in levels %}
        month_cells.{{ level }}_number,
        {%- endfor %}
        month_cells.reporting_currency,
        month_cells.charge_reason,
        0 as base_tokens,
        month_cells.tokens,
        0 as base_machine_hours,
        month_cells.machine_hours,
        {%- for name in money %}
        0 as base_{{ name }},
        case
            when
                month_cells.billing_currency = month_cells.reporting_currency
                or month_rates.average_fx_rate is null
                then month_cells.{{ name }}_reporting
            else cast(month_cells.{{ name }} as decimal(38, 12)) * month_rates.average_fx_rate
        end as {{ name }},
        {%- endfor %}
        0 as base_priced,
        0 as base_machine_priced,
        month_cells.effective_reporting,
        month_cells.unknown_charges
    from month_cells
    inner join pairs on month_cells.billing_period = pairs.billing_period  -- a month to its bases
    left join month_rates  -- many to at most one
        on
            pairs.base_period = month_rates.billing_period
            and month_cells.billing_currency = month_rates.billing_currency
),

cells as (
    select
        billing_period,
        base_period,
        cell_number,
        {%- for level in levels %}
        max({{ level }}_number) as {{ level }}_number,
        {%- endfor %}
        max(charge_reason) as charge_reason,
        max(reporting_currency) as reporting_currency,
        cast(sum(base_tokens) as decimal(38, 12)) as base_tokens,
        cast(sum(tokens) as decimal(38, 12)) as tokens,
        cast(sum(base_machine_hours) as decimal(38, 12)) as base_machine_hours,
        cast(sum(machine_hours) as decimal(38, 12)) as machine_hours,
        {%- for name in money %}
        cast(sum(base_{{ name }}) as decimal(38, 24)) as base_{{ name }},
        cast(sum({{ name }}) as decimal(38, 24)) as {{ name }},
        {%- endfor %}
        cast(sum(base_priced) as decimal(38, 12)) as base_priced,
        cast(sum(base_machine_priced) as decimal(38, 12)) as base_machine_priced,
        cast(sum(effective_reporting) as decimal(38, 24)) as effective_reporting,
        sum(unknown_charges) as unknown_charges
    from sides
    group by billing_period, base_period, cell_number
),

{# Requests stand for the volume where each model with tokens counted them in both months. #}
month_models as (
    select
        billing_period,
        {%- for name in scope %}
        {{ name }},
        {%- endfor %}
        sum(case when effective_cost_reporting is not null and charge_category = 'Usage' then tokens end)
            as tokens,
        sum(requests) as requests
    from unit_costs
    group by
        billing_period,
        {%- for name in scope %}
        {{ name }},
        {%- endfor %}
        source, service_name, x_model
),

named_requests as (
    select
        billing_period,
        {%- for name in scope %}
        {{ name }},
        {%- endfor %}
        sum(requests) as requests,
        count(*) filter (where tokens > 0 and coalesce(requests, 0) = 0) as uncounted_models
    from month_models
    group by billing_period, {{ scope | join(', ') }}
),

scopes as (
    select distinct
        scope_number,
        {{ scope | join(', ') }}
    from cell_numbers
),

month_requests as (
    select
        named_requests.billing_period,
        scopes.scope_number,
        named_requests.requests,
        named_requests.uncounted_models
    from named_requests
    inner join scopes  -- many to at most one
        on
            {%- for name in scope %}
            {{ 'and ' if not loop.first }}named_requests.{{ name }} is not distinct from scopes.{{ name }}
            {%- endfor %}
),

{# One ratio serves all cells that it is of. #}
{%- for level in levels[1:] %}
{{ level }}_ratios as (
    select
        billing_period,
        base_period,
        {{ level }}_number,
        sum(base_tokens) as base_tokens,
        sum(abs(base_priced)) as base_money,
        {{ per_request('sum(tokens)', 'sum(base_tokens)') }} as token_ratio
    from cells
    group by billing_period, base_period, {{ level }}_number
),
{% endfor %}
scope_tokens as (
    select
        billing_period,
        base_period,
        scope_number,
        sum(base_tokens) as base_tokens,
        sum(tokens) as tokens,
        sum(base_machine_hours) as base_machine_hours,
        sum(abs(base_priced)) as base_money,
        sum(case when charge_reason = 'machines' then abs(base_machine_priced) else 0 end) as base_machine_money,
        {{ per_request('sum(machine_hours)', 'sum(base_machine_hours)') }} as machine_hours_ratio
    from cells
    group by billing_period, base_period, scope_number
),

counted as (
    select
        scope_tokens.*,
        case
            when
                base_counts.uncounted_models = 0 and counts.uncounted_models = 0
                and base_counts.requests > 0 and counts.requests > 0
                then {{ per_request('counts.requests', 'base_counts.requests') }}
        end as request_ratio,
        {{ per_request('scope_tokens.tokens', 'scope_tokens.base_tokens') }} as token_ratio
    from scope_tokens
    left join month_requests as base_counts  -- many to at most one
        on
            scope_tokens.base_period = base_counts.billing_period
            and scope_tokens.scope_number = base_counts.scope_number
    left join month_requests as counts  -- many to at most one
        on
            scope_tokens.billing_period = counts.billing_period
            and scope_tokens.scope_number = counts.scope_number
),

scope_ratios as (
    select
        *,
        case
            when base_tokens > 0 and tokens > 0 then 'continuing'
            when tokens > 0 then 'new'
            when base_tokens > 0 then 'gone'
            else 'unmetered'
        end as scope_standing,
        {# one request counted on a month's last day is no measure of the month #}
        case when {{ can_be_priced('base_money', 'request_ratio') }} then 'requests' else 'tokens' end as volume_basis
    from counted
),

cell_ratios as (
    select
        *,
        case when base_tokens > 0 then {{ per_request('tokens', 'base_tokens') }} end as token_ratio,
        case
            when base_machine_hours > 0 then {{ per_request('machine_hours', 'base_machine_hours') }}
        end as machine_hours_ratio
    from cells
),

{# What the month would have cost at the contracted prices of the base month, changed one step at a
    time; where the base month knows no price for a step, or none that means anything, the month's own
    price stands. #}
steps as (
    select
        cells.*,
        scope_ratios.scope_standing,
        scope_ratios.volume_basis,
        case
            when scope_ratios.volume_basis = 'requests' then cells.base_priced * scope_ratios.request_ratio
            when {{ can_be_priced('scope_ratios.base_money', 'scope_ratios.token_ratio') }}
                then cells.base_priced * scope_ratios.token_ratio
            else cells.contracted
        end as at_volume,
        case
            when {{ can_be_priced('scope_ratios.base_money', 'scope_ratios.token_ratio') }}
                then cells.base_priced * scope_ratios.token_ratio
            else cells.contracted
        end as at_length,
        {%- for step, level in [('mix', 'model'), ('tier', 'tier'), ('kind', 'kind')] %}
        case
            when
                {{ level }}_ratios.base_tokens > 0
                and {{ can_be_priced(level ~ '_ratios.base_money', level ~ '_ratios.token_ratio') }}
                then cells.base_priced * {{ level }}_ratios.token_ratio
            else cells.contracted
        end as at_{{ step }},
        {%- endfor %}
        case
            when {{ can_be_priced('cells.base_priced', 'cells.token_ratio') }}
                then cells.base_priced * cells.token_ratio
            else cells.contracted
        end as at_class,
        case
            when
                cells.charge_reason = 'machines' and scope_ratios.base_machine_hours > 0
                and {{ can_be_priced('scope_ratios.base_machine_money', 'scope_ratios.machine_hours_ratio') }}
                then cells.base_machine_priced * scope_ratios.machine_hours_ratio
            else cells.unmetered
        end as at_machine_volume,
        case
            when
                cells.charge_reason = 'machines'
                and {{ can_be_priced('cells.base_machine_priced', 'cells.machine_hours_ratio') }}
                then cells.base_machine_priced * cells.machine_hours_ratio
            else cells.unmetered
        end as at_machine_mix
    from cell_ratios as cells
    {%- for level in levels %}
    left join {{ level }}_ratios  -- many to one
        on
            cells.billing_period = {{ level }}_ratios.billing_period
            and cells.base_period = {{ level }}_ratios.base_period
            and cells.{{ level }}_number = {{ level }}_ratios.{{ level }}_number
    {%- endfor %}
),

effects as (
    select
        *,
        case when scope_standing = 'continuing' then at_volume - base_contracted else 0 end as volume,
        case when scope_standing = 'continuing' then at_length - at_volume else 0 end as request_length,
        case when scope_standing = 'continuing' then at_mix - at_length else 0 end as model_mix,
        case when scope_standing = 'continuing' then at_tier - at_mix else 0 end as tier,
        case when scope_standing = 'continuing' then at_kind - at_tier else 0 end as output_mix,
        case when scope_standing = 'continuing' then at_class - at_kind else 0 end as cache,
        case when scope_standing = 'continuing' then contracted - at_class else 0 end as rate,
        case
            when scope_standing = 'continuing'
                then (metered - contracted) - (base_metered - base_contracted)
            else 0
        end
        + (effective - metered - unmetered) - (base_effective - base_metered - base_unmetered) as commitment,
        effective_reporting - effective as currency,
        case when scope_standing = 'new' then metered else 0 end as new_use,
        case when scope_standing = 'gone' then -base_metered else 0 end as gone_use,
        case when charge_reason = 'machines' then at_machine_volume - base_unmetered else 0 end as machine_volume,
        case when charge_reason = 'machines' then at_machine_mix - at_machine_volume else 0 end as machine_mix,
        case when charge_reason = 'machines' then unmetered - at_machine_mix else 0 end as machine_rate,
        {%- for effect in whole_charge_effects() %}
        case when charge_reason = '{{ effect }}' then unmetered - base_unmetered else 0 end as {{ effect }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from steps
),

by_model as (
    select
        billing_period,
        base_period,
        scope_number,
        model_number,
        max(reporting_currency) as reporting_currency,
        max(volume_basis) as volume_basis,
        sum(base_tokens) as base_tokens,
        sum(tokens) as tokens,
        sum(base_machine_hours) as base_machine_hours,
        sum(machine_hours) as machine_hours,
        sum(base_effective) as base_effective,
        sum(effective_reporting) as effective_reporting,
        {%- for effect in price_volume_mix_effects() %}
        sum({{ effect }}) as {{ effect }},
        {%- endfor %}
        sum(unknown_charges) as unknown_charges
    from effects
    group by billing_period, base_period, scope_number, model_number
)

select
    by_model.billing_period,
    by_model.base_period,
    {{ months_later('by_model.base_period') }} = by_model.billing_period as is_previous_month,
    month_status.period_status,
    {%- for name in scope %}
    model_names.{{ name }},
    {%- endfor %}
    coalesce(names.team, base_names.team) as team,
    coalesce(names.use_case, base_names.use_case) as use_case,
    {%- for name in model %}
    model_names.{{ name }},
    {%- endfor %}
    by_model.reporting_currency,
    by_model.volume_basis,
    cast(by_model.base_tokens as decimal(38, 12)) as base_tokens,
    cast(by_model.tokens as decimal(38, 12)) as tokens,
    cast(by_model.base_machine_hours as decimal(38, 12)) as base_machine_hours,
    cast(by_model.machine_hours as decimal(38, 12)) as machine_hours,
    cast(by_model.base_effective as decimal(38, 24)) as base_effective_cost_reporting,
    cast(by_model.effective_reporting as decimal(38, 24)) as effective_cost_reporting,
    cast(by_model.effective_reporting - by_model.base_effective as decimal(38, 24)) as change_reporting,
    {%- for effect in price_volume_mix_effects() %}
    cast(by_model.{{ effect }} as decimal(38, 24)) as {{ effect }}_effect_reporting,
    {%- endfor %}
    cast(by_model.unknown_charges as bigint) as unknown_charges_count
from by_model
inner join model_names  -- many to one
    on by_model.model_number = model_names.model_number
left join month_status  -- many to one
    on by_model.billing_period = month_status.billing_period
left join scope_names as names  -- many to at most one
    on
        by_model.billing_period = names.billing_period
        and by_model.scope_number = names.scope_number
left join scope_names as base_names  -- many to at most one
    on
        by_model.base_period = base_names.billing_period
        and by_model.scope_number = base_names.scope_number
