"""A TCP proxy that hands everything on until it is told to cut: then what the server answers never arrives.

with CuttingProxy(node.address) as proxy:
    client = connect(proxy.address)
    proxy.is_cut = True          # requests still reach the server, replies are swallowed
    proxy.drop()                 # every connection breaks; new ones are handed on whole again
"""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class CuttingProxy:
    """Listens on a free port of this machine and speaks for `target` (host:port)."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.is_cut = False
        self.swallowed = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def drop(self) -> None:
        """Every connection is broken; the next ones are whole."""
        self.is_cut = False
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            _close(end)

    def drop_once_cut(self) -> None:
        """Wait until a reply was swallowed, then drop."""
        self.swallowed.wait(20)
        self.drop()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        _close(self._listener)
        self.drop()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    _close(near)
                    continue
                with self._lock:
                    self._open |= {near, far}
                for source, sink, replies in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pump, args=(source, sink, replies), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, replies: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if replies and self.is_cut:
                    self.swallowed.set()
                    continue
                sink.sendall(data)
        _close(source)
        _close(sink)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
