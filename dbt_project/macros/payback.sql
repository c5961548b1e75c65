{#-
  The month in which a benefit reached the cost, up to a row that knows it as `reached_period`: what was cost and
  brought before the first bill is in no sum, so that it may have been another where the history is cut. A month
  that still runs at `today_date` has no end at which it could have paid back.
-#}
{% macro payback_period(alias) -%}
    case
        when
            not coalesce({{ alias }}.is_history_cut, false)
            and {{ months_later(alias ~ '.reached_period') }} <= {{ alias }}.today_date
            then {{ alias }}.reached_period
    end
{%- endmacro %}

{#- Why there is no such month; NULL where there is. -#}
{% macro payback_unknown_reason(alias) -%}
    case
        when {{ alias }}.is_history_cut
            then 'its months before the first bill are on no bill here, so that nobody knows whether and when it paid back'
        when {{ alias }}.reached_period is null then 'the benefit has not paid the cost yet'
        when {{ months_later(alias ~ '.reached_period') }} > {{ alias }}.today_date
            then 'the month in which the benefit reached the cost still runs'
    end
{%- endmacro %}
