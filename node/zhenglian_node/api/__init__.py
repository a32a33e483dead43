"""The gRPC face of a node: authenticates the channel, limits sizes, admits, answers with proofs."""
