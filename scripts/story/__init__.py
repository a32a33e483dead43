"""The story of zhenglian, told by real programs on this machine: a node, a gateway, vaults and agencies' systems.

    python -m story [--home DIR] [--json FILE]

| part | what for |
|---|---|
| people, world, catalogue | who is who, as tables: invented, and marked as invented |
| keys, genesis, home, processes | a network made from the tables: folders, keys, certificates, programs that run |
| documents | the PDF files that the story is about |
| lying_proxy | a program between a system and the node that alters answers |
| stage, screen, tally | what an act needs: its agencies, where it prints, what it counts |
| acts | the story itself, one file an act |

Nothing is staged in memory: every record is signed, sent over mTLS, stored in LevelDB, and proven to whoever reads it.
"""
