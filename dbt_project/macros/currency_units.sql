{#- The smallest unit in which a currency is paid, by ISO 4217: most have hundredths. -#}
{% macro currency_subunit(currency) -%}
    case
        when {{ currency }} in (
            'BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND',
            'VUV', 'XAF', 'XOF', 'XPF'
        ) then 1
        when {{ currency }} in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 0.001
        when {{ currency }} in ('CLF', 'UYW') then 0.0001
        else 0.01
    end
{%- endmacro %}
