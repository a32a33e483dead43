"""Nodes: which one is asked, and what was wrong with the others.

All nodes answer from one ledger and every positive answer is proven, so any of them will do. They are asked
in the order of the configuration. One that is unreachable, busy, stale, lagging or caught lying is left for
the next one, and tried last for a while. What was wrong stands in `incidents` and in the log; an outage is
never called a lie.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self, TypeVar

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, Unreachable, VerificationFailed, ZhenglianError
from zhenglian_sdk.client.connection import PASSING, NodeConnection, compute_pause_s, is_passing

T = TypeVar("T")
Look = Callable[[NodeConnection], Awaitable[T]]
"""Asks one node, once, and proves what it says."""

MAX_INCIDENTS: Final = 100

_log = logging.getLogger(__name__)


class Fault(Enum):
    """What can be wrong with a node, in Chinese and English; where none answers, the first of these is told.

    That one lags comes last, for another one, which is missing then, has shown more. `aside_ms` is how long
    the node is asked last from then on.
    """

    zh: str
    en: str
    aside_ms: int

    def __new__(cls, value: str, zh: str, en: str, aside_ms: int) -> Self:
        """Return the member for `value` with what it means."""
        member = object.__new__(cls)
        member._value_, member.zh, member.en, member.aside_ms = value, zh, en, aside_ms
        return member

    LYING = "LYING", "所示证明不成立", "shows what cannot be true", 600_000
    STALE = "STALE", "区块头过旧", "shows headers that are too old", 15_000
    FAILING = "FAILING", "内部错误", "fails internally", 15_000
    BUSY = "BUSY", "繁忙", "is busy", 1_000
    UNREACHABLE = "UNREACHABLE", "无法连接", "cannot be reached", 15_000
    LAGGING = "LAGGING", "落后于所见高度", "lags behind what was seen", 5_000


@dataclass(frozen=True, slots=True)
class Incident:
    """What was wrong with the node `target`, found at `time_ms` of this machine's clock."""

    target: str
    fault: Fault
    error: ZhenglianError
    time_ms: int


class Nodes:
    """The nodes of one session, in the order they are asked."""

    def __init__(
        self, nodes: Sequence[NodeConnection], now_ms: Callable[[], int], *, patience_s: float
    ) -> None:
        """Ask `nodes`, of which there is at least one; a lagging one may catch up for `patience_s`."""
        self._nodes = tuple(nodes)
        self._now_ms = now_ms
        self._patience_s = patience_s
        self._aside_until_ms: dict[str, int] = {}
        self.incidents: deque[Incident] = deque(maxlen=MAX_INCIDENTS)
        self.answered_by = ""

    def __len__(self) -> int:
        """How many there are."""
        return len(self._nodes)

    @property
    def all(self) -> tuple[NodeConnection, ...]:
        """Every node, as configured."""
        return self._nodes

    def get_order(self, *, but: NodeConnection | None = None) -> list[NodeConnection]:
        """The nodes as they should be asked now, without `but`: those put aside for longest come last."""
        now_ms = self._now_ms()
        nodes = [node for node in self._nodes if node is not but]
        return sorted(nodes, key=lambda node: max(0, self._aside_until_ms.get(node.target, 0) - now_ms))

    async def ask(self, look: Look[T], *, but: NodeConnection | None = None) -> tuple[T, NodeConnection]:
        """What `look` got from the first node that could be believed, and that node.

        Where none could, the worst that was wrong with one is raised: a lie before an outage. What says
        nothing about a node (a refusal, an expired trust, a fork) is raised at once. Raises
        Unreachable(NODE_UNREACHABLE) where there is no node to ask.
        """
        left = self.get_order(but=but)
        met: dict[str, tuple[Fault, ZhenglianError]] = {}
        attempt, waited_s = 0, 0.0
        while left:
            for node in tuple(left):
                try:
                    answer = await look(node)
                except ZhenglianError as error:
                    fault = self.note(node, error, is_repeated=node.target in met)
                    met[node.target] = fault, error
                    if not self._is_tried_again(node, fault, error, attempt, waited_s):
                        left.remove(node)
                else:
                    self.answered_by = node.target
                    self._aside_until_ms.pop(node.target, None)
                    return answer, node
            if left:
                pause_s = compute_pause_s(attempt)
                await asyncio.sleep(pause_s)
                attempt, waited_s = attempt + 1, waited_s + pause_s
        raise choose_error(list(met.values()))

    def note(self, node: NodeConnection, error: ZhenglianError, *, is_repeated: bool = False) -> Fault:
        """`node` is put aside for what it did; raises `error` itself if it says nothing about the node."""
        fault = compute_fault(error)
        if fault is None:
            raise error
        now_ms = self._now_ms()
        self._aside_until_ms[node.target] = now_ms + fault.aside_ms
        if fault is Fault.LYING:
            error.fields.setdefault("node", node.target)
        if not is_repeated:
            self.incidents.append(Incident(node.target, fault, error, now_ms))
            _log.warning("node %s %s: %s", node.target, fault.en, error.code.name)
        return fault

    def _is_tried_again(
        self, node: NodeConnection, fault: Fault, error: ZhenglianError, attempt: int, waited_s: float
    ) -> bool:
        if fault is Fault.LAGGING:
            return waited_s < self._patience_s
        return is_passing(error) and attempt + 1 < node.attempts

    async def close(self) -> None:
        """Every channel is closed."""
        for node in self._nodes:
            await node.close()


def compute_fault(error: ZhenglianError) -> Fault | None:
    """What `error` says about the node it came from; None where it says nothing.

    A refusal is an answer; an expired trust is the caller's own; a fork is nobody's word against another's.
    """
    if isinstance(error, Unreachable):
        return Fault.UNREACHABLE
    if isinstance(error, VerificationFailed):
        return _OF_PROOFS.get(error.code, Fault.LYING)
    if isinstance(error, Denied) and error.code in PASSING:
        return Fault.BUSY
    return _OF_DENIALS.get(error.code) if isinstance(error, Denied) else None


def choose_error(met: Sequence[tuple[Fault, ZhenglianError]]) -> ZhenglianError:
    """The worst of the errors of several nodes, of the node asked first where two are alike."""
    for fault in Fault:
        for found, error in met:
            if found is fault:
                return error
    return Unreachable(Code.NODE_UNREACHABLE)


_OF_PROOFS: Final[dict[Code, Fault | None]] = {
    Code.PROOF_STALE: Fault.STALE,
    Code.PROOF_ROLLED_BACK: Fault.LAGGING,
    Code.TRUST_EXPIRED: None,
    Code.PROOF_FORK: None,
    Code.NODES_DISAGREE: None,
}
_OF_DENIALS: Final[dict[Code, Fault]] = {
    Code.ANSWER_MALFORMED: Fault.LYING,
    Code.INTERNAL: Fault.FAILING,
}
