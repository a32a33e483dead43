"""Rows changed under an application's feet, as a vote in its newest block would have left them."""

from collections.abc import Mapping

from zhenglian_node.app.application import Application
from zhenglian_node.app.provable import CommittedState
from zhenglian_node.app.warm_view import WarmView, build_entries
from zhenglian_node.storage.port import Store


def put_rows(application: Application, store: Store, writes: Mapping[bytes, bytes]) -> None:
    """The newest committed state has these rows; its app hash does not cover them, so nothing proves them."""
    store.commit(writes)
    current = application.committed
    view = WarmView(store.snapshot(), build_entries())
    application._current = CommittedState(current.head, view, current.version)
    application._admission.advance(application._build_state(), current.head.time_ms, [])
