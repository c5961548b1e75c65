{#-
  Where a proportional rule looks for the direct cost of its owners: everywhere, or among charges of
  the same source, account or service as the charge that is divided. The name of that place, the same
  for the charge and for what is looked at; an unknown account is a place of its own.
-#}
{% macro basis_scope(basis_within, alias) -%}
    case {{ basis_within }}
        {%- for within, columns in basis_scope_columns().items() %}
        when '{{ within }}' then
            {%- set names = [] %}
            {%- for column in ['source'] + columns %}{% do names.append(alias ~ '.' ~ column) %}{% endfor %}
            {{ hashed(names, apart=true) | indent(8) }}
        {%- endfor %}
        else 'all'
    end
{%- endmacro %}

{#- The columns that tell the place beside the source, by the word of allocation_rule_basis.csv. -#}
{% macro basis_scope_columns() %}
    {% do return({
        'source': [],
        'billing_account': ['billing_account_id'],
        'sub_account': ['sub_account_id'],
        'service': ['service_name'],
        'sub_account_service': ['sub_account_id', 'service_name'],
        'sub_account_model': ['sub_account_id', 'x_model'],
    }) %}
{% endmacro %}

{#- The split of a day where the rule divides each day by itself, else the split of the month. -#}
{% macro split_of_day(split, usage_date) -%}
    case
        when {{ split }}.split_window = 'day'
            then md5(concat({{ split }}.split_id, '|', cast({{ usage_date }} as string)))
        else {{ split }}.split_id
    end
{%- endmacro %}

{#- Ways of dividing whose shares come from int_basis_shares. -#}
{% macro is_by_basis(alias) -%}
    {{ alias }}.method in ('proportional', 'metric')
{%- endmacro %}

{#-
  When the models of bases are of use at all: without such a rule they have no periods, so that a
  change of one source's month leaves the shares of the other sources alone.
-#}
{% macro a_rule_has_a_basis() %}
    {% do return("exists (select 1 from org.allocation_rule where method in ('proportional', 'metric'))") %}
{% endmacro %}

{#- The highest tier of rules that pass the cost of an owner on. -#}
{% macro last_tier() %}
    {% do return(5) %}
{% endmacro %}
