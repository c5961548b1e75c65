{#-
  What a charge counts toward, as FOCUS ContractApplied: the commitment that the bill names and that
  covered it, and the organisation's commitments whose usage it is. The bill's own text stands.
  Spend counts in money at its effective cost, usage in the unit of the commitment.
-#}
{% macro contract_applied(charge, own, of_service, of_source) -%}
case
        when {{ charge }}.contract_applied is not null then {{ charge }}.contract_applied
        when {{ charge }}.charge_category <> 'Usage' then null
        when
            {{ charge }}.commitment_discount_status = 'Used'
            or {{ of_service }}.commitment_id is not null
            or {{ of_source }}.commitment_id is not null
            then '{"Elements":[' || nullif(regexp_replace(concat(
                coalesce({{ own_contract_element(charge, own) }} || ',', ''),
                coalesce({{ usage_contract_element(charge, of_service) }} || ',', ''),
                coalesce({{ usage_contract_element(charge, of_source) }}, '')
            ), ',$', ''), '') || ']}'
    end
{%- endmacro %}

{#- The element of a commitment that the bill says has covered the charge. -#}
{% macro own_contract_element(charge, own) -%}
case
                    when
                        {{ charge }}.commitment_discount_status = 'Used'
                        and {{ charge }}.commitment_discount_id is not null
                        then {{ contract_element(
                            'coalesce(' ~ own ~ '.contract_id, ' ~ charge ~ '.commitment_discount_id)',
                            charge ~ '.commitment_discount_id',
                            'case when ' ~ charge ~ ".commitment_discount_category = 'Usage' then "
                                ~ charge ~ '.commitment_discount_quantity end',
                            charge ~ '.commitment_discount_unit',
                            charge ~ '.effective_cost'
                        ) }}
                end
{%- endmacro %}

{#- The element of a commitment of the organisation that all usage of a service or source counts toward. -#}
{% macro usage_contract_element(charge, commitment) -%}
case
                    when {{ commitment }}.commitment_id is not null
                        then {{ contract_element(
                            commitment ~ '.contract_id',
                            commitment ~ '.commitment_id',
                            "case when " ~ commitment ~ ".commitment_category = 'Spend' then null"
                                ~ ' when ' ~ charge ~ '.consumed_unit = ' ~ commitment ~ '.committed_unit then '
                                ~ charge ~ '.consumed_quantity when ' ~ charge ~ '.pricing_unit = '
                                ~ commitment ~ '.committed_unit then ' ~ charge ~ '.pricing_quantity end',
                            commitment ~ '.committed_unit',
                            'case when ' ~ commitment ~ ".commitment_category = 'Spend' then "
                                ~ charge ~ '.effective_cost end'
                        ) }}
                end
{%- endmacro %}

{#- Quantity and unit where there is a quantity, else the cost; NULL where there is neither. -#}
{% macro contract_element(contract_id, commitment_id, quantity, unit, cost) -%}
'{"ContractId":' || {{ json_text(contract_id) }}
                            || ',"ContractCommitmentId":' || {{ json_text(commitment_id) }}
                            || case
                                when ({{ quantity }}) is not null
                                    then ',"ContractCommitmentAppliedQuantity":' || cast({{ quantity }} as string)
                                        || ',"ContractCommitmentAppliedUnit":' || {{ json_text(unit) }} || '}'
                                else ',"ContractCommitmentAppliedCost":' || cast({{ cost }} as string) || '}'
                            end
{%- endmacro %}
