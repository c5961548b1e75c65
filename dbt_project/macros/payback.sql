{#-
  The month in which a benefit reached the cost, up to a row that knows it as `reached_period`: what was cost and
  brought before the first bill is in no sum, so that it may have been another where the history is cut.
-#}
{% macro payback_period(alias) -%}
    case when not coalesce({{ alias }}.is_history_cut, false) then {{ alias }}.reached_period end
{%- endmacro %}

{#- Why there is no such month; NULL where there is. -#}
{% macro payback_unknown_reason(alias) -%}
    case
        when {{ alias }}.reached_period is null then 'the benefit has not paid the cost yet'
        when {{ alias }}.is_history_cut
            then 'its months before the first bill are on no bill here, so that nobody knows when it was paid back'
    end
{%- endmacro %}
