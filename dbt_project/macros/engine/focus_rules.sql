{#-
  Judges the published FOCUS datasets by the rules of the seed focus_rule. Written by
  `make focus-rules` from the facts in orchestration/publish/focus_conformance; do not edit.

  `rows` is a relation, or a subquery with its name, that has the rows of some periods and their
  columns source and billing_period. It is read several times. The result has, for each source,
  period and rule, one row that says how many rows were judged, and one for each currency that says
  which rows broke it, with their money and three of their ids.
-#}
{#- Whether a currency is money, by ISO 4217; else it is virtual. -#}
{% macro is_national_currency(currency) -%}
{{ currency }} in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG')
{%- endmacro %}

{#- Whether a cost is not a price times a quantity, to the last digit that they can say; false where one is NULL. -#}
{% macro is_no_product(price, quantity, amount) -%}
    {{ return(adapter.dispatch('is_no_product')(price, quantity, amount)) }}
{%- endmacro %}

{% macro duckdb__is_no_product(price, quantity, amount) -%}
({{ price }} is not null and {{ quantity }} is not null and {{ amount }} is not null and coalesce(case when not ({{ amount }} > -10000000 and {{ amount }} < 10000000 and ({{ price }} > -0.001 and {{ price }} < 0.001 and {{ quantity }} > -10000000000 and {{ quantity }} < 10000000000 or {{ price }} > -0.1 and {{ price }} < 0.1 and {{ quantity }} > -100000000 and {{ quantity }} < 100000000 or {{ price }} > -10 and {{ price }} < 10 and {{ quantity }} > -1000000 and {{ quantity }} < 1000000 or {{ price }} > -1000 and {{ price }} < 1000 and {{ quantity }} > -10000 and {{ quantity }} < 10000 or {{ price }} > -100000 and {{ price }} < 100000 and {{ quantity }} > -100 and {{ quantity }} < 100 or {{ price }} > -10000000 and {{ price }} < 10000000 and {{ quantity }} > -1 and {{ quantity }} < 1)) then abs(try_cast(try_cast(try_cast(trunc({{ amount }}) as decimal(26, 0)) - try_cast(try_cast(trunc({{ price }}) as decimal(19, 0)) * try_cast(trunc({{ quantity }}) as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast({{ amount }} % 1 as decimal(12, 12)) - try_cast(trunc({{ price }}) as decimal(19, 0)) * cast({{ quantity }} % 1 as decimal(15, 15)) - try_cast(trunc({{ quantity }}) as decimal(19, 0)) * cast({{ price }} % 1 as decimal(15, 15)) as decimal(22, 15)) - cast({{ price }} % 1 as decimal(15, 15)) * cast({{ quantity }} % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(trunc({{ quantity }}) as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(trunc({{ price }}) as decimal(19, 0))) + 1) * 0.0000000000000005 when abs({{ price }} * {{ quantity }} - {{ amount }}) <= 0.0000000000005 then false else abs({{ price }} * {{ quantity }} - {{ amount }}) > 0.0000000000005 + (abs({{ quantity }})) * 0.0000000000000005 + (abs({{ price }})) * 0.0000000000000005 end, true))
{%- endmacro %}

{% macro spark__is_no_product(price, quantity, amount) -%}
({{ price }} is not null and {{ quantity }} is not null and {{ amount }} is not null and coalesce(abs(try_cast(try_cast(try_cast(case when {{ amount }} < 0 then -floor(-({{ amount }})) else floor({{ amount }}) end as decimal(26, 0)) - try_cast(try_cast(case when {{ price }} < 0 then -floor(-({{ price }})) else floor({{ price }}) end as decimal(19, 0)) * try_cast(case when {{ quantity }} < 0 then -floor(-({{ quantity }})) else floor({{ quantity }}) end as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast({{ amount }} % 1 as decimal(12, 12)) - try_cast(case when {{ price }} < 0 then -floor(-({{ price }})) else floor({{ price }}) end as decimal(19, 0)) * cast({{ quantity }} % 1 as decimal(15, 15)) - try_cast(case when {{ quantity }} < 0 then -floor(-({{ quantity }})) else floor({{ quantity }}) end as decimal(19, 0)) * cast({{ price }} % 1 as decimal(15, 15)) as decimal(22, 15)) - cast({{ price }} % 1 as decimal(15, 15)) * cast({{ quantity }} % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(case when {{ quantity }} < 0 then -floor(-({{ quantity }})) else floor({{ quantity }}) end as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(case when {{ price }} < 0 then -floor(-({{ price }})) else floor({{ price }}) end as decimal(19, 0))) + 1) * 0.0000000000000005, true))
{%- endmacro %}

{% macro focus_tallies_cost_and_usage(rows) -%}
    {{ return(adapter.dispatch('focus_tallies_cost_and_usage')(rows)) }}
{%- endmacro %}

{% macro duckdb__focus_tallies_cost_and_usage(rows) -%}
with rows_in_hand as not materialized (
  select * from {{ rows }}
),

wrong_allocatedtags as (
  select
    value,
    max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false)) as "AllocatedTags is no flat JSON object"
  from (
    select distinct AllocatedTags as value
    from rows_in_hand
    where AllocatedTags is not null
  ) as told
  group by value
  having max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false))
),

wrong_commitmentprogrameligibilitydetails as (
  select
    value,
    max(not json_valid(value)) as "CommitmentProgramEligibilityDetails is no JSON",
    max(not coalesce(json_valid(value) and (json_type(try_cast(value as json)) in ('OBJECT') and (json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."CommitmentPrograms"'))) and (not json_exists(try_cast(value as json), '$."CommitmentPrograms"') or (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) >= 1) and (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."CommitmentPrograms"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."ProgramType"'))) and (not json_exists(item0, '$."ProgramType"') or (json_type(json_extract(item0, '$."ProgramType"')) in ('VARCHAR'))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('ProgramType') or regexp_matches(key1, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)))) = 0))) and (json_type(try_cast(value as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(value as json)), lambda key0: not (key0 in ('CommitmentPrograms') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)), false)) as "CommitmentProgramEligibilityDetails is not as its JSON schema has it"
  from (
    select distinct CommitmentProgramEligibilityDetails as value
    from rows_in_hand
    where CommitmentProgramEligibilityDetails is not null
  ) as told
  group by value
  having max(not json_valid(value)) or max(not coalesce(json_valid(value) and (json_type(try_cast(value as json)) in ('OBJECT') and (json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."CommitmentPrograms"'))) and (not json_exists(try_cast(value as json), '$."CommitmentPrograms"') or (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) >= 1) and (json_type(json_extract(try_cast(value as json), '$."CommitmentPrograms"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."CommitmentPrograms"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."ProgramType"'))) and (not json_exists(item0, '$."ProgramType"') or (json_type(json_extract(item0, '$."ProgramType"')) in ('VARCHAR'))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('ProgramType') or regexp_matches(key1, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)))) = 0))) and (json_type(try_cast(value as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(value as json)), lambda key0: not (key0 in ('CommitmentPrograms') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)), false))
),

wrong_skupricedetails as (
  select
    value,
    max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false)) as "SkuPriceDetails is no flat JSON object"
  from (
    select distinct SkuPriceDetails as value
    from rows_in_hand
    where SkuPriceDetails is not null
  ) as told
  group by value
  having max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false))
),

wrong_tags as (
  select
    value,
    max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false)) as "Tags is no flat JSON object"
  from (
    select distinct Tags as value
    from rows_in_hand
    where Tags is not null
  ) as told
  group by value
  having max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false))
),

