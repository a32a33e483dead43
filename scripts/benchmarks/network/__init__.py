"""The network measured: four validators beside CometBFT's own example application, and larger ones.

    python -m benchmarks network [PART …] [--quick] [--profile] [--json FILE] [--plot FILE.svg]

| part | what for |
|---|---|
| command | the parts in one order, the table, the JSON and the plot |
| cluster | a network of real node processes on this machine, and clients of its members' systems |
| contents | what the network must know before licences can be issued, and the licences |
| kvstore | CometBFT's own application under the same configuration and transactions of the same size |
| blocks | what an engine says of its blocks |
| runs | the measurements themselves |
| processes | what processes spend and hold, read from /proc |
| figures | percentiles and shares |
| plot | throughput and latency against the number of validators, as SVG |

All nodes and whoever loads them share the same two cores, so every figure here is one of a whole network on
one small machine; a node of its own does better. What ends with a verified receipt counts, nothing before.
"""
