"""Bundles on their way to a block: which to hand to the mempool next, and when again. Pure bookkeeping.

A bundle is an engine transaction of batches that each wait for a fate. Serialised bundles join by plain
concatenation, because a message's repeated fields do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from zhenglian_node.engines.waiting import Waiting

MAX_PATIENCE: Final = 16


@dataclass(slots=True, eq=False)
class WaitingBatch(Waiting):
    """A batch in a bundle. `header` is as signed: the very same batch, whoever bundled it."""

    header: bytes = b""
    valid_until_ms: int = 0
    is_settled: bool = False


@dataclass(slots=True, eq=False)
class Bundle:
    """An engine transaction of ours, until every batch in it is settled."""

    transaction: bytes
    batches: list[WaitingBatch]
    sent_height: int | None = None  # of the ledger when the mempool took it last; None: to be sent at once
    sent_ms: int = 0
    patience: int = 1  # how many times the usual wait comes before it is sent again

    @property
    def is_alone(self) -> bool:
        """Whether it cannot be taken apart."""
        return len(self.batches) == 1

    @property
    def is_settled(self) -> bool:
        """Whether nobody waits for a block with this bundle any more."""
        return all(batch.is_settled for batch in self.batches)

    def mark_sent(self, height: int, now_ms: int) -> None:
        """The mempool took it, when the ledger stood at `height`."""
        self.sent_height, self.sent_ms, self.patience = height, now_ms, 1

    def defer(self, height: int, now_ms: int) -> None:
        """There is no need to offer it again soon."""
        self.sent_height, self.sent_ms = height, now_ms
        self.patience = min(2 * self.patience, MAX_PATIENCE)

    def split(self) -> list["Bundle"]:
        """Two bundles of half the batches each."""
        middle = len(self.batches) // 2
        return [build_bundle(self.batches[:middle]), build_bundle(self.batches[middle:])]


def build_bundle(batches: list[WaitingBatch]) -> Bundle:
    """A bundle of these batches, in order."""
    return Bundle(b"".join(batch.transaction for batch in batches), batches)


def split_by_size(
    batches: Iterable[WaitingBatch], max_bytes: int, max_batches: int
) -> Iterator[list[WaitingBatch]]:
    """`batches` in order, in groups of at most `max_batches` and `max_bytes`, or of a single larger one."""
    group: list[WaitingBatch] = []
    size = 0
    for batch in batches:
        if group and (size + len(batch.transaction) > max_bytes or len(group) >= max_batches):
            yield group
            group, size = [], 0
        group.append(batch)
        size += len(batch.transaction)
    if group:
        yield group


class Bundles:
    """All bundles of this node that wait for a block, in order of arrival."""

    def __init__(self, resend_ms: int, resend_blocks: int) -> None:
        """Start empty; a bundle is sent again after `resend_ms` or `resend_blocks` without it."""
        self._resend_ms, self._resend_blocks = resend_ms, resend_blocks
        self._by_transaction: dict[bytes, Bundle] = {}

    def __len__(self) -> int:
        """Bundles that wait for a block."""
        return len(self._by_transaction)

    def __contains__(self, bundle: Bundle) -> bool:
        """Whether it still waits for a block."""
        return self._by_transaction.get(bundle.transaction) is bundle

    def add(self, bundle: Bundle) -> None:
        """The bundle is to be sent."""
        self._by_transaction[bundle.transaction] = bundle

    def find(self, transaction: bytes) -> Bundle | None:
        """Our bundle with these very bytes, or None."""
        return self._by_transaction.get(transaction)

    def remove(self, bundle: Bundle) -> None:
        """The bundle is not sent again."""
        self._by_transaction.pop(bundle.transaction, None)

    def postpone(self, bundle: Bundle) -> None:
        """All others come before the bundle."""
        if bundle in self:
            self._by_transaction[bundle.transaction] = self._by_transaction.pop(bundle.transaction)

    def find_settled(self) -> list[Bundle]:
        """Those with which nobody waits any more."""
        return [bundle for bundle in self._by_transaction.values() if bundle.is_settled]

    def find_due(self, height: int, now_ms: int) -> Bundle | None:
        """What to send now: the oldest never sent, else the oldest that waits too long."""
        late = None
        for bundle in self._by_transaction.values():
            if bundle.sent_height is None:
                return bundle
            if late is None and self._is_late(bundle, height, now_ms):
                late = bundle
        return late

    def compute_pause(self, now_ms: int) -> float | None:
        """Seconds until a bundle is late by time alone; None if there is none."""
        if not self._by_transaction:
            return None
        due = min(b.sent_ms + b.patience * self._resend_ms for b in self._by_transaction.values())
        return min(max(due - now_ms, 1), self._resend_ms) / 1000

    def _is_late(self, bundle: Bundle, height: int, now_ms: int) -> bool:
        """A clock that was set back counts as lateness, so that nothing waits for it to catch up."""
        waited_ms = now_ms - bundle.sent_ms
        waited_blocks = height - (bundle.sent_height or 0)
        return (
            waited_ms >= bundle.patience * self._resend_ms
            or waited_ms < 0
            or waited_blocks >= bundle.patience * self._resend_blocks
        )
