-- One row per hour, operation, model, namespace and labels of what Prometheus measured.
-- Invariant: token classes are disjoint. vLLM's prompt tokens include the prefix cache: here they do not.
-- An hour in which the meter was down is unmetered: nothing is known of its use, which is not 0.

{{ staged_windows(source('land', 'prometheus__windows')) }}
