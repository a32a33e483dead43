"""The vault: a unit's encrypted content store, a process of its own. It releases only under a recorded use."""
