-- One row per source, billing period, invoice issuer, invoice, charge category and currency.
-- Invariant: difference = its explained parts + rounding + the unexplained rest, to the last digit.
-- Of invoices that the bill carries, the received amounts are by category; the bill's lines are finer.
{{ config(work_unit='whole') }}
-- noqa: disable=CP02

{%- set place = ['source', 'billing_period', 'invoice_issuer', 'invoice_id', 'charge_category', 'billing_currency'] %}
{%- set whose = ['source', 'billing_period', 'invoice_issuer', 'billing_currency'] %}

with lines as (
    select
        x_Source as source,
        x_BillingPeriod as billing_period,
        InvoiceIssuerName as invoice_issuer,
        InvoiceId as invoice_id,
        ChargeCategory as charge_category,
        BillingCurrency as billing_currency,
        max(x_InvoiceBasis) as invoice_basis,
        cast(sum(BilledCost) as decimal(38, 12)) as line_cost,
        cast(sum(x_ChargedCost) as decimal(38, 12)) as ledger_cost,
        cast(sum(x_ChargesCount) as bigint) as charges_count
    from {{ ref('invoice_detail') }}
    group by x_Source, x_BillingPeriod, InvoiceIssuerName, InvoiceId, ChargeCategory, BillingCurrency
),

received as (
    select
        source,
        billing_period,
        invoice_issuer_name as invoice_issuer,
        invoice_id,
        charge_category,
        billing_currency,
        billed_cost
    from {{ ref('dim_invoice_line') }}
),

invoice_charges as (
    select * from {{ ref('rpt_invoice_charges') }}
),

tolerances as (
    select * from {{ source('org', 'reconciliation_tolerance') }}
),

acceptances as (
    select * from {{ source('org', 'accepted_difference') }}
),

billed_periods as (
    select distinct source, billing_period
    from lines
),

