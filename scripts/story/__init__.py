"""The story of zhenglian, told by real programs on this machine: a node, a gateway, vaults, agencies.

    python -m story [--network DIR] [--home DIR] [--json FILE]

| part | what for |
|---|---|
| people, world, catalogue | who is who, as tables: invented, and marked as invented |
| home, keys, configs, building | the folder of a story: keys, certificates, a configuration a program |
| registry | what the ledger must know first, as one table |
| genesis | the way in of a network of the story's own: one node, made from the table |
| network, joining, admission, registration | the way in of one that runs: votes, then signed operations |
| processes | the programs, started by their own command lines |
| documents | the PDF files that the story is about |
| lying_proxy | a program between a system and the node that alters answers |
| stage, steps, screen, tally | what the acts share: agencies, what they do, where it is shown and counted |
| acts, ending | the story itself, one file an act |
| reopen | the same programs again, beside a command of the reader's |

Nothing is staged in memory: every record is signed, sent over mTLS, stored in LevelDB, and proven to
whoever reads it.
"""
