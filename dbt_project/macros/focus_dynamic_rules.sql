{#-
  FOCUS rules that need more than one row. Each macro selects what breaks them: source,
  billing_period, what, money_touched, currency. `condition` is true for the sources to look at.
  What our own conforming makes must hold; what a provider's FOCUS file says stays as delivered, so
  that there the same rules only warn.
-#}

{#- Sources whose charges are delivered in FOCUS (`delivered`) or made by our conform models. -#}
{% macro sources_of_kind(delivered) -%}
    select source from {{ source('tollgate', 'source') }} where kind {{ '=' if delivered else '<>' }} 'focus'
{%- endmacro %}

{#-
  A price point with two products, a service with two categories or subcategories:
  CAU-SkuPriceId-C-011-M, CAU-ServiceName-C-005-M, CAU-ServiceName-C-008-O.
-#}
{% macro parents_that_differ(delivered) -%}
    {#- The charges are read once: there are few names of a month, however many charges have them. -#}
    select told.* from (
        with names as (
            select
                charges.x_Source as source,
                charges.x_BillingPeriod as billing_period,
                charges.ServiceProviderName,
                charges.SkuPriceId,
                charges.SkuId,
                charges.ServiceName,
                charges.ServiceCategory,
                charges.ServiceSubcategory,
                charges.BillingCurrency as currency,
                sum(abs(charges.BilledCost)) as money_touched
            from {{ ref('cost_and_usage') }} as charges
            where
                {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
                and charges.x_Source in ({{ sources_of_kind(delivered) }})
            group by
                charges.x_Source, charges.x_BillingPeriod, charges.ServiceProviderName, charges.SkuPriceId,
                charges.SkuId, charges.ServiceName, charges.ServiceCategory, charges.ServiceSubcategory,
                charges.BillingCurrency
        )
        {%- for child, parent, rule_id in [
            ('SkuPriceId', 'SkuId', 'CAU-SkuPriceId-C-011-M'),
            ('ServiceName', 'ServiceCategory', 'CAU-ServiceName-C-005-M'),
            ('ServiceName', 'ServiceSubcategory', 'CAU-ServiceName-C-008-O'),
        ] %}
        select
            names.source,
            names.billing_period,
            concat(
                '{{ rule_id }}: {{ child }} ', names.{{ child }}, ' has {{ parent }} ', min(names.{{ parent }}),
                ' and ', max(names.{{ parent }})
            ) as what,
            sum(names.money_touched) as money_touched,
            min(names.currency) as currency
        from names
        where names.{{ child }} is not null
        group by names.source, names.billing_period, names.ServiceProviderName, names.{{ child }}
        having min(names.{{ parent }}) <> max(names.{{ parent }})
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as told
{%- endmacro %}

{#-
  Covering and covered cost out of balance, where a commitment is paid as it runs and both sides are
  there: CAU-EffectiveCost-C-022-C (C-023 excuses what spans periods). Sums of rounded rows may
  differ by one unit of the currency, the tolerance that FOCUS gives sums of an invoice.
-#}
{% macro commitments_out_of_balance(delivered) -%}
    select
        balances.source,
        balances.billing_period,
        concat(
            'CAU-EffectiveCost-C-022-C: commitment ', balances.commitment_id, ' is billed ',
            cast(balances.billed_cost as string), ' and spread as ', cast(balances.effective_cost as string)
        ) as what,
        abs(balances.billed_cost - balances.effective_cost) as money_touched,
        balances.billing_currency as currency
    from {{ ref('rpt_commitment_balance') }} as balances
    where
        {{ unpublished('balances') }}
        and balances.source in ({{ sources_of_kind(delivered) }})
        and balances.recurring_billed_cost is not null
        and (balances.used_effective_cost is not null or balances.unused_effective_cost is not null)
        and balances.commitment_id not in (
            select paid_ahead.commitment_id
            from {{ ref('rpt_commitment_balance') }} as paid_ahead
            where paid_ahead.one_time_billed_cost is not null
        )
        and (
            balances.billed_cost - balances.effective_cost > 1
            -- what was paid ahead before the first bill here is spread without being billed
            or balances.effective_cost - balances.billed_cost > 1
            and balances.commitment_id in (
                select contracts.ContractCommitmentId
                from {{ ref('contract_commitment') }} as contracts
                where
                    contracts.x_TermsBasis = 'organisation'
                    and contracts.ContractCommitmentPaymentModel = 'No Upfront'
            )
        )
{%- endmacro %}

{#-
  More of a commitment used and left unused than bought, or measured in several units:
  CAU-CommitmentDiscountQuantity-C-012-C, C-014-C, C-015-C and CAU-CommitmentDiscountUnit-C-008-M;
  a commitment in two contracts: CCT-ContractCommitmentId-C-007-M, CAU-ContractAppliedObject-O-072-M.
-#}
{% macro commitment_quantities_that_differ(delivered) -%}
    select
        balances.source,
        balances.billing_period,
        concat(
            case
                when balances.contracts_count > 1
                    then 'CAU-ContractAppliedObject-O-072-M: several contracts have commitment '
                when balances.units_count > 1
                    then 'CAU-CommitmentDiscountUnit-C-008-M: several units measure commitment '
                else 'CAU-CommitmentDiscountQuantity-C-014-C: more was used and left than bought of commitment '
            end,
            balances.commitment_id
        ) as what,
        abs(balances.effective_cost) as money_touched,
        balances.billing_currency as currency
    from {{ ref('rpt_commitment_balance') }} as balances
    where
        {{ unpublished('balances') }}
        and balances.source in ({{ sources_of_kind(delivered) }})
        and (
            balances.contracts_count > 1
            or balances.units_count > 1
            -- what was paid ahead is not measured in the month that it is used in
            or (
                balances.one_time_billed_cost is null
                and coalesce(balances.used_quantity, 0) + coalesce(balances.unused_quantity, 0)
                > balances.recurring_quantity
            )
        )
{%- endmacro %}

{#-
  Parts of a split charge whose ratios do not sum to 1, whose prices differ, or of which one has not
  its ratio of what all have: CAU-AllocatedMethodDetailsObject-O-026-M and O-027-M, and of the split
  cost allocation attribute A-013-C and A-014-C. FOCUS has no origin charge beside its parts, and no
  id of it: its parts share account, resource, price, time and method, and the sum of what they have
  is what it had. So each sum that may have lost something is told by the part that does not fit it,
  the part that nobody was allocated (AllocatedResourceId empty) like the others. Ratios are rounded
  by who publishes them: a millionth of the whole, or of one unit, is let pass. A ratio of a faulty file,
  such as 25000 for a quarter, is told and fits the types.
-#}
{% macro splits_that_do_not_sum(delivered) -%}
{%- set metrics = [
    'BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'ConsumedQuantity', 'PricingQuantity',
] -%}
{%- set origin = [
    'source', 'billing_period', 'billing_account_id', 'sub_account_id', 'resource_id', 'sku_price_id',
    'method_id', 'charge_category', 'currency', 'charge_period_start', 'charge_period_end',
] -%}
    select
        parts.source,
        parts.billing_period,
        concat(
            'CAU-AllocatedMethodDetailsObject-O-027-M: the parts of ', coalesce(parts.resource_id, 'a charge'),
            ' from ', cast(parts.charge_period_start as string), ' sum to ', cast(sum(parts.ratio) as string),
            ' at ', cast(count(distinct parts.list_unit_price) as string), ' price(s)'
            {%- for metric in metrics %},
            case
                when max(case when parts.misses_{{ metric }} then 1 else 0 end) = 1
                    then '; {{ metric }} is not divided by the ratios'
                else ''
            end
            {%- endfor %}
        ) as what,
        sum(abs(parts.EffectiveCost)) as money_touched,
        parts.currency
    from (
        select
            shares.*,
            {%- for metric in metrics %}
            coalesce(
                abs(
                    shares.{{ metric }}
                    - cast(shares.ratio as decimal(19, 9))
                    * cast(
                        sum(shares.{{ metric }}) over (partition by {{ origin | join(', ') }})
                        as decimal(28, 9)
                    )
                )
                > 0.000001 + 0.000001 * cast(
                    sum(abs(shares.{{ metric }})) over (partition by {{ origin | join(', ') }})
                    as decimal(28, 9)
                ), false
            ) as misses_{{ metric }}{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                charges.x_Source as source,
                charges.x_BillingPeriod as billing_period,
                charges.BillingAccountId as billing_account_id,
                charges.SubAccountId as sub_account_id,
                charges.ResourceId as resource_id,
                charges.SkuPriceId as sku_price_id,
                charges.AllocatedMethodId as method_id,
                charges.ChargeCategory as charge_category,
                charges.BillingCurrency as currency,
                charges.ChargePeriodStart as charge_period_start,
                charges.ChargePeriodEnd as charge_period_end,
                charges.x_ChargeId as charge_id,
                charges.ListUnitPrice as list_unit_price,
                {%- for metric in metrics %}
                charges.{{ metric }},
                {%- endfor %}
                sum(try_cast({{ json_value('elements.element', 'AllocatedRatio') }} as decimal(18, 12))) as ratio
            from (
                select * from {{ ref('cost_and_usage') }}
                where AllocatedMethodDetails is not null
            ) as charges
            {{ contract_elements('charges.AllocatedMethodDetails') }}
            where
                {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
                and charges.x_Source in ({{ sources_of_kind(delivered) }})
            group by
                charges.x_Source, charges.x_BillingPeriod, charges.BillingAccountId,
                charges.SubAccountId, charges.ResourceId, charges.SkuPriceId,
                charges.AllocatedMethodId, charges.ChargeCategory, charges.BillingCurrency,
                charges.ChargePeriodStart, charges.ChargePeriodEnd, charges.x_ChargeId,
                charges.ListUnitPrice{% for metric in metrics %}, charges.{{ metric }}{% endfor %}
        ) as shares
    ) as parts
    group by
        {%- for name in origin %}
        parts.{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    having
        abs(sum(parts.ratio) - 1) > 0.000001
        or count(distinct parts.list_unit_price) > 1
        {%- for metric in metrics %}
        or max(case when parts.misses_{{ metric }} then 1 else 0 end) = 1
        {%- endfor %}
{%- endmacro %}

{#- A correction of a period that is still open: CAU-ChargeClass-C-003-C. -#}
{% macro corrections_of_open_periods(delivered) -%}
    select
        charges.x_Source as source,
        charges.x_BillingPeriod as billing_period,
        concat(
            'CAU-ChargeClass-C-003-C: ', cast(count(*) as string), ' correction(s) of the period from ',
            cast(periods.BillingPeriodStart as string), ', which is open'
        ) as what,
        sum(abs(charges.BilledCost)) as money_touched,
        charges.BillingCurrency as currency
    from {{ ref('cost_and_usage') }} as charges
    inner join {{ ref('billing_period') }} as periods  -- many corrections to one period
        on
            charges.InvoiceIssuerName = periods.InvoiceIssuerName
            and charges.ChargePeriodStart >= periods.BillingPeriodStart
            and charges.ChargePeriodStart < periods.BillingPeriodEnd
    where
        {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
        and charges.x_Source in ({{ sources_of_kind(delivered) }})
        and charges.ChargeClass = 'Correction'
        and periods.BillingPeriodStatus = 'Open'
    group by
        charges.x_Source, charges.x_BillingPeriod, charges.BillingCurrency, periods.BillingPeriodStart
{%- endmacro %}