{# Whose charges an invoice was received for. #}
invoiced as (
    select distinct {{ whose | join(', ') }}
    from received
),

compared as (
    select
        {%- for name in place %}
        coalesce(lines.{{ name }}, received.{{ name }}) as {{ name }},
        {%- endfor %}
        coalesce(lines.invoice_basis, 'organisation') as invoice_basis,
        coalesce(lines.charges_count, 0) as charges_count,
        case when lines.source is null then 0 else lines.ledger_cost end as ledger_cost,
        case
            when received.source is not null then received.billed_cost
            when lines.invoice_basis <> 'provisional' then lines.line_cost
            when invoiced.source is not null then 0
        end as invoiced_cost,
        received.source is not null or coalesce(lines.invoice_basis, '') = 'organisation' as is_received,
        billed_periods.source is null as is_without_bill
    from lines
    full outer join received  -- one to one
        on
            {%- for name in place %}
            {{ 'and ' if not loop.first }}lines.{{ name }} = received.{{ name }}
            {%- endfor %}
    left join invoiced  -- many lines to at most one
        on
            {%- for name in whose %}
            {{ 'and ' if not loop.first }}lines.{{ name }} = invoiced.{{ name }}
            {%- endfor %}
    left join billed_periods  -- many lines to at most one period
        on
            coalesce(lines.source, received.source) = billed_periods.source
            and coalesce(lines.billing_period, received.billing_period) = billed_periods.billing_period
),

toleranced as (
    select
        compared.*,
        cast(compared.invoiced_cost - compared.ledger_cost as decimal(38, 12)) as difference_cost,
        cast(
            case
                when tolerances.invoice_issuer is not null
                    then greatest(
                        coalesce(tolerances.tolerance_amount, 0),
                        cast(
                            coalesce(tolerances.tolerance_share, 0)
                            * cast(abs(compared.invoiced_cost) as decimal(28, 2)) as decimal(38, 12)
                        )
                    )
                else
                    {{ currency_subunit('compared.billing_currency') }}
                    * greatest(100, cast(sqrt(compared.charges_count) as decimal(18, 3)) * 0.5)
            end as decimal(38, 12)
        ) as tolerance_cost,
        case when tolerances.invoice_issuer is null then 'FOCUS' else 'organisation' end as tolerance_basis
    from compared
    left join tolerances  -- many lines to at most one
        on
            compared.invoice_issuer = tolerances.invoice_issuer
            and compared.billing_currency = tolerances.billing_currency
            and compared.billing_period >= coalesce(tolerances.valid_from, cast('0001-01-01' as date))
            and compared.billing_period < coalesce(tolerances.valid_to, cast('9999-12-31' as date))
),

{# Taxes and credits of the bill that have no line on the invoice: another line may hold them. #}
without_line as (
    select
        {{ whose | join(', ') }},
        sum(case when charge_category = 'Tax' then ledger_cost end) as tax_cost,
        sum(case when charge_category = 'Credit' then ledger_cost end) as credit_cost
    from compared
    where charge_category in ('Tax', 'Credit') and not is_received and charges_count > 0
    group by all
),

{# Charges of one month's use on another month's bill, seen from either month. #}
used_in_another_month as (
    select
        source,
        billing_period,
        invoice_issuer,
        charge_category,
        billing_currency,
        -sum(billed_cost) as late_usage_cost
    from invoice_charges
    where usage_month <> billing_period
    group by all
),

billed_in_another_month as (
    select
        source,
        usage_month as billing_period,
        invoice_issuer,
        charge_category,
        billing_currency,
        sum(billed_cost) as late_usage_cost
    from invoice_charges
    where usage_month <> billing_period
    group by all
),

reasons as (
    select
        toleranced.*,
        without_line.tax_cost as tax_elsewhere_cost,
        without_line.credit_cost as credit_elsewhere_cost,
        used_in_another_month.late_usage_cost as billed_here_cost,
        billed_in_another_month.late_usage_cost as billed_there_cost
    from toleranced
    left join without_line  -- many lines to at most one
        on
            {%- for name in whose %}
            {{ 'and ' if not loop.first }}toleranced.{{ name }} = without_line.{{ name }}
            {%- endfor %}
    left join used_in_another_month  -- many lines to at most one
        on
            {%- for name in whose + ['charge_category'] %}
            {{ 'and ' if not loop.first }}toleranced.{{ name }} = used_in_another_month.{{ name }}
            {%- endfor %}
    left join billed_in_another_month  -- many lines to at most one
        on
            {%- for name in whose + ['charge_category'] %}
            {{ 'and ' if not loop.first }}toleranced.{{ name }} = billed_in_another_month.{{ name }}
            {%- endfor %}
),

{# One reason after the other takes its part; the next sees what is left. #}
without_missing as (
    select
        *,
        case when is_without_bill then difference_cost else 0 end as missing_bill_cost,
        case when is_without_bill then 0 else difference_cost end as rest_cost
    from reasons
),

without_doubled as (
    select
        *,
        case
            when
                abs(rest_cost) > tolerance_cost
                and invoiced_cost <> 0
                and abs(ledger_cost - 2 * invoiced_cost) <= tolerance_cost
                then -invoiced_cost
            else 0
        end as doubled_bill_cost
    from without_missing
),

without_tax as (
    select
        *,
        rest_cost - doubled_bill_cost as rest_before_tax_cost,
        case
            when abs(rest_cost - doubled_bill_cost) <= tolerance_cost and charge_category <> 'Tax' then 0
            -- a tax that the bill does not show stands on the invoice alone (IND-BilledCost-C-011-C)
            when charge_category = 'Tax' and is_received then rest_cost - doubled_bill_cost
            when charge_category not in ('Tax', 'Credit') and is_received
                then {{ explained_part('tax_elsewhere_cost', '(rest_cost - doubled_bill_cost)', 'tolerance_cost') }}
            else 0
        end as tax_cost
    from without_doubled
),

without_credit as (
    select
        *,
        rest_before_tax_cost - tax_cost as rest_before_credit_cost,
        case
            when abs(rest_before_tax_cost - tax_cost) <= tolerance_cost then 0
            when charge_category not in ('Tax', 'Credit') and is_received
                then {{ explained_part(
                    'credit_elsewhere_cost', '(rest_before_tax_cost - tax_cost)', 'tolerance_cost'
                ) }}
            else 0
        end as credit_cost
    from without_tax
),

{# What a line of another category holds lacks a line of its own by as much. #}
held_elsewhere as (
    select
        {{ whose | join(', ') }},
        max(case when charge_category <> 'Tax' and tax_cost <> 0 then 1 else 0 end) as holds_tax,
        max(case when credit_cost <> 0 then 1 else 0 end) as holds_credit
    from without_credit
    group by all
),

before_usage as (
    select
        without_credit.*,
        case
            when
                without_credit.charge_category = 'Tax' and not without_credit.is_received
                and held_elsewhere.holds_tax = 1
                then without_credit.difference_cost
            else without_credit.tax_cost
        end as tax_part_cost,
        case
            when
                without_credit.charge_category = 'Credit' and not without_credit.is_received
                and held_elsewhere.holds_credit = 1
                then without_credit.difference_cost
            else without_credit.credit_cost
        end as credit_part_cost
    from without_credit
    inner join held_elsewhere  -- many lines to one
        on
            {%- for name in whose %}
            {{ 'and ' if not loop.first }}without_credit.{{ name }} = held_elsewhere.{{ name }}
            {%- endfor %}
),

with_rest as (
    select
        *,
        difference_cost - missing_bill_cost - doubled_bill_cost - tax_part_cost - credit_part_cost
            as rest_before_usage_cost
    from before_usage
),

without_usage as (
    select
        *,
        case
            when abs(rest_before_usage_cost) <= tolerance_cost or not is_received then 0
            when abs(rest_before_usage_cost - billed_here_cost - billed_there_cost) <= tolerance_cost
                then billed_here_cost + billed_there_cost
            when {{ explained_part('billed_here_cost', 'rest_before_usage_cost', 'tolerance_cost') }} <> 0
                then billed_here_cost
            else {{ explained_part('billed_there_cost', 'rest_before_usage_cost', 'tolerance_cost') }}
        end as late_usage_cost
    from with_rest
),

without_rounding as (
    select
        *,
        rest_before_usage_cost - late_usage_cost as rest_before_rounding_cost,
        case
            when abs(rest_before_usage_cost - late_usage_cost) <= tolerance_cost
                then rest_before_usage_cost - late_usage_cost
            else 0
        end as rounding_cost
    from without_usage
),

explained as (
    select
        *,
        rest_before_rounding_cost - rounding_cost as unexplained_cost,
        -- a bill that is in the ledger twice is a reason, and no excuse
        rest_before_rounding_cost - rounding_cost + doubled_bill_cost as to_accept_cost
    from without_rounding
),

judged as (
    select
        explained.*,
        acceptances.accepted_difference as accepted_cost,
        acceptances.accepted_by,
        acceptances.accepted_on,
        acceptances.reason as accepted_because,
        -- it takes no more than there is in the smallest unit of the currency, and leaves a rounding at most
        {{ explained_part(
            'acceptances.accepted_difference', 'explained.to_accept_cost',
            currency_subunit('explained.billing_currency')
        ) }} <> 0
        and abs(explained.to_accept_cost - acceptances.accepted_difference) <= explained.tolerance_cost as is_accepted
    from explained
    left join acceptances  -- one to at most one
        on
            explained.invoice_issuer = acceptances.invoice_issuer
            and explained.invoice_id = acceptances.invoice_number
            and explained.billing_period = acceptances.billing_period
            and explained.charge_category = acceptances.charge_category
            and explained.billing_currency = acceptances.billing_currency
)

select
    {%- for name in place %}
    {{ name }},
    {%- endfor %}
    invoice_basis,
    case
        when invoiced_cost is null then 'no invoice'
        when is_without_bill then 'no bill'
        when to_accept_cost <> 0 and is_accepted then 'accepted'
        when to_accept_cost <> 0 then 'beyond tolerance'
        when difference_cost = 0 then 'reconciled'
        when difference_cost = rounding_cost then 'within tolerance'
        else 'explained'
    end as reconciliation_state,
    charges_count,
    cast(ledger_cost as decimal(38, 12)) as ledger_cost,
    cast(invoiced_cost as decimal(38, 12)) as invoiced_cost,
    difference_cost,
    tolerance_cost,
    tolerance_basis,
    {%- for part in difference_parts() %}
    case
        when invoiced_cost is not null
            then cast({{ part ~ ('_part' if part in ('tax', 'credit') else '') }}_cost as decimal(38, 12))
    end as {{ part }}_cost,
    {%- endfor %}
    case when invoiced_cost is not null then cast(unexplained_cost as decimal(38, 12)) end as unexplained_cost,
    case when invoiced_cost is not null then cast(to_accept_cost as decimal(38, 12)) end as to_accept_cost,
    accepted_cost,
    accepted_by,
    accepted_on,
    accepted_because
from judged
