{#-
  What charges are for in the words of a bill's reader, by what FOCUS says of them, the first that holds:
  a correction of an earlier charge or a refund, a tax, a credit, any other adjustment, a commitment that
  was paid and not used, any other fee, tokens, hours of machines, or another service. Tokens that a
  correction counts stay tokens: what counts them does not know corrections.
-#}
{% macro charge_kind(groups) -%}
    case
        when
            {{ groups }}.charge_category = 'Usage' and {{ groups }}.x_token_class is not null
            and ({{ groups }}.charge_class is null or {{ groups }}.is_counted)
            then 'tokens'
        when {{ groups }}.charge_class = 'Correction' or {{ groups }}.x_line_item_type = 'Refund' then 'corrections'
        when {{ groups }}.charge_category = 'Tax' then 'taxes'
        when {{ groups }}.charge_category = 'Credit' then 'credits'
        when {{ groups }}.charge_category = 'Adjustment' then 'adjustments'
        when {{ groups }}.commitment_discount_status = 'Unused' then 'unused_commitments'
        when {{ groups }}.charge_category = 'Purchase' then 'fees'
        when {{ groups }}.units_per_machine_hour is not null and {{ groups }}.is_counted is not null then 'machines'
        else 'other_services'
    end
{%- endmacro %}

{#-
  In how many of their units charges count an hour of a machine that they pay for, with those of reserved
  capacity and of endpoints; NULL where the bill does not meter a machine by its time. Units are spelled as
  vendors spell them. An hour counts once: what is metered in hours and is of no machine, or restates a
  machine's hours, is told by its meter.
-#}
{% macro units_per_machine_hour(groups, is_of_a_machine) -%}
    case
        when {{ groups }}.charge_category <> 'Usage' or {{ groups }}.charge_class is not null then null
        when not ({{ is_of_a_machine }}) then null
        when
            coalesce({{ groups }}.service_category, '') not in ('Compute', 'AI and Machine Learning')
            and coalesce({{ groups }}.x_classification, '') <> 'gpu'
            then null
        when lower({{ groups }}.consumed_unit) in ('hours', 'hour', 'h') then 1
        when {{ groups }}.x_classification <> 'gpu' or {{ groups }}.x_classification is null then null
        when lower({{ groups }}.consumed_unit) in ('minutes', 'minute', 'min') then 60
        when lower({{ groups }}.consumed_unit) in ('seconds', 'second', 's') then 3600
    end
{%- endmacro %}

{#-
  A quantity of those units in hours, to 12 decimals. DuckDB takes microseconds to leave out decimals of 38
  digits and next to nothing where 18 hold the number, as they do the hours of a machine.
-#}
{% macro machine_hours(quantity, units_per_machine_hour) -%}
    case
        when {{ units_per_machine_hour }} = 1 and abs({{ quantity }}) < 1000
            then cast(cast({{ quantity }} as decimal(18, 15)) as decimal(18, 12))
        when {{ units_per_machine_hour }} = 1 then cast({{ quantity }} as decimal(38, 12))
        when {{ units_per_machine_hour }} is not null
            then cast({{ per_unit(quantity, units_per_machine_hour) }} as decimal(38, 12))
    end
{%- endmacro %}

{#- What a charge was metered by, in the vendor's own words: those that no_machine_meter.csv looks for. -#}
{% macro meter_of(charges) -%}
    coalesce({{ charges }}.x_usage_type, {{ charges }}.sku_meter)
{%- endmacro %}
