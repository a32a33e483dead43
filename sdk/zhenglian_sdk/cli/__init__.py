"""The member's command line: noun and verb, in two languages, on the client and nothing beside it.

| part | what for |
|---|---|
| entry | the way in, and the one way out: an exit code |
| commands, work, screen, exits, arguments | what every command shares: options, output, exit codes, values |
| config, key, registry, case, licence, material, grant, dispute, trace, verify | one noun a file |

Nothing here knows a rule or a proof: commands read their arguments, ask the client, and say what it said.
"""

from zhenglian_sdk.cli.entry import main

__all__ = ["main"]
