"""The vault: a unit's encrypted content store, a process of its own, which releases under a recorded use."""
