"""Python: orders the work and touches the outside world; SQL writes the warehouse."""
