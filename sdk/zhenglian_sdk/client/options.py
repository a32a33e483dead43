"""How long things may take: what a caller may set about a session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How long batches and queries stay valid, one attempt may take, and a node may lag behind another."""

    validity_ms: int = 120_000
    query_validity_ms: int = 60_000
    submit_timeout_s: float = 15.0
    patience_s: float = 5.0
