{#-
  Why a month cost more or less than another: the effects that together are the change, in the order
  in which a month is turned into the other, each with the words for a rise and for a fall.
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
        'other_services': ('more for machines, services, fees and credits', 'less for machines, services, fees and credits'),
    }) %}
{% endmacro %}

{#- The names of the effects. -#}
{% macro price_volume_mix_effects() %}
    {% do return(price_volume_mix_words().keys() | list) %}
{% endmacro %}
