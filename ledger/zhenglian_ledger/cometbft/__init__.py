"""CometBFT's byte formats and the one header verifier, pure.

Both engines speak them: a network of CometBFT nodes produces the headers, the solo engine builds the same
bytes with one validator, and the SDK verifies both with the same code.

| module | concept |
|---|---|
| `encoding` | the primitive encodings: uvarint, wrapped scalars, timestamps |
| `header` | every hash a header holds, and the hash of the header |
| `validators` | validator sets: order, hash, addresses |
| `votes` | the bytes a vote signs |
| `commit` | the commit rule: more than two thirds signed this header |
| `light` | from a trusted header to a newer one |
| `light_path` | which headers lead there, past every change of the validators |
| `signed_header` | building a block, its header and its commit |
"""
