-- One row per source, billing period, group of files, finding, rule, column, demand and currency.
-- Invariant: a delivery that counts is here at least once, with its FOCUS version; no money is changed.
-- Findings before lifting are of the files as delivered; those of lifting count the published charges.
{{ config(keeps_periods_apart=true) }}

with findings as (
    select * from {{ source('tollgate', 'focus_finding') }}
),

delivered_columns as (
    select * from {{ source('tollgate', 'focus_delivered_column') }}
),

liftings as (
    select * from {{ ref('focus_lifting') }}
),

{# What is left out for a reason, such as the names of persons, is not for anybody to bring in. #}
left_out_columns as (
    select
        native_column,
        exclusion_reason
    from {{ ref('focus_native_column') }}
    where kind = 'focus' and exclusion_reason is not null
),

published_charges as (
    select
        *,
        x_Source as source,
        x_BillingPeriod as billing_period
    from {{ ref('cost_and_usage') }}
),

before_lifting as (
    select * from findings
    where {{ this_period('findings') }}
),

columns_before as (
    select * from delivered_columns
    where {{ this_period('delivered_columns') }}
),

{# Only of FOCUS deliveries: the charges of other kinds are not read. #}
deliveries as (
    select distinct
        source,
        billing_period,
        snapshot_id
    from columns_before
),

-- one row per delivery, with the values of each column after lifting
counted as (
    select
        deliveries.source,
        deliveries.billing_period,
        deliveries.snapshot_id,
        {%- for name in cost_and_usage_columns() if not name.startswith('x_') %}
        count(published_charges.{{ focus_name(name) }}) as {{ focus_name(name) }},
        {%- endfor %}
        count(published_charges.x_VirtualCurrency) as virtual_currency_count,
        count(*) as charges_count
    from published_charges
    inner join deliveries  -- many charges to one delivery
        on
            published_charges.source = deliveries.source
            and published_charges.billing_period = deliveries.billing_period
    where {{ this_period('published_charges') }}
    group by deliveries.source, deliveries.billing_period, deliveries.snapshot_id
),

published_columns as (
    {%- for name in cost_and_usage_columns() if not name.startswith('x_') %}
    select
        source,
        billing_period,
        snapshot_id,
        charges_count,
        '{{ focus_name(name) }}' as column_name,
        {{ focus_name(name) }} as values_after
    from counted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

values_before as (
    select
        source,
        billing_period,
        column_name,
        min(delivered_column) as delivered_column,
        cast(sum(values_count) as bigint) as values_before
    from columns_before
    where is_kept and column_name is not null
    group by source, billing_period, column_name
),

compared as (
    select
        published_columns.*,
        values_before.delivered_column,
        coalesce(values_before.values_before, 0) as values_before
    from published_columns
    left join values_before  -- one to at most one
        on
            published_columns.source = values_before.source
            and published_columns.billing_period = values_before.billing_period
            and published_columns.column_name = values_before.column_name
),

renamed as (
    select
        columns_before.*,
        coalesce(liftings.column_name, columns_before.column_name) as published_column,
        coalesce(liftings.sentence, 'published under its name in FOCUS 1.4') as sentence
    from columns_before
    left join liftings  -- one column to at most one lifting
        on
            liftings.finding = 'renamed'
            and columns_before.column_name = liftings.delivered_column
    where
        columns_before.is_kept
        and (liftings.column_name is not null or columns_before.delivered_column <> columns_before.column_name)
),

lifted as (
    select
        source,
        billing_period,
        snapshot_id,
        file_group,
        delivered_files,
        'renamed' as finding,
        published_column as column_name,
        delivered_column,
        concat(delivered_column, ' is read as ', published_column, ': ', sentence) as sentence,
        rows_count as judged_rows_count,
        values_count as rows_count
    from renamed

    union all

    select
        columns_before.source,
        columns_before.billing_period,
        columns_before.snapshot_id,
        columns_before.file_group,
        columns_before.delivered_files,
        'not_carried' as finding,
        cast(null as string) as column_name,
        columns_before.delivered_column,
        concat(
            columns_before.delivered_column,
            coalesce(
                ' is left out, ' || left_out_columns.exclusion_reason,
                ' is no column that Tollgate keeps: what it does not know may hold names or addresses of people'
            )
        ) as sentence,
        columns_before.rows_count as judged_rows_count,
        columns_before.values_count as rows_count
    from columns_before
    left join left_out_columns  -- one column to at most one reason
        on columns_before.delivered_column = left_out_columns.native_column
    where not columns_before.is_kept

    union all

    select
        source,
        billing_period,
        snapshot_id,
        cast(null as integer) as file_group,
        cast(null as string) as delivered_files,
        'renamed' as finding,
        'x_VirtualCurrency' as column_name,
        'PricingCurrency' as delivered_column,
        'PricingCurrency is read as x_VirtualCurrency where it is no money, and its prices and costs likewise: '
        'FOCUS 1.4 has no virtual currencies, and the columns of PricingCurrency are those of BillingCurrency'
            as sentence,
        charges_count as judged_rows_count,
        virtual_currency_count as rows_count
    from counted
    where virtual_currency_count > 0

    union all

    select
        compared.source,
        compared.billing_period,
        compared.snapshot_id,
        cast(null as integer) as file_group,
        cast(null as string) as delivered_files,
        'filled' as finding,
        compared.column_name,
        compared.delivered_column,
        concat(compared.column_name, ' is filled: ', coalesce(liftings.sentence, 'from what else the row says'))
            as sentence,
        compared.charges_count as judged_rows_count,
        compared.values_after - compared.values_before as rows_count
    from compared
    left join liftings  -- one column to at most one lifting
        on liftings.finding = 'filled' and compared.column_name = liftings.column_name
    where compared.values_after > compared.values_before

    union all

    select
        source,
        billing_period,
        snapshot_id,
        cast(null as integer) as file_group,
        cast(null as string) as delivered_files,
        'emptied' as finding,
        column_name,
        delivered_column,
        concat(column_name, ' had values that mean none, such as {}: they are NULL') as sentence,
        charges_count as judged_rows_count,
        values_before - values_after as rows_count
    from compared
    where values_after < values_before

    union all

    select
        source,
        billing_period,
        snapshot_id,
        cast(null as integer) as file_group,
        cast(null as string) as delivered_files,
        'left_empty' as finding,
        column_name,
        delivered_column,
        concat(column_name, ' is not delivered and nothing else in the row says it: it stays NULL') as sentence,
        charges_count as judged_rows_count,
        charges_count - values_after as rows_count
    from compared
    where delivered_column is null and values_after < charges_count
),

told as (
    select
        source,
        billing_period,
        snapshot_id,
        file_group,
        delivered_files,
        focus_version,
        version_basis,
        judged_by,
        finding,
        level,
        rule_id,
        column_name,
        cast(null as string) as delivered_column,
        sentence,
        judged_rows_count,
        rows_count,
        currency,
        billed_cost,
        effective_cost,
        examples
    from before_lifting

    union all

    select
        source,
        billing_period,
        snapshot_id,
        file_group,
        delivered_files,
        cast(null as string) as focus_version,
        cast(null as string) as version_basis,
        cast(null as string) as judged_by,
        finding,
        cast(null as string) as level,
        cast(null as string) as rule_id,
        column_name,
        delivered_column,
        sentence,
        judged_rows_count,
        rows_count,
        cast(null as string) as currency,
        cast(null as decimal(38, 18)) as billed_cost,
        cast(null as decimal(38, 18)) as effective_cost,
        cast(null as string) as examples
    from lifted
)

select
    source,
    billing_period,
    snapshot_id,
    file_group,
    delivered_files,
    focus_version,
    version_basis,
    judged_by,
    finding,
    level,
    rule_id,
    column_name,
    delivered_column,
    sentence,
    judged_rows_count,
    rows_count,
    currency as billing_currency,
    cast(billed_cost as decimal(38, 12)) as billed_cost,
    cast(effective_cost as decimal(38, 12)) as effective_cost,
    examples as example_rows,
    case
        when finding = 'judged' then 'send what this delivery breaks or lacks to the provider'
        when finding = 'column_missing' and level = 'MUST' then 'have the provider add the column'
        when finding = 'column_missing' and level = 'SHOULD' then 'ask the provider for the column'
        when finding = 'column_missing' then 'ask for the column if the provider has that feature'
        when finding = 'rule_broken' and level = 'MUST'
            then 'have the provider correct these rows; they are kept as delivered'
        when finding = 'today_broken' then 'nothing before the provider delivers FOCUS 1.4'
        when finding in ('rule_broken', 'notice') then 'tell the provider; the rows are kept as delivered'
        when finding = 'left_empty' then 'have the provider deliver the column, or leave it unknown'
        when
            finding = 'not_carried'
            and delivered_column in (select left_out_columns.native_column from left_out_columns)
            then 'nothing'
        when finding = 'not_carried' then 'name the column among the keys of x_provider if a report needs it'
        else 'nothing'
    end as what_to_do
from told
