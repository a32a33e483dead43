"""The solo engine: one process, one validator, and headers that look like a network's."""
