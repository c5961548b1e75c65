{#-
  Why a month cost more or less than another: the effects that together are the change, in the order
  in which a month is turned into the other, each with the words for a rise and for a fall. Of machines
  and of models alike the volume is at the mix of before, the mix at the prices of before.
-#}
{% macro price_volume_mix_words() %}
    {% do return({
        'volume': ('more use', 'less use'),
        'request_length': ('longer requests', 'shorter requests'),
        'model_mix': ('moved to dearer models', 'moved to cheaper models'),
        'tier': ('moved to dearer tiers', 'moved to cheaper tiers'),
        'output_mix': ('more output for the input', 'less output for the input'),
        'cache': ('less caching', 'better caching'),
        'rate': ('higher prices', 'lower prices'),
        'commitment': ('less saved by commitments', 'more saved by commitments'),
        'currency': ('a dearer exchange rate', 'a cheaper exchange rate'),
        'new_use': ('new use', 'credits of new use'),
        'gone_use': ('credits that ended', 'use that ended'),
        'machine_volume': ('more machine hours', 'fewer machine hours'),
        'machine_mix': ('more of the hours on dearer machines', 'more of the hours on cheaper machines'),
        'machine_rate': ('higher machine prices', 'lower machine prices'),
        'other_services': ('more of other services', 'less of other services'),
        'unused_commitments': ('more left unused of commitments', 'less left unused of commitments'),
        'fees': ('higher fees', 'lower fees'),
        'adjustments': ('smaller discounts and adjustments', 'larger discounts and adjustments'),
        'credits': ('fewer credits', 'more credits'),
        'taxes': ('more tax', 'less tax'),
        'corrections': ('less refunded and corrected', 'more refunded and corrected'),
    }) %}
{% endmacro %}

{#- The names of the effects. -#}
{% macro price_volume_mix_effects() %}
    {% do return(price_volume_mix_words().keys() | list) %}
{% endmacro %}

{#- The effects of charges that are neither of tokens nor of machine hours: the whole of such a charge. -#}
{% macro whole_charge_effects() %}
    {% do return([
        'other_services', 'unused_commitments', 'fees', 'adjustments', 'credits', 'taxes', 'corrections',
    ]) %}
{% endmacro %}

{#-
  Whether what a month cost can be told at so many times its volume: below 10^13, so that the effects of all add
  up in 38 digits. A month of one token that a refund left, or of one request counted on its last day, has a
  price that times the next month's volume is no amount of money. False where the ratio is unknown.
-#}
{% macro can_be_priced(money, ratio) -%}
    (
        {{ ratio }} is not null
        and (cast(abs({{ money }}) as decimal(18, 0)) + 1)
        * (cast(least(abs({{ ratio }}), cast(1000000000000000 as decimal(26, 0))) as decimal(18, 0)) + 1)
        < 10000000000000
    )
{%- endmacro %}
