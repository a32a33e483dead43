"""The story of zhenglian, told by real programs on this machine: a node, a gateway, vaults, agencies.

    python -m story [--home DIR] [--json FILE]

| part | what for |
|---|---|
| people, world, catalogue | who is who, as tables: invented, and marked as invented |
| keys, genesis, home, processes | a network made from the tables: folders, keys, programs that run |
| documents | the PDF files that the story is about |
| lying_proxy | a program between a system and the node that alters answers |
| stage, steps, screen, tally | what the acts share: agencies, what they do, where it is shown and counted |
| acts, ending | the story itself, one file an act |
| reopen | the same programs again, beside a command of the reader's |

Nothing is staged in memory: every record is signed, sent over mTLS, stored in LevelDB, and proven to
whoever reads it.
"""
