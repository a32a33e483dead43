"""The network engine: a CometBFT node beside this process orders the batches of all members.

| module | concept |
|---|---|
| `framing` | messages on an ABCI socket |
| `abci_server` | the socket CometBFT calls: in order, or not at all |
| `abci_handlers` | the table: which request calls what of the application |
| `rpc` | what this process asks CometBFT |
| `light_blocks` | headers with commit and validators, from CometBFT's JSON |
| `network_view` | who is connected and how far each is, for the operator |
| `bundler`, `bundles`, `outbox` | batches on their way: gathered, kept, sent, settled |
| `broadcast` | what the mempool says of a bundle |
| `process`, `child_log`, `diagnosis` | CometBFT as a child process, what it writes, why it ended |
| `program`, `home` | which program it is, and the files it must find |
| `engine` | the engine port over all of it |
"""
