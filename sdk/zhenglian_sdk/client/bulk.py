"""Bulk: many operations as pipelined batches, each proven by one leaf, each exactly once (SPEC 2.5).

Batches are cut in the order given, by count and size alone, so the same operations under the same request
prefix make the same batches again: an interrupted run is repeated whole and finds what it had done. Batches
of one run may be executed in any order; what depends on an earlier operation goes into the same batch, or in
flight one at a time.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from zhenglian_ledger.batch import MAX_BATCH_BYTES, MAX_OPERATIONS
from zhenglian_ledger.canonical import serialise
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_sdk.client.receipts import Receipt
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission

IN_FLIGHT: Final = 8


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bulk submission is: batches answered, and the operations in them."""

    batches: int
    operations: int
    refused: int


Report = Callable[[Progress], None]


class Bulk:
    """Submits many operations of one session."""

    def __init__(self, session: Session, submission: Submission) -> None:
        """Submit by `submission`."""
        self._session = session
        self._submission = submission

    async def submit_all(
        self,
        operations: Iterable[Operation],
        *,
        request_prefix: str | None = None,
        batch_operations: int = MAX_OPERATIONS,
        in_flight: int = IN_FLIGHT,
        context: Context | None = None,
        report: Report | None = None,
    ) -> list[Receipt]:
        """The receipts of all batches in order; batch n has the request id `request_prefix`/n.

        `operations` is read as it is sent and never held whole; `report` is called after each receipt. The
        first error stops further batches, waits for those in flight and is raised; repeat with the same
        prefix.
        """
        encoded = (serialise(self._session.with_context(each, context)) for each in operations)
        batches = enumerate(split_operations(encoded, batch_operations))
        run = _Run(report)

        async def work() -> None:
            for number, batch in batches:
                request_id = None if request_prefix is None else f"{request_prefix}/{number}"
                run.add(number, await self._submission.submit_encoded(batch, request_id=request_id))
                if run.is_stopped:
                    return

        await run.wait_for(asyncio.ensure_future(work()) for _ in range(max(1, in_flight)))
        return [receipt for _, receipt in sorted(run.receipts.items())]


class _Run:
    """The receipts so far; after the first error no worker takes another batch."""

    def __init__(self, report: Report | None) -> None:
        self.receipts: dict[int, Receipt] = {}
        self.is_stopped = False
        self._report = report
        self._progress = Progress(0, 0, 0)

    def add(self, number: int, receipt: Receipt) -> None:
        self.receipts[number] = receipt
        before = self._progress
        self._progress = Progress(
            before.batches + 1,
            before.operations + len(receipt.results),
            before.refused + len(receipt.refusals),
        )
        if self._report is not None:
            self._report(self._progress)

    async def wait_for(self, workers: "Iterable[asyncio.Future[None]]") -> None:
        running = set(workers)
        try:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
            self.is_stopped = True
            if running:
                done |= (await asyncio.wait(running))[0]
        except asyncio.CancelledError:
            for worker in running:
                worker.cancel()
            raise
        errors = [error for worker in done if (error := worker.exception()) is not None]
        if errors:
            raise errors[0]


def split_operations(operations: Iterable[bytes], most: int = MAX_OPERATIONS) -> Iterator[list[bytes]]:
    """Batches in order, each of at most `most` operations (1 to 1,024) and 480 KiB."""
    limit = min(max(1, most), MAX_OPERATIONS)
    batch: list[bytes] = []
    size = 0
    for operation in operations:
        if batch and (len(batch) == limit or size + len(operation) > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += len(operation)
    if batch:
        yield batch
