"""The solo engine: one process, one validator, group commit, and headers that any verifier takes for a network's."""
