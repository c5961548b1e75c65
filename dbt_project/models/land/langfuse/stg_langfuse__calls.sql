-- One row per call that Langfuse recorded.
-- Invariant: token classes are disjoint.
-- The buckets of usageDetails lie beside one another, as sent.

{{ staged_calls(source('land', 'langfuse__calls'), parts_are_inside=false) }}
