"""What stands on the ledger outside the node: client, signer, verification, plans and services."""
