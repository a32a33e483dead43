"""Engines order batches into blocks. Nothing outside this room knows which one runs."""
