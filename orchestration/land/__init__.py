"""Door 2, land: typed rows by source, dataset and billing period, each judged before it counts.

What belongs here: turning extracted files into Parquet, the profile of what they hold, the Great
Expectations suites over it, the organisation's tables, and the catalogue that dbt reads. What does
not: any renaming by meaning (dbt's staging models do that), anything of Dagster.
"""
