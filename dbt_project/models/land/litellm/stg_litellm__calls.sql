-- One row per call that LiteLLM recorded.
-- Invariant: token classes are disjoint. LiteLLM's prompt tokens include the cache, audio and images,
-- its completion tokens include reasoning: here they do not.

{{ staged_calls(source('land', 'litellm__calls'), parts_are_inside=true) }}
