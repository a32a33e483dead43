"""The rules and proofs of the ledger: pure functions over messages, the same on every machine."""
