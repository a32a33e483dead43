"""A new era of a ledger, on stopped nodes: drafted, agreed on, begun in every store, its homes made.

draft (one node) → compare the digest → begin (each store, or a copy of one) → join (each new home) → run
"""
