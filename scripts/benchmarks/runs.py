"""The measurements: each takes a sandbox whose node runs, and returns what it found."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median, quantiles
from time import perf_counter
from typing import Final

from benchmarks.contents import CASE, PLAN_ROWS, build_licence, build_opening, issue_granted, open_plan_case
from benchmarks.report import Figure, cost, rate
from benchmarks.sandbox import ISSUER, RELYING, Sandbox, compact, compute_disk_bytes
from zhenglian import AsyncClient, State
from zhenglian_ledger.batch import MAX_OPERATIONS
from zhenglian_proto.v1.operation_pb2 import Operation

BULK_TARGET: Final = 15_000.0
SINGLE_TARGET_MS: Final = 15.0
READ_TARGET_MS: Final = 5.0
PLAN_TARGET_MS: Final = 10.0
MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: operations in bulk, uses, and calls of which the median is taken."""

    licences: int = 100 * MAX_OPERATIONS
    batched_uses: int = 8_192
    single_uses: int = 2_000
    uses_in_flight: int = 64
    calls: int = 200
    warm_up: int = 20


QUICK: Final = Size(licences=2_048, batched_uses=256, single_uses=64, uses_in_flight=16, calls=10, warm_up=2)


class WrongAnswer(Exception):
    """Something was answered that nobody may count: a refusal, or a state other than VALID."""


async def measure_bulk(sandbox: Sandbox, size: Size) -> list[Figure]:
    """Licences issued in batches of 1,024 until the last receipt is verified; operations are built before."""
    client = await sandbox.connect(ISSUER)
    await _submit_all(client, [build_licence() for _ in range(MAX_OPERATIONS)])
    operations = [build_licence() for _ in range(size.licences)]
    before, started = sandbox.compute_spent(), perf_counter()
    await _submit_all(client, operations)
    seconds, after = perf_counter() - started, sandbox.compute_spent()
    sandbox.issued += MAX_OPERATIONS + len(operations)
    now, most = sandbox.compute_node_memory()
    micro = 1e6 / len(operations)
    return [
        rate("bulk", "licences issued", "records/s", len(operations) / seconds, BULK_TARGET),
        cost("bulk", "node processor time", "µs/record", (after.node - before.node) * micro),
        cost("bulk", "client processor time", "µs/record", (after.client - before.client) * micro),
        cost("bulk", "node memory (RSS) after it", "MiB", now / MEBIBYTE),
        cost("bulk", "node memory (RSS) at most", "MiB", most / MEBIBYTE),
    ]


async def measure_uses(sandbox: Sandbox, size: Size) -> list[Figure]:
    """Releases opened under a live chain of three grants: in batches, and each in a batch of its own."""
    granted = await issue_granted(sandbox)
    client = await sandbox.connect(RELYING)
    openings = [build_opening(granted) for _ in range(size.batched_uses)]
    started = perf_counter()
    await _submit_all(client, openings)
    batched = len(openings) / (perf_counter() - started)
    waiting = iter([build_opening(granted) for _ in range(size.single_uses)])

    async def work() -> None:
        for opening in waiting:
            (await client.submit([opening])).raise_for_refusals()

    started = perf_counter()
    await asyncio.gather(*(work() for _ in range(size.uses_in_flight)))
    single = size.single_uses / (perf_counter() - started)
    return [
        rate("uses", "granted uses, in batches", "uses/s", batched),
        rate("uses", f"granted uses, one a batch, {size.uses_in_flight} in flight", "uses/s", single),
    ]


async def measure_single(sandbox: Sandbox, size: Size) -> list[Figure]:
    """One licence in a batch of its own, from submission to its verified receipt, one after the other."""
    client = await sandbox.connect(ISSUER)
    operations = [build_licence() for _ in range(size.calls + size.warm_up)]

    async def call(number: int) -> None:
        (await client.submit([operations[number]])).raise_for_refusals()

    return _build_latencies("single", "submit to receipt", await _time(call, size), SINGLE_TARGET_MS)


async def measure_read(sandbox: Sandbox, size: Size) -> list[Figure]:
    """One record by its id, from the signed query to the verified answer VALID, one after the other."""
    issuer, client = await sandbox.connect(ISSUER), await sandbox.connect(RELYING)
    operations = [build_licence() for _ in range(min(size.calls, MAX_OPERATIONS))]
    await _submit_all(issuer, operations)

    async def call(number: int) -> None:
        answer = await client.verify(operations[number % len(operations)].issue_licence.id)
        if answer.state != State.VALID or not answer.is_valid:
            raise WrongAnswer(answer.en)

    return _build_latencies("read", "verified read", await _time(call, size), READ_TARGET_MS)


async def measure_plan(sandbox: Sandbox, size: Size) -> list[Figure]:
    """The verified plan of an open case of twenty rows, one after the other."""
    client = await open_plan_case(sandbox)

    async def call(_number: int) -> None:
        plan = await client.plan(CASE)
        if len(plan.rows) != PLAN_ROWS:
            raise WrongAnswer(str(len(plan.rows)))

    return _build_latencies("plan", f"plan of {PLAN_ROWS} rows", await _time(call, size), PLAN_TARGET_MS)


def measure_disk(sandbox: Sandbox, empty: int) -> list[Figure]:
    """What the store takes for each licence, beyond the `empty` bytes of the network itself.

    As the node left it, with a log of what it wrote last, and as LevelDB keeps it in the long run.
    """
    closed = compute_disk_bytes(sandbox.store) - empty
    compact(sandbox.store)
    settled = compute_disk_bytes(sandbox.store) - empty
    return [
        cost("disk", f"store a licence, of {sandbox.issued}, closed", "bytes", closed / sandbox.issued),
        cost("disk", f"store a licence, of {sandbox.issued}, compacted", "bytes", settled / sandbox.issued),
    ]


async def _submit_all(client: AsyncClient, operations: list[Operation]) -> None:
    for receipt in await client.submit_all(operations):
        receipt.raise_for_refusals()


async def _time(call: Callable[[int], Awaitable[None]], size: Size) -> list[float]:
    """Milliseconds of each call after the first few."""
    milliseconds = []
    for number in range(size.calls + size.warm_up):
        started = perf_counter()
        await call(number)
        milliseconds.append((perf_counter() - started) * 1e3)
    return milliseconds[size.warm_up :]


def _build_latencies(run: str, name: str, milliseconds: list[float], target: float) -> list[Figure]:
    p95 = quantiles(milliseconds, n=20)[-1]
    return [
        cost(run, f"{name}, p50", "ms", median(milliseconds), target),
        cost(run, f"{name}, p95", "ms", p95),
    ]
