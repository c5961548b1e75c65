-- One row per call that an OpenTelemetry exporter recorded.
-- Invariant: token classes are disjoint.
-- Input tokens include the cache, output tokens include reasoning: here they do not.

{{ staged_calls(source('land', 'otel__calls'), parts_are_inside=true) }}
