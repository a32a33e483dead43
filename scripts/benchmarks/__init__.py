"""What the README states about speed, measured: real programs on this machine, beside its calibrations.

    python -m benchmarks [NAME …] [--quick] [--profile] [--json FILE]
    python -m benchmarks network [PART …] [--quick] [--profile] [--json FILE] [--plot FILE]

| part | what for |
|---|---|
| calibrate | what this machine does without us: signatures, hashes, synced puts |
| sandbox | a network of one node, which is a process of its own, and clients of its systems |
| contents | what is issued, granted and asked for |
| throughput, latency | the measurements themselves |
| report | figures beside their targets, as a table and as JSON |
| network | four nodes and more, beside their engine's own example application |
| profiled_node | the node with a profiler on the thread that makes blocks |

A figure counts only what ends with the verified answer in the client's hands. Nothing here asserts an
absolute time: a machine is judged by its own calibrations.
"""
