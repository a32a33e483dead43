"""`zhenglian-node run`, in a process that kills itself (kill -9) at one point of a block's life.

    node = CrashingNode(home, CrashPoint.AFTER_WRITE, occurrence=4)
    node.start(); …send batches…; node.wait()             # -SIGKILL
    node.get_height()                                      # the block that was being made

The node is the real one, started by the real command line; only its application is replaced by one that
wraps the real application and the real store, and stops the process where it is told to.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final
from unittest.mock import patch

from tests.testkit.faulty_store import FaultyStore
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from zhenglian_node.app.application import Application, FinalizedBlock
from zhenglian_node.cli import main, supervision
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1.cometbft_pb2 import LightBlock

VARIABLE: Final = "ZHENGLIAN_TEST_CRASH"
"""Names the point and at which of its occurrences the process dies: `AFTER_WRITE:4`."""


class CrashPoint(Enum):
    """Where the process dies. "The proof block" is the one whose header proves the block before it."""

    BEFORE_FINALIZE = "before FinalizeBlock of a block with batches"
    AFTER_FINALIZE = "after FinalizeBlock, before Commit"
    BEFORE_WRITE = "inside Commit, just before the store writes"
    AFTER_WRITE = "inside Commit, after the store has written and before memory follows"
    AFTER_COMMIT = "after Commit, before anybody is told"
    BEFORE_PROOF_BLOCK = "between a block and its proof block"
    BEFORE_PROOF_WRITE = "inside the proof block's Commit, just before the store writes"
    AFTER_PROOF_WRITE = "inside the proof block's Commit, after the store has written"


class Trigger:
    """Kills this process at one occurrence of one point."""

    def __init__(self, armed: str) -> None:
        name, _, occurrence = armed.partition(":")
        self._point, self._left = CrashPoint[name], int(occurrence)

    def reach(self, point: CrashPoint, height: int) -> None:
        """The block of that height is at `point`: the process goes on, or is gone."""
        if point is not self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.write(sys.stderr.fileno(), f"killed at {point.name} of block {height}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingStore(FaultyStore):
    """A store that calls out right before and right after each write."""

    def __init__(self, store: Store, before: Callable[[], None], after: Callable[[], None]) -> None:
        super().__init__(store)
        self._before, self._after = before, after

    def commit(self, writes: Mapping[bytes, bytes]) -> None:
        self._before()
        self.inner.commit(writes)
        self._after()

    def close(self) -> None:
        self.inner.close()


class CrashingApplication(Application):
    """The real application on a wrapped store; between its calls it may be killed."""

    def __init__(self, store: Store, genesis_bytes: bytes) -> None:
        self._trigger = Trigger(os.environ[VARIABLE])
        self._is_block_under_way = False
        super().__init__(CrashingStore(store, self._before_write, self._after_write), genesis_bytes)

    def prepare_proposal(self, transactions: Sequence[bytes], max_bytes: int | None = None) -> list[bytes]:
        if self._is_proof_missing:
            self._reach(CrashPoint.BEFORE_PROOF_BLOCK)
        return super().prepare_proposal(transactions, max_bytes)

    def finalize_block(self, transactions: Sequence[bytes], height: int, time_ms: int) -> FinalizedBlock:
        if transactions:
            self._reach(CrashPoint.BEFORE_FINALIZE)
        finalized = super().finalize_block(transactions, height, time_ms)
        if transactions:
            self._reach(CrashPoint.AFTER_FINALIZE)
        return finalized

    def commit(
        self, engine_rows: Mapping[bytes, bytes] | None = None, light_block: LightBlock | None = None
    ) -> None:
        has_batches, height = self._has_batches, self._next_height
        self._is_block_under_way = True
        super().commit(engine_rows, light_block)
        self._is_block_under_way = False
        if has_batches:
            self._trigger.reach(CrashPoint.AFTER_COMMIT, height)

    def _before_write(self) -> None:
        self._reach_write(CrashPoint.BEFORE_WRITE, CrashPoint.BEFORE_PROOF_WRITE)

    def _after_write(self) -> None:
        self._reach_write(CrashPoint.AFTER_WRITE, CrashPoint.AFTER_PROOF_WRITE)

    def _reach_write(self, point: CrashPoint, proof_point: CrashPoint) -> None:
        """The store is written to; genesis has no point."""
        if self._is_block_under_way and self._has_batches:
            self._reach(point)
        if self._is_block_under_way and self._is_proof_missing:
            self._reach(proof_point)

    def _reach(self, point: CrashPoint) -> None:
        self._trigger.reach(point, self._next_height)

    @property
    def _next_height(self) -> int:
        """Height of the block being made: memory moves on only after the write."""
        return self.committed.head.height + 1

    @property
    def _has_batches(self) -> bool:
        return self._finalized is not None and bool(self._finalized.transactions)

    @property
    def _is_proof_missing(self) -> bool:
        """Whether the newest state awaits the header that proves it, as the engine asks it."""
        provable = self.provable
        return provable is None or provable.head.app_hash != self.committed.head.app_hash


class CrashingNode(NodeProcess):
    """A node process that will be gone at the given occurrence of `point`."""

    def __init__(self, home: SandboxHome, point: CrashPoint, occurrence: int) -> None:
        environment: dict[str, Any] = {VARIABLE: f"{point.name}:{occurrence}"}
        super().__init__(home, module="tests.testkit.crashing_node", **environment)
        self._point = point

    def get_height(self) -> int:
        """Height of the block that was being made when the process died of its own hand."""
        text = self.log.read_text(encoding="utf-8")
        found = re.findall(rf"^killed at {self._point.name} of block (\d+)$", text, re.MULTILINE)
        assert found, f"the node was not killed at its point:\n{text}"
        return int(found[-1])


if __name__ == "__main__":
    with patch.object(supervision, "Application", CrashingApplication):
        main()
