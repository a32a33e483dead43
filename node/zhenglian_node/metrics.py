"""What a node counts about itself, for any system that reads the Prometheus text format.

Labels are codes and method names, never who asked for what. What was turned away before a signed operation
existed (TLS, permission, size) stands only here: it is no fact of the ledger.
"""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from zhenglian_ledger.codes import CODES
from zhenglian_proto.v1.node_pb2 import NodeHealth

COMMIT_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
CALL_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 10.0)

HEALTH_GAUGES: Final = {
    "ready": "1 while the node should be asked",
    "stalled": "1 after three heartbeats without a block",
    "catching_up": "1 while blocks are fetched from peers",
    "header_age_seconds": "Age of the newest header that proves a state",
    "peers": "Connected peers",
    "peers_expected": "Peers that this node is configured to have",
    "peer_height": "Greatest height that a peer has",
    "validators": "Validators of the newest header",
    "validators_signed": "Those of them that signed it",
    "disk_free_bytes": "Free on the disk that is nearest to its reserve",
    "disk_reserve_bytes": "What stays free of it: below, the node stops",
    "disk_days_left": "Days until then by the growth seen; NaN where it does not grow",
    "clock_skew_seconds": "How far this clock is ahead of the other validators'; NaN where nobody tells",
}
"""What the watcher sees, each a gauge `zhenglian_<name>`."""


class Metrics:
    """The counters of one node, in a registry of their own."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        self._batches = Counter(
            "zhenglian_batches", "Batches answered, by fate", ["code"], registry=self.registry
        )
        self._queries = Counter(
            "zhenglian_queries", "Reads answered, by method", ["method"], registry=self.registry
        )
        self._refused = Counter(
            "zhenglian_refused_calls",
            "Calls that ended with an error, by code",
            ["method", "code"],
            registry=self.registry,
        )
        self._commit = Histogram(
            "zhenglian_commit_seconds",
            "From receiving a batch until it is provable",
            buckets=COMMIT_SECONDS,
            registry=self.registry,
        )
        self._answer = Histogram(
            "zhenglian_answer_seconds",
            "Time to answer a read",
            ["method"],
            buckets=CALL_SECONDS,
            registry=self.registry,
        )
        self._height = Gauge("zhenglian_height", "Newest committed block", registry=self.registry)
        self._waiting = Gauge("zhenglian_waiting_batches", "Batches that wait", registry=self.registry)
        self._health = {
            name: Gauge(f"zhenglian_{name}", meaning, registry=self.registry)
            for name, meaning in HEALTH_GAUGES.items()
        }

    def count_batch(self, code: int, seconds: float) -> None:
        """A batch met its fate: code 0 if it was accepted."""
        self._batches.labels(_name(code)).inc()
        if code == 0:
            self._commit.observe(seconds)

    def count_query(self, method: str, seconds: float) -> None:
        """A read was answered."""
        self._queries.labels(method).inc()
        self._answer.labels(method).observe(seconds)

    def count_refusal(self, method: str, code: int) -> None:
        """A call was refused."""
        self._refused.labels(method, _name(code)).inc()

    def watch(self, get_height: Callable[[], float], get_waiting: Callable[[], float]) -> None:
        """Height and queue are read when somebody asks for the metrics."""
        self._height.set_function(get_height)
        self._waiting.set_function(get_waiting)

    def show(self, health: NodeHealth, *, is_stalled: bool) -> None:
        """What the watcher saw last; what is unknown is not a number."""
        unknown = float("nan")
        gauges = self._health
        gauges["ready"].set(health.ready)
        gauges["stalled"].set(is_stalled)
        gauges["catching_up"].set(health.catching_up)
        gauges["header_age_seconds"].set(health.header_age_ms / 1000)
        gauges["peers"].set(len(health.peers))
        gauges["peers_expected"].set(health.peers_expected)
        gauges["peer_height"].set(max((peer.height for peer in health.peers), default=0))
        gauges["validators"].set(len(health.validators))
        gauges["validators_signed"].set(sum(validator.signed_last for validator in health.validators))
        gauges["disk_free_bytes"].set(health.disk_free_bytes)
        gauges["disk_reserve_bytes"].set(health.disk_reserve_bytes)
        gauges["disk_days_left"].set(health.hours_left / 24 if health.HasField("hours_left") else unknown)
        gauges["clock_skew_seconds"].set(
            health.clock_skew_ms / 1000 if health.HasField("clock_skew_ms") else unknown
        )

    def format(self) -> bytes:
        """All of it in the Prometheus text format."""
        return generate_latest(self.registry)


def _name(code: int) -> str:
    return CODES[code].name if code in CODES else str(code)
