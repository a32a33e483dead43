"""What every call of a node's API works with: application, engine, callers, counters, threads to read in.

Proofs are put together in threads of their own, from the provable state as it stood when the call began; a
call that takes so long that this state is no longer held begins anew, a few times.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from zhenglian_ledger.acceptance import get_author
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Author, Step
from zhenglian_node.api.channel_auth import ChannelAuth
from zhenglian_node.app.application import Application
from zhenglian_node.app.engine_port import Engine
from zhenglian_node.app.provable import Provable
from zhenglian_node.config import Limits
from zhenglian_node.metrics import Metrics
from zhenglian_proto.v1.node_pb2 import NodeHealth

T = TypeVar("T")

READERS: Final = 4
"""Threads that answer reads: the store's reads release the interpreter, little else does."""

ATTEMPTS: Final = 3
NEWER_POLLS: Final = 100
NEWER_POLL_S: Final = 0.01


class OperatorView(NamedTuple):
    """The node's health, and the certificate (PEM) whose key makes a channel the operator's own."""

    get_certificate: Callable[[], bytes]
    get_health: Callable[[], NodeHealth]


class Edge:
    """One node as its API sees it."""

    def __init__(
        self, application: Application, engine: Engine, metrics: Metrics, limits: Limits, version: str
    ) -> None:
        """Nobody is served yet; `version` is the program's."""
        self.application = application
        self.engine = engine
        self.metrics = metrics
        self.limits = limits
        self.version = version
        self.auth = ChannelAuth(application)
        self.operator: OperatorView | None = None
        self.is_stopping = False
        self._calls = 0
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="answer")

    def enter(self) -> None:
        """One more call is being served; raises Denied: NODE_STOPPING, OVERLOADED."""
        if self.is_stopping:
            raise Denied(Code.NODE_STOPPING)
        if self._calls >= self.limits.concurrent_calls:
            raise Denied(Code.OVERLOADED)
        self._calls += 1

    def leave(self) -> None:
        """A call that had entered has ended."""
        self._calls -= 1

    async def answer(self, build: Callable[[Provable], T], *, is_quick: bool = False) -> T:
        """What `build` makes of the provable state, in a thread unless handing it over would cost more.

        Raises what it raises, NODE_STOPPING, NOTHING_PROVEN, STATE_MOVED.
        """
        loop = asyncio.get_running_loop()
        for attempt in range(ATTEMPTS):
            provable = self.get_provable()
            try:
                if is_quick:
                    return build(provable)
                return await loop.run_in_executor(self._readers, build, provable)
            except Denied as error:
                if error.code != Code.STATE_MOVED or attempt == ATTEMPTS - 1:
                    raise
            await self._await_newer(provable)
        raise AssertionError

    async def _await_newer(self, provable: Provable) -> None:
        """Blocks may outrun their headers for a moment; the next header is waited for, a second at most."""
        for _ in range(NEWER_POLLS):
            if self.application.provable is not provable:
                return
            await asyncio.sleep(NEWER_POLL_S)

    def get_provable(self) -> Provable:
        """The newest provable state; raises Denied(NODE_STOPPING), NOTHING_PROVEN where there is none yet."""
        provable = self.application.provable
        if provable is None:
            raise Denied(Code.NODE_STOPPING if self.is_stopping else Code.NOTHING_PROVEN)
        return provable

    def build_step(self, provable: Provable, author: Author) -> Step:
        """A step over the provable state at ledger time, for rules that only read: writes are forgotten."""
        state = State(provable.view, provable.head.sizes)
        return Step(
            state=state,
            author=author,
            chain_id=self.application.chain_id,
            parameters=state.get_parameters(),
            height=provable.height,
            time_ms=provable.time_ms,
        )

    def build_step_of(self, provable: Provable, system: str) -> Step:
        """As `build_step`, by the author that `system` is.

        Raises InvalidBatch(UNKNOWN_SYSTEM, SYSTEM_NOT_IN_FORCE).
        """
        return self.build_step(provable, get_author(State(provable.view, provable.head.sizes), system))

    def close(self) -> None:
        """Reads under way are finished; none is begun."""
        self.is_stopping = True
        self._readers.shutdown()
