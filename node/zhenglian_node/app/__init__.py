"""The ledger as an application that any engine can drive: it knows blocks and rows, not consensus."""
