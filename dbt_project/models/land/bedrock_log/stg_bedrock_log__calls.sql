-- One row per call that Bedrock's model invocation log recorded.
-- Invariant: token classes are disjoint.
-- Input excludes the cache, as sent.

{{ staged_calls(source('land', 'bedrock_log__calls'), parts_are_inside=false) }}
