-- One row per day, operation, cluster, namespace and labels of what OpenCost reckons.
-- Invariant: every landed window is here once; what is idle, unmounted or unallocated keeps its name.
-- Its costs are estimates, adjusted to the cloud's bill a day or two later; never added to a bill.

{{ staged_windows(source('land', 'opencost__windows')) }}
