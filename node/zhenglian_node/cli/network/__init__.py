"""From members to a network: each makes its keys itself, one puts the public halves together, each accepts.

    request (keys made here) → network assemble (genesis, peers) → accept (a home that can run)

No secret leaves the machine it was made on: a request, a genesis, a list of peers are all that is passed on.
"""
