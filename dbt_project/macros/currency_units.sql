{#- How many decimals a currency has, by ISO 4217: one of four values by them, most have two. -#}
{% macro by_currency_decimals(currency, of_none, of_two, of_three, of_four) -%}
    case
        when {{ currency }} in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND',
            'VUV', 'XAF', 'XOF', 'XPF'
        ) then {{ of_none }}
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then {{ of_three }}
        when {{ currency }} in ('CLF', 'UYW') then {{ of_four }}
        else {{ of_two }}
    end
{%- endmacro %}

{#- The smallest unit in which a currency is paid: 0.01 of a dollar, a yen, 0.001 of a dinar. -#}
{% macro currency_subunit(currency) -%}
    {{ by_currency_decimals(currency, '1', '0.01', '0.001', '0.0001') }}
{%- endmacro %}

{#- How many of those make one of the currency. -#}
{% macro currency_units(currency) -%}
    {{ by_currency_decimals(currency, '1', '100', '1000', '10000') }}
{%- endmacro %}
