-- One row per billing period, service and currency whose bill has tokens: what part of it meters explain.
-- Invariant: explained + unexplained = the billed cost of the service, to the last digit.
-- Explained is what was billed for tokens that our own meters counted as well, never what they estimate.
{{ config(work_unit='period', keeps_periods_apart=true) }}

with reconciled as (
    select * from {{ ref('rpt_usage_reconciliation') }}
    where {{ this_month('rpt_usage_reconciliation') }}
),

charge_sums as (
    select * from {{ ref('int_charge_sums') }}
    where {{ this_month('int_charge_sums') }}
),

token_costs as (
    select
        billing_period,
        service_name,
        billing_currency,
        sum(billed_cost) as token_billed_cost,
        {# a cell of which only money is known explains nothing #}
        sum(billed_cost * coalesce(metered_share, cast(0 as decimal(18, 12)))) as explained_cost
    from reconciled
    where billed_cost is not null
    group by all
),

bills as (
    select
        billing_period,
        service_name,
        billing_currency,
        sum(billed_cost) as billed_cost,
        {# what a credit pays for was used all the same #}
        sum(case when charge_category is distinct from 'Credit' then billed_cost end) as billed_before_credits_cost
    from charge_sums
    group by all
)

select
    bills.billing_period,
    bills.service_name,
    bills.billing_currency,
    cast(bills.billed_cost as decimal(38, 24)) as billed_cost,
    cast(bills.billed_before_credits_cost as decimal(38, 24)) as billed_before_credits_cost,
    cast(token_costs.token_billed_cost as decimal(38, 24)) as token_billed_cost,
    cast(token_costs.explained_cost as decimal(38, 24)) as explained_cost,
    cast(bills.billed_cost - token_costs.explained_cost as decimal(38, 24)) as unexplained_cost,
    {# where refunds leave less than the tokens cost, no part of the rest is known #}
    case
        when token_costs.explained_cost between 0 and bills.billed_before_credits_cost
            then {{ per_unit_share(
                'cast(token_costs.explained_cost as decimal(26, 12))',
                'cast(bills.billed_before_credits_cost as decimal(26, 12))'
            ) }}
    end as explained_share
from bills
inner join token_costs  -- one bill to its tokens
    on
        bills.billing_period = token_costs.billing_period
        and bills.service_name = token_costs.service_name
        and bills.billing_currency is not distinct from token_costs.billing_currency
