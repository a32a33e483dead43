"""What a node counts about itself, for any system that reads the Prometheus text format.

Labels are codes and method names, never who asked for what. What was turned away before a signed operation
existed (TLS, permission, size) stands only here: it is no fact of the ledger.
"""

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.errors import StoreError

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

COMMIT_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
CALL_SECONDS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 10.0)


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

    def serve(self, port: int) -> "MetricsServer":
        """The metrics are served at http://127.0.0.1:`port`/; raises StoreError(CONFIG_INVALID)."""
        try:
            server, thread = start_http_server(port, addr="127.0.0.1", registry=self.registry)
        except OSError as error:
            raise StoreError(Code.CONFIG_INVALID, field="metrics_port") from error
        return MetricsServer(server, thread)


class MetricsServer:
    """The HTTP server of the metrics, on the loopback interface only."""

    def __init__(self, server: "WSGIServer", thread: Thread) -> None:
        """Keep a running server."""
        self._server = server
        self._thread = thread

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def close(self) -> None:
        """Nobody is served any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _name(code: int) -> str:
    return CODES[code].name if code in CODES else str(code)
