{#-
  In every row the parts add up to the whole, to the last digit: there is no rest.
-#}
{% test parts_add_up(model, whole, parts) %}
select
    {{ whole }},
    {{ parts | join(' + ') }} as parts_total
from {{ model }}
where {{ whole }} is distinct from {{ parts | join(' + ') }}
{% endtest %}