wrong_group_3 as (
  select source as group_0, billing_period as group_1, SkuPriceId as group_2
  from rows_in_hand
  where SkuPriceId is not null
  group by source, billing_period, SkuPriceId
  having count(distinct SkuId) <> 1
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.CapacityReservationStatus,
    rows_in_hand.ChargeCategory,
    rows_in_hand.ChargeClass,
    rows_in_hand.ChargeFrequency,
    rows_in_hand.CommitmentDiscountCategory,
    rows_in_hand.CommitmentDiscountStatus,
    rows_in_hand.CommitmentDiscountUnit,
    rows_in_hand.ConsumedUnit,
    rows_in_hand.PricingCategory,
    rows_in_hand.PricingCurrency,
    rows_in_hand.PricingUnit,
    rows_in_hand.ServiceCategory,
    rows_in_hand.ServiceName,
    rows_in_hand.ServiceSubcategory,
    rows_in_hand.BilledCost as money_1,
    rows_in_hand.EffectiveCost as money_2,
    case when rows_in_hand.BilledCost > 0 then rows_in_hand.BilledCost else 0 end as money_3,
    case when rows_in_hand.EffectiveCost > 0 then rows_in_hand.EffectiveCost else 0 end as money_4,
    rows_in_hand.x_ChargeId as row_id,
    case when AllocatedMethodDetails is null then 1 else 0 end
    + case when (AllocatedMethodDetails is not null and not json_valid(AllocatedMethodDetails)) then 2 else 0 end
    + case when AllocatedMethodDetails like '%�%' then 4 else 0 end
    + case when (AllocatedMethodDetails is not null and not coalesce(json_valid(AllocatedMethodDetails) and (json_type(try_cast(AllocatedMethodDetails as json)) in ('OBJECT') and (json_type(try_cast(AllocatedMethodDetails as json)) <> 'OBJECT' or (json_exists(try_cast(AllocatedMethodDetails as json), '$."Elements"'))) and (not json_exists(try_cast(AllocatedMethodDetails as json), '$."Elements"') or (json_type(json_extract(try_cast(AllocatedMethodDetails as json), '$."Elements"')) in ('ARRAY') and (json_type(json_extract(try_cast(AllocatedMethodDetails as json), '$."Elements"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(AllocatedMethodDetails as json), '$."Elements"')) >= 1) and (json_type(json_extract(try_cast(AllocatedMethodDetails as json), '$."Elements"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(AllocatedMethodDetails as json), '$."Elements"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."AllocatedRatio"'))) and (not json_exists(item0, '$."AllocatedRatio"') or (json_type(json_extract(item0, '$."AllocatedRatio"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(item0, '$."AllocatedRatio"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(item0, '$."AllocatedRatio"') as double) >= 0) and (json_type(json_extract(item0, '$."AllocatedRatio"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(item0, '$."AllocatedRatio"') as double) <= 1))) and (not json_exists(item0, '$."UsageUnit"') or (json_type(json_extract(item0, '$."UsageUnit"')) in ('VARCHAR', 'NULL'))) and (not json_exists(item0, '$."UsageQuantity"') or (json_type(json_extract(item0, '$."UsageQuantity"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE', 'NULL'))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('AllocatedRatio', 'UsageUnit', 'UsageQuantity') or regexp_matches(key1, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0) and (((not json_exists(item0, '$."UsageQuantity"') or (json_type(json_extract(item0, '$."UsageQuantity"')) in ('NULL')))) or ((json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."UsageQuantity"') and json_exists(item0, '$."UsageUnit"'))) and (not json_exists(item0, '$."UsageQuantity"') or (json_type(json_extract(item0, '$."UsageQuantity"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'))) and (not json_exists(item0, '$."UsageUnit"') or (json_type(json_extract(item0, '$."UsageUnit"')) in ('VARCHAR')))))))) = 0))) and (json_type(try_cast(AllocatedMethodDetails as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(AllocatedMethodDetails as json)), lambda key0: not (key0 in ('Elements') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)), false)) then 8 else 0 end
    + case when AllocatedMethodId like '%�%' then 16 else 0 end
    + case when AllocatedResourceId is null then 32 else 0 end
    + case when AllocatedResourceId like '%�%' then 64 else 0 end
    + case when AllocatedResourceName is null then 128 else 0 end
    + case when AllocatedResourceName like '%�%' then 256 else 0 end
    + case when wrong_allocatedtags."AllocatedTags is no flat JSON object" then 512 else 0 end
    + case when AllocatedTags like '%�%' then 1024 else 0 end
    + case when AvailabilityZone like '%�%' then 2048 else 0 end
    + case when BilledCost is null then 4096 else 0 end
    + case when BillingAccountId is null then 8192 else 0 end
    + case when BillingAccountId like '%�%' then 16384 else 0 end
    + case when BillingAccountName is null then 32768 else 0 end
    + case when BillingAccountName like '%�%' then 65536 else 0 end
    + case when BillingAccountType is null then 131072 else 0 end
    + case when BillingAccountType like '%�%' then 262144 else 0 end
    + case when BillingPeriodEnd is null then 524288 else 0 end
    + case when BillingPeriodStart is null then 1048576 else 0 end
    + case when CapacityReservationId is null then 2097152 else 0 end
    + case when CapacityReservationId like '%�%' then 4194304 else 0 end
    + case when ChargeDescription is null then 8388608 else 0 end
    + case when ChargeDescription like '%�%' then 16777216 else 0 end
    + case when ChargePeriodEnd is null then 33554432 else 0 end
    + case when ChargePeriodStart is null then 67108864 else 0 end
    + case when CommitmentDiscountId is null then 134217728 else 0 end
    + case when CommitmentDiscountId like '%�%' then 268435456 else 0 end
    + case when CommitmentDiscountName is null then 536870912 else 0 end
    + case when CommitmentDiscountName like '%�%' then 1073741824 else 0 end
    + case when CommitmentDiscountQuantity is null then 2147483648 else 0 end
    + case when CommitmentDiscountType is null then 4294967296 else 0 end
    + case when CommitmentDiscountType like '%�%' then 8589934592 else 0 end
    + case when CommitmentProgramEligibilityDetails is null then 17179869184 else 0 end
    + case when wrong_commitmentprogrameligibilitydetails."CommitmentProgramEligibilityDetails is no JSON" then 34359738368 else 0 end
    + case when CommitmentProgramEligibilityDetails like '%�%' then 68719476736 else 0 end
    + case when wrong_commitmentprogrameligibilitydetails."CommitmentProgramEligibilityDetails is not as its JSON schema has it" then 137438953472 else 0 end
    + case when ConsumedQuantity is null then 274877906944 else 0 end
    + case when ContractApplied is null then 549755813888 else 0 end
    + case when (ContractApplied is not null and not json_valid(ContractApplied)) then 1099511627776 else 0 end
    + case when (ContractApplied is not null and not coalesce(json_valid(ContractApplied) and (json_type(try_cast(ContractApplied as json)) in ('OBJECT') and (json_type(try_cast(ContractApplied as json)) <> 'OBJECT' or (json_exists(try_cast(ContractApplied as json), '$."Elements"'))) and (not json_exists(try_cast(ContractApplied as json), '$."Elements"') or (json_type(json_extract(try_cast(ContractApplied as json), '$."Elements"')) in ('ARRAY') and (json_type(json_extract(try_cast(ContractApplied as json), '$."Elements"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(ContractApplied as json), '$."Elements"')) >= 1) and (json_type(json_extract(try_cast(ContractApplied as json), '$."Elements"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(ContractApplied as json), '$."Elements"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."ContractId"') and json_exists(item0, '$."ContractCommitmentId"'))) and (not json_exists(item0, '$."ContractId"') or (json_type(json_extract(item0, '$."ContractId"')) in ('VARCHAR'))) and (not json_exists(item0, '$."ContractCommitmentId"') or (json_type(json_extract(item0, '$."ContractCommitmentId"')) in ('VARCHAR'))) and (not json_exists(item0, '$."ContractCommitmentAppliedCost"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedCost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE', 'NULL'))) and (not json_exists(item0, '$."ContractCommitmentAppliedQuantity"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedQuantity"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE', 'NULL'))) and (not json_exists(item0, '$."ContractCommitmentAppliedUnit"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedUnit"')) in ('VARCHAR', 'NULL'))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('ContractId', 'ContractCommitmentId', 'ContractCommitmentAppliedCost', 'ContractCommitmentAppliedQuantity', 'ContractCommitmentAppliedUnit') or regexp_matches(key1, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0) and (cast(((json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."ContractCommitmentAppliedCost"'))) and (not json_exists(item0, '$."ContractCommitmentAppliedCost"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedCost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'))) and (not json_exists(item0, '$."ContractCommitmentAppliedQuantity"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedQuantity"')) in ('NULL'))) and (not json_exists(item0, '$."ContractCommitmentAppliedUnit"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedUnit"')) in ('NULL')))) as integer) + cast(((json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."ContractCommitmentAppliedQuantity"') and json_exists(item0, '$."ContractCommitmentAppliedUnit"'))) and (not json_exists(item0, '$."ContractCommitmentAppliedCost"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedCost"')) in ('NULL'))) and (not json_exists(item0, '$."ContractCommitmentAppliedQuantity"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedQuantity"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE'))) and (not json_exists(item0, '$."ContractCommitmentAppliedUnit"') or (json_type(json_extract(item0, '$."ContractCommitmentAppliedUnit"')) in ('VARCHAR')))) as integer) = 1)))) = 0))) and (json_type(try_cast(ContractApplied as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(ContractApplied as json)), lambda key0: not (key0 in ('Elements') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0)), false)) then 2199023255552 else 0 end
    + case when ContractedCost is null then 4398046511104 else 0 end
    + case when case when ContractedUnitPrice = ListUnitPrice and ContractedCost = ListCost then false else (ContractedUnitPrice is not null and PricingQuantity is not null and ContractedCost is not null and coalesce(case when not (ContractedCost > -10000000 and ContractedCost < 10000000 and (ContractedUnitPrice > -0.001 and ContractedUnitPrice < 0.001 and PricingQuantity > -10000000000 and PricingQuantity < 10000000000 or ContractedUnitPrice > -0.1 and ContractedUnitPrice < 0.1 and PricingQuantity > -100000000 and PricingQuantity < 100000000 or ContractedUnitPrice > -10 and ContractedUnitPrice < 10 and PricingQuantity > -1000000 and PricingQuantity < 1000000 or ContractedUnitPrice > -1000 and ContractedUnitPrice < 1000 and PricingQuantity > -10000 and PricingQuantity < 10000 or ContractedUnitPrice > -100000 and ContractedUnitPrice < 100000 and PricingQuantity > -100 and PricingQuantity < 100 or ContractedUnitPrice > -10000000 and ContractedUnitPrice < 10000000 and PricingQuantity > -1 and PricingQuantity < 1)) then abs(try_cast(try_cast(try_cast(trunc(ContractedCost) as decimal(26, 0)) - try_cast(try_cast(trunc(ContractedUnitPrice) as decimal(19, 0)) * try_cast(trunc(PricingQuantity) as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast(ContractedCost % 1 as decimal(12, 12)) - try_cast(trunc(ContractedUnitPrice) as decimal(19, 0)) * cast(PricingQuantity % 1 as decimal(15, 15)) - try_cast(trunc(PricingQuantity) as decimal(19, 0)) * cast(ContractedUnitPrice % 1 as decimal(15, 15)) as decimal(22, 15)) - cast(ContractedUnitPrice % 1 as decimal(15, 15)) * cast(PricingQuantity % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(trunc(PricingQuantity) as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(trunc(ContractedUnitPrice) as decimal(19, 0))) + 1) * 0.0000000000000005 when abs(ContractedUnitPrice * PricingQuantity - ContractedCost) <= 0.0000000000005 then false else abs(ContractedUnitPrice * PricingQuantity - ContractedCost) > 0.0000000000005 + (abs(PricingQuantity)) * 0.0000000000000005 + (abs(ContractedUnitPrice)) * 0.0000000000000005 end, true)) end then 8796093022208 else 0 end
    + case when ContractedUnitPrice = ListUnitPrice and ContractedCost = ListCost then 17592186044416 else 0 end
    + case when ContractedUnitPrice < 0 then 35184372088832 else 0 end
    + case when ContractedUnitPrice is null then 70368744177664 else 0 end
    + case when EffectiveCost = BilledCost then 140737488355328 else 0 end
    + case when EffectiveCost is null then 281474976710656 else 0 end
    + case when HostProviderName like '%�%' then 562949953421312 else 0 end
    + case when InvoiceDetailId like '%�%' then 1125899906842624 else 0 end
    + case when InvoiceId like '%�%' then 2251799813685248 else 0 end
    + case when InvoiceIssuerName is null then 4503599627370496 else 0 end
    + case when InvoiceIssuerName like '%�%' then 9007199254740992 else 0 end
    + case when ListCost is null then 18014398509481984 else 0 end
    + case when (ListUnitPrice is not null and PricingQuantity is not null and ListCost is not null and coalesce(case when not (ListCost > -10000000 and ListCost < 10000000 and (ListUnitPrice > -0.001 and ListUnitPrice < 0.001 and PricingQuantity > -10000000000 and PricingQuantity < 10000000000 or ListUnitPrice > -0.1 and ListUnitPrice < 0.1 and PricingQuantity > -100000000 and PricingQuantity < 100000000 or ListUnitPrice > -10 and ListUnitPrice < 10 and PricingQuantity > -1000000 and PricingQuantity < 1000000 or ListUnitPrice > -1000 and ListUnitPrice < 1000 and PricingQuantity > -10000 and PricingQuantity < 10000 or ListUnitPrice > -100000 and ListUnitPrice < 100000 and PricingQuantity > -100 and PricingQuantity < 100 or ListUnitPrice > -10000000 and ListUnitPrice < 10000000 and PricingQuantity > -1 and PricingQuantity < 1)) then abs(try_cast(try_cast(try_cast(trunc(ListCost) as decimal(26, 0)) - try_cast(try_cast(trunc(ListUnitPrice) as decimal(19, 0)) * try_cast(trunc(PricingQuantity) as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast(ListCost % 1 as decimal(12, 12)) - try_cast(trunc(ListUnitPrice) as decimal(19, 0)) * cast(PricingQuantity % 1 as decimal(15, 15)) - try_cast(trunc(PricingQuantity) as decimal(19, 0)) * cast(ListUnitPrice % 1 as decimal(15, 15)) as decimal(22, 15)) - cast(ListUnitPrice % 1 as decimal(15, 15)) * cast(PricingQuantity % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(trunc(PricingQuantity) as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(trunc(ListUnitPrice) as decimal(19, 0))) + 1) * 0.0000000000000005 when abs(ListUnitPrice * PricingQuantity - ListCost) <= 0.0000000000005 then false else abs(ListUnitPrice * PricingQuantity - ListCost) > 0.0000000000005 + (abs(PricingQuantity)) * 0.0000000000000005 + (abs(ListUnitPrice)) * 0.0000000000000005 end, true)) then 36028797018963968 else 0 end
    + case when ListUnitPrice < 0 then 72057594037927936 else 0 end
    + case when ListUnitPrice is null then 144115188075855872 else 0 end
    + case when PricingCurrencyContractedUnitPrice is null then 288230376151711744 else 0 end
    + case when PricingCurrencyEffectiveCost is null then 576460752303423488 else 0 end
    + case when PricingCurrencyListUnitPrice < 0 then 1152921504606846976 else 0 end
    + case when PricingCurrencyListUnitPrice is null then 2305843009213693952 else 0 end
    as answers_of_rows_0,
    case when PricingQuantity is null then 1 else 0 end
    + case when RegionId is null then 2 else 0 end
    + case when RegionId like '%�%' then 4 else 0 end
    + case when RegionName is null then 8 else 0 end
    + case when RegionName like '%�%' then 16 else 0 end
    + case when ResourceId is null then 32 else 0 end
    + case when ResourceId like '%�%' then 64 else 0 end
    + case when ResourceName like '%�%' then 128 else 0 end
    + case when ResourceType is null then 256 else 0 end
    + case when ResourceType like '%�%' then 512 else 0 end
    + case when ServiceProviderName is null then 1024 else 0 end
    + case when ServiceProviderName like '%�%' then 2048 else 0 end
    + case when SkuId is null then 4096 else 0 end
    + case when SkuId like '%�%' then 8192 else 0 end
    + case when SkuMeter is null then 16384 else 0 end
    + case when SkuMeter like '%�%' then 32768 else 0 end
    + case when SkuPriceDetails is null then 65536 else 0 end
    + case when wrong_skupricedetails."SkuPriceDetails is no flat JSON object" then 131072 else 0 end
    + case when SkuPriceDetails like '%�%' then 262144 else 0 end
    + case when (wrong_group_3.group_0 is not null) then 524288 else 0 end
    + case when SkuPriceId is null then 1048576 else 0 end
    + case when SkuPriceId like '%�%' then 2097152 else 0 end
    + case when SubAccountId is null then 4194304 else 0 end
    + case when SubAccountId like '%�%' then 8388608 else 0 end
    + case when SubAccountName is null then 16777216 else 0 end
    + case when SubAccountName like '%�%' then 33554432 else 0 end
    + case when SubAccountType is null then 67108864 else 0 end
    + case when SubAccountType like '%�%' then 134217728 else 0 end
    + case when wrong_tags."Tags is no flat JSON object" then 268435456 else 0 end
    + case when Tags like '%�%' then 536870912 else 0 end
    as answers_of_rows_1
  from rows_in_hand
  left join wrong_allocatedtags  -- many rows to one value
    on rows_in_hand.AllocatedTags = wrong_allocatedtags.value
  left join wrong_commitmentprogrameligibilitydetails  -- many rows to one value
    on rows_in_hand.CommitmentProgramEligibilityDetails = wrong_commitmentprogrameligibilitydetails.value
  left join wrong_skupricedetails  -- many rows to one value
    on rows_in_hand.SkuPriceDetails = wrong_skupricedetails.value
  left join wrong_tags  -- many rows to one value
    on rows_in_hand.Tags = wrong_tags.value
  left join wrong_group_3  -- many rows to one group
    on rows_in_hand.source = wrong_group_3.group_0 and rows_in_hand.billing_period = wrong_group_3.group_1 and rows_in_hand.SkuPriceId = wrong_group_3.group_2
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, CapacityReservationStatus, ChargeCategory, ChargeClass, ChargeFrequency, CommitmentDiscountCategory, CommitmentDiscountStatus, CommitmentDiscountUnit, ConsumedUnit, PricingCategory, PricingCurrency, PricingUnit, ServiceCategory, ServiceName, ServiceSubcategory, answers_of_rows_0, answers_of_rows_1,
    count(*) as rows_count,
    sum(money_1) as money_1,
    sum(money_2) as money_2,
    sum(money_3) as money_3,
    sum(money_4) as money_4,
    min(row_id, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, CapacityReservationStatus, ChargeCategory, ChargeClass, ChargeFrequency, CommitmentDiscountCategory, CommitmentDiscountStatus, CommitmentDiscountUnit, ConsumedUnit, PricingCategory, PricingCurrency, PricingUnit, ServiceCategory, ServiceName, ServiceSubcategory, answers_of_rows_0, answers_of_rows_1
),

wrong_group_1 as (
  select source as group_0, billing_period as group_1, ServiceName as group_2
  from alike
  where ServiceName is not null
  group by source, billing_period, ServiceName
  having count(distinct ServiceCategory) <> 1
),

wrong_group_2 as (
  select source as group_0, billing_period as group_1, ServiceName as group_2
  from alike
  where ServiceName is not null
  group by source, billing_period, ServiceName
  having count(distinct ServiceSubcategory) <> 1
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.money_2,
    alike.money_3,
    alike.money_4,
    alike.example_ids,
    alike.answers_of_rows_0,
    alike.answers_of_rows_1,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when CapacityReservationStatus = 'Unused' then 8 else 0 end
    + case when CapacityReservationStatus is null then 16 else 0 end
    + case when CapacityReservationStatus not in ('Used', 'Unused') then 32 else 0 end
    + case when ChargeCategory = 'Credit' then 64 else 0 end
    + case when ChargeCategory = 'Purchase' then 128 else 0 end
    + case when ChargeCategory = 'Tax' then 256 else 0 end
    + case when ChargeCategory = 'Usage' then 512 else 0 end
    + case when ChargeCategory is null then 1024 else 0 end
    + case when ChargeCategory not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment') then 2048 else 0 end
    + case when ChargeClass = 'Correction' then 4096 else 0 end
    + case when ChargeClass is null then 8192 else 0 end
    + case when ChargeFrequency = 'Usage-Based' then 16384 else 0 end
    + case when ChargeFrequency is null then 32768 else 0 end
    + case when ChargeFrequency not in ('One-Time', 'Recurring', 'Usage-Based') then 65536 else 0 end
    + case when CommitmentDiscountCategory is null then 131072 else 0 end
    + case when CommitmentDiscountCategory not in ('Spend', 'Usage') then 262144 else 0 end
    + case when CommitmentDiscountStatus = 'Unused' then 524288 else 0 end
    + case when CommitmentDiscountStatus is null then 1048576 else 0 end
    + case when CommitmentDiscountStatus not in ('Used', 'Unused') then 2097152 else 0 end
    + case when CommitmentDiscountUnit is null then 4194304 else 0 end
    + case when not regexp_full_match(CommitmentDiscountUnit, '(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s') then 8388608 else 0 end
    + case when CommitmentDiscountUnit like '%�%' then 16777216 else 0 end
    + case when ConsumedUnit is null then 33554432 else 0 end
    + case when not regexp_full_match(ConsumedUnit, '(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s') then 67108864 else 0 end
    + case when ConsumedUnit like '%�%' then 134217728 else 0 end
    + case when PricingCategory is null then 268435456 else 0 end
    + case when PricingCategory not in ('Standard', 'Committed', 'Dynamic', 'Other') then 536870912 else 0 end
    + case when PricingCurrency is null then 1073741824 else 0 end
    + case when PricingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2147483648 else 0 end
    + case when PricingCurrency like '%�%' then 4294967296 else 0 end
    + case when PricingUnit is null then 8589934592 else 0 end
    + case when not regexp_full_match(PricingUnit, '(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s') then 17179869184 else 0 end
    + case when PricingUnit like '%�%' then 34359738368 else 0 end
    + case when ServiceCategory is null then 68719476736 else 0 end
    + case when ServiceCategory not in ('AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools', 'Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration', 'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other') then 137438953472 else 0 end
    + case when (wrong_group_1.group_0 is not null) then 274877906944 else 0 end
    + case when (wrong_group_2.group_0 is not null) then 549755813888 else 0 end
    + case when ServiceName is null then 1099511627776 else 0 end
    + case when ServiceName like '%�%' then 2199023255552 else 0 end
    + case when ServiceSubcategory is not null and coalesce(ServiceSubcategory || ' / ' || ServiceCategory not in ('AI Platforms / AI and Machine Learning', 'Bots / AI and Machine Learning', 'Generative AI / AI and Machine Learning', 'Machine Learning / AI and Machine Learning', 'Natural Language Processing / AI and Machine Learning', 'Other (AI and Machine Learning) / AI and Machine Learning', 'Analytics Platforms / Analytics', 'Business Intelligence / Analytics', 'Data Processing / Analytics', 'Search / Analytics', 'Streaming Analytics / Analytics', 'Other (Analytics) / Analytics', 'Productivity and Collaboration / Business Applications', 'Other (Business Applications) / Business Applications', 'Containers / Compute', 'End User Computing / Compute', 'Quantum Compute / Compute', 'Serverless Compute / Compute', 'Virtual Machines / Compute', 'Other (Compute) / Compute', 'Caching / Databases', 'Data Warehouses / Databases', 'Ledger Databases / Databases', 'NoSQL Databases / Databases', 'Relational Databases / Databases', 'Time Series Databases / Databases', 'Other (Databases) / Databases', 'Developer Platforms / Developer Tools', 'Continuous Integration and Deployment / Developer Tools', 'Development Environments / Developer Tools', 'Source Code Management / Developer Tools', 'Quality Assurance / Developer Tools', 'Other (Developer Tools) / Developer Tools', 'Identity and Access Management / Identity', 'Other (Identity) / Identity', 'API Management / Integration', 'Messaging / Integration', 'Workflow Orchestration / Integration', 'Other (Integration) / Integration', 'IoT Analytics / Internet of Things', 'IoT Platforms / Internet of Things', 'Other (Internet of Things) / Internet of Things', 'Architecture / Management and Governance', 'Compliance / Management and Governance', 'Cost Management / Management and Governance', 'Data Governance / Management and Governance', 'Disaster Recovery / Management and Governance', 'Endpoint Management / Management and Governance', 'Observability / Management and Governance', 'Support / Management and Governance', 'Other (Management and Governance) / Management and Governance', 'Content Creation / Media', 'Gaming / Media', 'Media Streaming / Media', 'Mixed Reality / Media', 'Other (Media) / Media', 'Data Migration / Migration', 'Resource Migration / Migration', 'Other (Migration) / Migration', 'Other (Mobile) / Mobile', 'Multicloud Integration / Multicloud', 'Other (Multicloud) / Multicloud', 'Application Networking / Networking', 'Content Delivery / Networking', 'Network Connectivity / Networking', 'Network Infrastructure / Networking', 'Network Routing / Networking', 'Network Security / Networking', 'Other (Networking) / Networking', 'Secret Management / Security', 'Security Posture Management / Security', 'Threat Detection and Response / Security', 'Other (Security) / Security', 'Backup Storage / Storage', 'Block Storage / Storage', 'File Storage / Storage', 'Object Storage / Storage', 'Storage Platforms / Storage', 'Other (Storage) / Storage', 'Application Platforms / Web', 'Other (Web) / Web', 'Other (Other) / Other'), true) then 4398046511104 else 0 end
    + case when ServiceSubcategory is null then 8796093022208 else 0 end
    + case when ServiceSubcategory not in ('AI Platforms', 'Bots', 'Generative AI', 'Machine Learning', 'Natural Language Processing', 'Other (AI and Machine Learning)', 'Analytics Platforms', 'Business Intelligence', 'Data Processing', 'Search', 'Streaming Analytics', 'Other (Analytics)', 'Productivity and Collaboration', 'Other (Business Applications)', 'Containers', 'End User Computing', 'Quantum Compute', 'Serverless Compute', 'Virtual Machines', 'Other (Compute)', 'Caching', 'Data Warehouses', 'Ledger Databases', 'NoSQL Databases', 'Relational Databases', 'Time Series Databases', 'Other (Databases)', 'Developer Platforms', 'Continuous Integration and Deployment', 'Development Environments', 'Source Code Management', 'Quality Assurance', 'Other (Developer Tools)', 'Identity and Access Management', 'Other (Identity)', 'API Management', 'Messaging', 'Workflow Orchestration', 'Other (Integration)', 'IoT Analytics', 'IoT Platforms', 'Other (Internet of Things)', 'Architecture', 'Compliance', 'Cost Management', 'Data Governance', 'Disaster Recovery', 'Endpoint Management', 'Observability', 'Support', 'Other (Management and Governance)', 'Content Creation', 'Gaming', 'Media Streaming', 'Mixed Reality', 'Other (Media)', 'Data Migration', 'Resource Migration', 'Other (Migration)', 'Other (Mobile)', 'Multicloud Integration', 'Other (Multicloud)', 'Application Networking', 'Content Delivery', 'Network Connectivity', 'Network Infrastructure', 'Network Routing', 'Network Security', 'Other (Networking)', 'Secret Management', 'Security Posture Management', 'Threat Detection and Response', 'Other (Security)', 'Backup Storage', 'Block Storage', 'File Storage', 'Object Storage', 'Storage Platforms', 'Other (Storage)', 'Application Platforms', 'Other (Web)', 'Other (Other)') then 17592186044416 else 0 end
    as answers_of_words_0
  from alike
  left join wrong_group_1  -- many rows to one group
    on alike.source = wrong_group_1.group_0 and alike.billing_period = wrong_group_1.group_1 and alike.ServiceName = wrong_group_1.group_2
  left join wrong_group_2  -- many rows to one group
    on alike.source = wrong_group_2.group_0 and alike.billing_period = wrong_group_2.group_1 and alike.ServiceName = wrong_group_2.group_2
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_rows_1, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    sum(money_2) as money_2,
    sum(money_3) as money_3,
    sum(money_4) as money_4,
    list_sort(flatten(list(example_ids)))[1:3] as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_rows_1, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    money_2,
    money_3,
    money_4,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as "AllocatedMethodDetails is empty",
    (answers_of_rows_0 & 2) <> 0 as "AllocatedMethodDetails is no JSON",
    (answers_of_rows_0 & 4) <> 0 as "AllocatedMethodDetails is not Unicode",
    (answers_of_rows_0 & 8) <> 0 as "AllocatedMethodDetails is not as its JSON schema has it",
    (answers_of_rows_0 & 16) <> 0 as "AllocatedMethodId is not Unicode",
    (answers_of_rows_0 & 32) <> 0 as "AllocatedResourceId is empty",
    (answers_of_rows_0 & 64) <> 0 as "AllocatedResourceId is not Unicode",
    (answers_of_rows_0 & 128) <> 0 as "AllocatedResourceName is empty",
    (answers_of_rows_0 & 256) <> 0 as "AllocatedResourceName is not Unicode",
    (answers_of_rows_0 & 512) <> 0 as "AllocatedTags is no flat JSON object",
    (answers_of_rows_0 & 1024) <> 0 as "AllocatedTags is not Unicode",
    (answers_of_rows_0 & 2048) <> 0 as "AvailabilityZone is not Unicode",
    (answers_of_rows_0 & 4096) <> 0 as "BilledCost is empty",
    (answers_of_rows_0 & 8192) <> 0 as "BillingAccountId is empty",
    (answers_of_rows_0 & 16384) <> 0 as "BillingAccountId is not Unicode",
    (answers_of_rows_0 & 32768) <> 0 as "BillingAccountName is empty",
    (answers_of_rows_0 & 65536) <> 0 as "BillingAccountName is not Unicode",
    (answers_of_rows_0 & 131072) <> 0 as "BillingAccountType is empty",
    (answers_of_rows_0 & 262144) <> 0 as "BillingAccountType is not Unicode",
    (answers_of_rows_0 & 524288) <> 0 as "BillingPeriodEnd is empty",
    (answers_of_rows_0 & 1048576) <> 0 as "BillingPeriodStart is empty",
    (answers_of_rows_0 & 2097152) <> 0 as "CapacityReservationId is empty",
    (answers_of_rows_0 & 4194304) <> 0 as "CapacityReservationId is not Unicode",
    (answers_of_rows_0 & 8388608) <> 0 as "ChargeDescription is empty",
    (answers_of_rows_0 & 16777216) <> 0 as "ChargeDescription is not Unicode",
    (answers_of_rows_0 & 33554432) <> 0 as "ChargePeriodEnd is empty",
    (answers_of_rows_0 & 67108864) <> 0 as "ChargePeriodStart is empty",
    (answers_of_rows_0 & 134217728) <> 0 as "CommitmentDiscountId is empty",
    (answers_of_rows_0 & 268435456) <> 0 as "CommitmentDiscountId is not Unicode",
    (answers_of_rows_0 & 536870912) <> 0 as "CommitmentDiscountName is empty",
    (answers_of_rows_0 & 1073741824) <> 0 as "CommitmentDiscountName is not Unicode",
    (answers_of_rows_0 & 2147483648) <> 0 as "CommitmentDiscountQuantity is empty",
    (answers_of_rows_0 & 4294967296) <> 0 as "CommitmentDiscountType is empty",
    (answers_of_rows_0 & 8589934592) <> 0 as "CommitmentDiscountType is not Unicode",
    (answers_of_rows_0 & 17179869184) <> 0 as "CommitmentProgramEligibilityDetails is empty",
    (answers_of_rows_0 & 34359738368) <> 0 as "CommitmentProgramEligibilityDetails is no JSON",
    (answers_of_rows_0 & 68719476736) <> 0 as "CommitmentProgramEligibilityDetails is not Unicode",
    (answers_of_rows_0 & 137438953472) <> 0 as "CommitmentProgramEligibilityDetails is not as its JSON schema has it",
    (answers_of_rows_0 & 274877906944) <> 0 as "ConsumedQuantity is empty",
    (answers_of_rows_0 & 549755813888) <> 0 as "ContractApplied is empty",
    (answers_of_rows_0 & 1099511627776) <> 0 as "ContractApplied is no JSON",
    (answers_of_rows_0 & 2199023255552) <> 0 as "ContractApplied is not as its JSON schema has it",
    (answers_of_rows_0 & 4398046511104) <> 0 as "ContractedCost is empty",
    (answers_of_rows_0 & 8796093022208) <> 0 as "ContractedCost is not ContractedUnitPrice * PricingQuantity, unlike the list",
    (answers_of_rows_0 & 17592186044416) <> 0 as "ContractedUnitPrice and ContractedCost are of the list",
    (answers_of_rows_0 & 35184372088832) <> 0 as "ContractedUnitPrice is below 0",
    (answers_of_rows_0 & 70368744177664) <> 0 as "ContractedUnitPrice is empty",
    (answers_of_rows_0 & 140737488355328) <> 0 as "EffectiveCost is BilledCost",
    (answers_of_rows_0 & 281474976710656) <> 0 as "EffectiveCost is empty",
    (answers_of_rows_0 & 562949953421312) <> 0 as "HostProviderName is not Unicode",
    (answers_of_rows_0 & 1125899906842624) <> 0 as "InvoiceDetailId is not Unicode",
    (answers_of_rows_0 & 2251799813685248) <> 0 as "InvoiceId is not Unicode",
    (answers_of_rows_0 & 4503599627370496) <> 0 as "InvoiceIssuerName is empty",
    (answers_of_rows_0 & 9007199254740992) <> 0 as "InvoiceIssuerName is not Unicode",
    (answers_of_rows_0 & 18014398509481984) <> 0 as "ListCost is empty",
    (answers_of_rows_0 & 36028797018963968) <> 0 as "ListCost is not ListUnitPrice * PricingQuantity",
    (answers_of_rows_0 & 72057594037927936) <> 0 as "ListUnitPrice is below 0",
    (answers_of_rows_0 & 144115188075855872) <> 0 as "ListUnitPrice is empty",
    (answers_of_rows_0 & 288230376151711744) <> 0 as "PricingCurrencyContractedUnitPrice is empty",
    (answers_of_rows_0 & 576460752303423488) <> 0 as "PricingCurrencyEffectiveCost is empty",
    (answers_of_rows_0 & 1152921504606846976) <> 0 as "PricingCurrencyListUnitPrice is below 0",
    (answers_of_rows_0 & 2305843009213693952) <> 0 as "PricingCurrencyListUnitPrice is empty",
    (answers_of_rows_1 & 1) <> 0 as "PricingQuantity is empty",
    (answers_of_rows_1 & 2) <> 0 as "RegionId is empty",
    (answers_of_rows_1 & 4) <> 0 as "RegionId is not Unicode",
    (answers_of_rows_1 & 8) <> 0 as "RegionName is empty",
    (answers_of_rows_1 & 16) <> 0 as "RegionName is not Unicode",
    (answers_of_rows_1 & 32) <> 0 as "ResourceId is empty",
    (answers_of_rows_1 & 64) <> 0 as "ResourceId is not Unicode",
    (answers_of_rows_1 & 128) <> 0 as "ResourceName is not Unicode",
    (answers_of_rows_1 & 256) <> 0 as "ResourceType is empty",
    (answers_of_rows_1 & 512) <> 0 as "ResourceType is not Unicode",
    (answers_of_rows_1 & 1024) <> 0 as "ServiceProviderName is empty",
    (answers_of_rows_1 & 2048) <> 0 as "ServiceProviderName is not Unicode",
    (answers_of_rows_1 & 4096) <> 0 as "SkuId is empty",
    (answers_of_rows_1 & 8192) <> 0 as "SkuId is not Unicode",
    (answers_of_rows_1 & 16384) <> 0 as "SkuMeter is empty",
    (answers_of_rows_1 & 32768) <> 0 as "SkuMeter is not Unicode",
    (answers_of_rows_1 & 65536) <> 0 as "SkuPriceDetails is empty",
    (answers_of_rows_1 & 131072) <> 0 as "SkuPriceDetails is no flat JSON object",
    (answers_of_rows_1 & 262144) <> 0 as "SkuPriceDetails is not Unicode",
    (answers_of_rows_1 & 524288) <> 0 as "SkuPriceId has not 1 SkuId",
    (answers_of_rows_1 & 1048576) <> 0 as "SkuPriceId is empty",
    (answers_of_rows_1 & 2097152) <> 0 as "SkuPriceId is not Unicode",
    (answers_of_rows_1 & 4194304) <> 0 as "SubAccountId is empty",
    (answers_of_rows_1 & 8388608) <> 0 as "SubAccountId is not Unicode",
    (answers_of_rows_1 & 16777216) <> 0 as "SubAccountName is empty",
    (answers_of_rows_1 & 33554432) <> 0 as "SubAccountName is not Unicode",
    (answers_of_rows_1 & 67108864) <> 0 as "SubAccountType is empty",
    (answers_of_rows_1 & 134217728) <> 0 as "SubAccountType is not Unicode",
    (answers_of_rows_1 & 268435456) <> 0 as "Tags is no flat JSON object",
    (answers_of_rows_1 & 536870912) <> 0 as "Tags is not Unicode",
    (answers_of_words_0 & 1) <> 0 as "BillingCurrency is empty",
    (answers_of_words_0 & 2) <> 0 as "BillingCurrency is no ISO 4217 code",
    (answers_of_words_0 & 4) <> 0 as "BillingCurrency is not Unicode",
    (answers_of_words_0 & 8) <> 0 as "CapacityReservationStatus is Unused",
    (answers_of_words_0 & 16) <> 0 as "CapacityReservationStatus is empty",
    (answers_of_words_0 & 32) <> 0 as "CapacityReservationStatus is none of its values",
    (answers_of_words_0 & 64) <> 0 as "ChargeCategory is Credit",
    (answers_of_words_0 & 128) <> 0 as "ChargeCategory is Purchase",
    (answers_of_words_0 & 256) <> 0 as "ChargeCategory is Tax",
    (answers_of_words_0 & 512) <> 0 as "ChargeCategory is Usage",
    (answers_of_words_0 & 1024) <> 0 as "ChargeCategory is empty",
    (answers_of_words_0 & 2048) <> 0 as "ChargeCategory is none of its values",
    (answers_of_words_0 & 4096) <> 0 as "ChargeClass is Correction",
    (answers_of_words_0 & 8192) <> 0 as "ChargeClass is empty",
    (answers_of_words_0 & 16384) <> 0 as "ChargeFrequency is Usage-Based",
    (answers_of_words_0 & 32768) <> 0 as "ChargeFrequency is empty",
    (answers_of_words_0 & 65536) <> 0 as "ChargeFrequency is none of its values",
    (answers_of_words_0 & 131072) <> 0 as "CommitmentDiscountCategory is empty",
    (answers_of_words_0 & 262144) <> 0 as "CommitmentDiscountCategory is none of its values",
    (answers_of_words_0 & 524288) <> 0 as "CommitmentDiscountStatus is Unused",
    (answers_of_words_0 & 1048576) <> 0 as "CommitmentDiscountStatus is empty",
    (answers_of_words_0 & 2097152) <> 0 as "CommitmentDiscountStatus is none of its values",
    (answers_of_words_0 & 4194304) <> 0 as "CommitmentDiscountUnit is empty",
    (answers_of_words_0 & 8388608) <> 0 as "CommitmentDiscountUnit is no unit",
    (answers_of_words_0 & 16777216) <> 0 as "CommitmentDiscountUnit is not Unicode",
    (answers_of_words_0 & 33554432) <> 0 as "ConsumedUnit is empty",
    (answers_of_words_0 & 67108864) <> 0 as "ConsumedUnit is no unit",
    (answers_of_words_0 & 134217728) <> 0 as "ConsumedUnit is not Unicode",
    (answers_of_words_0 & 268435456) <> 0 as "PricingCategory is empty",
    (answers_of_words_0 & 536870912) <> 0 as "PricingCategory is none of its values",
    (answers_of_words_0 & 1073741824) <> 0 as "PricingCurrency is empty",
    (answers_of_words_0 & 2147483648) <> 0 as "PricingCurrency is no ISO 4217 code",
    (answers_of_words_0 & 4294967296) <> 0 as "PricingCurrency is not Unicode",
    (answers_of_words_0 & 8589934592) <> 0 as "PricingUnit is empty",
    (answers_of_words_0 & 17179869184) <> 0 as "PricingUnit is no unit",
    (answers_of_words_0 & 34359738368) <> 0 as "PricingUnit is not Unicode",
    (answers_of_words_0 & 68719476736) <> 0 as "ServiceCategory is empty",
    (answers_of_words_0 & 137438953472) <> 0 as "ServiceCategory is none of its values",
    (answers_of_words_0 & 274877906944) <> 0 as "ServiceName has not 1 ServiceCategory",
    (answers_of_words_0 & 549755813888) <> 0 as "ServiceName has not 1 ServiceSubcategory",
    (answers_of_words_0 & 1099511627776) <> 0 as "ServiceName is empty",
    (answers_of_words_0 & 2199023255552) <> 0 as "ServiceName is not Unicode",
    (answers_of_words_0 & 4398046511104) <> 0 as "ServiceSubcategory does not belong to ServiceCategory",
    (answers_of_words_0 & 8796093022208) <> 0 as "ServiceSubcategory is empty",
    (answers_of_words_0 & 17592186044416) <> 0 as "ServiceSubcategory is none of its values"
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as varchar) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as decimal(38, 12)) as money_2, cast(null as decimal(38, 12)) as money_3, cast(null as decimal(38, 12)) as money_4, cast(null as varchar) as example_ids
  from (
    select source, billing_period, rows_count,
      unnest(list_distinct(flatten(list_filter([
        case when true then [26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 74, 75, 76, 78, 79, 80, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 108, 109, 110, 112, 113, 114, 117, 118, 119, 120, 121, 122, 123, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 146, 147, 151, 152, 153, 154, 156, 157, 159, 160, 161, 165, 166, 167, 168, 169, 170, 171, 172, 175, 176, 177, 178, 179, 180, 181, 186, 187, 188, 189, 190, 191, 192, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 210, 211, 212, 215, 216, 217, 218, 219, 220, 221, 224, 225, 226, 227, 229, 230, 231, 233, 234, 235, 243, 244, 248, 249, 250, 251, 260, 261, 262, 263, 268, 269, 270, 271, 274, 275, 276, 279, 280, 281, 285, 286, 287, 291, 292, 293, 294, 296, 297, 298, 299, 300, 301, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 325, 326, 327, 328, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 343, 344, 345, 346, 348, 349, 350, 351, 352, 353, 354, 356, 357, 358, 359, 363, 364, 365, 366, 367, 368, 375, 376, 377, 378, 379, 380, 381, 382, 387, 388, 389, 390, 391, 395, 396, 397, 404, 405, 406, 407, 408, 409, 410, 418, 419, 425, 426, 427, 428, 429, 430, 431, 435, 436, 437, 439, 440, 441, 448, 449, 454, 455, 457, 458, 459, 464, 465, 466, 468, 469, 470, 478, 479, 480, 484, 485] end
        , case when not "ContractApplied is empty" then [26, 28, 102, 103, 156, 158] end
        , case when not "AllocatedMethodDetails is empty" then [26, 28, 104, 105, 325, 330] end
        , case when not "CommitmentProgramEligibilityDetails is empty" then [26, 28, 106, 107, 291, 295] end
        , case when (not "ChargeClass is Correction" and (("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "CommitmentDiscountId is empty")) then [26, 28, 121, 124, 125, 126] end
        , case when ((not "ChargeCategory is Usage" and not "ChargeCategory is Purchase") or "CommitmentDiscountId is empty" or "ChargeClass is Correction") then [26, 28, 121, 124, 128] end
        , case when "SkuPriceId is empty" then [26, 28, 121, 124, 131, 179, 182, 185, 233, 236, 241, 249, 252, 258, 367, 369, 370, 395, 398, 403, 408, 411, 416, 468, 471, 476, 484, 486, 491] end
        , case when "PricingQuantity is empty" then [26, 28, 138, 142, 143] end
        , case when not "PricingQuantity is empty" then [26, 28, 138, 142, 144] end
        , case when "CommitmentDiscountId is empty" then [26, 28, 146, 148, 149, 159, 162, 163, 204, 207, 208, 243, 245, 246] end
        , case when not "CommitmentDiscountId is empty" then [26, 28, 146, 148, 150, 204, 207, 209] end
        , case when (not "ContractedUnitPrice is empty" and not "PricingQuantity is empty") then [26, 28, 169, 174] end
        , case when "ChargeCategory is Tax" then [26, 28, 179, 182, 183, 233, 236, 237, 249, 252, 253, 408, 411, 412, 439, 442, 443, 457, 460, 461, 468, 471, 472, 484, 486, 487] end
        , case when (("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") then [26, 28, 179, 182, 184, 233, 236, 238, 408, 411, 413, 439, 442, 444, 457, 460, 462, 468, 471, 473, 484, 486, 488] end
        , case when "BillingAccountId is empty" then [26, 28, 190, 193, 194] end
        , case when not "BillingAccountId is empty" then [26, 28, 190, 193, 195] end
        , case when "ChargeCategory is Purchase" then [26, 28, 224, 228] end
        , case when not "ContractedUnitPrice is empty" then [26, 28, 233, 239, 240] end
        , case when not "SkuPriceId is empty" then [26, 28, 233, 236, 242, 249, 252, 259, 408, 411, 417, 439, 445, 446, 468, 471, 477] end
        , case when (not "CommitmentDiscountId is empty" and "ChargeCategory is Usage") then [26, 28, 243, 245, 247] end
        , case when (not "ChargeClass is Correction" and ("ChargeCategory is Usage" or "ChargeCategory is Purchase")) then [26, 28, 249, 252, 254] end
        , case when not "ListUnitPrice is empty" then [26, 28, 249, 256, 257] end
        , case when "CommitmentDiscountQuantity is empty" then [26, 28, 260, 264, 265] end
        , case when not "CommitmentDiscountQuantity is empty" then [26, 28, 260, 264, 266] end
        , case when (not "ListUnitPrice is empty" and not "PricingQuantity is empty") then [26, 28, 268, 273] end
        , case when "ResourceId is empty" then [26, 28, 279, 282, 283] end
        , case when not "ResourceId is empty" then [26, 28, 279, 282, 284] end
        , case when "SubAccountId is empty" then [26, 28, 285, 288, 289, 299, 302, 303] end
        , case when not "SubAccountId is empty" then [26, 28, 285, 288, 290, 299, 302, 304] end
        , case when "SkuId is empty" then [26, 28, 319, 322, 323] end
        , case when not "SkuId is empty" then [26, 28, 319, 322, 324] end
        , case when not "ChargeClass is empty" then [26, 28, 339, 342] end
        , case when ("ChargeCategory is Tax" or "ChargeCategory is Credit") then [26, 28, 343, 347] end
        , case when "ConsumedQuantity is empty" then [26, 28, 356, 360, 361] end
        , case when not "ConsumedQuantity is empty" then [26, 28, 356, 360, 362] end
        , case when "AllocatedResourceId is empty" then [26, 28, 389, 392, 393] end
        , case when not "AllocatedResourceId is empty" then [26, 28, 389, 392, 394] end
        , case when (not "ChargeCategory is Usage" or ("ChargeCategory is Usage" and "CommitmentDiscountStatus is Unused")) then [26, 28, 395, 398, 399] end
        , case when (not "ChargeClass is Correction" and ("ChargeCategory is Usage" and not "CommitmentDiscountStatus is Unused")) then [26, 28, 395, 398, 400, 401] end
        , case when "CapacityReservationId is empty" then [26, 28, 418, 420, 421] end
        , case when (not "CapacityReservationId is empty" and "ChargeCategory is Usage") then [26, 28, 418, 420, 422] end
        , case when not "CapacityReservationStatus is empty" then [26, 28, 418, 423, 424] end
        , case when "CapacityReservationStatus is Unused" then [26, 28, 429, 432, 433] end
        , case when not "PricingCurrencyListUnitPrice is empty" then [26, 28, 468, 474, 475] end
        , case when "RegionId is empty" then [26, 28, 478, 481, 482] end
        , case when not "RegionId is empty" then [26, 28, 478, 481, 483] end
        , case when not "PricingCategory is empty" then [26, 28, 484, 489, 490] end
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, sum(money_2) as money_2, sum(money_3) as money_3, sum(money_4) as money_4, 
    array_to_string(list_sort(flatten(list(example_ids)))[1:3], ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, money_2, money_3, money_4, example_ids,
      unnest(list_distinct(flatten(list_filter([
        case when (not "ContractApplied is empty" and "ContractApplied is not as its JSON schema has it") then [103, 102, 158, 156, 28, 26] end  -- CAU-ContractAppliedObject-O-067-M
        , case when (not "AllocatedMethodDetails is empty" and "AllocatedMethodDetails is not as its JSON schema has it") then [105, 104, 330, 325, 28, 26] end  -- CAU-AllocatedMethodDetailsObject-O-025-M
        , case when (not "CommitmentProgramEligibilityDetails is empty" and "CommitmentProgramEligibilityDetails is not as its JSON schema has it") then [107, 106, 295, 291, 28, 26] end  -- CAU-CommitmentProgramEligibilityDetailsObject-O-001-M
        , case when "AllocatedMethodId is not Unicode" then [110, 108, 28, 26] end  -- CAU-AllocatedMethodId-C-002-M
        , case when "CommitmentDiscountId is not Unicode" then [114, 112, 28, 26] end  -- CAU-CommitmentDiscountId-C-002-M
        , case when "BillingAccountId is empty" then [118, 117, 28, 26] end  -- CAU-BillingAccountId-C-001-M
        , case when "BillingAccountId is not Unicode" then [120, 117, 28, 26] end  -- CAU-BillingAccountId-C-003-M
        , case when ((not "ChargeClass is Correction" and (("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "CommitmentDiscountId is empty")) and "CommitmentDiscountQuantity is empty") then [126, 125, 124, 121, 28, 26] end  -- CAU-CommitmentDiscountQuantity-C-005-C
        , case when (((not "ChargeCategory is Usage" and not "ChargeCategory is Purchase") or "CommitmentDiscountId is empty" or "ChargeClass is Correction") and not "CommitmentDiscountQuantity is empty") then [128, 124, 121, 28, 26] end  -- CAU-CommitmentDiscountQuantity-C-007-C
        , case when ("SkuPriceId is empty" and not "CommitmentDiscountQuantity is empty") then [131, 124, 121, 28, 26] end  -- CAU-CommitmentDiscountQuantity-C-016-C
        , case when "BillingCurrency is not Unicode" then [134, 132, 28, 26] end  -- CAU-BillingCurrency-C-002-M
        , case when "BillingCurrency is no ISO 4217 code" then [135, 132, 28, 26] end  -- CAU-BillingCurrency-C-003-M
        , case when "BillingCurrency is empty" then [136, 132, 28, 26] end  -- CAU-BillingCurrency-C-004-M
        , case when "BillingCurrency is no ISO 4217 code" then [137, 132, 28, 26] end  -- CAU-BillingCurrency-C-006-M
        , case when "PricingUnit is not Unicode" then [140, 138, 28, 26] end  -- CAU-PricingUnit-C-002-M
        , case when "PricingUnit is no unit" then [141] end  -- CAU-PricingUnit-C-003-O
        , case when ("PricingQuantity is empty" and not "PricingUnit is empty") then [143, 142, 138, 28, 26] end  -- CAU-PricingUnit-C-005-C
        , case when (not "PricingQuantity is empty" and "PricingUnit is empty") then [144, 142, 138, 28, 26] end  -- CAU-PricingUnit-C-006-C
        , case when ("CommitmentDiscountId is empty" and not "CommitmentDiscountCategory is empty") then [149, 148, 146, 28, 26] end  -- CAU-CommitmentDiscountCategory-C-003-C
        , case when (not "CommitmentDiscountId is empty" and "CommitmentDiscountCategory is empty") then [150, 148, 146, 28, 26] end  -- CAU-CommitmentDiscountCategory-C-004-C
        , case when "CommitmentDiscountCategory is none of its values" then [151, 146, 28, 26] end  -- CAU-CommitmentDiscountCategory-C-005-M
        , case when "SubAccountId is not Unicode" then [154, 152, 28, 26] end  -- CAU-SubAccountId-C-002-M
        , case when "ContractApplied is no JSON" then [157, 156, 28, 26] end  -- CAU-ContractApplied-C-001-M
        , case when "CommitmentDiscountName is not Unicode" then [161, 159, 28, 26] end  -- CAU-CommitmentDiscountName-C-002-M
        , case when ("CommitmentDiscountId is empty" and not "CommitmentDiscountName is empty") then [163, 162, 159, 28, 26] end  -- CAU-CommitmentDiscountName-C-004-C
        , case when "PricingCurrencyEffectiveCost is empty" then [168, 165, 28, 26] end  -- CAU-PricingCurrencyEffectiveCost-C-003-M
        , case when "ContractedCost is empty" then [172, 169, 28, 26] end  -- CAU-ContractedCost-C-003-M
        , case when ((not "ContractedUnitPrice is empty" and not "PricingQuantity is empty") and ("ContractedCost is not ContractedUnitPrice * PricingQuantity, unlike the list" or ("ContractedUnitPrice and ContractedCost are of the list" and "ListCost is not ListUnitPrice * PricingQuantity"))) then [174, 169, 28, 26] end  -- CAU-ContractedCost-C-011-C
        , case when "BilledCost is empty" then [178, 175, 28, 26] end  -- CAU-BilledCost-C-003-M
        , case when ("ChargeCategory is Tax" and not "PricingQuantity is empty") then [183, 182, 179, 28, 26] end  -- CAU-PricingQuantity-C-004-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "PricingQuantity is empty") then [184, 182, 179, 28, 26] end  -- CAU-PricingQuantity-C-005-C
        , case when ("SkuPriceId is empty" and not "PricingQuantity is empty") then [185, 182, 179, 28, 26] end  -- CAU-PricingQuantity-C-011-C
        , case when "ServiceCategory is empty" then [188, 186, 28, 26] end  -- CAU-ServiceCategory-C-002-M
        , case when "ServiceCategory is none of its values" then [189, 186, 28, 26] end  -- CAU-ServiceCategory-C-003-M
        , case when "BillingAccountType is not Unicode" then [192, 190, 28, 26] end  -- CAU-BillingAccountType-C-002-M
        , case when ("BillingAccountId is empty" and not "BillingAccountType is empty") then [194, 193, 190, 28, 26] end  -- CAU-BillingAccountType-C-004-C
        , case when (not "BillingAccountId is empty" and "BillingAccountType is empty") then [195, 193, 190, 28, 26] end  -- CAU-BillingAccountType-C-005-C
        , case when "ChargeDescription is not Unicode" then [198, 196, 28, 26] end  -- CAU-ChargeDescription-C-002-M
        , case when "ChargeDescription is empty" then [199] end  -- CAU-ChargeDescription-C-003-O
        , case when "ServiceProviderName is not Unicode" then [202, 200, 28, 26] end  -- CAU-ServiceProviderName-C-002-M
        , case when "ServiceProviderName is empty" then [203, 200, 28, 26] end  -- CAU-ServiceProviderName-C-003-M
        , case when "CommitmentDiscountType is not Unicode" then [206, 204, 28, 26] end  -- CAU-CommitmentDiscountType-C-002-M
        , case when ("CommitmentDiscountId is empty" and not "CommitmentDiscountType is empty") then [208, 207, 204, 28, 26] end  -- CAU-CommitmentDiscountType-C-004-C
        , case when (not "CommitmentDiscountId is empty" and "CommitmentDiscountType is empty") then [209, 207, 204, 28, 26] end  -- CAU-CommitmentDiscountType-C-005-C
        , case when "HostProviderName is not Unicode" then [212, 210, 28, 26] end  -- CAU-HostProviderName-C-002-M
        , case when "BillingPeriodStart is empty" then [218, 215, 28, 26] end  -- CAU-BillingPeriodStart-C-003-M
        , case when "AllocatedResourceId is not Unicode" then [221, 219, 28, 26] end  -- CAU-AllocatedResourceId-C-002-M
        , case when "ChargeFrequency is empty" then [226, 224, 28, 26] end  -- CAU-ChargeFrequency-C-002-M
        , case when "ChargeFrequency is none of its values" then [227, 224, 28, 26] end  -- CAU-ChargeFrequency-C-003-M
        , case when ("ChargeCategory is Purchase" and "ChargeFrequency is Usage-Based") then [228, 224, 28, 26] end  -- CAU-ChargeFrequency-C-004-C
        , case when "RegionId is not Unicode" then [231, 229, 28, 26] end  -- CAU-RegionId-C-002-M
        , case when ("ChargeCategory is Tax" and not "ContractedUnitPrice is empty") then [237, 236, 233, 28, 26] end  -- CAU-ContractedUnitPrice-C-005-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "ContractedUnitPrice is empty") then [238, 236, 233, 28, 26] end  -- CAU-ContractedUnitPrice-C-006-C
        , case when (not "ContractedUnitPrice is empty" and "ContractedUnitPrice is below 0") then [240, 239, 233, 28, 26] end  -- CAU-ContractedUnitPrice-C-009-M
        , case when ("SkuPriceId is empty" and not "ContractedUnitPrice is empty") then [241, 236, 233, 28, 26] end  -- CAU-ContractedUnitPrice-C-014-C
        , case when (not "SkuPriceId is empty" and "ContractedUnitPrice is empty") then [242, 236, 233, 28, 26] end  -- CAU-ContractedUnitPrice-C-015-C
        , case when ("CommitmentDiscountId is empty" and not "CommitmentDiscountStatus is empty") then [246, 245, 243, 28, 26] end  -- CAU-CommitmentDiscountStatus-C-003-C
        , case when ((not "CommitmentDiscountId is empty" and "ChargeCategory is Usage") and "CommitmentDiscountStatus is empty") then [247, 245, 243, 28, 26] end  -- CAU-CommitmentDiscountStatus-C-004-C
        , case when "CommitmentDiscountStatus is none of its values" then [248, 243, 28, 26] end  -- CAU-CommitmentDiscountStatus-C-005-M
        , case when ("ChargeCategory is Tax" and not "ListUnitPrice is empty") then [253, 252, 249, 28, 26] end  -- CAU-ListUnitPrice-C-004-C
        , case when ((not "ChargeClass is Correction" and ("ChargeCategory is Usage" or "ChargeCategory is Purchase")) and "ListUnitPrice is empty") then [254, 252, 249, 28, 26] end  -- CAU-ListUnitPrice-C-005-C
        , case when (not "ListUnitPrice is empty" and "ListUnitPrice is below 0") then [257, 256, 249, 28, 26] end  -- CAU-ListUnitPrice-C-008-M
        , case when ("SkuPriceId is empty" and not "ListUnitPrice is empty") then [258, 252, 249, 28, 26] end  -- CAU-ListUnitPrice-C-012-C
        , case when (not "SkuPriceId is empty" and "ListUnitPrice is empty") then [259, 252, 249, 28, 26] end  -- CAU-ListUnitPrice-C-013-C
        , case when "CommitmentDiscountUnit is not Unicode" then [262, 260, 28, 26] end  -- CAU-CommitmentDiscountUnit-C-002-M
        , case when "CommitmentDiscountUnit is no unit" then [263] end  -- CAU-CommitmentDiscountUnit-C-003-O
        , case when ("CommitmentDiscountQuantity is empty" and not "CommitmentDiscountUnit is empty") then [265, 264, 260, 28, 26] end  -- CAU-CommitmentDiscountUnit-C-005-C
        , case when (not "CommitmentDiscountQuantity is empty" and "CommitmentDiscountUnit is empty") then [266, 264, 260, 28, 26] end  -- CAU-CommitmentDiscountUnit-C-006-C
        , case when "ListCost is empty" then [271, 268, 28, 26] end  -- CAU-ListCost-C-003-M
        , case when ((not "ListUnitPrice is empty" and not "PricingQuantity is empty") and "ListCost is not ListUnitPrice * PricingQuantity") then [273, 268, 28, 26] end  -- CAU-ListCost-C-011-C
        , case when "ResourceId is not Unicode" then [276, 274, 28, 26] end  -- CAU-ResourceId-C-002-M
        , case when "ResourceType is not Unicode" then [281, 279, 28, 26] end  -- CAU-ResourceType-C-002-M
        , case when ("ResourceId is empty" and not "ResourceType is empty") then [283, 282, 279, 28, 26] end  -- CAU-ResourceType-C-004-C
        , case when (not "ResourceId is empty" and "ResourceType is empty") then [284, 282, 279, 28, 26] end  -- CAU-ResourceType-C-005-C
        , case when "SubAccountType is not Unicode" then [287, 285, 28, 26] end  -- CAU-SubAccountType-C-002-M
        , case when ("SubAccountId is empty" and not "SubAccountType is empty") then [289, 288, 285, 28, 26] end  -- CAU-SubAccountType-C-004-C
        , case when (not "SubAccountId is empty" and "SubAccountType is empty") then [290, 288, 285, 28, 26] end  -- CAU-SubAccountType-C-005-C
        , case when "CommitmentProgramEligibilityDetails is not Unicode" then [293, 291, 28, 26] end  -- CAU-CommitmentProgramEligibilityDetails-C-002-M
        , case when "CommitmentProgramEligibilityDetails is no JSON" then [294, 291, 28, 26] end  -- CAU-CommitmentProgramEligibilityDetails-C-003-M
        , case when "AvailabilityZone is not Unicode" then [298, 296, 28, 26] end  -- CAU-AvailabilityZone-C-002-M
        , case when "SubAccountName is not Unicode" then [301, 299, 28, 26] end  -- CAU-SubAccountName-C-002-M
        , case when ("SubAccountId is empty" and not "SubAccountName is empty") then [303, 302, 299, 28, 26] end  -- CAU-SubAccountName-C-004-C
        , case when (not "SubAccountId is empty" and "SubAccountName is empty") then [304, 302, 299, 28, 26] end  -- CAU-SubAccountName-C-005-C
        , case when "ServiceSubcategory is empty" then [307, 305, 28, 26] end  -- CAU-ServiceSubcategory-C-002-M
        , case when "ServiceSubcategory is none of its values" then [308, 305, 28, 26] end  -- CAU-ServiceSubcategory-C-003-M
        , case when "ServiceSubcategory does not belong to ServiceCategory" then [309, 305, 28, 26] end  -- CAU-ServiceSubcategory-C-004-M
        , case when "PricingCurrency is not Unicode" then [312, 310, 28, 26] end  -- CAU-PricingCurrency-C-002-M
        , case when "PricingCurrency is no ISO 4217 code" then [313, 310, 28, 26] end  -- CAU-PricingCurrency-C-003-M
        , case when "PricingCurrency is empty" then [314, 310, 28, 26] end  -- CAU-PricingCurrency-C-004-M
        , case when "ChargePeriodStart is empty" then [318, 315, 28, 26] end  -- CAU-ChargePeriodStart-C-003-M
        , case when "SkuMeter is not Unicode" then [321, 319, 28, 26] end  -- CAU-SkuMeter-C-002-M
        , case when ("SkuId is empty" and not "SkuMeter is empty") then [323, 322, 319, 28, 26] end  -- CAU-SkuMeter-C-004-C
        , case when (not "SkuId is empty" and "SkuMeter is empty") then [324] end  -- CAU-SkuMeter-C-005-C
        , case when "AllocatedMethodDetails is not Unicode" then [327, 325, 28, 26] end  -- CAU-AllocatedMethodDetails-C-002-M
        , case when "AllocatedMethodDetails is no JSON" then [328, 325, 28, 26] end  -- CAU-AllocatedMethodDetails-C-003-M
        , case when "ServiceName is not Unicode" then [333, 331, 28, 26] end  -- CAU-ServiceName-C-002-M
        , case when "ServiceName is empty" then [334, 331, 28, 26] end  -- CAU-ServiceName-C-003-M
        , case when "ServiceName has not 1 ServiceCategory" then [336, 335, 331, 28, 26] end  -- CAU-ServiceName-C-005-C
        , case when "ServiceName has not 1 ServiceSubcategory" then [338] end  -- CAU-ServiceName-C-008-C
        , case when (not "ChargeClass is empty" and (not "ChargeClass is empty" and not "ChargeClass is Correction")) then [342, 339, 28, 26] end  -- CAU-ChargeClass-C-005-C
        , case when "EffectiveCost is empty" then [346, 343, 28, 26] end  -- CAU-EffectiveCost-C-003-M
        , case when (("ChargeCategory is Tax" or "ChargeCategory is Credit") and (not "EffectiveCost is empty" and not "BilledCost is empty" and not "EffectiveCost is BilledCost")) then [347, 343, 28, 26] end  -- CAU-EffectiveCost-C-017-C
        , case when "BillingAccountName is not Unicode" then [350, 348, 28, 26] end  -- CAU-BillingAccountName-C-002-M
        , case when "BillingAccountName is empty" then [351, 348, 28, 26] end  -- CAU-BillingAccountName-C-003-C
        , case when "ResourceName is not Unicode" then [354, 352, 28, 26] end  -- CAU-ResourceName-C-002-M
        , case when "ConsumedUnit is not Unicode" then [358, 356, 28, 26] end  -- CAU-ConsumedUnit-C-002-M
        , case when "ConsumedUnit is no unit" then [359] end  -- CAU-ConsumedUnit-C-003-O
        , case when ("ConsumedQuantity is empty" and not "ConsumedUnit is empty") then [361, 360, 356, 28, 26] end  -- CAU-ConsumedUnit-C-005-C
        , case when (not "ConsumedQuantity is empty" and "ConsumedUnit is empty") then [362, 360, 356, 28, 26] end  -- CAU-ConsumedUnit-C-006-C
        , case when "ChargePeriodEnd is empty" then [366, 363, 28, 26] end  -- CAU-ChargePeriodEnd-C-003-M
        , case when "SkuPriceDetails is no flat JSON object" then [368, 367, 28, 26] end  -- CAU-SkuPriceDetails-C-001-M
        , case when ("SkuPriceId is empty" and not "SkuPriceDetails is empty") then [370, 369, 367, 28, 26] end  -- CAU-SkuPriceDetails-C-004-C
        , case when "SkuPriceDetails is not Unicode" then [376, 367, 28, 26] end  -- CAU-SkuPriceDetails-C-025-M
        , case when "BillingPeriodEnd is empty" then [380, 377, 28, 26] end  -- CAU-BillingPeriodEnd-C-003-M
        , case when "AllocatedTags is no flat JSON object" then [382, 381, 28, 26] end  -- CAU-AllocatedTags-C-001-M
        , case when "AllocatedTags is not Unicode" then [388, 381, 28, 26] end  -- CAU-AllocatedTags-C-016-M
        , case when "AllocatedResourceName is not Unicode" then [391, 389, 28, 26] end  -- CAU-AllocatedResourceName-C-002-M
        , case when ("AllocatedResourceId is empty" and not "AllocatedResourceName is empty") then [393, 392, 389, 28, 26] end  -- CAU-AllocatedResourceName-C-004-C
        , case when (not "AllocatedResourceId is empty" and "AllocatedResourceName is empty") then [394, 392, 389, 28, 26] end  -- CAU-AllocatedResourceName-C-005-C
        , case when ((not "ChargeCategory is Usage" or ("ChargeCategory is Usage" and "CommitmentDiscountStatus is Unused")) and not "ConsumedQuantity is empty") then [399, 398, 395, 28, 26] end  -- CAU-ConsumedQuantity-C-004-C
        , case when ((not "ChargeClass is Correction" and ("ChargeCategory is Usage" and not "CommitmentDiscountStatus is Unused")) and "ConsumedQuantity is empty") then [401, 400, 398, 395, 28, 26] end  -- CAU-ConsumedQuantity-C-006-C
        , case when ("SkuPriceId is empty" and not "ConsumedQuantity is empty") then [403, 398, 395, 28, 26] end  -- CAU-ConsumedQuantity-C-009-C
        , case when "InvoiceIssuerName is not Unicode" then [406, 404, 28, 26] end  -- CAU-InvoiceIssuerName-C-002-M
        , case when "InvoiceIssuerName is empty" then [407, 404, 28, 26] end  -- CAU-InvoiceIssuerName-C-003-M
        , case when ("ChargeCategory is Tax" and not "PricingCurrencyContractedUnitPrice is empty") then [412, 411, 408, 28, 26] end  -- CAU-PricingCurrencyContractedUnitPrice-C-004-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "PricingCurrencyContractedUnitPrice is empty") then [413, 411, 408, 28, 26] end  -- CAU-PricingCurrencyContractedUnitPrice-C-005-C
        , case when ("SkuPriceId is empty" and not "PricingCurrencyContractedUnitPrice is empty") then [416, 411, 408, 28, 26] end  -- CAU-PricingCurrencyContractedUnitPrice-C-011-C
        , case when (not "SkuPriceId is empty" and "PricingCurrencyContractedUnitPrice is empty") then [417, 411, 408, 28, 26] end  -- CAU-PricingCurrencyContractedUnitPrice-C-012-C
        , case when ("CapacityReservationId is empty" and not "CapacityReservationStatus is empty") then [421, 420, 418, 28, 26] end  -- CAU-CapacityReservationStatus-C-003-C
        , case when ((not "CapacityReservationId is empty" and "ChargeCategory is Usage") and "CapacityReservationStatus is empty") then [422, 420, 418, 28, 26] end  -- CAU-CapacityReservationStatus-C-004-C
        , case when (not "CapacityReservationStatus is empty" and "CapacityReservationStatus is none of its values") then [424, 423, 418, 28, 26] end  -- CAU-CapacityReservationStatus-C-006-M
        , case when "ChargeCategory is empty" then [427, 425, 28, 26] end  -- CAU-ChargeCategory-C-002-M
        , case when "ChargeCategory is none of its values" then [428, 425, 28, 26] end  -- CAU-ChargeCategory-C-003-M
        , case when "CapacityReservationId is not Unicode" then [431, 429, 28, 26] end  -- CAU-CapacityReservationId-C-002-M
        , case when ("CapacityReservationStatus is Unused" and "CapacityReservationId is empty") then [433, 432, 429, 28, 26] end  -- CAU-CapacityReservationId-C-005-C
        , case when "InvoiceDetailId is not Unicode" then [437, 435, 28, 26] end  -- CAU-InvoiceDetailId-C-002-M
        , case when "SkuPriceId is not Unicode" then [441, 439, 28, 26] end  -- CAU-SkuPriceId-C-002-M
        , case when ("ChargeCategory is Tax" and not "SkuPriceId is empty") then [443, 442, 439, 28, 26] end  -- CAU-SkuPriceId-C-004-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "SkuPriceId is empty") then [444, 442, 439, 28, 26] end  -- CAU-SkuPriceId-C-005-C
        , case when (not "SkuPriceId is empty" and "SkuPriceId has not 1 SkuId") then [446, 445, 439, 28, 26] end  -- CAU-SkuPriceId-C-008-M
        , case when "Tags is no flat JSON object" then [449, 448, 28, 26] end  -- CAU-Tags-C-001-M
        , case when "Tags is not Unicode" then [455, 448, 28, 26] end  -- CAU-Tags-C-019-M
        , case when "SkuId is not Unicode" then [459, 457, 28, 26] end  -- CAU-SkuId-C-002-M
        , case when ("ChargeCategory is Tax" and not "SkuId is empty") then [461, 460, 457, 28, 26] end  -- CAU-SkuId-C-004-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "SkuId is empty") then [462, 460, 457, 28, 26] end  -- CAU-SkuId-C-005-C
        , case when "InvoiceId is not Unicode" then [466, 464, 28, 26] end  -- CAU-InvoiceId-C-002-M
        , case when ("ChargeCategory is Tax" and not "PricingCurrencyListUnitPrice is empty") then [472, 471, 468, 28, 26] end  -- CAU-PricingCurrencyListUnitPrice-C-004-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "PricingCurrencyListUnitPrice is empty") then [473, 471, 468, 28, 26] end  -- CAU-PricingCurrencyListUnitPrice-C-005-C
        , case when (not "PricingCurrencyListUnitPrice is empty" and "PricingCurrencyListUnitPrice is below 0") then [475, 474, 468, 28, 26] end  -- CAU-PricingCurrencyListUnitPrice-C-008-M
        , case when ("SkuPriceId is empty" and not "PricingCurrencyListUnitPrice is empty") then [476, 471, 468, 28, 26] end  -- CAU-PricingCurrencyListUnitPrice-C-011-C
        , case when (not "SkuPriceId is empty" and "PricingCurrencyListUnitPrice is empty") then [477, 471, 468, 28, 26] end  -- CAU-PricingCurrencyListUnitPrice-C-012-C
        , case when "RegionName is not Unicode" then [480, 478, 28, 26] end  -- CAU-RegionName-C-002-M
        , case when ("RegionId is empty" and not "RegionName is empty") then [482, 481, 478, 28, 26] end  -- CAU-RegionName-C-004-C
        , case when (not "RegionId is empty" and "RegionName is empty") then [483, 481, 478, 28, 26] end  -- CAU-RegionName-C-005-C
        , case when ("ChargeCategory is Tax" and not "PricingCategory is empty") then [487, 486, 484, 28, 26] end  -- CAU-PricingCategory-C-003-C
        , case when ((("ChargeCategory is Usage" or "ChargeCategory is Purchase") and not "ChargeClass is Correction") and "PricingCategory is empty") then [488, 486, 484, 28, 26] end  -- CAU-PricingCategory-C-004-C
        , case when (not "PricingCategory is empty" and "PricingCategory is none of its values") then [490, 489, 484, 28, 26] end  -- CAU-PricingCategory-C-007-M
        , case when ("SkuPriceId is empty" and not "PricingCategory is empty") then [491, 486, 484, 28, 26] end  -- CAU-PricingCategory-C-012-C
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, money_2, money_3, money_4, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, money_2, money_3, money_4, example_ids
from broken
{%- endmacro %}

{% macro spark__focus_tallies_cost_and_usage(rows) -%}
with rows_in_hand as (
  select * from {{ rows }}
),

wrong_allocatedtags as (
  select
    value,
    max(not (from_json(value, 'map<string,string>') is not null)) as `AllocatedTags is no flat JSON object`
  from (
    select distinct AllocatedTags as value
    from rows_in_hand
    where AllocatedTags is not null
  ) as told
  group by value
  having max(not (from_json(value, 'map<string,string>') is not null))
),

wrong_commitmentprogrameligibilitydetails as (
  select
    value,
    max(not (get_json_object(value, '$') is not null)) as `CommitmentProgramEligibilityDetails is no JSON`
  from (
    select distinct CommitmentProgramEligibilityDetails as value
    from rows_in_hand
    where CommitmentProgramEligibilityDetails is not null
  ) as told
  group by value
  having max(not (get_json_object(value, '$') is not null))
),

wrong_skupricedetails as (
  select
    value,
    max(not (from_json(value, 'map<string,string>') is not null)) as `SkuPriceDetails is no flat JSON object`
  from (
    select distinct SkuPriceDetails as value
    from rows_in_hand
    where SkuPriceDetails is not null
  ) as told
  group by value
  having max(not (from_json(value, 'map<string,string>') is not null))
),

wrong_tags as (
  select
    value,
    max(not (from_json(value, 'map<string,string>') is not null)) as `Tags is no flat JSON object`
  from (
    select distinct Tags as value
    from rows_in_hand
    where Tags is not null
  ) as told
  group by value
  having max(not (from_json(value, 'map<string,string>') is not null))
),

wrong_group_3 as (
  select source as group_0, billing_period as group_1, SkuPriceId as group_2
  from rows_in_hand
  where SkuPriceId is not null
  group by source, billing_period, SkuPriceId
  having count(distinct SkuId) <> 1
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.CapacityReservationStatus,
    rows_in_hand.ChargeCategory,
    rows_in_hand.ChargeClass,
    rows_in_hand.ChargeFrequency,
    rows_in_hand.CommitmentDiscountCategory,
    rows_in_hand.CommitmentDiscountStatus,
    rows_in_hand.CommitmentDiscountUnit,
    rows_in_hand.ConsumedUnit,
    rows_in_hand.PricingCategory,
    rows_in_hand.PricingCurrency,
    rows_in_hand.PricingUnit,
    rows_in_hand.ServiceCategory,
    rows_in_hand.ServiceName,
    rows_in_hand.ServiceSubcategory,
    rows_in_hand.BilledCost as money_1,
    rows_in_hand.EffectiveCost as money_2,
    case when rows_in_hand.BilledCost > 0 then rows_in_hand.BilledCost else 0 end as money_3,
    case when rows_in_hand.EffectiveCost > 0 then rows_in_hand.EffectiveCost else 0 end as money_4,
    rows_in_hand.x_ChargeId as row_id,
    case when AllocatedMethodDetails is null then 1 else 0 end
    + case when (AllocatedMethodDetails is not null and not (get_json_object(AllocatedMethodDetails, '$') is not null)) then 2 else 0 end
    + case when AllocatedMethodDetails like '%�%' then 4 else 0 end
    + case when AllocatedMethodId like '%�%' then 8 else 0 end
    + case when AllocatedResourceId is null then 16 else 0 end
    + case when AllocatedResourceId like '%�%' then 32 else 0 end
    + case when AllocatedResourceName is null then 64 else 0 end
    + case when AllocatedResourceName like '%�%' then 128 else 0 end
    + case when wrong_allocatedtags.`AllocatedTags is no flat JSON object` then 256 else 0 end
    + case when AllocatedTags like '%�%' then 512 else 0 end
    + case when AvailabilityZone like '%�%' then 1024 else 0 end
    + case when BilledCost is null then 2048 else 0 end
    + case when BillingAccountId is null then 4096 else 0 end
    + case when BillingAccountId like '%�%' then 8192 else 0 end
    + case when BillingAccountName is null then 16384 else 0 end
    + case when BillingAccountName like '%�%' then 32768 else 0 end
    + case when BillingAccountType is null then 65536 else 0 end
    + case when BillingAccountType like '%�%' then 131072 else 0 end
    + case when BillingPeriodEnd is null then 262144 else 0 end
    + case when BillingPeriodStart is null then 524288 else 0 end
    + case when CapacityReservationId is null then 1048576 else 0 end
    + case when CapacityReservationId like '%�%' then 2097152 else 0 end
    + case when ChargeDescription is null then 4194304 else 0 end
    + case when ChargeDescription like '%�%' then 8388608 else 0 end
    + case when ChargePeriodEnd is null then 16777216 else 0 end
    + case when ChargePeriodStart is null then 33554432 else 0 end
    + case when CommitmentDiscountId is null then 67108864 else 0 end
    + case when CommitmentDiscountId like '%�%' then 134217728 else 0 end
    + case when CommitmentDiscountName is null then 268435456 else 0 end
    + case when CommitmentDiscountName like '%�%' then 536870912 else 0 end
    + case when CommitmentDiscountQuantity is null then 1073741824 else 0 end
    + case when CommitmentDiscountType is null then 2147483648 else 0 end
    + case when CommitmentDiscountType like '%�%' then 4294967296 else 0 end
    + case when CommitmentProgramEligibilityDetails is null then 8589934592 else 0 end
    + case when wrong_commitmentprogrameligibilitydetails.`CommitmentProgramEligibilityDetails is no JSON` then 17179869184 else 0 end
    + case when CommitmentProgramEligibilityDetails like '%�%' then 34359738368 else 0 end
    + case when ConsumedQuantity is null then 68719476736 else 0 end
    + case when ContractApplied is null then 137438953472 else 0 end
    + case when (ContractApplied is not null and not (get_json_object(ContractApplied, '$') is not null)) then 274877906944 else 0 end
    + case when ContractedCost is null then 549755813888 else 0 end
    + case when case when ContractedUnitPrice = ListUnitPrice and ContractedCost = ListCost then false else (ContractedUnitPrice is not null and PricingQuantity is not null and ContractedCost is not null and coalesce(abs(try_cast(try_cast(try_cast(case when ContractedCost < 0 then -floor(-(ContractedCost)) else floor(ContractedCost) end as decimal(26, 0)) - try_cast(try_cast(case when ContractedUnitPrice < 0 then -floor(-(ContractedUnitPrice)) else floor(ContractedUnitPrice) end as decimal(19, 0)) * try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast(ContractedCost % 1 as decimal(12, 12)) - try_cast(case when ContractedUnitPrice < 0 then -floor(-(ContractedUnitPrice)) else floor(ContractedUnitPrice) end as decimal(19, 0)) * cast(PricingQuantity % 1 as decimal(15, 15)) - try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0)) * cast(ContractedUnitPrice % 1 as decimal(15, 15)) as decimal(22, 15)) - cast(ContractedUnitPrice % 1 as decimal(15, 15)) * cast(PricingQuantity % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(case when ContractedUnitPrice < 0 then -floor(-(ContractedUnitPrice)) else floor(ContractedUnitPrice) end as decimal(19, 0))) + 1) * 0.0000000000000005, true)) end then 1099511627776 else 0 end
    + case when ContractedUnitPrice = ListUnitPrice and ContractedCost = ListCost then 2199023255552 else 0 end
    + case when ContractedUnitPrice < 0 then 4398046511104 else 0 end
    + case when ContractedUnitPrice is null then 8796093022208 else 0 end
    + case when EffectiveCost = BilledCost then 17592186044416 else 0 end
    + case when EffectiveCost is null then 35184372088832 else 0 end
    + case when HostProviderName like '%�%' then 70368744177664 else 0 end
    + case when InvoiceDetailId like '%�%' then 140737488355328 else 0 end
    + case when InvoiceId like '%�%' then 281474976710656 else 0 end
    + case when InvoiceIssuerName is null then 562949953421312 else 0 end
    + case when InvoiceIssuerName like '%�%' then 1125899906842624 else 0 end
    + case when ListCost is null then 2251799813685248 else 0 end
    + case when (ListUnitPrice is not null and PricingQuantity is not null and ListCost is not null and coalesce(abs(try_cast(try_cast(try_cast(case when ListCost < 0 then -floor(-(ListCost)) else floor(ListCost) end as decimal(26, 0)) - try_cast(try_cast(case when ListUnitPrice < 0 then -floor(-(ListUnitPrice)) else floor(ListUnitPrice) end as decimal(19, 0)) * try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0)) as decimal(37, 0)) as decimal(20, 0)) + cast(ListCost % 1 as decimal(12, 12)) - try_cast(case when ListUnitPrice < 0 then -floor(-(ListUnitPrice)) else floor(ListUnitPrice) end as decimal(19, 0)) * cast(PricingQuantity % 1 as decimal(15, 15)) - try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0)) * cast(ListUnitPrice % 1 as decimal(15, 15)) as decimal(22, 15)) - cast(ListUnitPrice % 1 as decimal(15, 15)) * cast(PricingQuantity % 1 as decimal(15, 15))) > 0.0000000000005 + (abs(try_cast(case when PricingQuantity < 0 then -floor(-(PricingQuantity)) else floor(PricingQuantity) end as decimal(19, 0))) + 1) * 0.0000000000000005 + (abs(try_cast(case when ListUnitPrice < 0 then -floor(-(ListUnitPrice)) else floor(ListUnitPrice) end as decimal(19, 0))) + 1) * 0.0000000000000005, true)) then 4503599627370496 else 0 end
    + case when ListUnitPrice < 0 then 9007199254740992 else 0 end
    + case when ListUnitPrice is null then 18014398509481984 else 0 end
    + case when PricingCurrencyContractedUnitPrice is null then 36028797018963968 else 0 end
    + case when PricingCurrencyEffectiveCost is null then 72057594037927936 else 0 end
    + case when PricingCurrencyListUnitPrice < 0 then 144115188075855872 else 0 end
    + case when PricingCurrencyListUnitPrice is null then 288230376151711744 else 0 end
    + case when PricingQuantity is null then 576460752303423488 else 0 end
    + case when RegionId is null then 1152921504606846976 else 0 end
    + case when RegionId like '%�%' then 2305843009213693952 else 0 end
    as answers_of_rows_0,
    case when RegionName is null then 1 else 0 end
    + case when RegionName like '%�%' then 2 else 0 end
    + case when ResourceId is null then 4 else 0 end
    + case when ResourceId like '%�%' then 8 else 0 end
    + case when ResourceName like '%�%' then 16 else 0 end
    + case when ResourceType is null then 32 else 0 end
    + case when ResourceType like '%�%' then 64 else 0 end
    + case when ServiceProviderName is null then 128 else 0 end
    + case when ServiceProviderName like '%�%' then 256 else 0 end
    + case when SkuId is null then 512 else 0 end
    + case when SkuId like '%�%' then 1024 else 0 end
    + case when SkuMeter is null then 2048 else 0 end
    + case when SkuMeter like '%�%' then 4096 else 0 end
    + case when SkuPriceDetails is null then 8192 else 0 end
    + case when wrong_skupricedetails.`SkuPriceDetails is no flat JSON object` then 16384 else 0 end
    + case when SkuPriceDetails like '%�%' then 32768 else 0 end
    + case when (wrong_group_3.group_0 is not null) then 65536 else 0 end
    + case when SkuPriceId is null then 131072 else 0 end
    + case when SkuPriceId like '%�%' then 262144 else 0 end
    + case when SubAccountId is null then 524288 else 0 end
    + case when SubAccountId like '%�%' then 1048576 else 0 end
    + case when SubAccountName is null then 2097152 else 0 end
    + case when SubAccountName like '%�%' then 4194304 else 0 end
    + case when SubAccountType is null then 8388608 else 0 end
    + case when SubAccountType like '%�%' then 16777216 else 0 end
    + case when wrong_tags.`Tags is no flat JSON object` then 33554432 else 0 end
    + case when Tags like '%�%' then 67108864 else 0 end
    as answers_of_rows_1
  from rows_in_hand
  left join wrong_allocatedtags  -- many rows to one value
    on rows_in_hand.AllocatedTags = wrong_allocatedtags.value
  left join wrong_commitmentprogrameligibilitydetails  -- many rows to one value
    on rows_in_hand.CommitmentProgramEligibilityDetails = wrong_commitmentprogrameligibilitydetails.value
  left join wrong_skupricedetails  -- many rows to one value
    on rows_in_hand.SkuPriceDetails = wrong_skupricedetails.value
  left join wrong_tags  -- many rows to one value
    on rows_in_hand.Tags = wrong_tags.value
  left join wrong_group_3  -- many rows to one group
    on rows_in_hand.source = wrong_group_3.group_0 and rows_in_hand.billing_period = wrong_group_3.group_1 and rows_in_hand.SkuPriceId = wrong_group_3.group_2
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, CapacityReservationStatus, ChargeCategory, ChargeClass, ChargeFrequency, CommitmentDiscountCategory, CommitmentDiscountStatus, CommitmentDiscountUnit, ConsumedUnit, PricingCategory, PricingCurrency, PricingUnit, ServiceCategory, ServiceName, ServiceSubcategory, answers_of_rows_0, answers_of_rows_1,
    count(*) as rows_count,
    sum(money_1) as money_1,
    sum(money_2) as money_2,
    sum(money_3) as money_3,
    sum(money_4) as money_4,
    slice(array_sort(collect_list(row_id)), 1, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, CapacityReservationStatus, ChargeCategory, ChargeClass, ChargeFrequency, CommitmentDiscountCategory, CommitmentDiscountStatus, CommitmentDiscountUnit, ConsumedUnit, PricingCategory, PricingCurrency, PricingUnit, ServiceCategory, ServiceName, ServiceSubcategory, answers_of_rows_0, answers_of_rows_1
),

wrong_group_1 as (
  select source as group_0, billing_period as group_1, ServiceName as group_2
  from alike
  where ServiceName is not null
  group by source, billing_period, ServiceName
  having count(distinct ServiceCategory) <> 1
),

wrong_group_2 as (
  select source as group_0, billing_period as group_1, ServiceName as group_2
  from alike
  where ServiceName is not null
  group by source, billing_period, ServiceName
  having count(distinct ServiceSubcategory) <> 1
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.money_2,
    alike.money_3,
    alike.money_4,
    alike.example_ids,
    alike.answers_of_rows_0,
    alike.answers_of_rows_1,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when CapacityReservationStatus = 'Unused' then 8 else 0 end
    + case when CapacityReservationStatus is null then 16 else 0 end
    + case when CapacityReservationStatus not in ('Used', 'Unused') then 32 else 0 end
    + case when ChargeCategory = 'Credit' then 64 else 0 end
    + case when ChargeCategory = 'Purchase' then 128 else 0 end
    + case when ChargeCategory = 'Tax' then 256 else 0 end
    + case when ChargeCategory = 'Usage' then 512 else 0 end
    + case when ChargeCategory is null then 1024 else 0 end
    + case when ChargeCategory not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment') then 2048 else 0 end
    + case when ChargeClass = 'Correction' then 4096 else 0 end
    + case when ChargeClass is null then 8192 else 0 end
    + case when ChargeFrequency = 'Usage-Based' then 16384 else 0 end
    + case when ChargeFrequency is null then 32768 else 0 end
    + case when ChargeFrequency not in ('One-Time', 'Recurring', 'Usage-Based') then 65536 else 0 end
    + case when CommitmentDiscountCategory is null then 131072 else 0 end
    + case when CommitmentDiscountCategory not in ('Spend', 'Usage') then 262144 else 0 end
    + case when CommitmentDiscountStatus = 'Unused' then 524288 else 0 end
    + case when CommitmentDiscountStatus is null then 1048576 else 0 end
    + case when CommitmentDiscountStatus not in ('Used', 'Unused') then 2097152 else 0 end
    + case when CommitmentDiscountUnit is null then 4194304 else 0 end
    + case when not CommitmentDiscountUnit rlike '^(?:(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s)$' then 8388608 else 0 end
    + case when CommitmentDiscountUnit like '%�%' then 16777216 else 0 end
    + case when ConsumedUnit is null then 33554432 else 0 end
    + case when not ConsumedUnit rlike '^(?:(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s)$' then 67108864 else 0 end
    + case when ConsumedUnit like '%�%' then 134217728 else 0 end
    + case when PricingCategory is null then 268435456 else 0 end
    + case when PricingCategory not in ('Standard', 'Committed', 'Dynamic', 'Other') then 536870912 else 0 end
    + case when PricingCurrency is null then 1073741824 else 0 end
    + case when PricingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2147483648 else 0 end
    + case when PricingCurrency like '%�%' then 4294967296 else 0 end
    + case when PricingUnit is null then 8589934592 else 0 end
    + case when not PricingUnit rlike '^(?:(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s)$' then 17179869184 else 0 end
    + case when PricingUnit like '%�%' then 34359738368 else 0 end
    + case when ServiceCategory is null then 68719476736 else 0 end
    + case when ServiceCategory not in ('AI and Machine Learning', 'Analytics', 'Business Applications', 'Compute', 'Databases', 'Developer Tools', 'Multicloud', 'Identity', 'Integration', 'Internet of Things', 'Management and Governance', 'Media', 'Migration', 'Mobile', 'Networking', 'Security', 'Storage', 'Web', 'Other') then 137438953472 else 0 end
    + case when (wrong_group_1.group_0 is not null) then 274877906944 else 0 end
    + case when (wrong_group_2.group_0 is not null) then 549755813888 else 0 end
    + case when ServiceName is null then 1099511627776 else 0 end
    + case when ServiceName like '%�%' then 2199023255552 else 0 end
    + case when ServiceSubcategory is not null and coalesce(ServiceSubcategory || ' / ' || ServiceCategory not in ('AI Platforms / AI and Machine Learning', 'Bots / AI and Machine Learning', 'Generative AI / AI and Machine Learning', 'Machine Learning / AI and Machine Learning', 'Natural Language Processing / AI and Machine Learning', 'Other (AI and Machine Learning) / AI and Machine Learning', 'Analytics Platforms / Analytics', 'Business Intelligence / Analytics', 'Data Processing / Analytics', 'Search / Analytics', 'Streaming Analytics / Analytics', 'Other (Analytics) / Analytics', 'Productivity and Collaboration / Business Applications', 'Other (Business Applications) / Business Applications', 'Containers / Compute', 'End User Computing / Compute', 'Quantum Compute / Compute', 'Serverless Compute / Compute', 'Virtual Machines / Compute', 'Other (Compute) / Compute', 'Caching / Databases', 'Data Warehouses / Databases', 'Ledger Databases / Databases', 'NoSQL Databases / Databases', 'Relational Databases / Databases', 'Time Series Databases / Databases', 'Other (Databases) / Databases', 'Developer Platforms / Developer Tools', 'Continuous Integration and Deployment / Developer Tools', 'Development Environments / Developer Tools', 'Source Code Management / Developer Tools', 'Quality Assurance / Developer Tools', 'Other (Developer Tools) / Developer Tools', 'Identity and Access Management / Identity', 'Other (Identity) / Identity', 'API Management / Integration', 'Messaging / Integration', 'Workflow Orchestration / Integration', 'Other (Integration) / Integration', 'IoT Analytics / Internet of Things', 'IoT Platforms / Internet of Things', 'Other (Internet of Things) / Internet of Things', 'Architecture / Management and Governance', 'Compliance / Management and Governance', 'Cost Management / Management and Governance', 'Data Governance / Management and Governance', 'Disaster Recovery / Management and Governance', 'Endpoint Management / Management and Governance', 'Observability / Management and Governance', 'Support / Management and Governance', 'Other (Management and Governance) / Management and Governance', 'Content Creation / Media', 'Gaming / Media', 'Media Streaming / Media', 'Mixed Reality / Media', 'Other (Media) / Media', 'Data Migration / Migration', 'Resource Migration / Migration', 'Other (Migration) / Migration', 'Other (Mobile) / Mobile', 'Multicloud Integration / Multicloud', 'Other (Multicloud) / Multicloud', 'Application Networking / Networking', 'Content Delivery / Networking', 'Network Connectivity / Networking', 'Network Infrastructure / Networking', 'Network Routing / Networking', 'Network Security / Networking', 'Other (Networking) / Networking', 'Secret Management / Security', 'Security Posture Management / Security', 'Threat Detection and Response / Security', 'Other (Security) / Security', 'Backup Storage / Storage', 'Block Storage / Storage', 'File Storage / Storage', 'Object Storage / Storage', 'Storage Platforms / Storage', 'Other (Storage) / Storage', 'Application Platforms / Web', 'Other (Web) / Web', 'Other (Other) / Other'), true) then 4398046511104 else 0 end
    + case when ServiceSubcategory is null then 8796093022208 else 0 end
    + case when ServiceSubcategory not in ('AI Platforms', 'Bots', 'Generative AI', 'Machine Learning', 'Natural Language Processing', 'Other (AI and Machine Learning)', 'Analytics Platforms', 'Business Intelligence', 'Data Processing', 'Search', 'Streaming Analytics', 'Other (Analytics)', 'Productivity and Collaboration', 'Other (Business Applications)', 'Containers', 'End User Computing', 'Quantum Compute', 'Serverless Compute', 'Virtual Machines', 'Other (Compute)', 'Caching', 'Data Warehouses', 'Ledger Databases', 'NoSQL Databases', 'Relational Databases', 'Time Series Databases', 'Other (Databases)', 'Developer Platforms', 'Continuous Integration and Deployment', 'Development Environments', 'Source Code Management', 'Quality Assurance', 'Other (Developer Tools)', 'Identity and Access Management', 'Other (Identity)', 'API Management', 'Messaging', 'Workflow Orchestration', 'Other (Integration)', 'IoT Analytics', 'IoT Platforms', 'Other (Internet of Things)', 'Architecture', 'Compliance', 'Cost Management', 'Data Governance', 'Disaster Recovery', 'Endpoint Management', 'Observability', 'Support', 'Other (Management and Governance)', 'Content Creation', 'Gaming', 'Media Streaming', 'Mixed Reality', 'Other (Media)', 'Data Migration', 'Resource Migration', 'Other (Migration)', 'Other (Mobile)', 'Multicloud Integration', 'Other (Multicloud)', 'Application Networking', 'Content Delivery', 'Network Connectivity', 'Network Infrastructure', 'Network Routing', 'Network Security', 'Other (Networking)', 'Secret Management', 'Security Posture Management', 'Threat Detection and Response', 'Other (Security)', 'Backup Storage', 'Block Storage', 'File Storage', 'Object Storage', 'Storage Platforms', 'Other (Storage)', 'Application Platforms', 'Other (Web)', 'Other (Other)') then 17592186044416 else 0 end
    as answers_of_words_0
  from alike
  left join wrong_group_1  -- many rows to one group
    on alike.source = wrong_group_1.group_0 and alike.billing_period = wrong_group_1.group_1 and alike.ServiceName = wrong_group_1.group_2
  left join wrong_group_2  -- many rows to one group
    on alike.source = wrong_group_2.group_0 and alike.billing_period = wrong_group_2.group_1 and alike.ServiceName = wrong_group_2.group_2
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_rows_1, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    sum(money_2) as money_2,
    sum(money_3) as money_3,
    sum(money_4) as money_4,
    slice(array_sort(flatten(collect_list(example_ids))), 1, 3) as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_rows_1, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    money_2,
    money_3,
    money_4,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as `AllocatedMethodDetails is empty`,
    (answers_of_rows_0 & 2) <> 0 as `AllocatedMethodDetails is no JSON`,
    (answers_of_rows_0 & 4) <> 0 as `AllocatedMethodDetails is not Unicode`,
    (answers_of_rows_0 & 8) <> 0 as `AllocatedMethodId is not Unicode`,
    (answers_of_rows_0 & 16) <> 0 as `AllocatedResourceId is empty`,
    (answers_of_rows_0 & 32) <> 0 as `AllocatedResourceId is not Unicode`,
    (answers_of_rows_0 & 64) <> 0 as `AllocatedResourceName is empty`,
    (answers_of_rows_0 & 128) <> 0 as `AllocatedResourceName is not Unicode`,
    (answers_of_rows_0 & 256) <> 0 as `AllocatedTags is no flat JSON object`,
    (answers_of_rows_0 & 512) <> 0 as `AllocatedTags is not Unicode`,
    (answers_of_rows_0 & 1024) <> 0 as `AvailabilityZone is not Unicode`,
    (answers_of_rows_0 & 2048) <> 0 as `BilledCost is empty`,
    (answers_of_rows_0 & 4096) <> 0 as `BillingAccountId is empty`,
    (answers_of_rows_0 & 8192) <> 0 as `BillingAccountId is not Unicode`,
    (answers_of_rows_0 & 16384) <> 0 as `BillingAccountName is empty`,
    (answers_of_rows_0 & 32768) <> 0 as `BillingAccountName is not Unicode`,
    (answers_of_rows_0 & 65536) <> 0 as `BillingAccountType is empty`,
    (answers_of_rows_0 & 131072) <> 0 as `BillingAccountType is not Unicode`,
    (answers_of_rows_0 & 262144) <> 0 as `BillingPeriodEnd is empty`,
    (answers_of_rows_0 & 524288) <> 0 as `BillingPeriodStart is empty`,
    (answers_of_rows_0 & 1048576) <> 0 as `CapacityReservationId is empty`,
    (answers_of_rows_0 & 2097152) <> 0 as `CapacityReservationId is not Unicode`,
    (answers_of_rows_0 & 4194304) <> 0 as `ChargeDescription is empty`,
    (answers_of_rows_0 & 8388608) <> 0 as `ChargeDescription is not Unicode`,
    (answers_of_rows_0 & 16777216) <> 0 as `ChargePeriodEnd is empty`,
    (answers_of_rows_0 & 33554432) <> 0 as `ChargePeriodStart is empty`,
    (answers_of_rows_0 & 67108864) <> 0 as `CommitmentDiscountId is empty`,
    (answers_of_rows_0 & 134217728) <> 0 as `CommitmentDiscountId is not Unicode`,
    (answers_of_rows_0 & 268435456) <> 0 as `CommitmentDiscountName is empty`,
    (answers_of_rows_0 & 536870912) <> 0 as `CommitmentDiscountName is not Unicode`,
    (answers_of_rows_0 & 1073741824) <> 0 as `CommitmentDiscountQuantity is empty`,
    (answers_of_rows_0 & 2147483648) <> 0 as `CommitmentDiscountType is empty`,
    (answers_of_rows_0 & 4294967296) <> 0 as `CommitmentDiscountType is not Unicode`,
    (answers_of_rows_0 & 8589934592) <> 0 as `CommitmentProgramEligibilityDetails is empty`,
    (answers_of_rows_0 & 17179869184) <> 0 as `CommitmentProgramEligibilityDetails is no JSON`,
    (answers_of_rows_0 & 34359738368) <> 0 as `CommitmentProgramEligibilityDetails is not Unicode`,
    (answers_of_rows_0 & 68719476736) <> 0 as `ConsumedQuantity is empty`,
    (answers_of_rows_0 & 137438953472) <> 0 as `ContractApplied is empty`,
    (answers_of_rows_0 & 274877906944) <> 0 as `ContractApplied is no JSON`,
    (answers_of_rows_0 & 549755813888) <> 0 as `ContractedCost is empty`,
    (answers_of_rows_0 & 1099511627776) <> 0 as `ContractedCost is not ContractedUnitPrice * PricingQuantity, unlike the list`,
    (answers_of_rows_0 & 2199023255552) <> 0 as `ContractedUnitPrice and ContractedCost are of the list`,
    (answers_of_rows_0 & 4398046511104) <> 0 as `ContractedUnitPrice is below 0`,
    (answers_of_rows_0 & 8796093022208) <> 0 as `ContractedUnitPrice is empty`,
    (answers_of_rows_0 & 17592186044416) <> 0 as `EffectiveCost is BilledCost`,
    (answers_of_rows_0 & 35184372088832) <> 0 as `EffectiveCost is empty`,
    (answers_of_rows_0 & 70368744177664) <> 0 as `HostProviderName is not Unicode`,
    (answers_of_rows_0 & 140737488355328) <> 0 as `InvoiceDetailId is not Unicode`,
    (answers_of_rows_0 & 281474976710656) <> 0 as `InvoiceId is not Unicode`,
    (answers_of_rows_0 & 562949953421312) <> 0 as `InvoiceIssuerName is empty`,
    (answers_of_rows_0 & 1125899906842624) <> 0 as `InvoiceIssuerName is not Unicode`,
    (answers_of_rows_0 & 2251799813685248) <> 0 as `ListCost is empty`,
    (answers_of_rows_0 & 4503599627370496) <> 0 as `ListCost is not ListUnitPrice * PricingQuantity`,
    (answers_of_rows_0 & 9007199254740992) <> 0 as `ListUnitPrice is below 0`,
    (answers_of_rows_0 & 18014398509481984) <> 0 as `ListUnitPrice is empty`,
    (answers_of_rows_0 & 36028797018963968) <> 0 as `PricingCurrencyContractedUnitPrice is empty`,
    (answers_of_rows_0 & 72057594037927936) <> 0 as `PricingCurrencyEffectiveCost is empty`,
    (answers_of_rows_0 & 144115188075855872) <> 0 as `PricingCurrencyListUnitPrice is below 0`,
    (answers_of_rows_0 & 288230376151711744) <> 0 as `PricingCurrencyListUnitPrice is empty`,
    (answers_of_rows_0 & 576460752303423488) <> 0 as `PricingQuantity is empty`,
    (answers_of_rows_0 & 1152921504606846976) <> 0 as `RegionId is empty`,
    (answers_of_rows_0 & 2305843009213693952) <> 0 as `RegionId is not Unicode`,
    (answers_of_rows_1 & 1) <> 0 as `RegionName is empty`,
    (answers_of_rows_1 & 2) <> 0 as `RegionName is not Unicode`,
    (answers_of_rows_1 & 4) <> 0 as `ResourceId is empty`,
    (answers_of_rows_1 & 8) <> 0 as `ResourceId is not Unicode`,
    (answers_of_rows_1 & 16) <> 0 as `ResourceName is not Unicode`,
    (answers_of_rows_1 & 32) <> 0 as `ResourceType is empty`,
    (answers_of_rows_1 & 64) <> 0 as `ResourceType is not Unicode`,
    (answers_of_rows_1 & 128) <> 0 as `ServiceProviderName is empty`,
    (answers_of_rows_1 & 256) <> 0 as `ServiceProviderName is not Unicode`,
    (answers_of_rows_1 & 512) <> 0 as `SkuId is empty`,
    (answers_of_rows_1 & 1024) <> 0 as `SkuId is not Unicode`,
    (answers_of_rows_1 & 2048) <> 0 as `SkuMeter is empty`,
    (answers_of_rows_1 & 4096) <> 0 as `SkuMeter is not Unicode`,
    (answers_of_rows_1 & 8192) <> 0 as `SkuPriceDetails is empty`,
    (answers_of_rows_1 & 16384) <> 0 as `SkuPriceDetails is no flat JSON object`,
    (answers_of_rows_1 & 32768) <> 0 as `SkuPriceDetails is not Unicode`,
    (answers_of_rows_1 & 65536) <> 0 as `SkuPriceId has not 1 SkuId`,
    (answers_of_rows_1 & 131072) <> 0 as `SkuPriceId is empty`,
    (answers_of_rows_1 & 262144) <> 0 as `SkuPriceId is not Unicode`,
    (answers_of_rows_1 & 524288) <> 0 as `SubAccountId is empty`,
    (answers_of_rows_1 & 1048576) <> 0 as `SubAccountId is not Unicode`,
    (answers_of_rows_1 & 2097152) <> 0 as `SubAccountName is empty`,
    (answers_of_rows_1 & 4194304) <> 0 as `SubAccountName is not Unicode`,
    (answers_of_rows_1 & 8388608) <> 0 as `SubAccountType is empty`,
    (answers_of_rows_1 & 16777216) <> 0 as `SubAccountType is not Unicode`,
    (answers_of_rows_1 & 33554432) <> 0 as `Tags is no flat JSON object`,
    (answers_of_rows_1 & 67108864) <> 0 as `Tags is not Unicode`,
    (answers_of_words_0 & 1) <> 0 as `BillingCurrency is empty`,
    (answers_of_words_0 & 2) <> 0 as `BillingCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 4) <> 0 as `BillingCurrency is not Unicode`,
    (answers_of_words_0 & 8) <> 0 as `CapacityReservationStatus is Unused`,
    (answers_of_words_0 & 16) <> 0 as `CapacityReservationStatus is empty`,
    (answers_of_words_0 & 32) <> 0 as `CapacityReservationStatus is none of its values`,
    (answers_of_words_0 & 64) <> 0 as `ChargeCategory is Credit`,
    (answers_of_words_0 & 128) <> 0 as `ChargeCategory is Purchase`,
    (answers_of_words_0 & 256) <> 0 as `ChargeCategory is Tax`,
    (answers_of_words_0 & 512) <> 0 as `ChargeCategory is Usage`,
    (answers_of_words_0 & 1024) <> 0 as `ChargeCategory is empty`,
    (answers_of_words_0 & 2048) <> 0 as `ChargeCategory is none of its values`,
    (answers_of_words_0 & 4096) <> 0 as `ChargeClass is Correction`,
    (answers_of_words_0 & 8192) <> 0 as `ChargeClass is empty`,
    (answers_of_words_0 & 16384) <> 0 as `ChargeFrequency is Usage-Based`,
    (answers_of_words_0 & 32768) <> 0 as `ChargeFrequency is empty`,
    (answers_of_words_0 & 65536) <> 0 as `ChargeFrequency is none of its values`,
    (answers_of_words_0 & 131072) <> 0 as `CommitmentDiscountCategory is empty`,
    (answers_of_words_0 & 262144) <> 0 as `CommitmentDiscountCategory is none of its values`,
    (answers_of_words_0 & 524288) <> 0 as `CommitmentDiscountStatus is Unused`,
    (answers_of_words_0 & 1048576) <> 0 as `CommitmentDiscountStatus is empty`,
    (answers_of_words_0 & 2097152) <> 0 as `CommitmentDiscountStatus is none of its values`,
    (answers_of_words_0 & 4194304) <> 0 as `CommitmentDiscountUnit is empty`,
    (answers_of_words_0 & 8388608) <> 0 as `CommitmentDiscountUnit is no unit`,
    (answers_of_words_0 & 16777216) <> 0 as `CommitmentDiscountUnit is not Unicode`,
    (answers_of_words_0 & 33554432) <> 0 as `ConsumedUnit is empty`,
    (answers_of_words_0 & 67108864) <> 0 as `ConsumedUnit is no unit`,
    (answers_of_words_0 & 134217728) <> 0 as `ConsumedUnit is not Unicode`,
    (answers_of_words_0 & 268435456) <> 0 as `PricingCategory is empty`,
    (answers_of_words_0 & 536870912) <> 0 as `PricingCategory is none of its values`,
    (answers_of_words_0 & 1073741824) <> 0 as `PricingCurrency is empty`,
    (answers_of_words_0 & 2147483648) <> 0 as `PricingCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 4294967296) <> 0 as `PricingCurrency is not Unicode`,
    (answers_of_words_0 & 8589934592) <> 0 as `PricingUnit is empty`,
    (answers_of_words_0 & 17179869184) <> 0 as `PricingUnit is no unit`,
    (answers_of_words_0 & 34359738368) <> 0 as `PricingUnit is not Unicode`,
    (answers_of_words_0 & 68719476736) <> 0 as `ServiceCategory is empty`,
    (answers_of_words_0 & 137438953472) <> 0 as `ServiceCategory is none of its values`,
    (answers_of_words_0 & 274877906944) <> 0 as `ServiceName has not 1 ServiceCategory`,
    (answers_of_words_0 & 549755813888) <> 0 as `ServiceName has not 1 ServiceSubcategory`,
    (answers_of_words_0 & 1099511627776) <> 0 as `ServiceName is empty`,
    (answers_of_words_0 & 2199023255552) <> 0 as `ServiceName is not Unicode`,
    (answers_of_words_0 & 4398046511104) <> 0 as `ServiceSubcategory does not belong to ServiceCategory`,
    (answers_of_words_0 & 8796093022208) <> 0 as `ServiceSubcategory is empty`,
    (answers_of_words_0 & 17592186044416) <> 0 as `ServiceSubcategory is none of its values`
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as string) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as decimal(38, 12)) as money_2, cast(null as decimal(38, 12)) as money_3, cast(null as decimal(38, 12)) as money_4, cast(null as string) as example_ids
  from (
    select source, billing_period, rows_count,
      explode(array_distinct(flatten(array_compact(array(
        case when true then array(26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72, 74, 75, 76, 78, 79, 80, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 108, 109, 110, 112, 113, 114, 117, 118, 119, 120, 121, 122, 123, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 146, 147, 151, 152, 153, 154, 156, 157, 159, 160, 161, 165, 166, 167, 168, 169, 170, 171, 172, 175, 176, 177, 178, 179, 180, 181, 186, 187, 188, 189, 190, 191, 192, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 210, 211, 212, 215, 216, 217, 218, 219, 220, 221, 224, 225, 226, 227, 229, 230, 231, 233, 234, 235, 243, 244, 248, 249, 250, 251, 260, 261, 262, 263, 268, 269, 270, 271, 274, 275, 276, 279, 280, 281, 285, 286, 287, 291, 292, 293, 294, 296, 297, 298, 299, 300, 301, 305, 306, 307, 308, 309, 310, 311, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 325, 326, 327, 328, 331, 332, 333, 334, 335, 336, 337, 338, 339, 340, 343, 344, 345, 346, 348, 349, 350, 351, 352, 353, 354, 356, 357, 358, 359, 363, 364, 365, 366, 367, 368, 375, 376, 377, 378, 379, 380, 381, 382, 387, 388, 389, 390, 391, 395, 396, 397, 404, 405, 406, 407, 408, 409, 410, 418, 419, 425, 426, 427, 428, 429, 430, 431, 435, 436, 437, 439, 440, 441, 448, 449, 454, 455, 457, 458, 459, 464, 465, 466, 468, 469, 470, 478, 479, 480, 484, 485) end
        , case when (not `ChargeClass is Correction` and ((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `CommitmentDiscountId is empty`)) then array(26, 28, 121, 124, 125, 126) end
        , case when ((not `ChargeCategory is Usage` and not `ChargeCategory is Purchase`) or `CommitmentDiscountId is empty` or `ChargeClass is Correction`) then array(26, 28, 121, 124, 128) end
        , case when `SkuPriceId is empty` then array(26, 28, 121, 124, 131, 179, 182, 185, 233, 236, 241, 249, 252, 258, 367, 369, 370, 395, 398, 403, 408, 411, 416, 468, 471, 476, 484, 486, 491) end
        , case when `PricingQuantity is empty` then array(26, 28, 138, 142, 143) end
        , case when not `PricingQuantity is empty` then array(26, 28, 138, 142, 144) end
        , case when `CommitmentDiscountId is empty` then array(26, 28, 146, 148, 149, 159, 162, 163, 204, 207, 208, 243, 245, 246) end
        , case when not `CommitmentDiscountId is empty` then array(26, 28, 146, 148, 150, 204, 207, 209) end
        , case when (not `ContractedUnitPrice is empty` and not `PricingQuantity is empty`) then array(26, 28, 169, 174) end
        , case when `ChargeCategory is Tax` then array(26, 28, 179, 182, 183, 233, 236, 237, 249, 252, 253, 408, 411, 412, 439, 442, 443, 457, 460, 461, 468, 471, 472, 484, 486, 487) end
        , case when ((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) then array(26, 28, 179, 182, 184, 233, 236, 238, 408, 411, 413, 439, 442, 444, 457, 460, 462, 468, 471, 473, 484, 486, 488) end
        , case when `BillingAccountId is empty` then array(26, 28, 190, 193, 194) end
        , case when not `BillingAccountId is empty` then array(26, 28, 190, 193, 195) end
        , case when `ChargeCategory is Purchase` then array(26, 28, 224, 228) end
        , case when not `ContractedUnitPrice is empty` then array(26, 28, 233, 239, 240) end
        , case when not `SkuPriceId is empty` then array(26, 28, 233, 236, 242, 249, 252, 259, 408, 411, 417, 439, 445, 446, 468, 471, 477) end
        , case when (not `CommitmentDiscountId is empty` and `ChargeCategory is Usage`) then array(26, 28, 243, 245, 247) end
        , case when (not `ChargeClass is Correction` and (`ChargeCategory is Usage` or `ChargeCategory is Purchase`)) then array(26, 28, 249, 252, 254) end
        , case when not `ListUnitPrice is empty` then array(26, 28, 249, 256, 257) end
        , case when `CommitmentDiscountQuantity is empty` then array(26, 28, 260, 264, 265) end
        , case when not `CommitmentDiscountQuantity is empty` then array(26, 28, 260, 264, 266) end
        , case when (not `ListUnitPrice is empty` and not `PricingQuantity is empty`) then array(26, 28, 268, 273) end
        , case when `ResourceId is empty` then array(26, 28, 279, 282, 283) end
        , case when not `ResourceId is empty` then array(26, 28, 279, 282, 284) end
        , case when `SubAccountId is empty` then array(26, 28, 285, 288, 289, 299, 302, 303) end
        , case when not `SubAccountId is empty` then array(26, 28, 285, 288, 290, 299, 302, 304) end
        , case when `SkuId is empty` then array(26, 28, 319, 322, 323) end
        , case when not `SkuId is empty` then array(26, 28, 319, 322, 324) end
        , case when not `ChargeClass is empty` then array(26, 28, 339, 342) end
        , case when (`ChargeCategory is Tax` or `ChargeCategory is Credit`) then array(26, 28, 343, 347) end
        , case when `ConsumedQuantity is empty` then array(26, 28, 356, 360, 361) end
        , case when not `ConsumedQuantity is empty` then array(26, 28, 356, 360, 362) end
        , case when `AllocatedResourceId is empty` then array(26, 28, 389, 392, 393) end
        , case when not `AllocatedResourceId is empty` then array(26, 28, 389, 392, 394) end
        , case when (not `ChargeCategory is Usage` or (`ChargeCategory is Usage` and `CommitmentDiscountStatus is Unused`)) then array(26, 28, 395, 398, 399) end
        , case when (not `ChargeClass is Correction` and (`ChargeCategory is Usage` and not `CommitmentDiscountStatus is Unused`)) then array(26, 28, 395, 398, 400, 401) end
        , case when `CapacityReservationId is empty` then array(26, 28, 418, 420, 421) end
        , case when (not `CapacityReservationId is empty` and `ChargeCategory is Usage`) then array(26, 28, 418, 420, 422) end
        , case when not `CapacityReservationStatus is empty` then array(26, 28, 418, 423, 424) end
        , case when `CapacityReservationStatus is Unused` then array(26, 28, 429, 432, 433) end
        , case when not `PricingCurrencyListUnitPrice is empty` then array(26, 28, 468, 474, 475) end
        , case when `RegionId is empty` then array(26, 28, 478, 481, 482) end
        , case when not `RegionId is empty` then array(26, 28, 478, 481, 483) end
        , case when not `PricingCategory is empty` then array(26, 28, 484, 489, 490) end
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, sum(money_2) as money_2, sum(money_3) as money_3, sum(money_4) as money_4, 
    array_join(slice(array_sort(flatten(collect_list(example_ids))), 1, 3), ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, money_2, money_3, money_4, example_ids,
      explode(array_distinct(flatten(array_compact(array(
        case when `AllocatedMethodId is not Unicode` then array(110, 108, 28, 26) end  -- CAU-AllocatedMethodId-C-002-M
        , case when `CommitmentDiscountId is not Unicode` then array(114, 112, 28, 26) end  -- CAU-CommitmentDiscountId-C-002-M
        , case when `BillingAccountId is empty` then array(118, 117, 28, 26) end  -- CAU-BillingAccountId-C-001-M
        , case when `BillingAccountId is not Unicode` then array(120, 117, 28, 26) end  -- CAU-BillingAccountId-C-003-M
        , case when ((not `ChargeClass is Correction` and ((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `CommitmentDiscountId is empty`)) and `CommitmentDiscountQuantity is empty`) then array(126, 125, 124, 121, 28, 26) end  -- CAU-CommitmentDiscountQuantity-C-005-C
        , case when (((not `ChargeCategory is Usage` and not `ChargeCategory is Purchase`) or `CommitmentDiscountId is empty` or `ChargeClass is Correction`) and not `CommitmentDiscountQuantity is empty`) then array(128, 124, 121, 28, 26) end  -- CAU-CommitmentDiscountQuantity-C-007-C
        , case when (`SkuPriceId is empty` and not `CommitmentDiscountQuantity is empty`) then array(131, 124, 121, 28, 26) end  -- CAU-CommitmentDiscountQuantity-C-016-C
        , case when `BillingCurrency is not Unicode` then array(134, 132, 28, 26) end  -- CAU-BillingCurrency-C-002-M
        , case when `BillingCurrency is no ISO 4217 code` then array(135, 132, 28, 26) end  -- CAU-BillingCurrency-C-003-M
        , case when `BillingCurrency is empty` then array(136, 132, 28, 26) end  -- CAU-BillingCurrency-C-004-M
        , case when `BillingCurrency is no ISO 4217 code` then array(137, 132, 28, 26) end  -- CAU-BillingCurrency-C-006-M
        , case when `PricingUnit is not Unicode` then array(140, 138, 28, 26) end  -- CAU-PricingUnit-C-002-M
        , case when `PricingUnit is no unit` then array(141) end  -- CAU-PricingUnit-C-003-O
        , case when (`PricingQuantity is empty` and not `PricingUnit is empty`) then array(143, 142, 138, 28, 26) end  -- CAU-PricingUnit-C-005-C
        , case when (not `PricingQuantity is empty` and `PricingUnit is empty`) then array(144, 142, 138, 28, 26) end  -- CAU-PricingUnit-C-006-C
        , case when (`CommitmentDiscountId is empty` and not `CommitmentDiscountCategory is empty`) then array(149, 148, 146, 28, 26) end  -- CAU-CommitmentDiscountCategory-C-003-C
        , case when (not `CommitmentDiscountId is empty` and `CommitmentDiscountCategory is empty`) then array(150, 148, 146, 28, 26) end  -- CAU-CommitmentDiscountCategory-C-004-C
        , case when `CommitmentDiscountCategory is none of its values` then array(151, 146, 28, 26) end  -- CAU-CommitmentDiscountCategory-C-005-M
        , case when `SubAccountId is not Unicode` then array(154, 152, 28, 26) end  -- CAU-SubAccountId-C-002-M
        , case when `ContractApplied is no JSON` then array(157, 156, 28, 26) end  -- CAU-ContractApplied-C-001-M
        , case when `CommitmentDiscountName is not Unicode` then array(161, 159, 28, 26) end  -- CAU-CommitmentDiscountName-C-002-M
        , case when (`CommitmentDiscountId is empty` and not `CommitmentDiscountName is empty`) then array(163, 162, 159, 28, 26) end  -- CAU-CommitmentDiscountName-C-004-C
        , case when `PricingCurrencyEffectiveCost is empty` then array(168, 165, 28, 26) end  -- CAU-PricingCurrencyEffectiveCost-C-003-M
        , case when `ContractedCost is empty` then array(172, 169, 28, 26) end  -- CAU-ContractedCost-C-003-M
        , case when ((not `ContractedUnitPrice is empty` and not `PricingQuantity is empty`) and (`ContractedCost is not ContractedUnitPrice * PricingQuantity, unlike the list` or (`ContractedUnitPrice and ContractedCost are of the list` and `ListCost is not ListUnitPrice * PricingQuantity`))) then array(174, 169, 28, 26) end  -- CAU-ContractedCost-C-011-C
        , case when `BilledCost is empty` then array(178, 175, 28, 26) end  -- CAU-BilledCost-C-003-M
        , case when (`ChargeCategory is Tax` and not `PricingQuantity is empty`) then array(183, 182, 179, 28, 26) end  -- CAU-PricingQuantity-C-004-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `PricingQuantity is empty`) then array(184, 182, 179, 28, 26) end  -- CAU-PricingQuantity-C-005-C
        , case when (`SkuPriceId is empty` and not `PricingQuantity is empty`) then array(185, 182, 179, 28, 26) end  -- CAU-PricingQuantity-C-011-C
        , case when `ServiceCategory is empty` then array(188, 186, 28, 26) end  -- CAU-ServiceCategory-C-002-M
        , case when `ServiceCategory is none of its values` then array(189, 186, 28, 26) end  -- CAU-ServiceCategory-C-003-M
        , case when `BillingAccountType is not Unicode` then array(192, 190, 28, 26) end  -- CAU-BillingAccountType-C-002-M
        , case when (`BillingAccountId is empty` and not `BillingAccountType is empty`) then array(194, 193, 190, 28, 26) end  -- CAU-BillingAccountType-C-004-C
        , case when (not `BillingAccountId is empty` and `BillingAccountType is empty`) then array(195, 193, 190, 28, 26) end  -- CAU-BillingAccountType-C-005-C
        , case when `ChargeDescription is not Unicode` then array(198, 196, 28, 26) end  -- CAU-ChargeDescription-C-002-M
        , case when `ChargeDescription is empty` then array(199) end  -- CAU-ChargeDescription-C-003-O
        , case when `ServiceProviderName is not Unicode` then array(202, 200, 28, 26) end  -- CAU-ServiceProviderName-C-002-M
        , case when `ServiceProviderName is empty` then array(203, 200, 28, 26) end  -- CAU-ServiceProviderName-C-003-M
        , case when `CommitmentDiscountType is not Unicode` then array(206, 204, 28, 26) end  -- CAU-CommitmentDiscountType-C-002-M
        , case when (`CommitmentDiscountId is empty` and not `CommitmentDiscountType is empty`) then array(208, 207, 204, 28, 26) end  -- CAU-CommitmentDiscountType-C-004-C
        , case when (not `CommitmentDiscountId is empty` and `CommitmentDiscountType is empty`) then array(209, 207, 204, 28, 26) end  -- CAU-CommitmentDiscountType-C-005-C
        , case when `HostProviderName is not Unicode` then array(212, 210, 28, 26) end  -- CAU-HostProviderName-C-002-M
        , case when `BillingPeriodStart is empty` then array(218, 215, 28, 26) end  -- CAU-BillingPeriodStart-C-003-M
        , case when `AllocatedResourceId is not Unicode` then array(221, 219, 28, 26) end  -- CAU-AllocatedResourceId-C-002-M
        , case when `ChargeFrequency is empty` then array(226, 224, 28, 26) end  -- CAU-ChargeFrequency-C-002-M
        , case when `ChargeFrequency is none of its values` then array(227, 224, 28, 26) end  -- CAU-ChargeFrequency-C-003-M
        , case when (`ChargeCategory is Purchase` and `ChargeFrequency is Usage-Based`) then array(228, 224, 28, 26) end  -- CAU-ChargeFrequency-C-004-C
        , case when `RegionId is not Unicode` then array(231, 229, 28, 26) end  -- CAU-RegionId-C-002-M
        , case when (`ChargeCategory is Tax` and not `ContractedUnitPrice is empty`) then array(237, 236, 233, 28, 26) end  -- CAU-ContractedUnitPrice-C-005-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `ContractedUnitPrice is empty`) then array(238, 236, 233, 28, 26) end  -- CAU-ContractedUnitPrice-C-006-C
        , case when (not `ContractedUnitPrice is empty` and `ContractedUnitPrice is below 0`) then array(240, 239, 233, 28, 26) end  -- CAU-ContractedUnitPrice-C-009-M
        , case when (`SkuPriceId is empty` and not `ContractedUnitPrice is empty`) then array(241, 236, 233, 28, 26) end  -- CAU-ContractedUnitPrice-C-014-C
        , case when (not `SkuPriceId is empty` and `ContractedUnitPrice is empty`) then array(242, 236, 233, 28, 26) end  -- CAU-ContractedUnitPrice-C-015-C
        , case when (`CommitmentDiscountId is empty` and not `CommitmentDiscountStatus is empty`) then array(246, 245, 243, 28, 26) end  -- CAU-CommitmentDiscountStatus-C-003-C
        , case when ((not `CommitmentDiscountId is empty` and `ChargeCategory is Usage`) and `CommitmentDiscountStatus is empty`) then array(247, 245, 243, 28, 26) end  -- CAU-CommitmentDiscountStatus-C-004-C
        , case when `CommitmentDiscountStatus is none of its values` then array(248, 243, 28, 26) end  -- CAU-CommitmentDiscountStatus-C-005-M
        , case when (`ChargeCategory is Tax` and not `ListUnitPrice is empty`) then array(253, 252, 249, 28, 26) end  -- CAU-ListUnitPrice-C-004-C
        , case when ((not `ChargeClass is Correction` and (`ChargeCategory is Usage` or `ChargeCategory is Purchase`)) and `ListUnitPrice is empty`) then array(254, 252, 249, 28, 26) end  -- CAU-ListUnitPrice-C-005-C
        , case when (not `ListUnitPrice is empty` and `ListUnitPrice is below 0`) then array(257, 256, 249, 28, 26) end  -- CAU-ListUnitPrice-C-008-M
        , case when (`SkuPriceId is empty` and not `ListUnitPrice is empty`) then array(258, 252, 249, 28, 26) end  -- CAU-ListUnitPrice-C-012-C
        , case when (not `SkuPriceId is empty` and `ListUnitPrice is empty`) then array(259, 252, 249, 28, 26) end  -- CAU-ListUnitPrice-C-013-C
        , case when `CommitmentDiscountUnit is not Unicode` then array(262, 260, 28, 26) end  -- CAU-CommitmentDiscountUnit-C-002-M
        , case when `CommitmentDiscountUnit is no unit` then array(263) end  -- CAU-CommitmentDiscountUnit-C-003-O
        , case when (`CommitmentDiscountQuantity is empty` and not `CommitmentDiscountUnit is empty`) then array(265, 264, 260, 28, 26) end  -- CAU-CommitmentDiscountUnit-C-005-C
        , case when (not `CommitmentDiscountQuantity is empty` and `CommitmentDiscountUnit is empty`) then array(266, 264, 260, 28, 26) end  -- CAU-CommitmentDiscountUnit-C-006-C
        , case when `ListCost is empty` then array(271, 268, 28, 26) end  -- CAU-ListCost-C-003-M
        , case when ((not `ListUnitPrice is empty` and not `PricingQuantity is empty`) and `ListCost is not ListUnitPrice * PricingQuantity`) then array(273, 268, 28, 26) end  -- CAU-ListCost-C-011-C
        , case when `ResourceId is not Unicode` then array(276, 274, 28, 26) end  -- CAU-ResourceId-C-002-M
        , case when `ResourceType is not Unicode` then array(281, 279, 28, 26) end  -- CAU-ResourceType-C-002-M
        , case when (`ResourceId is empty` and not `ResourceType is empty`) then array(283, 282, 279, 28, 26) end  -- CAU-ResourceType-C-004-C
        , case when (not `ResourceId is empty` and `ResourceType is empty`) then array(284, 282, 279, 28, 26) end  -- CAU-ResourceType-C-005-C
        , case when `SubAccountType is not Unicode` then array(287, 285, 28, 26) end  -- CAU-SubAccountType-C-002-M
        , case when (`SubAccountId is empty` and not `SubAccountType is empty`) then array(289, 288, 285, 28, 26) end  -- CAU-SubAccountType-C-004-C
        , case when (not `SubAccountId is empty` and `SubAccountType is empty`) then array(290, 288, 285, 28, 26) end  -- CAU-SubAccountType-C-005-C
        , case when `CommitmentProgramEligibilityDetails is not Unicode` then array(293, 291, 28, 26) end  -- CAU-CommitmentProgramEligibilityDetails-C-002-M
        , case when `CommitmentProgramEligibilityDetails is no JSON` then array(294, 291, 28, 26) end  -- CAU-CommitmentProgramEligibilityDetails-C-003-M
        , case when `AvailabilityZone is not Unicode` then array(298, 296, 28, 26) end  -- CAU-AvailabilityZone-C-002-M
        , case when `SubAccountName is not Unicode` then array(301, 299, 28, 26) end  -- CAU-SubAccountName-C-002-M
        , case when (`SubAccountId is empty` and not `SubAccountName is empty`) then array(303, 302, 299, 28, 26) end  -- CAU-SubAccountName-C-004-C
        , case when (not `SubAccountId is empty` and `SubAccountName is empty`) then array(304, 302, 299, 28, 26) end  -- CAU-SubAccountName-C-005-C
        , case when `ServiceSubcategory is empty` then array(307, 305, 28, 26) end  -- CAU-ServiceSubcategory-C-002-M
        , case when `ServiceSubcategory is none of its values` then array(308, 305, 28, 26) end  -- CAU-ServiceSubcategory-C-003-M
        , case when `ServiceSubcategory does not belong to ServiceCategory` then array(309, 305, 28, 26) end  -- CAU-ServiceSubcategory-C-004-M
        , case when `PricingCurrency is not Unicode` then array(312, 310, 28, 26) end  -- CAU-PricingCurrency-C-002-M
        , case when `PricingCurrency is no ISO 4217 code` then array(313, 310, 28, 26) end  -- CAU-PricingCurrency-C-003-M
        , case when `PricingCurrency is empty` then array(314, 310, 28, 26) end  -- CAU-PricingCurrency-C-004-M
        , case when `ChargePeriodStart is empty` then array(318, 315, 28, 26) end  -- CAU-ChargePeriodStart-C-003-M
        , case when `SkuMeter is not Unicode` then array(321, 319, 28, 26) end  -- CAU-SkuMeter-C-002-M
        , case when (`SkuId is empty` and not `SkuMeter is empty`) then array(323, 322, 319, 28, 26) end  -- CAU-SkuMeter-C-004-C
        , case when (not `SkuId is empty` and `SkuMeter is empty`) then array(324) end  -- CAU-SkuMeter-C-005-C
        , case when `AllocatedMethodDetails is not Unicode` then array(327, 325, 28, 26) end  -- CAU-AllocatedMethodDetails-C-002-M
        , case when `AllocatedMethodDetails is no JSON` then array(328, 325, 28, 26) end  -- CAU-AllocatedMethodDetails-C-003-M
        , case when `ServiceName is not Unicode` then array(333, 331, 28, 26) end  -- CAU-ServiceName-C-002-M
        , case when `ServiceName is empty` then array(334, 331, 28, 26) end  -- CAU-ServiceName-C-003-M
        , case when `ServiceName has not 1 ServiceCategory` then array(336, 335, 331, 28, 26) end  -- CAU-ServiceName-C-005-C
        , case when `ServiceName has not 1 ServiceSubcategory` then array(338) end  -- CAU-ServiceName-C-008-C
        , case when (not `ChargeClass is empty` and (not `ChargeClass is empty` and not `ChargeClass is Correction`)) then array(342, 339, 28, 26) end  -- CAU-ChargeClass-C-005-C
        , case when `EffectiveCost is empty` then array(346, 343, 28, 26) end  -- CAU-EffectiveCost-C-003-M
        , case when ((`ChargeCategory is Tax` or `ChargeCategory is Credit`) and (not `EffectiveCost is empty` and not `BilledCost is empty` and not `EffectiveCost is BilledCost`)) then array(347, 343, 28, 26) end  -- CAU-EffectiveCost-C-017-C
        , case when `BillingAccountName is not Unicode` then array(350, 348, 28, 26) end  -- CAU-BillingAccountName-C-002-M
        , case when `BillingAccountName is empty` then array(351, 348, 28, 26) end  -- CAU-BillingAccountName-C-003-C
        , case when `ResourceName is not Unicode` then array(354, 352, 28, 26) end  -- CAU-ResourceName-C-002-M
        , case when `ConsumedUnit is not Unicode` then array(358, 356, 28, 26) end  -- CAU-ConsumedUnit-C-002-M
        , case when `ConsumedUnit is no unit` then array(359) end  -- CAU-ConsumedUnit-C-003-O
        , case when (`ConsumedQuantity is empty` and not `ConsumedUnit is empty`) then array(361, 360, 356, 28, 26) end  -- CAU-ConsumedUnit-C-005-C
        , case when (not `ConsumedQuantity is empty` and `ConsumedUnit is empty`) then array(362, 360, 356, 28, 26) end  -- CAU-ConsumedUnit-C-006-C
        , case when `ChargePeriodEnd is empty` then array(366, 363, 28, 26) end  -- CAU-ChargePeriodEnd-C-003-M
        , case when `SkuPriceDetails is no flat JSON object` then array(368, 367, 28, 26) end  -- CAU-SkuPriceDetails-C-001-M
        , case when (`SkuPriceId is empty` and not `SkuPriceDetails is empty`) then array(370, 369, 367, 28, 26) end  -- CAU-SkuPriceDetails-C-004-C
        , case when `SkuPriceDetails is not Unicode` then array(376, 367, 28, 26) end  -- CAU-SkuPriceDetails-C-025-M
        , case when `BillingPeriodEnd is empty` then array(380, 377, 28, 26) end  -- CAU-BillingPeriodEnd-C-003-M
        , case when `AllocatedTags is no flat JSON object` then array(382, 381, 28, 26) end  -- CAU-AllocatedTags-C-001-M
        , case when `AllocatedTags is not Unicode` then array(388, 381, 28, 26) end  -- CAU-AllocatedTags-C-016-M
        , case when `AllocatedResourceName is not Unicode` then array(391, 389, 28, 26) end  -- CAU-AllocatedResourceName-C-002-M
        , case when (`AllocatedResourceId is empty` and not `AllocatedResourceName is empty`) then array(393, 392, 389, 28, 26) end  -- CAU-AllocatedResourceName-C-004-C
        , case when (not `AllocatedResourceId is empty` and `AllocatedResourceName is empty`) then array(394, 392, 389, 28, 26) end  -- CAU-AllocatedResourceName-C-005-C
        , case when ((not `ChargeCategory is Usage` or (`ChargeCategory is Usage` and `CommitmentDiscountStatus is Unused`)) and not `ConsumedQuantity is empty`) then array(399, 398, 395, 28, 26) end  -- CAU-ConsumedQuantity-C-004-C
        , case when ((not `ChargeClass is Correction` and (`ChargeCategory is Usage` and not `CommitmentDiscountStatus is Unused`)) and `ConsumedQuantity is empty`) then array(401, 400, 398, 395, 28, 26) end  -- CAU-ConsumedQuantity-C-006-C
        , case when (`SkuPriceId is empty` and not `ConsumedQuantity is empty`) then array(403, 398, 395, 28, 26) end  -- CAU-ConsumedQuantity-C-009-C
        , case when `InvoiceIssuerName is not Unicode` then array(406, 404, 28, 26) end  -- CAU-InvoiceIssuerName-C-002-M
        , case when `InvoiceIssuerName is empty` then array(407, 404, 28, 26) end  -- CAU-InvoiceIssuerName-C-003-M
        , case when (`ChargeCategory is Tax` and not `PricingCurrencyContractedUnitPrice is empty`) then array(412, 411, 408, 28, 26) end  -- CAU-PricingCurrencyContractedUnitPrice-C-004-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `PricingCurrencyContractedUnitPrice is empty`) then array(413, 411, 408, 28, 26) end  -- CAU-PricingCurrencyContractedUnitPrice-C-005-C
        , case when (`SkuPriceId is empty` and not `PricingCurrencyContractedUnitPrice is empty`) then array(416, 411, 408, 28, 26) end  -- CAU-PricingCurrencyContractedUnitPrice-C-011-C
        , case when (not `SkuPriceId is empty` and `PricingCurrencyContractedUnitPrice is empty`) then array(417, 411, 408, 28, 26) end  -- CAU-PricingCurrencyContractedUnitPrice-C-012-C
        , case when (`CapacityReservationId is empty` and not `CapacityReservationStatus is empty`) then array(421, 420, 418, 28, 26) end  -- CAU-CapacityReservationStatus-C-003-C
        , case when ((not `CapacityReservationId is empty` and `ChargeCategory is Usage`) and `CapacityReservationStatus is empty`) then array(422, 420, 418, 28, 26) end  -- CAU-CapacityReservationStatus-C-004-C
        , case when (not `CapacityReservationStatus is empty` and `CapacityReservationStatus is none of its values`) then array(424, 423, 418, 28, 26) end  -- CAU-CapacityReservationStatus-C-006-M
        , case when `ChargeCategory is empty` then array(427, 425, 28, 26) end  -- CAU-ChargeCategory-C-002-M
        , case when `ChargeCategory is none of its values` then array(428, 425, 28, 26) end  -- CAU-ChargeCategory-C-003-M
        , case when `CapacityReservationId is not Unicode` then array(431, 429, 28, 26) end  -- CAU-CapacityReservationId-C-002-M
        , case when (`CapacityReservationStatus is Unused` and `CapacityReservationId is empty`) then array(433, 432, 429, 28, 26) end  -- CAU-CapacityReservationId-C-005-C
        , case when `InvoiceDetailId is not Unicode` then array(437, 435, 28, 26) end  -- CAU-InvoiceDetailId-C-002-M
        , case when `SkuPriceId is not Unicode` then array(441, 439, 28, 26) end  -- CAU-SkuPriceId-C-002-M
        , case when (`ChargeCategory is Tax` and not `SkuPriceId is empty`) then array(443, 442, 439, 28, 26) end  -- CAU-SkuPriceId-C-004-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `SkuPriceId is empty`) then array(444, 442, 439, 28, 26) end  -- CAU-SkuPriceId-C-005-C
        , case when (not `SkuPriceId is empty` and `SkuPriceId has not 1 SkuId`) then array(446, 445, 439, 28, 26) end  -- CAU-SkuPriceId-C-008-M
        , case when `Tags is no flat JSON object` then array(449, 448, 28, 26) end  -- CAU-Tags-C-001-M
        , case when `Tags is not Unicode` then array(455, 448, 28, 26) end  -- CAU-Tags-C-019-M
        , case when `SkuId is not Unicode` then array(459, 457, 28, 26) end  -- CAU-SkuId-C-002-M
        , case when (`ChargeCategory is Tax` and not `SkuId is empty`) then array(461, 460, 457, 28, 26) end  -- CAU-SkuId-C-004-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `SkuId is empty`) then array(462, 460, 457, 28, 26) end  -- CAU-SkuId-C-005-C
        , case when `InvoiceId is not Unicode` then array(466, 464, 28, 26) end  -- CAU-InvoiceId-C-002-M
        , case when (`ChargeCategory is Tax` and not `PricingCurrencyListUnitPrice is empty`) then array(472, 471, 468, 28, 26) end  -- CAU-PricingCurrencyListUnitPrice-C-004-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `PricingCurrencyListUnitPrice is empty`) then array(473, 471, 468, 28, 26) end  -- CAU-PricingCurrencyListUnitPrice-C-005-C
        , case when (not `PricingCurrencyListUnitPrice is empty` and `PricingCurrencyListUnitPrice is below 0`) then array(475, 474, 468, 28, 26) end  -- CAU-PricingCurrencyListUnitPrice-C-008-M
        , case when (`SkuPriceId is empty` and not `PricingCurrencyListUnitPrice is empty`) then array(476, 471, 468, 28, 26) end  -- CAU-PricingCurrencyListUnitPrice-C-011-C
        , case when (not `SkuPriceId is empty` and `PricingCurrencyListUnitPrice is empty`) then array(477, 471, 468, 28, 26) end  -- CAU-PricingCurrencyListUnitPrice-C-012-C
        , case when `RegionName is not Unicode` then array(480, 478, 28, 26) end  -- CAU-RegionName-C-002-M
        , case when (`RegionId is empty` and not `RegionName is empty`) then array(482, 481, 478, 28, 26) end  -- CAU-RegionName-C-004-C
        , case when (not `RegionId is empty` and `RegionName is empty`) then array(483, 481, 478, 28, 26) end  -- CAU-RegionName-C-005-C
        , case when (`ChargeCategory is Tax` and not `PricingCategory is empty`) then array(487, 486, 484, 28, 26) end  -- CAU-PricingCategory-C-003-C
        , case when (((`ChargeCategory is Usage` or `ChargeCategory is Purchase`) and not `ChargeClass is Correction`) and `PricingCategory is empty`) then array(488, 486, 484, 28, 26) end  -- CAU-PricingCategory-C-004-C
        , case when (not `PricingCategory is empty` and `PricingCategory is none of its values`) then array(490, 489, 484, 28, 26) end  -- CAU-PricingCategory-C-007-M
        , case when (`SkuPriceId is empty` and not `PricingCategory is empty`) then array(491, 486, 484, 28, 26) end  -- CAU-PricingCategory-C-012-C
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, money_2, money_3, money_4, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, money_2, money_3, money_4, example_ids
from broken
{%- endmacro %}

{% macro focus_tallies_invoice_detail(rows) -%}
    {{ return(adapter.dispatch('focus_tallies_invoice_detail')(rows)) }}
{%- endmacro %}

{% macro duckdb__focus_tallies_invoice_detail(rows) -%}
with rows_in_hand as not materialized (
  select * from {{ rows }}
),

wrong_invoicedetailgrain as (
  select
    value,
    max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false)) as "InvoiceDetailGrain is no flat JSON object"
  from (
    select distinct InvoiceDetailGrain as value
    from rows_in_hand
    where InvoiceDetailGrain is not null
  ) as told
  group by value
  having max(not coalesce(json_type(try_cast(value as json)) = 'OBJECT' and len(list_distinct(json_keys(try_cast(value as json)))) = len(json_keys(try_cast(value as json))) and len(list_filter(json_extract(try_cast(value as json), '$.*'), lambda item: json_type(item) in ('OBJECT', 'ARRAY'))) = 0, false))
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.ChargeCategory,
    rows_in_hand.InvoiceIssueStatus,
    rows_in_hand.PaymentCurrency,
    rows_in_hand.BilledCost as money_1,
    rows_in_hand.InvoiceDetailId as row_id,
    case when BilledCost is null then 1 else 0 end
    + case when BillingAccountId is null then 2 else 0 end
    + case when BillingAccountId like '%�%' then 4 else 0 end
    + case when BillingPeriodEnd is null then 8 else 0 end
    + case when BillingPeriodStart is null then 16 else 0 end
    + case when InvoiceDetailCreated is null then 32 else 0 end
    + case when InvoiceDetailDescription is null then 64 else 0 end
    + case when InvoiceDetailDescription like '%�%' then 128 else 0 end
    + case when wrong_invoicedetailgrain."InvoiceDetailGrain is no flat JSON object" then 256 else 0 end
    + case when InvoiceDetailGrain like '%�%' then 512 else 0 end
    + case when InvoiceDetailId is null then 1024 else 0 end
    + case when InvoiceDetailId like '%�%' then 2048 else 0 end
    + case when InvoiceDetailLastUpdated is null then 4096 else 0 end
    + case when not (InvoiceDetailLastUpdated >= InvoiceDetailCreated) then 8192 else 0 end
    + case when InvoiceId is null then 16384 else 0 end
    + case when InvoiceId like '%�%' then 32768 else 0 end
    + case when InvoiceIssuerName is null then 65536 else 0 end
    + case when InvoiceIssuerName like '%�%' then 131072 else 0 end
    + case when PaymentCurrencyBilledCost = 0 then 262144 else 0 end
    + case when PaymentCurrencyBilledCost is null then 524288 else 0 end
    + case when PaymentCurrencyInvoiceDetailId = InvoiceDetailId then 1048576 else 0 end
    + case when PaymentCurrencyInvoiceDetailId is null then 2097152 else 0 end
    + case when PaymentCurrencyInvoiceDetailId like '%�%' then 4194304 else 0 end
    + case when PaymentTerms is null then 8388608 else 0 end
    + case when PaymentTerms like '%�%' then 16777216 else 0 end
    + case when PurchaseOrderNumber like '%�%' then 33554432 else 0 end
    + case when ReferenceInvoiceId is null then 67108864 else 0 end
    + case when ReferenceInvoiceId like '%�%' then 134217728 else 0 end
    as answers_of_rows_0
  from rows_in_hand
  left join wrong_invoicedetailgrain  -- many rows to one value
    on rows_in_hand.InvoiceDetailGrain = wrong_invoicedetailgrain.value
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, ChargeCategory, InvoiceIssueStatus, PaymentCurrency, answers_of_rows_0,
    count(*) as rows_count,
    sum(money_1) as money_1,
    min(row_id, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, ChargeCategory, InvoiceIssueStatus, PaymentCurrency, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when ChargeCategory is null then 8 else 0 end
    + case when ChargeCategory not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment') then 16 else 0 end
    + case when InvoiceIssueStatus is null then 32 else 0 end
    + case when InvoiceIssueStatus not in ('Open', 'Issued', 'Voided') then 64 else 0 end
    + case when InvoiceIssueStatus like '%�%' then 128 else 0 end
    + case when PaymentCurrency is null then 256 else 0 end
    + case when PaymentCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 512 else 0 end
    + case when PaymentCurrency like '%�%' then 1024 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    list_sort(flatten(list(example_ids)))[1:3] as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as "BilledCost is empty",
    (answers_of_rows_0 & 2) <> 0 as "BillingAccountId is empty",
    (answers_of_rows_0 & 4) <> 0 as "BillingAccountId is not Unicode",
    (answers_of_rows_0 & 8) <> 0 as "BillingPeriodEnd is empty",
    (answers_of_rows_0 & 16) <> 0 as "BillingPeriodStart is empty",
    (answers_of_rows_0 & 32) <> 0 as "InvoiceDetailCreated is empty",
    (answers_of_rows_0 & 64) <> 0 as "InvoiceDetailDescription is empty",
    (answers_of_rows_0 & 128) <> 0 as "InvoiceDetailDescription is not Unicode",
    (answers_of_rows_0 & 256) <> 0 as "InvoiceDetailGrain is no flat JSON object",
    (answers_of_rows_0 & 512) <> 0 as "InvoiceDetailGrain is not Unicode",
    (answers_of_rows_0 & 1024) <> 0 as "InvoiceDetailId is empty",
    (answers_of_rows_0 & 2048) <> 0 as "InvoiceDetailId is not Unicode",
    (answers_of_rows_0 & 4096) <> 0 as "InvoiceDetailLastUpdated is empty",
    (answers_of_rows_0 & 8192) <> 0 as "InvoiceDetailLastUpdated is not >= InvoiceDetailCreated",
    (answers_of_rows_0 & 16384) <> 0 as "InvoiceId is empty",
    (answers_of_rows_0 & 32768) <> 0 as "InvoiceId is not Unicode",
    (answers_of_rows_0 & 65536) <> 0 as "InvoiceIssuerName is empty",
    (answers_of_rows_0 & 131072) <> 0 as "InvoiceIssuerName is not Unicode",
    (answers_of_rows_0 & 262144) <> 0 as "PaymentCurrencyBilledCost is 0",
    (answers_of_rows_0 & 524288) <> 0 as "PaymentCurrencyBilledCost is empty",
    (answers_of_rows_0 & 1048576) <> 0 as "PaymentCurrencyInvoiceDetailId is InvoiceDetailId",
    (answers_of_rows_0 & 2097152) <> 0 as "PaymentCurrencyInvoiceDetailId is empty",
    (answers_of_rows_0 & 4194304) <> 0 as "PaymentCurrencyInvoiceDetailId is not Unicode",
    (answers_of_rows_0 & 8388608) <> 0 as "PaymentTerms is empty",
    (answers_of_rows_0 & 16777216) <> 0 as "PaymentTerms is not Unicode",
    (answers_of_rows_0 & 33554432) <> 0 as "PurchaseOrderNumber is not Unicode",
    (answers_of_rows_0 & 67108864) <> 0 as "ReferenceInvoiceId is empty",
    (answers_of_rows_0 & 134217728) <> 0 as "ReferenceInvoiceId is not Unicode",
    (answers_of_words_0 & 1) <> 0 as "BillingCurrency is empty",
    (answers_of_words_0 & 2) <> 0 as "BillingCurrency is no ISO 4217 code",
    (answers_of_words_0 & 4) <> 0 as "BillingCurrency is not Unicode",
    (answers_of_words_0 & 8) <> 0 as "ChargeCategory is empty",
    (answers_of_words_0 & 16) <> 0 as "ChargeCategory is none of its values",
    (answers_of_words_0 & 32) <> 0 as "InvoiceIssueStatus is empty",
    (answers_of_words_0 & 64) <> 0 as "InvoiceIssueStatus is none of its values",
    (answers_of_words_0 & 128) <> 0 as "InvoiceIssueStatus is not Unicode",
    (answers_of_words_0 & 256) <> 0 as "PaymentCurrency is empty",
    (answers_of_words_0 & 512) <> 0 as "PaymentCurrency is no ISO 4217 code",
    (answers_of_words_0 & 1024) <> 0 as "PaymentCurrency is not Unicode"
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as varchar) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as varchar) as example_ids
  from (
    select source, billing_period, rows_count,
      unnest(list_distinct(flatten(list_filter([
        case when true then [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 67, 68, 69, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 85, 86, 87, 88, 89, 90, 91, 92, 94, 95, 96, 97, 98, 99, 100, 102, 103, 104, 105, 106, 107, 108, 109, 110, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125] end
        , case when not "PaymentCurrencyBilledCost is 0" then [1, 3, 89, 93] end
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, 
    array_to_string(list_sort(flatten(list(example_ids)))[1:3], ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, example_ids,
      unnest(list_distinct(flatten(list_filter([
        case when "PaymentCurrencyBilledCost is empty" then [30, 27, 3, 1] end  -- IND-PaymentCurrencyBilledCost-C-003-M
        , case when "PaymentTerms is not Unicode" then [33, 31, 3, 1] end  -- IND-PaymentTerms-C-002-M
        , case when "PaymentTerms is empty" then [34, 31, 3, 1] end  -- IND-PaymentTerms-C-003-M
        , case when "BillingAccountId is not Unicode" then [37, 35, 3, 1] end  -- IND-BillingAccountId-C-002-M
        , case when "BillingAccountId is empty" then [38, 35, 3, 1] end  -- IND-BillingAccountId-C-003-M
        , case when "BillingCurrency is not Unicode" then [41, 39, 3, 1] end  -- IND-BillingCurrency-C-002-M
        , case when "BillingCurrency is no ISO 4217 code" then [42, 39, 3, 1] end  -- IND-BillingCurrency-C-003-M
        , case when "BillingCurrency is empty" then [43, 39, 3, 1] end  -- IND-BillingCurrency-C-004-M
        , case when "BillingCurrency is no ISO 4217 code" then [44, 39, 3, 1] end  -- IND-BillingCurrency-C-006-M
        , case when "InvoiceDetailDescription is not Unicode" then [47, 45, 3, 1] end  -- IND-InvoiceDetailDescription-C-002-M
        , case when "InvoiceDetailDescription is empty" then [48] end  -- IND-InvoiceDetailDescription-C-003-O
        , case when "BilledCost is empty" then [52, 49, 3, 1] end  -- IND-BilledCost-C-003-M
        , case when "BillingPeriodStart is empty" then [58, 55, 3, 1] end  -- IND-BillingPeriodStart-C-003-M
        , case when "InvoiceDetailCreated is empty" then [62, 59, 3, 1] end  -- IND-InvoiceDetailCreated-C-003-M
        , case when "PurchaseOrderNumber is not Unicode" then [65, 63, 3, 1] end  -- IND-PurchaseOrderNumber-C-002-M
        , case when "InvoiceIssueStatus is not Unicode" then [73, 71, 3, 1] end  -- IND-InvoiceIssueStatus-C-002-M
        , case when "InvoiceIssueStatus is empty" then [74, 71, 3, 1] end  -- IND-InvoiceIssueStatus-C-003-M
        , case when "InvoiceIssueStatus is none of its values" then [75, 71, 3, 1] end  -- IND-InvoiceIssueStatus-C-004-M
        , case when "InvoiceDetailLastUpdated is empty" then [79, 76, 3, 1] end  -- IND-InvoiceDetailLastUpdated-C-003-M
        , case when "InvoiceDetailLastUpdated is not >= InvoiceDetailCreated" then [80, 76, 3, 1] end  -- IND-InvoiceDetailLastUpdated-C-005-M
        , case when "BillingPeriodEnd is empty" then [88, 85, 3, 1] end  -- IND-BillingPeriodEnd-C-003-M
        , case when "PaymentCurrencyInvoiceDetailId is not Unicode" then [91, 89, 3, 1] end  -- IND-PaymentCurrencyInvoiceDetailId-C-002-M
        , case when "PaymentCurrencyInvoiceDetailId is empty" then [92, 89, 3, 1] end  -- IND-PaymentCurrencyInvoiceDetailId-C-003-M
        , case when (not "PaymentCurrencyBilledCost is 0" and (not "PaymentCurrencyInvoiceDetailId is empty" and not "InvoiceDetailId is empty" and not "PaymentCurrencyInvoiceDetailId is InvoiceDetailId")) then [93, 89, 3, 1] end  -- IND-PaymentCurrencyInvoiceDetailId-C-005-C
        , case when "InvoiceIssuerName is not Unicode" then [96, 94, 3, 1] end  -- IND-InvoiceIssuerName-C-002-M
        , case when "InvoiceIssuerName is empty" then [97, 94, 3, 1] end  -- IND-InvoiceIssuerName-C-003-M
        , case when "InvoiceDetailGrain is no flat JSON object" then [100, 98, 3, 1] end  -- IND-InvoiceDetailGrain-C-002-M
        , case when "InvoiceDetailGrain is not Unicode" then [102, 98, 3, 1] end  -- IND-InvoiceDetailGrain-C-012-M
        , case when "ReferenceInvoiceId is not Unicode" then [105, 103, 3, 1] end  -- IND-ReferenceInvoiceId-C-002-M
        , case when "ReferenceInvoiceId is empty" then [106, 103, 3, 1] end  -- IND-ReferenceInvoiceId-C-003-M
        , case when "ChargeCategory is empty" then [109, 107, 3, 1] end  -- IND-ChargeCategory-C-002-M
        , case when "ChargeCategory is none of its values" then [110, 107, 3, 1] end  -- IND-ChargeCategory-C-003-M
        , case when "InvoiceDetailId is not Unicode" then [115, 113, 3, 1] end  -- IND-InvoiceDetailId-C-002-M
        , case when "InvoiceDetailId is empty" then [116, 113, 3, 1] end  -- IND-InvoiceDetailId-C-003-M
        , case when "PaymentCurrency is not Unicode" then [119, 117, 3, 1] end  -- IND-PaymentCurrency-C-002-M
        , case when "PaymentCurrency is empty" then [120, 117, 3, 1] end  -- IND-PaymentCurrency-C-003-M
        , case when "PaymentCurrency is no ISO 4217 code" then [121, 117, 3, 1] end  -- IND-PaymentCurrency-C-005-M
        , case when "InvoiceId is not Unicode" then [124, 122, 3, 1] end  -- IND-InvoiceId-C-002-M
        , case when "InvoiceId is empty" then [125, 122, 3, 1] end  -- IND-InvoiceId-C-003-M
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, example_ids
from broken
{%- endmacro %}

{% macro spark__focus_tallies_invoice_detail(rows) -%}
with rows_in_hand as (
  select * from {{ rows }}
),

wrong_invoicedetailgrain as (
  select
    value,
    max(not (from_json(value, 'map<string,string>') is not null)) as `InvoiceDetailGrain is no flat JSON object`
  from (
    select distinct InvoiceDetailGrain as value
    from rows_in_hand
    where InvoiceDetailGrain is not null
  ) as told
  group by value
  having max(not (from_json(value, 'map<string,string>') is not null))
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.ChargeCategory,
    rows_in_hand.InvoiceIssueStatus,
    rows_in_hand.PaymentCurrency,
    rows_in_hand.BilledCost as money_1,
    rows_in_hand.InvoiceDetailId as row_id,
    case when BilledCost is null then 1 else 0 end
    + case when BillingAccountId is null then 2 else 0 end
    + case when BillingAccountId like '%�%' then 4 else 0 end
    + case when BillingPeriodEnd is null then 8 else 0 end
    + case when BillingPeriodStart is null then 16 else 0 end
    + case when InvoiceDetailCreated is null then 32 else 0 end
    + case when InvoiceDetailDescription is null then 64 else 0 end
    + case when InvoiceDetailDescription like '%�%' then 128 else 0 end
    + case when wrong_invoicedetailgrain.`InvoiceDetailGrain is no flat JSON object` then 256 else 0 end
    + case when InvoiceDetailGrain like '%�%' then 512 else 0 end
    + case when InvoiceDetailId is null then 1024 else 0 end
    + case when InvoiceDetailId like '%�%' then 2048 else 0 end
    + case when InvoiceDetailLastUpdated is null then 4096 else 0 end
    + case when not (InvoiceDetailLastUpdated >= InvoiceDetailCreated) then 8192 else 0 end
    + case when InvoiceId is null then 16384 else 0 end
    + case when InvoiceId like '%�%' then 32768 else 0 end
    + case when InvoiceIssuerName is null then 65536 else 0 end
    + case when InvoiceIssuerName like '%�%' then 131072 else 0 end
    + case when PaymentCurrencyBilledCost = 0 then 262144 else 0 end
    + case when PaymentCurrencyBilledCost is null then 524288 else 0 end
    + case when PaymentCurrencyInvoiceDetailId = InvoiceDetailId then 1048576 else 0 end
    + case when PaymentCurrencyInvoiceDetailId is null then 2097152 else 0 end
    + case when PaymentCurrencyInvoiceDetailId like '%�%' then 4194304 else 0 end
    + case when PaymentTerms is null then 8388608 else 0 end
    + case when PaymentTerms like '%�%' then 16777216 else 0 end
    + case when PurchaseOrderNumber like '%�%' then 33554432 else 0 end
    + case when ReferenceInvoiceId is null then 67108864 else 0 end
    + case when ReferenceInvoiceId like '%�%' then 134217728 else 0 end
    as answers_of_rows_0
  from rows_in_hand
  left join wrong_invoicedetailgrain  -- many rows to one value
    on rows_in_hand.InvoiceDetailGrain = wrong_invoicedetailgrain.value
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, ChargeCategory, InvoiceIssueStatus, PaymentCurrency, answers_of_rows_0,
    count(*) as rows_count,
    sum(money_1) as money_1,
    slice(array_sort(collect_list(row_id)), 1, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, ChargeCategory, InvoiceIssueStatus, PaymentCurrency, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when ChargeCategory is null then 8 else 0 end
    + case when ChargeCategory not in ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment') then 16 else 0 end
    + case when InvoiceIssueStatus is null then 32 else 0 end
    + case when InvoiceIssueStatus not in ('Open', 'Issued', 'Voided') then 64 else 0 end
    + case when InvoiceIssueStatus like '%�%' then 128 else 0 end
    + case when PaymentCurrency is null then 256 else 0 end
    + case when PaymentCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 512 else 0 end
    + case when PaymentCurrency like '%�%' then 1024 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    slice(array_sort(flatten(collect_list(example_ids))), 1, 3) as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as `BilledCost is empty`,
    (answers_of_rows_0 & 2) <> 0 as `BillingAccountId is empty`,
    (answers_of_rows_0 & 4) <> 0 as `BillingAccountId is not Unicode`,
    (answers_of_rows_0 & 8) <> 0 as `BillingPeriodEnd is empty`,
    (answers_of_rows_0 & 16) <> 0 as `BillingPeriodStart is empty`,
    (answers_of_rows_0 & 32) <> 0 as `InvoiceDetailCreated is empty`,
    (answers_of_rows_0 & 64) <> 0 as `InvoiceDetailDescription is empty`,
    (answers_of_rows_0 & 128) <> 0 as `InvoiceDetailDescription is not Unicode`,
    (answers_of_rows_0 & 256) <> 0 as `InvoiceDetailGrain is no flat JSON object`,
    (answers_of_rows_0 & 512) <> 0 as `InvoiceDetailGrain is not Unicode`,
    (answers_of_rows_0 & 1024) <> 0 as `InvoiceDetailId is empty`,
    (answers_of_rows_0 & 2048) <> 0 as `InvoiceDetailId is not Unicode`,
    (answers_of_rows_0 & 4096) <> 0 as `InvoiceDetailLastUpdated is empty`,
    (answers_of_rows_0 & 8192) <> 0 as `InvoiceDetailLastUpdated is not >= InvoiceDetailCreated`,
    (answers_of_rows_0 & 16384) <> 0 as `InvoiceId is empty`,
    (answers_of_rows_0 & 32768) <> 0 as `InvoiceId is not Unicode`,
    (answers_of_rows_0 & 65536) <> 0 as `InvoiceIssuerName is empty`,
    (answers_of_rows_0 & 131072) <> 0 as `InvoiceIssuerName is not Unicode`,
    (answers_of_rows_0 & 262144) <> 0 as `PaymentCurrencyBilledCost is 0`,
    (answers_of_rows_0 & 524288) <> 0 as `PaymentCurrencyBilledCost is empty`,
    (answers_of_rows_0 & 1048576) <> 0 as `PaymentCurrencyInvoiceDetailId is InvoiceDetailId`,
    (answers_of_rows_0 & 2097152) <> 0 as `PaymentCurrencyInvoiceDetailId is empty`,
    (answers_of_rows_0 & 4194304) <> 0 as `PaymentCurrencyInvoiceDetailId is not Unicode`,
    (answers_of_rows_0 & 8388608) <> 0 as `PaymentTerms is empty`,
    (answers_of_rows_0 & 16777216) <> 0 as `PaymentTerms is not Unicode`,
    (answers_of_rows_0 & 33554432) <> 0 as `PurchaseOrderNumber is not Unicode`,
    (answers_of_rows_0 & 67108864) <> 0 as `ReferenceInvoiceId is empty`,
    (answers_of_rows_0 & 134217728) <> 0 as `ReferenceInvoiceId is not Unicode`,
    (answers_of_words_0 & 1) <> 0 as `BillingCurrency is empty`,
    (answers_of_words_0 & 2) <> 0 as `BillingCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 4) <> 0 as `BillingCurrency is not Unicode`,
    (answers_of_words_0 & 8) <> 0 as `ChargeCategory is empty`,
    (answers_of_words_0 & 16) <> 0 as `ChargeCategory is none of its values`,
    (answers_of_words_0 & 32) <> 0 as `InvoiceIssueStatus is empty`,
    (answers_of_words_0 & 64) <> 0 as `InvoiceIssueStatus is none of its values`,
    (answers_of_words_0 & 128) <> 0 as `InvoiceIssueStatus is not Unicode`,
    (answers_of_words_0 & 256) <> 0 as `PaymentCurrency is empty`,
    (answers_of_words_0 & 512) <> 0 as `PaymentCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 1024) <> 0 as `PaymentCurrency is not Unicode`
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as string) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as string) as example_ids
  from (
    select source, billing_period, rows_count,
      explode(array_distinct(flatten(array_compact(array(
        case when true then array(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 67, 68, 69, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 85, 86, 87, 88, 89, 90, 91, 92, 94, 95, 96, 97, 98, 99, 100, 102, 103, 104, 105, 106, 107, 108, 109, 110, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125) end
        , case when not `PaymentCurrencyBilledCost is 0` then array(1, 3, 89, 93) end
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, 
    array_join(slice(array_sort(flatten(collect_list(example_ids))), 1, 3), ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, example_ids,
      explode(array_distinct(flatten(array_compact(array(
        case when `PaymentCurrencyBilledCost is empty` then array(30, 27, 3, 1) end  -- IND-PaymentCurrencyBilledCost-C-003-M
        , case when `PaymentTerms is not Unicode` then array(33, 31, 3, 1) end  -- IND-PaymentTerms-C-002-M
        , case when `PaymentTerms is empty` then array(34, 31, 3, 1) end  -- IND-PaymentTerms-C-003-M
        , case when `BillingAccountId is not Unicode` then array(37, 35, 3, 1) end  -- IND-BillingAccountId-C-002-M
        , case when `BillingAccountId is empty` then array(38, 35, 3, 1) end  -- IND-BillingAccountId-C-003-M
        , case when `BillingCurrency is not Unicode` then array(41, 39, 3, 1) end  -- IND-BillingCurrency-C-002-M
        , case when `BillingCurrency is no ISO 4217 code` then array(42, 39, 3, 1) end  -- IND-BillingCurrency-C-003-M
        , case when `BillingCurrency is empty` then array(43, 39, 3, 1) end  -- IND-BillingCurrency-C-004-M
        , case when `BillingCurrency is no ISO 4217 code` then array(44, 39, 3, 1) end  -- IND-BillingCurrency-C-006-M
        , case when `InvoiceDetailDescription is not Unicode` then array(47, 45, 3, 1) end  -- IND-InvoiceDetailDescription-C-002-M
        , case when `InvoiceDetailDescription is empty` then array(48) end  -- IND-InvoiceDetailDescription-C-003-O
        , case when `BilledCost is empty` then array(52, 49, 3, 1) end  -- IND-BilledCost-C-003-M
        , case when `BillingPeriodStart is empty` then array(58, 55, 3, 1) end  -- IND-BillingPeriodStart-C-003-M
        , case when `InvoiceDetailCreated is empty` then array(62, 59, 3, 1) end  -- IND-InvoiceDetailCreated-C-003-M
        , case when `PurchaseOrderNumber is not Unicode` then array(65, 63, 3, 1) end  -- IND-PurchaseOrderNumber-C-002-M
        , case when `InvoiceIssueStatus is not Unicode` then array(73, 71, 3, 1) end  -- IND-InvoiceIssueStatus-C-002-M
        , case when `InvoiceIssueStatus is empty` then array(74, 71, 3, 1) end  -- IND-InvoiceIssueStatus-C-003-M
        , case when `InvoiceIssueStatus is none of its values` then array(75, 71, 3, 1) end  -- IND-InvoiceIssueStatus-C-004-M
        , case when `InvoiceDetailLastUpdated is empty` then array(79, 76, 3, 1) end  -- IND-InvoiceDetailLastUpdated-C-003-M
        , case when `InvoiceDetailLastUpdated is not >= InvoiceDetailCreated` then array(80, 76, 3, 1) end  -- IND-InvoiceDetailLastUpdated-C-005-M
        , case when `BillingPeriodEnd is empty` then array(88, 85, 3, 1) end  -- IND-BillingPeriodEnd-C-003-M
        , case when `PaymentCurrencyInvoiceDetailId is not Unicode` then array(91, 89, 3, 1) end  -- IND-PaymentCurrencyInvoiceDetailId-C-002-M
        , case when `PaymentCurrencyInvoiceDetailId is empty` then array(92, 89, 3, 1) end  -- IND-PaymentCurrencyInvoiceDetailId-C-003-M
        , case when (not `PaymentCurrencyBilledCost is 0` and (not `PaymentCurrencyInvoiceDetailId is empty` and not `InvoiceDetailId is empty` and not `PaymentCurrencyInvoiceDetailId is InvoiceDetailId`)) then array(93, 89, 3, 1) end  -- IND-PaymentCurrencyInvoiceDetailId-C-005-C
        , case when `InvoiceIssuerName is not Unicode` then array(96, 94, 3, 1) end  -- IND-InvoiceIssuerName-C-002-M
        , case when `InvoiceIssuerName is empty` then array(97, 94, 3, 1) end  -- IND-InvoiceIssuerName-C-003-M
        , case when `InvoiceDetailGrain is no flat JSON object` then array(100, 98, 3, 1) end  -- IND-InvoiceDetailGrain-C-002-M
        , case when `InvoiceDetailGrain is not Unicode` then array(102, 98, 3, 1) end  -- IND-InvoiceDetailGrain-C-012-M
        , case when `ReferenceInvoiceId is not Unicode` then array(105, 103, 3, 1) end  -- IND-ReferenceInvoiceId-C-002-M
        , case when `ReferenceInvoiceId is empty` then array(106, 103, 3, 1) end  -- IND-ReferenceInvoiceId-C-003-M
        , case when `ChargeCategory is empty` then array(109, 107, 3, 1) end  -- IND-ChargeCategory-C-002-M
        , case when `ChargeCategory is none of its values` then array(110, 107, 3, 1) end  -- IND-ChargeCategory-C-003-M
        , case when `InvoiceDetailId is not Unicode` then array(115, 113, 3, 1) end  -- IND-InvoiceDetailId-C-002-M
        , case when `InvoiceDetailId is empty` then array(116, 113, 3, 1) end  -- IND-InvoiceDetailId-C-003-M
        , case when `PaymentCurrency is not Unicode` then array(119, 117, 3, 1) end  -- IND-PaymentCurrency-C-002-M
        , case when `PaymentCurrency is empty` then array(120, 117, 3, 1) end  -- IND-PaymentCurrency-C-003-M
        , case when `PaymentCurrency is no ISO 4217 code` then array(121, 117, 3, 1) end  -- IND-PaymentCurrency-C-005-M
        , case when `InvoiceId is not Unicode` then array(124, 122, 3, 1) end  -- IND-InvoiceId-C-002-M
        , case when `InvoiceId is empty` then array(125, 122, 3, 1) end  -- IND-InvoiceId-C-003-M
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, example_ids
from broken
{%- endmacro %}

{% macro focus_tallies_billing_period(rows) -%}
    {{ return(adapter.dispatch('focus_tallies_billing_period')(rows)) }}
{%- endmacro %}

{% macro duckdb__focus_tallies_billing_period(rows) -%}
with rows_in_hand as not materialized (
  select * from {{ rows }}
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    cast(null as varchar) as currency,
    rows_in_hand.BillingPeriodStatus,
    rows_in_hand.InvoiceIssuerName as row_id,
    case when BillingPeriodCreated is null then 1 else 0 end
    + case when BillingPeriodEnd is null then 2 else 0 end
    + case when BillingPeriodLastUpdated is null then 4 else 0 end
    + case when not (BillingPeriodLastUpdated >= BillingPeriodCreated) then 8 else 0 end
    + case when BillingPeriodStart is null then 16 else 0 end
    + case when InvoiceIssuerName is null then 32 else 0 end
    + case when InvoiceIssuerName like '%�%' then 64 else 0 end
    as answers_of_rows_0
  from rows_in_hand
),

alike as (
  select
    source, billing_period, currency, BillingPeriodStatus, answers_of_rows_0,
    count(*) as rows_count,
    min(row_id, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingPeriodStatus, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingPeriodStatus is null then 1 else 0 end
    + case when BillingPeriodStatus not in ('Open', 'Closed') then 2 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    list_sort(flatten(list(example_ids)))[1:3] as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as "BillingPeriodCreated is empty",
    (answers_of_rows_0 & 2) <> 0 as "BillingPeriodEnd is empty",
    (answers_of_rows_0 & 4) <> 0 as "BillingPeriodLastUpdated is empty",
    (answers_of_rows_0 & 8) <> 0 as "BillingPeriodLastUpdated is not >= BillingPeriodCreated",
    (answers_of_rows_0 & 16) <> 0 as "BillingPeriodStart is empty",
    (answers_of_rows_0 & 32) <> 0 as "InvoiceIssuerName is empty",
    (answers_of_rows_0 & 64) <> 0 as "InvoiceIssuerName is not Unicode",
    (answers_of_words_0 & 1) <> 0 as "BillingPeriodStatus is empty",
    (answers_of_words_0 & 2) <> 0 as "BillingPeriodStatus is none of its values"
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as varchar) as currency,
    sum(rows_count) as rows_count, cast(null as varchar) as example_ids
  from (
    select source, billing_period, rows_count,
      unnest(list_distinct(flatten(list_filter([
        case when true then [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34] end
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, 
    array_to_string(list_sort(flatten(list(example_ids)))[1:3], ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, example_ids,
      unnest(list_distinct(flatten(list_filter([
        case when "BillingPeriodLastUpdated is empty" then [13, 10, 3, 1] end  -- BIP-BillingPeriodLastUpdated-C-003-M
        , case when "BillingPeriodLastUpdated is not >= BillingPeriodCreated" then [14, 10, 3, 1] end  -- BIP-BillingPeriodLastUpdated-C-005-M
        , case when "BillingPeriodStart is empty" then [18, 15, 3, 1] end  -- BIP-BillingPeriodStart-C-003-M
        , case when "BillingPeriodStatus is empty" then [21, 19, 3, 1] end  -- BIP-BillingPeriodStatus-C-002-M
        , case when "BillingPeriodStatus is none of its values" then [22, 19, 3, 1] end  -- BIP-BillingPeriodStatus-C-003-M
        , case when "BillingPeriodEnd is empty" then [26, 23, 3, 1] end  -- BIP-BillingPeriodEnd-C-003-M
        , case when "InvoiceIssuerName is not Unicode" then [29, 27, 3, 1] end  -- BIP-InvoiceIssuerName-C-002-M
        , case when "InvoiceIssuerName is empty" then [30, 27, 3, 1] end  -- BIP-InvoiceIssuerName-C-003-M
        , case when "BillingPeriodCreated is empty" then [34, 31, 3, 1] end  -- BIP-BillingPeriodCreated-C-003-M
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, example_ids
from broken
{%- endmacro %}

{% macro spark__focus_tallies_billing_period(rows) -%}
with rows_in_hand as (
  select * from {{ rows }}
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    cast(null as string) as currency,
    rows_in_hand.BillingPeriodStatus,
    rows_in_hand.InvoiceIssuerName as row_id,
    case when BillingPeriodCreated is null then 1 else 0 end
    + case when BillingPeriodEnd is null then 2 else 0 end
    + case when BillingPeriodLastUpdated is null then 4 else 0 end
    + case when not (BillingPeriodLastUpdated >= BillingPeriodCreated) then 8 else 0 end
    + case when BillingPeriodStart is null then 16 else 0 end
    + case when InvoiceIssuerName is null then 32 else 0 end
    + case when InvoiceIssuerName like '%�%' then 64 else 0 end
    as answers_of_rows_0
  from rows_in_hand
),

alike as (
  select
    source, billing_period, currency, BillingPeriodStatus, answers_of_rows_0,
    count(*) as rows_count,
    slice(array_sort(collect_list(row_id)), 1, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingPeriodStatus, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingPeriodStatus is null then 1 else 0 end
    + case when BillingPeriodStatus not in ('Open', 'Closed') then 2 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    slice(array_sort(flatten(collect_list(example_ids))), 1, 3) as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as `BillingPeriodCreated is empty`,
    (answers_of_rows_0 & 2) <> 0 as `BillingPeriodEnd is empty`,
    (answers_of_rows_0 & 4) <> 0 as `BillingPeriodLastUpdated is empty`,
    (answers_of_rows_0 & 8) <> 0 as `BillingPeriodLastUpdated is not >= BillingPeriodCreated`,
    (answers_of_rows_0 & 16) <> 0 as `BillingPeriodStart is empty`,
    (answers_of_rows_0 & 32) <> 0 as `InvoiceIssuerName is empty`,
    (answers_of_rows_0 & 64) <> 0 as `InvoiceIssuerName is not Unicode`,
    (answers_of_words_0 & 1) <> 0 as `BillingPeriodStatus is empty`,
    (answers_of_words_0 & 2) <> 0 as `BillingPeriodStatus is none of its values`
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as string) as currency,
    sum(rows_count) as rows_count, cast(null as string) as example_ids
  from (
    select source, billing_period, rows_count,
      explode(array_distinct(flatten(array_compact(array(
        case when true then array(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34) end
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, 
    array_join(slice(array_sort(flatten(collect_list(example_ids))), 1, 3), ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, example_ids,
      explode(array_distinct(flatten(array_compact(array(
        case when `BillingPeriodLastUpdated is empty` then array(13, 10, 3, 1) end  -- BIP-BillingPeriodLastUpdated-C-003-M
        , case when `BillingPeriodLastUpdated is not >= BillingPeriodCreated` then array(14, 10, 3, 1) end  -- BIP-BillingPeriodLastUpdated-C-005-M
        , case when `BillingPeriodStart is empty` then array(18, 15, 3, 1) end  -- BIP-BillingPeriodStart-C-003-M
        , case when `BillingPeriodStatus is empty` then array(21, 19, 3, 1) end  -- BIP-BillingPeriodStatus-C-002-M
        , case when `BillingPeriodStatus is none of its values` then array(22, 19, 3, 1) end  -- BIP-BillingPeriodStatus-C-003-M
        , case when `BillingPeriodEnd is empty` then array(26, 23, 3, 1) end  -- BIP-BillingPeriodEnd-C-003-M
        , case when `InvoiceIssuerName is not Unicode` then array(29, 27, 3, 1) end  -- BIP-InvoiceIssuerName-C-002-M
        , case when `InvoiceIssuerName is empty` then array(30, 27, 3, 1) end  -- BIP-InvoiceIssuerName-C-003-M
        , case when `BillingPeriodCreated is empty` then array(34, 31, 3, 1) end  -- BIP-BillingPeriodCreated-C-003-M
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, example_ids
from broken
{%- endmacro %}

{% macro focus_tallies_contract_commitment(rows) -%}
    {{ return(adapter.dispatch('focus_tallies_contract_commitment')(rows)) }}
{%- endmacro %}

{% macro duckdb__focus_tallies_contract_commitment(rows) -%}
with rows_in_hand as not materialized (
  select * from {{ rows }}
),

wrong_contractcommitmentapplicability as (
  select
    value,
    max(not json_valid(value)) as "ContractCommitmentApplicability is no JSON",
    max(not coalesce(json_valid(value) and (json_type(try_cast(value as json)) in ('OBJECT') and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (json_type(json_extract(try_cast(value as json), '$."IsGlobalScope"')) in ('BOOLEAN'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (json_type(json_extract(try_cast(value as json), '$."IsComplexScope"')) in ('BOOLEAN'))) and (not json_exists(try_cast(value as json), '$."Applicability"') or (json_type(json_extract(try_cast(value as json), '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(try_cast(value as json), '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(try_cast(value as json), '$."Applicability"')), lambda key0: not (key0 in ('Cost', 'Usage')))) = 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or (json_type(json_extract(try_cast(value as json), '$."InclusionOperator"')) in ('VARCHAR') and cast(json_extract(try_cast(value as json), '$."InclusionOperator"') as varchar) in ('"And"', '"Or"'))) and (not json_exists(try_cast(value as json), '$."Inclusions"') or (json_type(json_extract(try_cast(value as json), '$."Inclusions"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."Inclusions"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."Dimension"') and json_exists(item0, '$."Operator"') and json_exists(item0, '$."Values"'))) and (not json_exists(item0, '$."Dimension"') or (json_type(json_extract(item0, '$."Dimension"')) in ('VARCHAR'))) and (not json_exists(item0, '$."Operator"') or (json_type(json_extract(item0, '$."Operator"')) in ('VARCHAR') and cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"NotIn"', '"StartsWith"', '"NotStartsWith"', '"Contains"', '"NotContains"', '"EndsWith"', '"Exists"', '"DoesNotExist"'))) and (not json_exists(item0, '$."Values"') or (json_type(json_extract(item0, '$."Values"')) in ('ARRAY') and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) >= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (json_type(item1) in ('VARCHAR')))) = 0))) and (not json_exists(item0, '$."Applicability"') or (json_type(json_extract(item0, '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(item0, '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(item0, '$."Applicability"')), lambda key1: not (key1 in ('Cost', 'Usage')))) = 0))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('Dimension', 'Operator', 'Values', 'Applicability')))) = 0) and ((not ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: (cast(item1 as varchar) in ('"*"')))) > 0)))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1))) and (not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"Contains"', '"Exists"', '"DoesNotExist"')))))) and ((not ((not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"Exists"', '"DoesNotExist"')))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (cast(item1 as varchar) in ('"*"')))) = 0))))))))) = 0))) and (not json_exists(try_cast(value as json), '$."ExclusionOperator"') or (json_type(json_extract(try_cast(value as json), '$."ExclusionOperator"')) in ('VARCHAR') and cast(json_extract(try_cast(value as json), '$."ExclusionOperator"') as varchar) in ('"And"', '"Or"'))) and (not json_exists(try_cast(value as json), '$."Exclusions"') or (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Exclusions"')) >= 1) and (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."Exclusions"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."Dimension"') and json_exists(item0, '$."Operator"') and json_exists(item0, '$."Values"'))) and (not json_exists(item0, '$."Dimension"') or (json_type(json_extract(item0, '$."Dimension"')) in ('VARCHAR'))) and (not json_exists(item0, '$."Operator"') or (json_type(json_extract(item0, '$."Operator"')) in ('VARCHAR') and cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"NotIn"', '"StartsWith"', '"NotStartsWith"', '"Contains"', '"NotContains"', '"EndsWith"', '"Exists"', '"DoesNotExist"'))) and (not json_exists(item0, '$."Values"') or (json_type(json_extract(item0, '$."Values"')) in ('ARRAY') and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) >= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (json_type(item1) in ('VARCHAR')))) = 0))) and (not json_exists(item0, '$."Applicability"') or (json_type(json_extract(item0, '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(item0, '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(item0, '$."Applicability"')), lambda key1: not (key1 in ('Cost', 'Usage')))) = 0))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('Dimension', 'Operator', 'Values', 'Applicability')))) = 0) and ((not ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: (cast(item1 as varchar) in ('"*"')))) > 0)))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1))) and (not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"Contains"', '"Exists"', '"DoesNotExist"')))))) and ((not ((not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"Exists"', '"DoesNotExist"')))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (cast(item1 as varchar) in ('"*"')))) = 0))))))))) = 0))) and (json_type(try_cast(value as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(value as json)), lambda key0: not (key0 in ('IsGlobalScope', 'IsComplexScope', 'Applicability', 'InclusionOperator', 'Inclusions', 'ExclusionOperator', 'Exclusions') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"') and json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true')))) or ((not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) <= 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or false)))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))) or ((not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) <= 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or false)))) and ((not ((not ((((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true')))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))))))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."InclusionOperator"') and json_exists(try_cast(value as json), '$."Inclusions"'))) and (not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) >= 1)))))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."Exclusions"')))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."ExclusionOperator"'))))))), false)) as "ContractCommitmentApplicability is not as its JSON schema has it"
  from (
    select distinct ContractCommitmentApplicability as value
    from rows_in_hand
    where ContractCommitmentApplicability is not null
  ) as told
  group by value
  having max(not json_valid(value)) or max(not coalesce(json_valid(value) and (json_type(try_cast(value as json)) in ('OBJECT') and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (json_type(json_extract(try_cast(value as json), '$."IsGlobalScope"')) in ('BOOLEAN'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (json_type(json_extract(try_cast(value as json), '$."IsComplexScope"')) in ('BOOLEAN'))) and (not json_exists(try_cast(value as json), '$."Applicability"') or (json_type(json_extract(try_cast(value as json), '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(try_cast(value as json), '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(try_cast(value as json), '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(try_cast(value as json), '$."Applicability"')), lambda key0: not (key0 in ('Cost', 'Usage')))) = 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or (json_type(json_extract(try_cast(value as json), '$."InclusionOperator"')) in ('VARCHAR') and cast(json_extract(try_cast(value as json), '$."InclusionOperator"') as varchar) in ('"And"', '"Or"'))) and (not json_exists(try_cast(value as json), '$."Inclusions"') or (json_type(json_extract(try_cast(value as json), '$."Inclusions"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."Inclusions"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."Dimension"') and json_exists(item0, '$."Operator"') and json_exists(item0, '$."Values"'))) and (not json_exists(item0, '$."Dimension"') or (json_type(json_extract(item0, '$."Dimension"')) in ('VARCHAR'))) and (not json_exists(item0, '$."Operator"') or (json_type(json_extract(item0, '$."Operator"')) in ('VARCHAR') and cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"NotIn"', '"StartsWith"', '"NotStartsWith"', '"Contains"', '"NotContains"', '"EndsWith"', '"Exists"', '"DoesNotExist"'))) and (not json_exists(item0, '$."Values"') or (json_type(json_extract(item0, '$."Values"')) in ('ARRAY') and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) >= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (json_type(item1) in ('VARCHAR')))) = 0))) and (not json_exists(item0, '$."Applicability"') or (json_type(json_extract(item0, '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(item0, '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(item0, '$."Applicability"')), lambda key1: not (key1 in ('Cost', 'Usage')))) = 0))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('Dimension', 'Operator', 'Values', 'Applicability')))) = 0) and ((not ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: (cast(item1 as varchar) in ('"*"')))) > 0)))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1))) and (not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"Contains"', '"Exists"', '"DoesNotExist"')))))) and ((not ((not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"Exists"', '"DoesNotExist"')))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (cast(item1 as varchar) in ('"*"')))) = 0))))))))) = 0))) and (not json_exists(try_cast(value as json), '$."ExclusionOperator"') or (json_type(json_extract(try_cast(value as json), '$."ExclusionOperator"')) in ('VARCHAR') and cast(json_extract(try_cast(value as json), '$."ExclusionOperator"') as varchar) in ('"And"', '"Or"'))) and (not json_exists(try_cast(value as json), '$."Exclusions"') or (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) in ('ARRAY') and (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Exclusions"')) >= 1) and (json_type(json_extract(try_cast(value as json), '$."Exclusions"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(try_cast(value as json), '$."Exclusions"'), '$[*]'), lambda item0: not (json_type(item0) in ('OBJECT') and (json_type(item0) <> 'OBJECT' or (json_exists(item0, '$."Dimension"') and json_exists(item0, '$."Operator"') and json_exists(item0, '$."Values"'))) and (not json_exists(item0, '$."Dimension"') or (json_type(json_extract(item0, '$."Dimension"')) in ('VARCHAR'))) and (not json_exists(item0, '$."Operator"') or (json_type(json_extract(item0, '$."Operator"')) in ('VARCHAR') and cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"NotIn"', '"StartsWith"', '"NotStartsWith"', '"Contains"', '"NotContains"', '"EndsWith"', '"Exists"', '"DoesNotExist"'))) and (not json_exists(item0, '$."Values"') or (json_type(json_extract(item0, '$."Values"')) in ('ARRAY') and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) >= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (json_type(item1) in ('VARCHAR')))) = 0))) and (not json_exists(item0, '$."Applicability"') or (json_type(json_extract(item0, '$."Applicability"')) in ('OBJECT') and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Cost"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Cost"') as double) <= 1.0))) and (not json_exists(json_extract(item0, '$."Applicability"'), '$."Usage"') or (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) >= 0.0) and (json_type(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"')) not in ('UBIGINT', 'BIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE') or try_cast(json_extract(json_extract(item0, '$."Applicability"'), '$."Usage"') as double) <= 1.0))) and (json_type(json_extract(item0, '$."Applicability"')) <> 'OBJECT' or len(list_filter(json_keys(json_extract(item0, '$."Applicability"')), lambda key1: not (key1 in ('Cost', 'Usage')))) = 0))) and (json_type(item0) <> 'OBJECT' or len(list_filter(json_keys(item0), lambda key1: not (key1 in ('Dimension', 'Operator', 'Values', 'Applicability')))) = 0) and ((not ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: (cast(item1 as varchar) in ('"*"')))) > 0)))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1))) and (not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"In"', '"Contains"', '"Exists"', '"DoesNotExist"')))))) and ((not ((not json_exists(item0, '$."Operator"') or (cast(json_extract(item0, '$."Operator"') as varchar) in ('"Exists"', '"DoesNotExist"')))) or ((not json_exists(item0, '$."Values"') or ((json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or json_array_length(json_extract(item0, '$."Values"')) <= 1) and (json_type(json_extract(item0, '$."Values"')) <> 'ARRAY' or len(list_filter(json_extract(json_extract(item0, '$."Values"'), '$[*]'), lambda item1: not (cast(item1 as varchar) in ('"*"')))) = 0))))))))) = 0))) and (json_type(try_cast(value as json)) <> 'OBJECT' or len(list_filter(json_keys(try_cast(value as json)), lambda key0: not (key0 in ('IsGlobalScope', 'IsComplexScope', 'Applicability', 'InclusionOperator', 'Inclusions', 'ExclusionOperator', 'Exclusions') or regexp_matches(key0, '^x_[A-Z][a-zA-Z0-9]*$')))) = 0) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"') and json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true')))) or ((not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) <= 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or false)))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))) or ((not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) <= 0))) and (not json_exists(try_cast(value as json), '$."InclusionOperator"') or false)))) and ((not ((not ((((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsGlobalScope"'))) and (not json_exists(try_cast(value as json), '$."IsGlobalScope"') or (cast(json_extract(try_cast(value as json), '$."IsGlobalScope"') as varchar) in ('true')))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."IsComplexScope"'))) and (not json_exists(try_cast(value as json), '$."IsComplexScope"') or (cast(json_extract(try_cast(value as json), '$."IsComplexScope"') as varchar) in ('true')))))))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."InclusionOperator"') and json_exists(try_cast(value as json), '$."Inclusions"'))) and (not json_exists(try_cast(value as json), '$."Inclusions"') or ((json_type(json_extract(try_cast(value as json), '$."Inclusions"')) <> 'ARRAY' or json_array_length(json_extract(try_cast(value as json), '$."Inclusions"')) >= 1)))))) and ((not ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."Exclusions"')))) or ((json_type(try_cast(value as json)) <> 'OBJECT' or (json_exists(try_cast(value as json), '$."ExclusionOperator"'))))))), false))
),

