"""The rules, one file a family: pure functions over the operation and the state (SPEC 5)."""
