-- One row per day, account, tags, principal, profile, model, tier and token class of the bill.
-- Invariant: tokens are those of the conformed charges metered in tokens; classes are disjoint.
-- A bill counts no requests, so there is no request row.

{{ config(keeps_periods_apart=true) }}

{{ aws_token_usage(ref('int_charges_conformed_aws_cur_legacy')) }}

{{ conformed_usage('named', unknown=['x_user_id', 'billing_currency', 'requests']) }}
