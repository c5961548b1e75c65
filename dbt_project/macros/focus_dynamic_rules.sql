{#-
  FOCUS rules that need more than one row. Each macro selects what breaks them: source,
  billing_period, what, money_touched, currency. `condition` is true for the sources to look at.
  What our own conforming makes must hold; what a provider's FOCUS file says stays as delivered, so
  that there the same rules only warn (known gap of kind focus).
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
    {%- for child, parent, rule_id in [
        ('SkuPriceId', 'SkuId', 'CAU-SkuPriceId-C-011-M'),
        ('ServiceName', 'ServiceCategory', 'CAU-ServiceName-C-005-M'),
        ('ServiceName', 'ServiceSubcategory', 'CAU-ServiceName-C-008-O'),
    ] %}
    select
        charges.x_Source as source,
        charges.x_BillingPeriod as billing_period,
        concat(
            '{{ rule_id }}: {{ child }} ', charges.{{ child }}, ' has {{ parent }} ', min(charges.{{ parent }}),
            ' and ', max(charges.{{ parent }})
        ) as what,
        sum(abs(charges.BilledCost)) as money_touched,
        min(charges.BillingCurrency) as currency
    from {{ ref('cost_and_usage') }} as charges
    where
        {{ unpublished('charges', ['x_Source', 'x_BillingPeriod']) }}
        and charges.x_Source in ({{ sources_of_kind(delivered) }})
        and charges.{{ child }} is not null
    group by charges.x_Source, charges.x_BillingPeriod, charges.ServiceProviderName, charges.{{ child }}
    having count(distinct charges.{{ parent }}) > 1
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
  Parts of a split charge whose ratios do not sum to 1, or whose prices differ:
  CAU-AllocatedMethodDetailsObject-O-027-M, and of the split cost allocation attribute A-013-C.
  FOCUS has no id of the origin charge: its parts share resource, price, time and method.
-#}
{% macro splits_that_do_not_sum(delivered) -%}
    select
        parts.source,
        parts.billing_period,
        concat(
            'CAU-AllocatedMethodDetailsObject-O-027-M: the parts of ', coalesce(parts.resource_id, 'a charge'),
            ' from ', cast(parts.charge_period_start as string), ' sum to ', cast(parts.ratio as string),
            ' at ', cast(parts.prices_count as string), ' price(s)'
        ) as what,
        parts.money as money_touched,
        parts.currency
    from (
        select
            charges.x_Source as source,
            charges.x_BillingPeriod as billing_period,
            charges.ResourceId as resource_id,
            charges.ChargePeriodStart as charge_period_start,
            min(charges.BillingCurrency) as currency,
            sum(abs(charges.EffectiveCost)) as money,
            count(distinct charges.ListUnitPrice) as prices_count,
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
            charges.x_Source, charges.x_BillingPeriod, charges.ResourceId, charges.SkuPriceId,
            charges.AllocatedMethodId, charges.ChargePeriodStart, charges.ChargePeriodEnd
    ) as parts
    where abs(parts.ratio - 1) > 0.000001 or parts.prices_count > 1
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
