"""What a node tells the machine it runs on, over HTTP on 127.0.0.1: numbers, life, readiness.

| path | answer |
|---|---|
| `/metrics` (and `/`) | the node's counters, then CometBFT's own page, in the Prometheus text format |
| `/live` | 200 while the process answers and its engine has not ended, else 503 |
| `/ready` | 200 while the node should be asked, else 503; JSON says what speaks against it |

Nothing here names a person, a record or a caller. Everything else is 404, and every method but GET and HEAD
405.
"""

import errno
import json
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.cli.machine import find_port_owner
from zhenglian_node.cli.watch.readiness import Reason

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

LOOPBACK: Final = "127.0.0.1"
PAGE_SECONDS: Final = 1.0
MAX_PAGE: Final = 8 << 20
_POLL_SECONDS: Final = 0.1

_DIRECT: Final = build_opener(ProxyHandler({}))
"""Loopback is asked without any proxy that the environment may name."""

_TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
_JSON: Final = "application/json; charset=utf-8"


class Sources(NamedTuple):
    """Where the answers come from; each is called from any thread. `engine_port` 0: no page of CometBFT's."""

    format_metrics: Callable[[], bytes]
    get_reasons: Callable[[], tuple[Reason, ...]]
    get_height: Callable[[], int]
    engine_port: int = 0


class Reply(NamedTuple):
    """One HTTP answer."""

    status: str
    kind: str
    body: bytes


def answer(sources: Sources, path: str) -> Reply:
    """The answer to GET `path`."""
    if path in ("/", "/metrics"):
        return Reply("200 OK", _TEXT, sources.format_metrics() + fetch_page(sources.engine_port))
    if path == "/live":
        return _answer_state(sources, [reason for reason in sources.get_reasons() if reason in _DEAD])
    if path == "/ready":
        return _answer_state(sources, sources.get_reasons())
    return Reply("404 Not Found", _JSON, b'{"paths": ["/metrics", "/live", "/ready"]}\n')


def fetch_page(port: int) -> bytes:
    """CometBFT's own metrics, or a comment where it has none to give; nothing where it was not asked to."""
    if not port:
        return b""
    try:
        with _DIRECT.open(f"http://{LOOPBACK}:{port}/metrics", timeout=PAGE_SECONDS) as page:
            text: bytes = page.read(MAX_PAGE)
    except (URLError, OSError):
        return b"# CometBFT's own page does not answer\n"
    return text


class EndpointServer:
    """The HTTP server of one node."""

    def __init__(self, port: int, sources: Sources) -> None:
        """Whoever asks on 127.0.0.1:`port` is answered, in threads of its own.

        Raises StoreError(PORT_TAKEN).
        """

        def serve(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            method = environment["REQUEST_METHOD"]
            reply = answer(sources, environment.get("PATH_INFO", "/"))
            if method not in ("GET", "HEAD"):
                reply = Reply("405 Method Not Allowed", _JSON, b"{}\n")
            start_response(reply.status, [("Content-Type", reply.kind), ("Cache-Control", "no-store")])
            return [reply.body if method != "HEAD" else b""]

        try:
            self._server = make_server(LOOPBACK, port, serve, _Server, _Silent)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise StoreError(Code.CONFIG_INVALID, field=f"metrics_port: {error.strerror}") from error
            owner = str(find_port_owner(port))
            raise StoreError(Code.PORT_TAKEN, port=port, owner=owner) from error
        self._thread = Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), name="endpoint")
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    def close(self) -> None:
        """Nobody is served any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    """Requests are not logged; a client that is too slow is let go."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


_DEAD: Final = frozenset({Reason.ENGINE_ENDED})


def _answer_state(sources: Sources, reasons: Iterable[Reason]) -> Reply:
    named = [{"reason": reason.code, "zh": reason.zh, "en": reason.en} for reason in reasons]
    body = {"ok": not named, "height": sources.get_height(), "reasons": named}
    status = "503 Service Unavailable" if named else "200 OK"
    return Reply(status, _JSON, json.dumps(body, ensure_ascii=False).encode() + b"\n")
