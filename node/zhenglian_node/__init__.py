"""A node of the ledger: it stores, orders and answers; what is true is decided by `zhenglian_ledger`."""
