-- Question: Which sub accounts work in which regions?
-- Columns: BillingPeriodStart, RegionId, RegionName, ServiceProviderName, SubAccountId
-- To read it: A region is counted where it has charges in the month.
with asked as (
    -- the latest closed month; for another one: select date '2026-08-01' as month_start
    select max(period_start_date) as month_start
    from reference.dim_billing_period
    where period_status = 'complete'
),

charges as (
    select cost_and_usage.*
    from focus.cost_and_usage
    inner join asked on cost_and_usage.BillingPeriodStart = asked.month_start
)

select
    ServiceProviderName,
    RegionId,
    RegionName,
    count(distinct SubAccountId) as sub_accounts_count
from charges
where RegionId is not null
group by all
order by sub_accounts_count desc, ServiceProviderName, RegionId
