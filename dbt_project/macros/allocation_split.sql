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

{#-
  The split of a window: of a day where the rule divides each day by itself, of an hour where it divides
  each hour, else that of the month. A window without an hour is a day, one without either the month.
-#}
{% macro split_of_window(split, window_date, window_hour='null') -%}
    case
        when {{ split }}.split_window = 'day'
            then md5(concat({{ split }}.split_id, '|', cast({{ window_date }} as string)))
        when {{ split }}.split_window = 'hour'
            then coalesce(
                md5({{ split }}.split_id || '|' || coalesce(
                    cast({{ window_hour }} as string), cast({{ window_date }} as string)
                )),
                {{ split }}.split_id
            )
        else {{ split }}.split_id
    end
{%- endmacro %}

{#-
  The split of a charge. Under a rule by the hour a charge has the window that it names: its hour where
  it lasts no longer than one, else its day, and the month where it lasts longer than a day.
-#}
{% macro split_of_charge(split, charge, usage_date) -%}
    {{ split_of_window(
        split,
        "case when " ~ split ~ ".split_window = 'hour' and " ~ charge ~ ".charge_period_end > "
            ~ charge ~ ".charge_period_start + interval 1 day then null else " ~ usage_date ~ " end",
        hour_of(charge ~ '.charge_period_start', charge ~ '.charge_period_end'),
    ) }}
{%- endmacro %}

{#- The hour in which a time of at most an hour begins; NULL for a longer one, and where its end is unknown. -#}
{% macro hour_of(from_time, to_time) -%}
    case when {{ to_time }} <= {{ from_time }} + interval 1 hour then date_trunc('hour', {{ from_time }}) end
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

{#-
  When the models of hours are of use at all: in months in which a rule by the hour may take a charge, so
  that without one they have no periods and cost nothing. A rule that ended counts, for late refunds.
-#}
{% macro a_rule_works_by_hour(method=none) %}
    {% do return(
        "exists (select 1 from org.allocation_rule_basis as hourly_basis "
        ~ "inner join org.allocation_rule as hourly_rule "
        ~ "on hourly_basis.rule_id = hourly_rule.rule_id and hourly_basis.rule_version = hourly_rule.rule_version "
        ~ "where hourly_basis.basis_window = 'hour' "
        ~ ("and hourly_rule.method = '" ~ method ~ "' " if method else '')
        ~ "and (hourly_rule.valid_from is null "
        ~ "or hourly_rule.valid_from < periods.billing_period + interval 1 month))"
    ) %}
{% endmacro %}

{#-
  The same cost or use is kept by the day and, in months in which a rule asks for hours, by the hour as
  well: the columns from the hours where there are any, else from the days, with usage_hour NULL.
-#}
{% macro by_hour_where_there_are_hours(daily, hourly, columns) %}
    select
        {%- for name in columns %}
        {{ name }},
        {%- endfor %}
        usage_hour
    from {{ hourly }}

    union all

    select
        {%- for name in columns %}
        {{ name }},
        {%- endfor %}
        cast(null as timestamp) as usage_hour
    from {{ daily }}
    where not exists (select 1 from {{ hourly }} where {{ hourly }}.billing_period = {{ daily }}.billing_period)
{%- endmacro %}

{#- The highest tier of rules that pass the cost of an owner on. -#}
{% macro last_tier() %}
    {% do return(5) %}
{% endmacro %}