wrong_group_1 as (
  select source as group_0, billing_period as group_1, ContractCommitmentId as group_2
  from rows_in_hand
  where ContractCommitmentId is not null
  group by source, billing_period, ContractCommitmentId
  having count(distinct ContractId) <> 1
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.ContractCommitmentBenefitCategory,
    rows_in_hand.ContractCommitmentCategory,
    rows_in_hand.ContractCommitmentDurationType,
    rows_in_hand.ContractCommitmentFulfillmentInterval,
    rows_in_hand.ContractCommitmentLifecycleStatus,
    rows_in_hand.ContractCommitmentModel,
    rows_in_hand.ContractCommitmentOfferCategory,
    rows_in_hand.ContractCommitmentPaymentInterval,
    rows_in_hand.ContractCommitmentPaymentModel,
    rows_in_hand.ContractCommitmentUnit,
    rows_in_hand.PricingCurrency,
    rows_in_hand.ContractCommitmentCost as money_1,
    rows_in_hand.ContractCommitmentId as row_id,
    case when ContractCommitmentApplicability is null then 1 else 0 end
    + case when wrong_contractcommitmentapplicability."ContractCommitmentApplicability is no JSON" then 2 else 0 end
    + case when ContractCommitmentApplicability like '%�%' then 4 else 0 end
    + case when wrong_contractcommitmentapplicability."ContractCommitmentApplicability is not as its JSON schema has it" then 8 else 0 end
    + case when ContractCommitmentCost is null then 16 else 0 end
    + case when ContractCommitmentCreated is null then 32 else 0 end
    + case when ContractCommitmentDescription is null then 64 else 0 end
    + case when ContractCommitmentDescription like '%�%' then 128 else 0 end
    + case when ContractCommitmentDiscountPercentage > 1.0 then 256 else 0 end
    + case when ContractCommitmentDiscountPercentage < 0.0 then 512 else 0 end
    + case when ContractCommitmentDiscountPercentage is null then 1024 else 0 end
    + case when (wrong_group_1.group_0 is not null) then 2048 else 0 end
    + case when ContractCommitmentId is null then 4096 else 0 end
    + case when ContractCommitmentId like '%�%' then 8192 else 0 end
    + case when ContractCommitmentLastUpdated is null then 16384 else 0 end
    + case when not (ContractCommitmentLastUpdated >= ContractCommitmentCreated) then 32768 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage = 0 then 65536 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage = 1.0 then 131072 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage > 1.0 then 262144 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage < 0.0 then 524288 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage is null then 1048576 else 0 end
    + case when ContractCommitmentPeriodEnd is null then 2097152 else 0 end
    + case when ContractCommitmentPeriodStart is null then 4194304 else 0 end
    + case when ContractCommitmentQuantity is null then 8388608 else 0 end
    + case when ContractCommitmentType is null then 16777216 else 0 end
    + case when ContractCommitmentType like '%�%' then 33554432 else 0 end
    + case when ContractId is null then 67108864 else 0 end
    + case when ContractId like '%�%' then 134217728 else 0 end
    + case when ContractPeriodEnd is null then 268435456 else 0 end
    + case when ContractPeriodStart is null then 536870912 else 0 end
    + case when InvoiceIssuerName is null then 1073741824 else 0 end
    + case when InvoiceIssuerName like '%�%' then 2147483648 else 0 end
    + case when PricingCurrencyContractCommitmentCost is null then 4294967296 else 0 end
    + case when ServiceProviderName is null then 8589934592 else 0 end
    + case when ServiceProviderName like '%�%' then 17179869184 else 0 end
    as answers_of_rows_0
  from rows_in_hand
  left join wrong_contractcommitmentapplicability  -- many rows to one value
    on rows_in_hand.ContractCommitmentApplicability = wrong_contractcommitmentapplicability.value
  left join wrong_group_1  -- many rows to one group
    on rows_in_hand.source = wrong_group_1.group_0 and rows_in_hand.billing_period = wrong_group_1.group_1 and rows_in_hand.ContractCommitmentId = wrong_group_1.group_2
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, ContractCommitmentBenefitCategory, ContractCommitmentCategory, ContractCommitmentDurationType, ContractCommitmentFulfillmentInterval, ContractCommitmentLifecycleStatus, ContractCommitmentModel, ContractCommitmentOfferCategory, ContractCommitmentPaymentInterval, ContractCommitmentPaymentModel, ContractCommitmentUnit, PricingCurrency, answers_of_rows_0,
    count(*) as rows_count,
    sum(money_1) as money_1,
    min(row_id, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, ContractCommitmentBenefitCategory, ContractCommitmentCategory, ContractCommitmentDurationType, ContractCommitmentFulfillmentInterval, ContractCommitmentLifecycleStatus, ContractCommitmentModel, ContractCommitmentOfferCategory, ContractCommitmentPaymentInterval, ContractCommitmentPaymentModel, ContractCommitmentUnit, PricingCurrency, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when ContractCommitmentBenefitCategory = 'Availability' then 8 else 0 end
    + case when ContractCommitmentBenefitCategory = 'Discount' then 16 else 0 end
    + case when ContractCommitmentBenefitCategory is null then 32 else 0 end
    + case when ContractCommitmentBenefitCategory not in ('Discount', 'Entitlement', 'Availability', 'Other') then 64 else 0 end
    + case when ContractCommitmentCategory = 'Spend' then 128 else 0 end
    + case when ContractCommitmentCategory = 'Usage' then 256 else 0 end
    + case when ContractCommitmentCategory is null then 512 else 0 end
    + case when ContractCommitmentCategory not in ('Spend', 'Usage') then 1024 else 0 end
    + case when not regexp_full_match(ContractCommitmentDurationType, '.*(?:Minute|Minutes|Hour|Hours|Day|Days|Week|Weeks|Month|Months|Quarter|Quarters|Year|Years)') then 2048 else 0 end
    + case when ContractCommitmentDurationType is null then 4096 else 0 end
    + case when ContractCommitmentDurationType like '%�%' then 8192 else 0 end
    + case when not regexp_full_match(ContractCommitmentDurationType, '[1-9][0-9]*[ ]+(Minute|Minutes|Hour|Hours|Day|Days|Week|Weeks|Month|Months|Quarter|Quarters|Year|Years)') then 16384 else 0 end
    + case when ContractCommitmentFulfillmentInterval = 'Full Period' then 32768 else 0 end
    + case when ContractCommitmentFulfillmentInterval is null then 65536 else 0 end
    + case when ContractCommitmentFulfillmentInterval not in ('Hourly', 'Daily', 'Weekly', 'Monthly', 'Quarterly', 'Semi-Annual', 'Annual', 'Full Period', 'Transactional', 'Custom') then 131072 else 0 end
    + case when ContractCommitmentLifecycleStatus is null then 262144 else 0 end
    + case when ContractCommitmentLifecycleStatus not in ('Proposed', 'Pending', 'Active', 'Exhausted', 'Expired', 'Canceled', 'Superseded') then 524288 else 0 end
    + case when ContractCommitmentModel = 'Continuous' then 1048576 else 0 end
    + case when ContractCommitmentModel = 'Discontinuous' then 2097152 else 0 end
    + case when ContractCommitmentModel is null then 4194304 else 0 end
    + case when ContractCommitmentModel not in ('Continuous', 'Discontinuous') then 8388608 else 0 end
    + case when ContractCommitmentOfferCategory is null then 16777216 else 0 end
    + case when ContractCommitmentOfferCategory not in ('Negotiated', 'Public') then 33554432 else 0 end
    + case when ContractCommitmentPaymentInterval = 'One-Time' then 67108864 else 0 end
    + case when ContractCommitmentPaymentInterval is null then 134217728 else 0 end
    + case when ContractCommitmentPaymentInterval not in ('One-Time', 'Monthly', 'Quarterly', 'Semi-Annual', 'Annual', 'Custom') then 268435456 else 0 end
    + case when ContractCommitmentPaymentModel = 'All Upfront' then 536870912 else 0 end
    + case when ContractCommitmentPaymentModel = 'No Upfront' then 1073741824 else 0 end
    + case when ContractCommitmentPaymentModel is null then 2147483648 else 0 end
    + case when ContractCommitmentPaymentModel not in ('No Upfront', 'Partial Upfront', 'All Upfront') then 4294967296 else 0 end
    + case when ContractCommitmentUnit is null then 8589934592 else 0 end
    + case when not regexp_full_match(ContractCommitmentUnit, '(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s') then 17179869184 else 0 end
    + case when ContractCommitmentUnit like '%�%' then 34359738368 else 0 end
    + case when PricingCurrency is null then 68719476736 else 0 end
    + case when PricingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 137438953472 else 0 end
    + case when PricingCurrency like '%�%' then 274877906944 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    list_sort(flatten(list(example_ids)))[1:3] as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as "ContractCommitmentApplicability is empty",
    (answers_of_rows_0 & 2) <> 0 as "ContractCommitmentApplicability is no JSON",
    (answers_of_rows_0 & 4) <> 0 as "ContractCommitmentApplicability is not Unicode",
    (answers_of_rows_0 & 8) <> 0 as "ContractCommitmentApplicability is not as its JSON schema has it",
    (answers_of_rows_0 & 16) <> 0 as "ContractCommitmentCost is empty",
    (answers_of_rows_0 & 32) <> 0 as "ContractCommitmentCreated is empty",
    (answers_of_rows_0 & 64) <> 0 as "ContractCommitmentDescription is empty",
    (answers_of_rows_0 & 128) <> 0 as "ContractCommitmentDescription is not Unicode",
    (answers_of_rows_0 & 256) <> 0 as "ContractCommitmentDiscountPercentage is above 1.0",
    (answers_of_rows_0 & 512) <> 0 as "ContractCommitmentDiscountPercentage is below 0.0",
    (answers_of_rows_0 & 1024) <> 0 as "ContractCommitmentDiscountPercentage is empty",
    (answers_of_rows_0 & 2048) <> 0 as "ContractCommitmentId has not 1 ContractId",
    (answers_of_rows_0 & 4096) <> 0 as "ContractCommitmentId is empty",
    (answers_of_rows_0 & 8192) <> 0 as "ContractCommitmentId is not Unicode",
    (answers_of_rows_0 & 16384) <> 0 as "ContractCommitmentLastUpdated is empty",
    (answers_of_rows_0 & 32768) <> 0 as "ContractCommitmentLastUpdated is not >= ContractCommitmentCreated",
    (answers_of_rows_0 & 65536) <> 0 as "ContractCommitmentPaymentUpfrontPercentage is 0",
    (answers_of_rows_0 & 131072) <> 0 as "ContractCommitmentPaymentUpfrontPercentage is 1.0",
    (answers_of_rows_0 & 262144) <> 0 as "ContractCommitmentPaymentUpfrontPercentage is above 1.0",
    (answers_of_rows_0 & 524288) <> 0 as "ContractCommitmentPaymentUpfrontPercentage is below 0.0",
    (answers_of_rows_0 & 1048576) <> 0 as "ContractCommitmentPaymentUpfrontPercentage is empty",
    (answers_of_rows_0 & 2097152) <> 0 as "ContractCommitmentPeriodEnd is empty",
    (answers_of_rows_0 & 4194304) <> 0 as "ContractCommitmentPeriodStart is empty",
    (answers_of_rows_0 & 8388608) <> 0 as "ContractCommitmentQuantity is empty",
    (answers_of_rows_0 & 16777216) <> 0 as "ContractCommitmentType is empty",
    (answers_of_rows_0 & 33554432) <> 0 as "ContractCommitmentType is not Unicode",
    (answers_of_rows_0 & 67108864) <> 0 as "ContractId is empty",
    (answers_of_rows_0 & 134217728) <> 0 as "ContractId is not Unicode",
    (answers_of_rows_0 & 268435456) <> 0 as "ContractPeriodEnd is empty",
    (answers_of_rows_0 & 536870912) <> 0 as "ContractPeriodStart is empty",
    (answers_of_rows_0 & 1073741824) <> 0 as "InvoiceIssuerName is empty",
    (answers_of_rows_0 & 2147483648) <> 0 as "InvoiceIssuerName is not Unicode",
    (answers_of_rows_0 & 4294967296) <> 0 as "PricingCurrencyContractCommitmentCost is empty",
    (answers_of_rows_0 & 8589934592) <> 0 as "ServiceProviderName is empty",
    (answers_of_rows_0 & 17179869184) <> 0 as "ServiceProviderName is not Unicode",
    (answers_of_words_0 & 1) <> 0 as "BillingCurrency is empty",
    (answers_of_words_0 & 2) <> 0 as "BillingCurrency is no ISO 4217 code",
    (answers_of_words_0 & 4) <> 0 as "BillingCurrency is not Unicode",
    (answers_of_words_0 & 8) <> 0 as "ContractCommitmentBenefitCategory is Availability",
    (answers_of_words_0 & 16) <> 0 as "ContractCommitmentBenefitCategory is Discount",
    (answers_of_words_0 & 32) <> 0 as "ContractCommitmentBenefitCategory is empty",
    (answers_of_words_0 & 64) <> 0 as "ContractCommitmentBenefitCategory is none of its values",
    (answers_of_words_0 & 128) <> 0 as "ContractCommitmentCategory is Spend",
    (answers_of_words_0 & 256) <> 0 as "ContractCommitmentCategory is Usage",
    (answers_of_words_0 & 512) <> 0 as "ContractCommitmentCategory is empty",
    (answers_of_words_0 & 1024) <> 0 as "ContractCommitmentCategory is none of its values",
    (answers_of_words_0 & 2048) <> 0 as "ContractCommitmentDurationType has another ending",
    (answers_of_words_0 & 4096) <> 0 as "ContractCommitmentDurationType is empty",
    (answers_of_words_0 & 8192) <> 0 as "ContractCommitmentDurationType is not Unicode",
    (answers_of_words_0 & 16384) <> 0 as "ContractCommitmentDurationType is written otherwise",
    (answers_of_words_0 & 32768) <> 0 as "ContractCommitmentFulfillmentInterval is Full Period",
    (answers_of_words_0 & 65536) <> 0 as "ContractCommitmentFulfillmentInterval is empty",
    (answers_of_words_0 & 131072) <> 0 as "ContractCommitmentFulfillmentInterval is none of its values",
    (answers_of_words_0 & 262144) <> 0 as "ContractCommitmentLifecycleStatus is empty",
    (answers_of_words_0 & 524288) <> 0 as "ContractCommitmentLifecycleStatus is none of its values",
    (answers_of_words_0 & 1048576) <> 0 as "ContractCommitmentModel is Continuous",
    (answers_of_words_0 & 2097152) <> 0 as "ContractCommitmentModel is Discontinuous",
    (answers_of_words_0 & 4194304) <> 0 as "ContractCommitmentModel is empty",
    (answers_of_words_0 & 8388608) <> 0 as "ContractCommitmentModel is none of its values",
    (answers_of_words_0 & 16777216) <> 0 as "ContractCommitmentOfferCategory is empty",
    (answers_of_words_0 & 33554432) <> 0 as "ContractCommitmentOfferCategory is none of its values",
    (answers_of_words_0 & 67108864) <> 0 as "ContractCommitmentPaymentInterval is One-Time",
    (answers_of_words_0 & 134217728) <> 0 as "ContractCommitmentPaymentInterval is empty",
    (answers_of_words_0 & 268435456) <> 0 as "ContractCommitmentPaymentInterval is none of its values",
    (answers_of_words_0 & 536870912) <> 0 as "ContractCommitmentPaymentModel is All Upfront",
    (answers_of_words_0 & 1073741824) <> 0 as "ContractCommitmentPaymentModel is No Upfront",
    (answers_of_words_0 & 2147483648) <> 0 as "ContractCommitmentPaymentModel is empty",
    (answers_of_words_0 & 4294967296) <> 0 as "ContractCommitmentPaymentModel is none of its values",
    (answers_of_words_0 & 8589934592) <> 0 as "ContractCommitmentUnit is empty",
    (answers_of_words_0 & 17179869184) <> 0 as "ContractCommitmentUnit is no unit",
    (answers_of_words_0 & 34359738368) <> 0 as "ContractCommitmentUnit is not Unicode",
    (answers_of_words_0 & 68719476736) <> 0 as "PricingCurrency is empty",
    (answers_of_words_0 & 137438953472) <> 0 as "PricingCurrency is no ISO 4217 code",
    (answers_of_words_0 & 274877906944) <> 0 as "PricingCurrency is not Unicode"
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as varchar) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as varchar) as example_ids
  from (
    select source, billing_period, rows_count,
      unnest(list_distinct(flatten(list_filter([
        case when true then [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48, 52, 54, 55, 56, 60, 61, 62, 63, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 105, 106, 107, 108, 109, 110, 111, 112, 114, 115, 116, 117, 118, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 179, 180, 181, 182, 183] end
        , case when "ContractCommitmentCategory is Spend" then [1, 3, 40, 44, 159, 162, 163] end
        , case when "ContractCommitmentBenefitCategory is Discount" then [1, 3, 46, 49, 50] end
        , case when "ContractCommitmentBenefitCategory is Availability" then [1, 3, 46, 49, 51] end
        , case when ("ContractCommitmentCategory is Spend" and not "PricingCurrency is empty") then [1, 3, 54, 57, 58] end
        , case when "ContractCommitmentQuantity is empty" then [1, 3, 60, 64, 65] end
        , case when not "ContractCommitmentQuantity is empty" then [1, 3, 60, 64, 66] end
        , case when "ContractCommitmentFulfillmentInterval is Full Period" then [1, 3, 79, 83] end
        , case when "ContractCommitmentPaymentModel is All Upfront" then [1, 3, 100, 104, 114, 119] end
        , case when "ContractCommitmentPaymentModel is No Upfront" then [1, 3, 114, 120] end
        , case when "ContractCommitmentCategory is Usage" then [1, 3, 134, 137, 138] end
        , case when "ContractCommitmentModel is Continuous" then [1, 3, 174, 178] end
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, 
    array_to_string(list_sort(flatten(list(example_ids)))[1:3], ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, example_ids,
      unnest(list_distinct(flatten(list_filter([
        case when "ContractCommitmentApplicability is not as its JSON schema has it" then [35, 182, 179, 3, 1] end  -- CCT-ContractCommitmentApplicabilityObject-O-001-M
        , case when "ContractCommitmentType is not Unicode" then [38, 36, 3, 1] end  -- CCT-ContractCommitmentType-C-002-M
        , case when "ContractCommitmentType is empty" then [39, 36, 3, 1] end  -- CCT-ContractCommitmentType-C-003-M
        , case when "BillingCurrency is not Unicode" then [42, 40, 3, 1] end  -- CCT-BillingCurrency-C-002-M
        , case when "BillingCurrency is no ISO 4217 code" then [43, 40, 3, 1] end  -- CCT-BillingCurrency-C-003-M
        , case when ("ContractCommitmentCategory is Spend" and "BillingCurrency is empty") then [44, 40, 3, 1] end  -- CCT-BillingCurrency-C-004-C
        , case when "BillingCurrency is no ISO 4217 code" then [45, 40, 3, 1] end  -- CCT-BillingCurrency-C-006-M
        , case when ("ContractCommitmentBenefitCategory is Discount" and "ContractCommitmentDiscountPercentage is empty") then [50, 49, 46, 3, 1] end  -- CCT-ContractCommitmentDiscountPercentage-C-004-C
        , case when ("ContractCommitmentBenefitCategory is Availability" and not "ContractCommitmentDiscountPercentage is empty") then [51, 49, 46, 3, 1] end  -- CCT-ContractCommitmentDiscountPercentage-C-005-C
        , case when ("ContractCommitmentDiscountPercentage is below 0.0" or "ContractCommitmentDiscountPercentage is above 1.0") then [52, 46, 3, 1] end  -- CCT-ContractCommitmentDiscountPercentage-C-006-M
        , case when (("ContractCommitmentCategory is Spend" and not "PricingCurrency is empty") and "PricingCurrencyContractCommitmentCost is empty") then [58, 57, 54, 3, 1] end  -- CCT-PricingCurrencyContractCommitmentCost-C-004-C
        , case when "ContractCommitmentUnit is not Unicode" then [62, 60, 3, 1] end  -- CCT-ContractCommitmentUnit-C-002-M
        , case when "ContractCommitmentUnit is no unit" then [63] end  -- CCT-ContractCommitmentUnit-C-003-O
        , case when ("ContractCommitmentQuantity is empty" and not "ContractCommitmentUnit is empty") then [65, 64, 60, 3, 1] end  -- CCT-ContractCommitmentUnit-C-005-C
        , case when (not "ContractCommitmentQuantity is empty" and "ContractCommitmentUnit is empty") then [66, 64, 60, 3, 1] end  -- CCT-ContractCommitmentUnit-C-006-C
        , case when "ContractCommitmentPeriodEnd is empty" then [70, 67, 3, 1] end  -- CCT-ContractCommitmentPeriodEnd-C-003-M
        , case when "ContractCommitmentPeriodStart is empty" then [74, 71, 3, 1] end  -- CCT-ContractCommitmentPeriodStart-C-003-M
        , case when "ServiceProviderName is not Unicode" then [77, 75, 3, 1] end  -- CCT-ServiceProviderName-C-002-M
        , case when "ServiceProviderName is empty" then [78, 75, 3, 1] end  -- CCT-ServiceProviderName-C-003-M
        , case when "ContractCommitmentModel is empty" then [81, 79, 3, 1] end  -- CCT-ContractCommitmentModel-C-002-M
        , case when "ContractCommitmentModel is none of its values" then [82, 79, 3, 1] end  -- CCT-ContractCommitmentModel-C-003-M
        , case when ("ContractCommitmentFulfillmentInterval is Full Period" and (not "ContractCommitmentModel is empty" and not "ContractCommitmentModel is Discontinuous")) then [83, 79, 3, 1] end  -- CCT-ContractCommitmentModel-C-004-C
        , case when "ContractCommitmentCategory is empty" then [86, 84, 3, 1] end  -- CCT-ContractCommitmentCategory-C-002-M
        , case when "ContractCommitmentCategory is none of its values" then [87, 84, 3, 1] end  -- CCT-ContractCommitmentCategory-C-003-M
        , case when "ContractCommitmentLifecycleStatus is empty" then [90, 88, 3, 1] end  -- CCT-ContractCommitmentLifecycleStatus-C-002-M
        , case when "ContractCommitmentLifecycleStatus is none of its values" then [91, 88, 3, 1] end  -- CCT-ContractCommitmentLifecycleStatus-C-003-M
        , case when "ContractCommitmentBenefitCategory is empty" then [94, 92, 3, 1] end  -- CCT-ContractCommitmentBenefitCategory-C-002-M
        , case when "ContractCommitmentBenefitCategory is none of its values" then [95, 92, 3, 1] end  -- CCT-ContractCommitmentBenefitCategory-C-003-M
        , case when "ContractCommitmentOfferCategory is empty" then [98, 96, 3, 1] end  -- CCT-ContractCommitmentOfferCategory-C-002-M
        , case when "ContractCommitmentOfferCategory is none of its values" then [99, 96, 3, 1] end  -- CCT-ContractCommitmentOfferCategory-C-003-M
        , case when "ContractCommitmentPaymentInterval is empty" then [102, 100, 3, 1] end  -- CCT-ContractCommitmentPaymentInterval-C-002-M
        , case when "ContractCommitmentPaymentInterval is none of its values" then [103, 100, 3, 1] end  -- CCT-ContractCommitmentPaymentInterval-C-003-M
        , case when ("ContractCommitmentPaymentModel is All Upfront" and (not "ContractCommitmentPaymentInterval is empty" and not "ContractCommitmentPaymentInterval is One-Time")) then [104, 100, 3, 1] end  -- CCT-ContractCommitmentPaymentInterval-C-004-C
        , case when "ContractCommitmentPaymentModel is empty" then [107, 105, 3, 1] end  -- CCT-ContractCommitmentPaymentModel-C-002-M
        , case when "ContractCommitmentPaymentModel is none of its values" then [108, 105, 3, 1] end  -- CCT-ContractCommitmentPaymentModel-C-003-M
        , case when "ContractId is not Unicode" then [111, 109, 3, 1] end  -- CCT-ContractId-C-002-M
        , case when "ContractId is empty" then [112, 109, 3, 1] end  -- CCT-ContractId-C-003-M
        , case when "ContractCommitmentPaymentUpfrontPercentage is empty" then [117, 114, 3, 1] end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-003-M
        , case when ("ContractCommitmentPaymentUpfrontPercentage is below 0.0" or "ContractCommitmentPaymentUpfrontPercentage is above 1.0") then [118, 114, 3, 1] end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-004-M
        , case when ("ContractCommitmentPaymentModel is All Upfront" and (not "ContractCommitmentPaymentUpfrontPercentage is empty" and not "ContractCommitmentPaymentUpfrontPercentage is 1.0")) then [119, 114, 3, 1] end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-005-C
        , case when ("ContractCommitmentPaymentModel is No Upfront" and (not "ContractCommitmentPaymentUpfrontPercentage is empty" and not "ContractCommitmentPaymentUpfrontPercentage is 0")) then [120, 114, 3, 1] end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-006-C
        , case when "PricingCurrency is not Unicode" then [123, 121, 3, 1] end  -- CCT-PricingCurrency-C-002-M
        , case when "PricingCurrency is no ISO 4217 code" then [124, 121, 3, 1] end  -- CCT-PricingCurrency-C-003-M
        , case when "PricingCurrency is empty" then [125, 121, 3, 1] end  -- CCT-PricingCurrency-C-004-M
        , case when "ContractPeriodEnd is empty" then [129, 126, 3, 1] end  -- CCT-ContractPeriodEnd-C-003-M
        , case when "ContractCommitmentDescription is not Unicode" then [132, 130, 3, 1] end  -- CCT-ContractCommitmentDescription-C-002-M
        , case when "ContractCommitmentDescription is empty" then [133] end  -- CCT-ContractCommitmentDescription-C-003-O
        , case when ("ContractCommitmentCategory is Usage" and "ContractCommitmentQuantity is empty") then [138, 137, 134, 3, 1] end  -- CCT-ContractCommitmentQuantity-C-004-C
        , case when "ContractCommitmentLastUpdated is empty" then [143, 140, 3, 1] end  -- CCT-ContractCommitmentLastUpdated-C-003-M
        , case when "ContractCommitmentLastUpdated is not >= ContractCommitmentCreated" then [144, 140, 3, 1] end  -- CCT-ContractCommitmentLastUpdated-C-005-M
        , case when "ContractCommitmentDurationType is not Unicode" then [147, 145, 3, 1] end  -- CCT-ContractCommitmentDurationType-C-002-M
        , case when "ContractCommitmentDurationType is empty" then [148, 145, 3, 1] end  -- CCT-ContractCommitmentDurationType-C-003-M
        , case when "ContractCommitmentDurationType is written otherwise" then [149] end  -- CCT-ContractCommitmentDurationType-C-004-O
        , case when "ContractCommitmentDurationType has another ending" then [150] end  -- CCT-ContractCommitmentDurationType-C-005-O
        , case when "ContractPeriodStart is empty" then [154, 151, 3, 1] end  -- CCT-ContractPeriodStart-C-003-M
        , case when "ContractCommitmentCreated is empty" then [158, 155, 3, 1] end  -- CCT-ContractCommitmentCreated-C-003-M
        , case when ("ContractCommitmentCategory is Spend" and "ContractCommitmentCost is empty") then [163, 162, 159, 3, 1] end  -- CCT-ContractCommitmentCost-C-004-C
        , case when "InvoiceIssuerName is not Unicode" then [167, 165, 3, 1] end  -- CCT-InvoiceIssuerName-C-002-M
        , case when "InvoiceIssuerName is empty" then [168, 165, 3, 1] end  -- CCT-InvoiceIssuerName-C-003-M
        , case when "ContractCommitmentId is not Unicode" then [171, 169, 3, 1] end  -- CCT-ContractCommitmentId-C-002-M
        , case when "ContractCommitmentId is empty" then [172, 169, 3, 1] end  -- CCT-ContractCommitmentId-C-003-M
        , case when "ContractCommitmentId has not 1 ContractId" then [173, 169, 3, 1] end  -- CCT-ContractCommitmentId-C-007-M
        , case when "ContractCommitmentFulfillmentInterval is empty" then [176, 174, 3, 1] end  -- CCT-ContractCommitmentFulfillmentInterval-C-002-M
        , case when "ContractCommitmentFulfillmentInterval is none of its values" then [177, 174, 3, 1] end  -- CCT-ContractCommitmentFulfillmentInterval-C-003-M
        , case when ("ContractCommitmentModel is Continuous" and "ContractCommitmentFulfillmentInterval is Full Period") then [178, 174, 3, 1] end  -- CCT-ContractCommitmentFulfillmentInterval-C-004-C
        , case when "ContractCommitmentApplicability is not Unicode" then [180, 179, 3, 1] end  -- CCT-ContractCommitmentApplicability-C-002-M
        , case when "ContractCommitmentApplicability is no JSON" then [181, 179, 3, 1] end  -- CCT-ContractCommitmentApplicability-C-003-M
        , case when "ContractCommitmentApplicability is empty" then [183, 179, 3, 1] end  -- CCT-ContractCommitmentApplicability-C-005-M
      ], lambda item: item is not null)))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, example_ids
from broken
{%- endmacro %}

{% macro spark__focus_tallies_contract_commitment(rows) -%}
with rows_in_hand as (
  select * from {{ rows }}
),

wrong_contractcommitmentapplicability as (
  select
    value,
    max(not (get_json_object(value, '$') is not null)) as `ContractCommitmentApplicability is no JSON`
  from (
    select distinct ContractCommitmentApplicability as value
    from rows_in_hand
    where ContractCommitmentApplicability is not null
  ) as told
  group by value
  having max(not (get_json_object(value, '$') is not null))
),

wrong_group_1 as (
  select source as group_0, billing_period as group_1, ContractCommitmentId as group_2
  from rows_in_hand
  where ContractCommitmentId is not null
  group by source, billing_period, ContractCommitmentId
  having count(distinct ContractId) <> 1
),

answered as (
  select
    rows_in_hand.source,
    rows_in_hand.billing_period,
    rows_in_hand.BillingCurrency as currency,
    rows_in_hand.BillingCurrency,
    rows_in_hand.ContractCommitmentBenefitCategory,
    rows_in_hand.ContractCommitmentCategory,
    rows_in_hand.ContractCommitmentDurationType,
    rows_in_hand.ContractCommitmentFulfillmentInterval,
    rows_in_hand.ContractCommitmentLifecycleStatus,
    rows_in_hand.ContractCommitmentModel,
    rows_in_hand.ContractCommitmentOfferCategory,
    rows_in_hand.ContractCommitmentPaymentInterval,
    rows_in_hand.ContractCommitmentPaymentModel,
    rows_in_hand.ContractCommitmentUnit,
    rows_in_hand.PricingCurrency,
    rows_in_hand.ContractCommitmentCost as money_1,
    rows_in_hand.ContractCommitmentId as row_id,
    case when ContractCommitmentApplicability is null then 1 else 0 end
    + case when wrong_contractcommitmentapplicability.`ContractCommitmentApplicability is no JSON` then 2 else 0 end
    + case when ContractCommitmentApplicability like '%�%' then 4 else 0 end
    + case when ContractCommitmentCost is null then 8 else 0 end
    + case when ContractCommitmentCreated is null then 16 else 0 end
    + case when ContractCommitmentDescription is null then 32 else 0 end
    + case when ContractCommitmentDescription like '%�%' then 64 else 0 end
    + case when ContractCommitmentDiscountPercentage > 1.0 then 128 else 0 end
    + case when ContractCommitmentDiscountPercentage < 0.0 then 256 else 0 end
    + case when ContractCommitmentDiscountPercentage is null then 512 else 0 end
    + case when (wrong_group_1.group_0 is not null) then 1024 else 0 end
    + case when ContractCommitmentId is null then 2048 else 0 end
    + case when ContractCommitmentId like '%�%' then 4096 else 0 end
    + case when ContractCommitmentLastUpdated is null then 8192 else 0 end
    + case when not (ContractCommitmentLastUpdated >= ContractCommitmentCreated) then 16384 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage = 0 then 32768 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage = 1.0 then 65536 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage > 1.0 then 131072 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage < 0.0 then 262144 else 0 end
    + case when ContractCommitmentPaymentUpfrontPercentage is null then 524288 else 0 end
    + case when ContractCommitmentPeriodEnd is null then 1048576 else 0 end
    + case when ContractCommitmentPeriodStart is null then 2097152 else 0 end
    + case when ContractCommitmentQuantity is null then 4194304 else 0 end
    + case when ContractCommitmentType is null then 8388608 else 0 end
    + case when ContractCommitmentType like '%�%' then 16777216 else 0 end
    + case when ContractId is null then 33554432 else 0 end
    + case when ContractId like '%�%' then 67108864 else 0 end
    + case when ContractPeriodEnd is null then 134217728 else 0 end
    + case when ContractPeriodStart is null then 268435456 else 0 end
    + case when InvoiceIssuerName is null then 536870912 else 0 end
    + case when InvoiceIssuerName like '%�%' then 1073741824 else 0 end
    + case when PricingCurrencyContractCommitmentCost is null then 2147483648 else 0 end
    + case when ServiceProviderName is null then 4294967296 else 0 end
    + case when ServiceProviderName like '%�%' then 8589934592 else 0 end
    as answers_of_rows_0
  from rows_in_hand
  left join wrong_contractcommitmentapplicability  -- many rows to one value
    on rows_in_hand.ContractCommitmentApplicability = wrong_contractcommitmentapplicability.value
  left join wrong_group_1  -- many rows to one group
    on rows_in_hand.source = wrong_group_1.group_0 and rows_in_hand.billing_period = wrong_group_1.group_1 and rows_in_hand.ContractCommitmentId = wrong_group_1.group_2
),

alike as (
  select
    source, billing_period, currency, BillingCurrency, ContractCommitmentBenefitCategory, ContractCommitmentCategory, ContractCommitmentDurationType, ContractCommitmentFulfillmentInterval, ContractCommitmentLifecycleStatus, ContractCommitmentModel, ContractCommitmentOfferCategory, ContractCommitmentPaymentInterval, ContractCommitmentPaymentModel, ContractCommitmentUnit, PricingCurrency, answers_of_rows_0,
    count(*) as rows_count,
    sum(money_1) as money_1,
    slice(array_sort(collect_list(row_id)), 1, 3) as example_ids
  from answered
  group by source, billing_period, currency, BillingCurrency, ContractCommitmentBenefitCategory, ContractCommitmentCategory, ContractCommitmentDurationType, ContractCommitmentFulfillmentInterval, ContractCommitmentLifecycleStatus, ContractCommitmentModel, ContractCommitmentOfferCategory, ContractCommitmentPaymentInterval, ContractCommitmentPaymentModel, ContractCommitmentUnit, PricingCurrency, answers_of_rows_0
),

answered_alike as (
  select
    alike.source,
    alike.billing_period,
    alike.currency,
    alike.rows_count,
    alike.money_1,
    alike.example_ids,
    alike.answers_of_rows_0,
    case when BillingCurrency is null then 1 else 0 end
    + case when BillingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 2 else 0 end
    + case when BillingCurrency like '%�%' then 4 else 0 end
    + case when ContractCommitmentBenefitCategory = 'Availability' then 8 else 0 end
    + case when ContractCommitmentBenefitCategory = 'Discount' then 16 else 0 end
    + case when ContractCommitmentBenefitCategory is null then 32 else 0 end
    + case when ContractCommitmentBenefitCategory not in ('Discount', 'Entitlement', 'Availability', 'Other') then 64 else 0 end
    + case when ContractCommitmentCategory = 'Spend' then 128 else 0 end
    + case when ContractCommitmentCategory = 'Usage' then 256 else 0 end
    + case when ContractCommitmentCategory is null then 512 else 0 end
    + case when ContractCommitmentCategory not in ('Spend', 'Usage') then 1024 else 0 end
    + case when not ContractCommitmentDurationType rlike '^(?:.*(?:Minute|Minutes|Hour|Hours|Day|Days|Week|Weeks|Month|Months|Quarter|Quarters|Year|Years))$' then 2048 else 0 end
    + case when ContractCommitmentDurationType is null then 4096 else 0 end
    + case when ContractCommitmentDurationType like '%�%' then 8192 else 0 end
    + case when not ContractCommitmentDurationType rlike '^(?:[1-9][0-9]*[ ]+(Minute|Minutes|Hour|Hours|Day|Days|Week|Weeks|Month|Months|Quarter|Quarters|Year|Years))$' then 16384 else 0 end
    + case when ContractCommitmentFulfillmentInterval = 'Full Period' then 32768 else 0 end
    + case when ContractCommitmentFulfillmentInterval is null then 65536 else 0 end
    + case when ContractCommitmentFulfillmentInterval not in ('Hourly', 'Daily', 'Weekly', 'Monthly', 'Quarterly', 'Semi-Annual', 'Annual', 'Full Period', 'Transactional', 'Custom') then 131072 else 0 end
    + case when ContractCommitmentLifecycleStatus is null then 262144 else 0 end
    + case when ContractCommitmentLifecycleStatus not in ('Proposed', 'Pending', 'Active', 'Exhausted', 'Expired', 'Canceled', 'Superseded') then 524288 else 0 end
    + case when ContractCommitmentModel = 'Continuous' then 1048576 else 0 end
    + case when ContractCommitmentModel = 'Discontinuous' then 2097152 else 0 end
    + case when ContractCommitmentModel is null then 4194304 else 0 end
    + case when ContractCommitmentModel not in ('Continuous', 'Discontinuous') then 8388608 else 0 end
    + case when ContractCommitmentOfferCategory is null then 16777216 else 0 end
    + case when ContractCommitmentOfferCategory not in ('Negotiated', 'Public') then 33554432 else 0 end
    + case when ContractCommitmentPaymentInterval = 'One-Time' then 67108864 else 0 end
    + case when ContractCommitmentPaymentInterval is null then 134217728 else 0 end
    + case when ContractCommitmentPaymentInterval not in ('One-Time', 'Monthly', 'Quarterly', 'Semi-Annual', 'Annual', 'Custom') then 268435456 else 0 end
    + case when ContractCommitmentPaymentModel = 'All Upfront' then 536870912 else 0 end
    + case when ContractCommitmentPaymentModel = 'No Upfront' then 1073741824 else 0 end
    + case when ContractCommitmentPaymentModel is null then 2147483648 else 0 end
    + case when ContractCommitmentPaymentModel not in ('No Upfront', 'Partial Upfront', 'All Upfront') then 4294967296 else 0 end
    + case when ContractCommitmentUnit is null then 8589934592 else 0 end
    + case when not ContractCommitmentUnit rlike '^(?:(?:[0-9]+ )?(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)-(?:Year|Month|Day|Hour|Minute|Second)s|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/(?:Year|Month|Day|Hour|Minute|Second)|(?:(?:[KMGTPE]i?)?[bB]|[A-Za-z][A-Za-z0-9]*(?: [A-Za-z][A-Za-z0-9]*)*)/[0-9]+ (?:Year|Month|Day|Hour|Minute|Second)s)$' then 17179869184 else 0 end
    + case when ContractCommitmentUnit like '%�%' then 34359738368 else 0 end
    + case when PricingCurrency is null then 68719476736 else 0 end
    + case when PricingCurrency not in ('AED', 'AFN', 'ALL', 'AMD', 'AOA', 'ARS', 'AUD', 'AWG', 'AZN', 'BAM', 'BBD', 'BDT', 'BGN', 'BHD', 'BIF', 'BMD', 'BND', 'BOB', 'BOV', 'BRL', 'BSD', 'BTN', 'BWP', 'BYN', 'BZD', 'CAD', 'CDF', 'CHE', 'CHF', 'CHW', 'CLF', 'CLP', 'CNY', 'COP', 'COU', 'CRC', 'CUP', 'CVE', 'CZK', 'DJF', 'DKK', 'DOP', 'DZD', 'EGP', 'ERN', 'ETB', 'EUR', 'FJD', 'FKP', 'GBP', 'GEL', 'GHS', 'GIP', 'GMD', 'GNF', 'GTQ', 'GYD', 'HKD', 'HNL', 'HTG', 'HUF', 'IDR', 'ILS', 'INR', 'IQD', 'IRR', 'ISK', 'JMD', 'JOD', 'JPY', 'KES', 'KGS', 'KHR', 'KMF', 'KPW', 'KRW', 'KWD', 'KYD', 'KZT', 'LAK', 'LBP', 'LKR', 'LRD', 'LSL', 'LYD', 'MAD', 'MDL', 'MGA', 'MKD', 'MMK', 'MNT', 'MOP', 'MRU', 'MUR', 'MVR', 'MWK', 'MXN', 'MXV', 'MYR', 'MZN', 'NAD', 'NGN', 'NIO', 'NOK', 'NPR', 'NZD', 'OMR', 'PAB', 'PEN', 'PGK', 'PHP', 'PKR', 'PLN', 'PYG', 'QAR', 'RON', 'RSD', 'RUB', 'RWF', 'SAR', 'SBD', 'SCR', 'SDG', 'SEK', 'SGD', 'SHP', 'SLE', 'SOS', 'SRD', 'SSP', 'STN', 'SVC', 'SYP', 'SZL', 'THB', 'TJS', 'TMT', 'TND', 'TOP', 'TRY', 'TTD', 'TWD', 'TZS', 'UAH', 'UGX', 'USD', 'USN', 'UYI', 'UYU', 'UYW', 'UZS', 'VED', 'VES', 'VND', 'VUV', 'WST', 'XAF', 'XCD', 'XCG', 'XOF', 'XPF', 'YER', 'ZAR', 'ZMW', 'ZWG') then 137438953472 else 0 end
    + case when PricingCurrency like '%�%' then 274877906944 else 0 end
    as answers_of_words_0
  from alike
),

kinds as (
  select
    source, billing_period, currency, answers_of_rows_0, answers_of_words_0,
    sum(rows_count) as rows_count,
    sum(money_1) as money_1,
    slice(array_sort(flatten(collect_list(example_ids))), 1, 3) as example_ids
  from answered_alike
  group by source, billing_period, currency, answers_of_rows_0, answers_of_words_0
),

read as (
  select
    source,
    billing_period,
    currency,
    rows_count,
    money_1,
    example_ids,
    (answers_of_rows_0 & 1) <> 0 as `ContractCommitmentApplicability is empty`,
    (answers_of_rows_0 & 2) <> 0 as `ContractCommitmentApplicability is no JSON`,
    (answers_of_rows_0 & 4) <> 0 as `ContractCommitmentApplicability is not Unicode`,
    (answers_of_rows_0 & 8) <> 0 as `ContractCommitmentCost is empty`,
    (answers_of_rows_0 & 16) <> 0 as `ContractCommitmentCreated is empty`,
    (answers_of_rows_0 & 32) <> 0 as `ContractCommitmentDescription is empty`,
    (answers_of_rows_0 & 64) <> 0 as `ContractCommitmentDescription is not Unicode`,
    (answers_of_rows_0 & 128) <> 0 as `ContractCommitmentDiscountPercentage is above 1.0`,
    (answers_of_rows_0 & 256) <> 0 as `ContractCommitmentDiscountPercentage is below 0.0`,
    (answers_of_rows_0 & 512) <> 0 as `ContractCommitmentDiscountPercentage is empty`,
    (answers_of_rows_0 & 1024) <> 0 as `ContractCommitmentId has not 1 ContractId`,
    (answers_of_rows_0 & 2048) <> 0 as `ContractCommitmentId is empty`,
    (answers_of_rows_0 & 4096) <> 0 as `ContractCommitmentId is not Unicode`,
    (answers_of_rows_0 & 8192) <> 0 as `ContractCommitmentLastUpdated is empty`,
    (answers_of_rows_0 & 16384) <> 0 as `ContractCommitmentLastUpdated is not >= ContractCommitmentCreated`,
    (answers_of_rows_0 & 32768) <> 0 as `ContractCommitmentPaymentUpfrontPercentage is 0`,
    (answers_of_rows_0 & 65536) <> 0 as `ContractCommitmentPaymentUpfrontPercentage is 1.0`,
    (answers_of_rows_0 & 131072) <> 0 as `ContractCommitmentPaymentUpfrontPercentage is above 1.0`,
    (answers_of_rows_0 & 262144) <> 0 as `ContractCommitmentPaymentUpfrontPercentage is below 0.0`,
    (answers_of_rows_0 & 524288) <> 0 as `ContractCommitmentPaymentUpfrontPercentage is empty`,
    (answers_of_rows_0 & 1048576) <> 0 as `ContractCommitmentPeriodEnd is empty`,
    (answers_of_rows_0 & 2097152) <> 0 as `ContractCommitmentPeriodStart is empty`,
    (answers_of_rows_0 & 4194304) <> 0 as `ContractCommitmentQuantity is empty`,
    (answers_of_rows_0 & 8388608) <> 0 as `ContractCommitmentType is empty`,
    (answers_of_rows_0 & 16777216) <> 0 as `ContractCommitmentType is not Unicode`,
    (answers_of_rows_0 & 33554432) <> 0 as `ContractId is empty`,
    (answers_of_rows_0 & 67108864) <> 0 as `ContractId is not Unicode`,
    (answers_of_rows_0 & 134217728) <> 0 as `ContractPeriodEnd is empty`,
    (answers_of_rows_0 & 268435456) <> 0 as `ContractPeriodStart is empty`,
    (answers_of_rows_0 & 536870912) <> 0 as `InvoiceIssuerName is empty`,
    (answers_of_rows_0 & 1073741824) <> 0 as `InvoiceIssuerName is not Unicode`,
    (answers_of_rows_0 & 2147483648) <> 0 as `PricingCurrencyContractCommitmentCost is empty`,
    (answers_of_rows_0 & 4294967296) <> 0 as `ServiceProviderName is empty`,
    (answers_of_rows_0 & 8589934592) <> 0 as `ServiceProviderName is not Unicode`,
    (answers_of_words_0 & 1) <> 0 as `BillingCurrency is empty`,
    (answers_of_words_0 & 2) <> 0 as `BillingCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 4) <> 0 as `BillingCurrency is not Unicode`,
    (answers_of_words_0 & 8) <> 0 as `ContractCommitmentBenefitCategory is Availability`,
    (answers_of_words_0 & 16) <> 0 as `ContractCommitmentBenefitCategory is Discount`,
    (answers_of_words_0 & 32) <> 0 as `ContractCommitmentBenefitCategory is empty`,
    (answers_of_words_0 & 64) <> 0 as `ContractCommitmentBenefitCategory is none of its values`,
    (answers_of_words_0 & 128) <> 0 as `ContractCommitmentCategory is Spend`,
    (answers_of_words_0 & 256) <> 0 as `ContractCommitmentCategory is Usage`,
    (answers_of_words_0 & 512) <> 0 as `ContractCommitmentCategory is empty`,
    (answers_of_words_0 & 1024) <> 0 as `ContractCommitmentCategory is none of its values`,
    (answers_of_words_0 & 2048) <> 0 as `ContractCommitmentDurationType has another ending`,
    (answers_of_words_0 & 4096) <> 0 as `ContractCommitmentDurationType is empty`,
    (answers_of_words_0 & 8192) <> 0 as `ContractCommitmentDurationType is not Unicode`,
    (answers_of_words_0 & 16384) <> 0 as `ContractCommitmentDurationType is written otherwise`,
    (answers_of_words_0 & 32768) <> 0 as `ContractCommitmentFulfillmentInterval is Full Period`,
    (answers_of_words_0 & 65536) <> 0 as `ContractCommitmentFulfillmentInterval is empty`,
    (answers_of_words_0 & 131072) <> 0 as `ContractCommitmentFulfillmentInterval is none of its values`,
    (answers_of_words_0 & 262144) <> 0 as `ContractCommitmentLifecycleStatus is empty`,
    (answers_of_words_0 & 524288) <> 0 as `ContractCommitmentLifecycleStatus is none of its values`,
    (answers_of_words_0 & 1048576) <> 0 as `ContractCommitmentModel is Continuous`,
    (answers_of_words_0 & 2097152) <> 0 as `ContractCommitmentModel is Discontinuous`,
    (answers_of_words_0 & 4194304) <> 0 as `ContractCommitmentModel is empty`,
    (answers_of_words_0 & 8388608) <> 0 as `ContractCommitmentModel is none of its values`,
    (answers_of_words_0 & 16777216) <> 0 as `ContractCommitmentOfferCategory is empty`,
    (answers_of_words_0 & 33554432) <> 0 as `ContractCommitmentOfferCategory is none of its values`,
    (answers_of_words_0 & 67108864) <> 0 as `ContractCommitmentPaymentInterval is One-Time`,
    (answers_of_words_0 & 134217728) <> 0 as `ContractCommitmentPaymentInterval is empty`,
    (answers_of_words_0 & 268435456) <> 0 as `ContractCommitmentPaymentInterval is none of its values`,
    (answers_of_words_0 & 536870912) <> 0 as `ContractCommitmentPaymentModel is All Upfront`,
    (answers_of_words_0 & 1073741824) <> 0 as `ContractCommitmentPaymentModel is No Upfront`,
    (answers_of_words_0 & 2147483648) <> 0 as `ContractCommitmentPaymentModel is empty`,
    (answers_of_words_0 & 4294967296) <> 0 as `ContractCommitmentPaymentModel is none of its values`,
    (answers_of_words_0 & 8589934592) <> 0 as `ContractCommitmentUnit is empty`,
    (answers_of_words_0 & 17179869184) <> 0 as `ContractCommitmentUnit is no unit`,
    (answers_of_words_0 & 34359738368) <> 0 as `ContractCommitmentUnit is not Unicode`,
    (answers_of_words_0 & 68719476736) <> 0 as `PricingCurrency is empty`,
    (answers_of_words_0 & 137438953472) <> 0 as `PricingCurrency is no ISO 4217 code`,
    (answers_of_words_0 & 274877906944) <> 0 as `PricingCurrency is not Unicode`
  from kinds
),

judged as (
  select source, billing_period, rule_number, cast(null as string) as currency,
    sum(rows_count) as rows_count, cast(null as decimal(38, 12)) as money_1, cast(null as string) as example_ids
  from (
    select source, billing_period, rows_count,
      explode(array_distinct(flatten(array_compact(array(
        case when true then array(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 36, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48, 52, 54, 55, 56, 60, 61, 62, 63, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 105, 106, 107, 108, 109, 110, 111, 112, 114, 115, 116, 117, 118, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 140, 141, 142, 143, 144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159, 160, 161, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175, 176, 177, 179, 180, 181, 183) end
        , case when `ContractCommitmentCategory is Spend` then array(1, 3, 40, 44, 159, 162, 163) end
        , case when `ContractCommitmentBenefitCategory is Discount` then array(1, 3, 46, 49, 50) end
        , case when `ContractCommitmentBenefitCategory is Availability` then array(1, 3, 46, 49, 51) end
        , case when (`ContractCommitmentCategory is Spend` and not `PricingCurrency is empty`) then array(1, 3, 54, 57, 58) end
        , case when `ContractCommitmentQuantity is empty` then array(1, 3, 60, 64, 65) end
        , case when not `ContractCommitmentQuantity is empty` then array(1, 3, 60, 64, 66) end
        , case when `ContractCommitmentFulfillmentInterval is Full Period` then array(1, 3, 79, 83) end
        , case when `ContractCommitmentPaymentModel is All Upfront` then array(1, 3, 100, 104, 114, 119) end
        , case when `ContractCommitmentPaymentModel is No Upfront` then array(1, 3, 114, 120) end
        , case when `ContractCommitmentCategory is Usage` then array(1, 3, 134, 137, 138) end
        , case when `ContractCommitmentModel is Continuous` then array(1, 3, 174, 178) end
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, rule_number
),

broken as (
  select source, billing_period, rule_number, currency, sum(rows_count) as rows_count, sum(money_1) as money_1, 
    array_join(slice(array_sort(flatten(collect_list(example_ids))), 1, 3), ', ') as example_ids
  from (
    select source, billing_period, currency, rows_count, money_1, example_ids,
      explode(array_distinct(flatten(array_compact(array(
        case when `ContractCommitmentType is not Unicode` then array(38, 36, 3, 1) end  -- CCT-ContractCommitmentType-C-002-M
        , case when `ContractCommitmentType is empty` then array(39, 36, 3, 1) end  -- CCT-ContractCommitmentType-C-003-M
        , case when `BillingCurrency is not Unicode` then array(42, 40, 3, 1) end  -- CCT-BillingCurrency-C-002-M
        , case when `BillingCurrency is no ISO 4217 code` then array(43, 40, 3, 1) end  -- CCT-BillingCurrency-C-003-M
        , case when (`ContractCommitmentCategory is Spend` and `BillingCurrency is empty`) then array(44, 40, 3, 1) end  -- CCT-BillingCurrency-C-004-C
        , case when `BillingCurrency is no ISO 4217 code` then array(45, 40, 3, 1) end  -- CCT-BillingCurrency-C-006-M
        , case when (`ContractCommitmentBenefitCategory is Discount` and `ContractCommitmentDiscountPercentage is empty`) then array(50, 49, 46, 3, 1) end  -- CCT-ContractCommitmentDiscountPercentage-C-004-C
        , case when (`ContractCommitmentBenefitCategory is Availability` and not `ContractCommitmentDiscountPercentage is empty`) then array(51, 49, 46, 3, 1) end  -- CCT-ContractCommitmentDiscountPercentage-C-005-C
        , case when (`ContractCommitmentDiscountPercentage is below 0.0` or `ContractCommitmentDiscountPercentage is above 1.0`) then array(52, 46, 3, 1) end  -- CCT-ContractCommitmentDiscountPercentage-C-006-M
        , case when ((`ContractCommitmentCategory is Spend` and not `PricingCurrency is empty`) and `PricingCurrencyContractCommitmentCost is empty`) then array(58, 57, 54, 3, 1) end  -- CCT-PricingCurrencyContractCommitmentCost-C-004-C
        , case when `ContractCommitmentUnit is not Unicode` then array(62, 60, 3, 1) end  -- CCT-ContractCommitmentUnit-C-002-M
        , case when `ContractCommitmentUnit is no unit` then array(63) end  -- CCT-ContractCommitmentUnit-C-003-O
        , case when (`ContractCommitmentQuantity is empty` and not `ContractCommitmentUnit is empty`) then array(65, 64, 60, 3, 1) end  -- CCT-ContractCommitmentUnit-C-005-C
        , case when (not `ContractCommitmentQuantity is empty` and `ContractCommitmentUnit is empty`) then array(66, 64, 60, 3, 1) end  -- CCT-ContractCommitmentUnit-C-006-C
        , case when `ContractCommitmentPeriodEnd is empty` then array(70, 67, 3, 1) end  -- CCT-ContractCommitmentPeriodEnd-C-003-M
        , case when `ContractCommitmentPeriodStart is empty` then array(74, 71, 3, 1) end  -- CCT-ContractCommitmentPeriodStart-C-003-M
        , case when `ServiceProviderName is not Unicode` then array(77, 75, 3, 1) end  -- CCT-ServiceProviderName-C-002-M
        , case when `ServiceProviderName is empty` then array(78, 75, 3, 1) end  -- CCT-ServiceProviderName-C-003-M
        , case when `ContractCommitmentModel is empty` then array(81, 79, 3, 1) end  -- CCT-ContractCommitmentModel-C-002-M
        , case when `ContractCommitmentModel is none of its values` then array(82, 79, 3, 1) end  -- CCT-ContractCommitmentModel-C-003-M
        , case when (`ContractCommitmentFulfillmentInterval is Full Period` and (not `ContractCommitmentModel is empty` and not `ContractCommitmentModel is Discontinuous`)) then array(83, 79, 3, 1) end  -- CCT-ContractCommitmentModel-C-004-C
        , case when `ContractCommitmentCategory is empty` then array(86, 84, 3, 1) end  -- CCT-ContractCommitmentCategory-C-002-M
        , case when `ContractCommitmentCategory is none of its values` then array(87, 84, 3, 1) end  -- CCT-ContractCommitmentCategory-C-003-M
        , case when `ContractCommitmentLifecycleStatus is empty` then array(90, 88, 3, 1) end  -- CCT-ContractCommitmentLifecycleStatus-C-002-M
        , case when `ContractCommitmentLifecycleStatus is none of its values` then array(91, 88, 3, 1) end  -- CCT-ContractCommitmentLifecycleStatus-C-003-M
        , case when `ContractCommitmentBenefitCategory is empty` then array(94, 92, 3, 1) end  -- CCT-ContractCommitmentBenefitCategory-C-002-M
        , case when `ContractCommitmentBenefitCategory is none of its values` then array(95, 92, 3, 1) end  -- CCT-ContractCommitmentBenefitCategory-C-003-M
        , case when `ContractCommitmentOfferCategory is empty` then array(98, 96, 3, 1) end  -- CCT-ContractCommitmentOfferCategory-C-002-M
        , case when `ContractCommitmentOfferCategory is none of its values` then array(99, 96, 3, 1) end  -- CCT-ContractCommitmentOfferCategory-C-003-M
        , case when `ContractCommitmentPaymentInterval is empty` then array(102, 100, 3, 1) end  -- CCT-ContractCommitmentPaymentInterval-C-002-M
        , case when `ContractCommitmentPaymentInterval is none of its values` then array(103, 100, 3, 1) end  -- CCT-ContractCommitmentPaymentInterval-C-003-M
        , case when (`ContractCommitmentPaymentModel is All Upfront` and (not `ContractCommitmentPaymentInterval is empty` and not `ContractCommitmentPaymentInterval is One-Time`)) then array(104, 100, 3, 1) end  -- CCT-ContractCommitmentPaymentInterval-C-004-C
        , case when `ContractCommitmentPaymentModel is empty` then array(107, 105, 3, 1) end  -- CCT-ContractCommitmentPaymentModel-C-002-M
        , case when `ContractCommitmentPaymentModel is none of its values` then array(108, 105, 3, 1) end  -- CCT-ContractCommitmentPaymentModel-C-003-M
        , case when `ContractId is not Unicode` then array(111, 109, 3, 1) end  -- CCT-ContractId-C-002-M
        , case when `ContractId is empty` then array(112, 109, 3, 1) end  -- CCT-ContractId-C-003-M
        , case when `ContractCommitmentPaymentUpfrontPercentage is empty` then array(117, 114, 3, 1) end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-003-M
        , case when (`ContractCommitmentPaymentUpfrontPercentage is below 0.0` or `ContractCommitmentPaymentUpfrontPercentage is above 1.0`) then array(118, 114, 3, 1) end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-004-M
        , case when (`ContractCommitmentPaymentModel is All Upfront` and (not `ContractCommitmentPaymentUpfrontPercentage is empty` and not `ContractCommitmentPaymentUpfrontPercentage is 1.0`)) then array(119, 114, 3, 1) end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-005-C
        , case when (`ContractCommitmentPaymentModel is No Upfront` and (not `ContractCommitmentPaymentUpfrontPercentage is empty` and not `ContractCommitmentPaymentUpfrontPercentage is 0`)) then array(120, 114, 3, 1) end  -- CCT-ContractCommitmentPaymentUpfrontPercentage-C-006-C
        , case when `PricingCurrency is not Unicode` then array(123, 121, 3, 1) end  -- CCT-PricingCurrency-C-002-M
        , case when `PricingCurrency is no ISO 4217 code` then array(124, 121, 3, 1) end  -- CCT-PricingCurrency-C-003-M
        , case when `PricingCurrency is empty` then array(125, 121, 3, 1) end  -- CCT-PricingCurrency-C-004-M
        , case when `ContractPeriodEnd is empty` then array(129, 126, 3, 1) end  -- CCT-ContractPeriodEnd-C-003-M
        , case when `ContractCommitmentDescription is not Unicode` then array(132, 130, 3, 1) end  -- CCT-ContractCommitmentDescription-C-002-M
        , case when `ContractCommitmentDescription is empty` then array(133) end  -- CCT-ContractCommitmentDescription-C-003-O
        , case when (`ContractCommitmentCategory is Usage` and `ContractCommitmentQuantity is empty`) then array(138, 137, 134, 3, 1) end  -- CCT-ContractCommitmentQuantity-C-004-C
        , case when `ContractCommitmentLastUpdated is empty` then array(143, 140, 3, 1) end  -- CCT-ContractCommitmentLastUpdated-C-003-M
        , case when `ContractCommitmentLastUpdated is not >= ContractCommitmentCreated` then array(144, 140, 3, 1) end  -- CCT-ContractCommitmentLastUpdated-C-005-M
        , case when `ContractCommitmentDurationType is not Unicode` then array(147, 145, 3, 1) end  -- CCT-ContractCommitmentDurationType-C-002-M
        , case when `ContractCommitmentDurationType is empty` then array(148, 145, 3, 1) end  -- CCT-ContractCommitmentDurationType-C-003-M
        , case when `ContractCommitmentDurationType is written otherwise` then array(149) end  -- CCT-ContractCommitmentDurationType-C-004-O
        , case when `ContractCommitmentDurationType has another ending` then array(150) end  -- CCT-ContractCommitmentDurationType-C-005-O
        , case when `ContractPeriodStart is empty` then array(154, 151, 3, 1) end  -- CCT-ContractPeriodStart-C-003-M
        , case when `ContractCommitmentCreated is empty` then array(158, 155, 3, 1) end  -- CCT-ContractCommitmentCreated-C-003-M
        , case when (`ContractCommitmentCategory is Spend` and `ContractCommitmentCost is empty`) then array(163, 162, 159, 3, 1) end  -- CCT-ContractCommitmentCost-C-004-C
        , case when `InvoiceIssuerName is not Unicode` then array(167, 165, 3, 1) end  -- CCT-InvoiceIssuerName-C-002-M
        , case when `InvoiceIssuerName is empty` then array(168, 165, 3, 1) end  -- CCT-InvoiceIssuerName-C-003-M
        , case when `ContractCommitmentId is not Unicode` then array(171, 169, 3, 1) end  -- CCT-ContractCommitmentId-C-002-M
        , case when `ContractCommitmentId is empty` then array(172, 169, 3, 1) end  -- CCT-ContractCommitmentId-C-003-M
        , case when `ContractCommitmentId has not 1 ContractId` then array(173, 169, 3, 1) end  -- CCT-ContractCommitmentId-C-007-M
        , case when `ContractCommitmentFulfillmentInterval is empty` then array(176, 174, 3, 1) end  -- CCT-ContractCommitmentFulfillmentInterval-C-002-M
        , case when `ContractCommitmentFulfillmentInterval is none of its values` then array(177, 174, 3, 1) end  -- CCT-ContractCommitmentFulfillmentInterval-C-003-M
        , case when (`ContractCommitmentModel is Continuous` and `ContractCommitmentFulfillmentInterval is Full Period`) then array(178, 174, 3, 1) end  -- CCT-ContractCommitmentFulfillmentInterval-C-004-C
        , case when `ContractCommitmentApplicability is not Unicode` then array(180, 179, 3, 1) end  -- CCT-ContractCommitmentApplicability-C-002-M
        , case when `ContractCommitmentApplicability is no JSON` then array(181, 179, 3, 1) end  -- CCT-ContractCommitmentApplicability-C-003-M
        , case when `ContractCommitmentApplicability is empty` then array(183, 179, 3, 1) end  -- CCT-ContractCommitmentApplicability-C-005-M
      ))))) as rule_number
    from read
  ) as told
  group by source, billing_period, currency, rule_number
)

select source, billing_period, rule_number, 'judged' as outcome, currency, rows_count, money_1, example_ids
from judged
union all
select source, billing_period, rule_number, 'broken' as outcome, currency, rows_count, money_1, example_ids
from broken
{%- endmacro %}
