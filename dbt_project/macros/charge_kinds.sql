{#-
  What a charge is for in the words of a bill's reader, by what FOCUS says of it, the first that holds:
  a correction of an earlier charge or a refund, a tax, a credit, any other adjustment, a commitment that
  was paid and not used, any other fee, tokens, hours of machines, or another service. Tokens that a
  correction counts stay tokens: what counts them does not know corrections.
-#}
{% macro charge_kind(charges, is_of_a_machine) -%}
    case
        when
            {{ charges }}.charge_category = 'Usage' and {{ charges }}.x_token_class is not null
            and (
                {{ charges }}.charge_class is null or {{ charges }}.consumed_quantity <> 0
            )
            then 'tokens'
        when {{ charges }}.charge_class = 'Correction' or {{ charges }}.x_line_item_type = 'Refund' then 'corrections'
        when {{ charges }}.charge_category = 'Tax' then 'taxes'
        when {{ charges }}.charge_category = 'Credit' then 'credits'
        when {{ charges }}.charge_category = 'Adjustment' then 'adjustments'
        when {{ charges }}.commitment_discount_status = 'Unused' then 'unused_commitments'
        when {{ charges }}.charge_category = 'Purchase' then 'fees'
        when {{ machine_hours(charges, is_of_a_machine) }} is not null then 'machines'
        else 'other_services'
    end
{%- endmacro %}

{#-
  Hours of a machine that a charge pays for, with those of reserved capacity and of endpoints; NULL where
  the bill does not meter a machine by its time. Units are spelled as vendors spell them. An hour counts
  once: what is metered in hours and is of no machine, or restates a machine's hours, is told by its meter.
-#}
{% macro machine_hours(charges, is_of_a_machine) -%}
    case
        when {{ charges }}.charge_category <> 'Usage' or {{ charges }}.charge_class is not null then null
        when not ({{ is_of_a_machine }}) then null
        when
            coalesce({{ charges }}.service_category, '') not in ('Compute', 'AI and Machine Learning')
            and coalesce({{ charges }}.x_classification, '') <> 'gpu'
            then null
        when lower({{ charges }}.consumed_unit) in ('hours', 'hour', 'h')
            then cast({{ charges }}.consumed_quantity as decimal(38, 12))
        when
            {{ charges }}.x_classification = 'gpu'
            and lower({{ charges }}.consumed_unit) in ('minutes', 'minute', 'min')
            then cast({{ per_unit(charges ~ '.consumed_quantity', 60) }} as decimal(38, 12))
        when
            {{ charges }}.x_classification = 'gpu'
            and lower({{ charges }}.consumed_unit) in ('seconds', 'second', 's')
            then cast({{ per_unit(charges ~ '.consumed_quantity', 3600) }} as decimal(38, 12))
    end
{%- endmacro %}

{#- What a charge was metered by, in the vendor's own words: those that no_machine_meter.csv looks for. -#}
{% macro meter_of(charges) -%}
    coalesce({{ charges }}.x_usage_type, {{ charges }}.sku_meter)
{%- endmacro %}
