"""The provable structures of the ledger: logs in tiles, the status vector, the trace tree (SPEC 4.3-4.5).

Everything here works on bytes and on two read ports (`ReadTile`, `ReadChunk`); nothing here knows a store,
a message or a clock. A slow, obvious twin of each fast path lives in `tests/testkit/reference_merkle.py`.
"""
