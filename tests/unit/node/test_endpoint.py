"""The loopback endpoint: what each path answers, over real HTTP, and whose port it was."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.testkit.node_home import find_free_port
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.cli.watch.endpoint import EndpointServer, Sources
from zhenglian_node.cli.watch.readiness import Reason
from zhenglian_node.metrics import Metrics


class Node:
    """What the endpoint is told."""

    def __init__(self, engine_port: int = 0) -> None:
        self.reasons: tuple[Reason, ...] = ()
        self.sources = Sources(Metrics().format, lambda: self.reasons, lambda: 41, engine_port)


@contextmanager
def served(sources: Sources) -> Iterator[EndpointServer]:
    server = EndpointServer(find_free_port(), sources)
    try:
        yield server
    finally:
        server.close()


def ask(server: EndpointServer, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path)
    reply = connection.getresponse()
    try:
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("reasons", "live", "ready"),
    [
        ((), 200, 200),
        ((Reason.STALLED, Reason.STALE), 200, 503),
        ((Reason.CATCHING_UP,), 200, 503),
        ((Reason.ENGINE_ENDED,), 503, 503),
    ],
)
def test_alive_is_not_ready(reasons: tuple[Reason, ...], live: int, ready: int) -> None:
    node = Node()
    node.reasons = reasons
    with served(node.sources) as server:
        assert ask(server, "/live")[0] == live
        status, body = ask(server, "/ready")
    said: dict[str, Any] = json.loads(body)
    assert (status, said["ok"], said["height"]) == (ready, not reasons, 41)
    assert [each["reason"] for each in said["reasons"]] == [reason.code for reason in reasons]


def test_both_pages_of_metrics_stand_in_one() -> None:
    page = b"# TYPE cometbft_consensus_height gauge\ncometbft_consensus_height 41\n"

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    engine = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=engine.serve_forever, daemon=True).start()
    try:
        with served(Node(engine.server_port).sources) as server:
            for path in ("/", "/metrics"):
                status, body = ask(server, path)
                assert status == 200
                assert b"zhenglian_height" in body
                assert body.endswith(page)
    finally:
        engine.shutdown()
        engine.server_close()


def test_a_silent_cometbft_hides_none_of_our_own_numbers() -> None:
    with served(Node(find_free_port()).sources) as server:
        status, body = ask(server, "/metrics")
    assert status == 200
    assert b"zhenglian_height" in body
    assert body.splitlines()[-1].startswith(b"# CometBFT")


def test_other_paths_and_methods_are_refused() -> None:
    with served(Node().sources) as server:
        assert ask(server, "/admin")[0] == 404
        assert ask(server, "/ready", "POST")[0] == 405
        assert ask(server, "/ready", "HEAD") == (200, b"")


def test_a_taken_port_is_named_with_its_owner() -> None:
    with served(Node().sources) as server, pytest.raises(StoreError) as caught:
        EndpointServer(server.port, Node().sources)
    assert caught.value.code == Code.PORT_TAKEN
    assert str(server.port) in caught.value.en
    assert str(os.getpid()) in caught.value.en
