"""How fast Tollgate is, as ratios measured in one run; ``make bench`` calls it.

Belongs here: what is measured, against what, and the report. What must be right belongs in the
tests: nothing here fails because a machine is slow.
"""
