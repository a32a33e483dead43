"""The measurements: each takes a network whose nodes run, and returns what it found."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

from benchmarks.network.blocks import connect, count_transactions
from benchmarks.network.cluster import Cluster, Member
from benchmarks.network.contents import build_licence, build_licences, compute_transaction_size
from benchmarks.network.figures import build_latencies, share
from benchmarks.network.kvstore import Kvstore, Load, copy_homes
from benchmarks.network.processes import Spent, compute_spent
from benchmarks.report import Figure, cost, rate
from zhenglian import AsyncClient
from zhenglian_proto.v1.operation_pb2 import Operation

MEBIBYTE: Final = 1 << 20
BATCH: Final = 1_000
"""Licences in a batch of a bulk run: a transaction of a quarter of a mebibyte."""

BULK_TARGET: Final = 5_000.0
KVSTORE_TARGET: Final = 20.0
CLIENTS_TARGET: Final = 1_000.0
SINGLE_TARGET_MS: Final = 150.0
MEMORY_TARGET_MIB: Final = 300.0
CITY_TARGET: Final = 700.0
CITY_TARGET_MS: Final = 1_000.0
CITY_MEMORY_TARGET_MIB: Final = 6 * 1_024.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured, and on how large networks.

    `in_flight` batches are on their way at once in the whole network: so few that even a large one, on two
    cores, has them in blocks before a header is too old to be believed.
    """

    transactions: int = 200
    records: int = 100_000
    in_flight: int = 8
    clients: int = 200
    rounds: int = 10
    calls: int = 60
    pause_s: float = 0.3
    city: tuple[int, int] = (19, 7)
    city_records: int = 12_000
    city_in_flight: int = 4
    city_calls: int = 30
    scaled: tuple[int, ...] = (1, 4, 7, 10)
    scaled_records: int = 20_000
    scaled_calls: int = 20


QUICK: Final = Size(
    transactions=8,
    records=4_000,
    in_flight=4,
    clients=8,
    rounds=2,
    calls=4,
    pause_s=0.05,
    city=(5, 4),
    city_records=4_000,
    city_in_flight=4,
    city_calls=3,
    scaled=(1, 4),
    scaled_records=4_000,
    scaled_calls=3,
)


class Bulk(NamedTuple):
    """So many records in so many seconds, and what that took of the processors."""

    records: int
    seconds: float
    spent: Spent

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds


async def measure_kvstore(
    cluster: Cluster, binary: str, folder: Path, size: Size
) -> tuple[list[Figure], float]:
    """CometBFT's own application, on copies of the homes of a network that is stopped; its bytes a second."""
    length = compute_transaction_size(cluster.members[0], BATCH)
    homes = copy_homes([cluster.get_engine_home(member) for member in cluster.validators], folder)
    load = Load(size.transactions, length, size.in_flight)
    with Kvstore(binary, homes) as kvstore:
        await kvstore.wait_until_up()
        before = compute_spent((), kvstore.pids)
        seconds = await kvstore.measure(load)
        spent = compute_spent((), kvstore.pids).since(before)
        await kvstore.close()
    name = f"{load.size:,} B a transaction, {load.in_flight} in flight"
    records = load.count * BATCH
    return [
        rate("kvstore", f"transactions of {name}", "tx/s", load.count / seconds),
        rate("kvstore", "bytes", "MB/s", load.count * load.size / seconds / 1e6),
        cost("kvstore", "engines, a thousandth of a transaction", "µs", spent.engines / records * 1e6),
    ], load.count * load.size / seconds


async def measure_bulk(cluster: Cluster, size: Size, kvstore: float | None) -> list[Figure]:
    """Licences in batches of 1,000 at every validator, until the last receipt is verified.

    `kvstore` is how many bytes a second CometBFT's own application took in the same run.
    """
    clients = await cluster.connect_all(cluster.validators, len(cluster.validators))
    bulk = await run_bulk(cluster, clients, size.records, size.in_flight)
    name = f"licences in batches of {BATCH:,}, {size.in_flight} in flight"
    figures = [rate("bulk", name, "records/s", bulk.rate, BULK_TARGET), *_build_costs("bulk", bulk)]
    if kvstore is not None:
        bytes_a_second = bulk.rate / BATCH * compute_transaction_size(cluster.members[0], BATCH)
        figures.append(share("bulk", "bytes, of kvstore's", bytes_a_second, kvstore, KVSTORE_TARGET))
    held, engine = cluster.compute_largest_node(), cluster.compute_largest_engine()
    after = f"after {bulk.records + BATCH * len(clients):,} records"
    return [
        *figures,
        cost("memory", f"largest node (RSS) {after}", "MiB", held / MEBIBYTE, MEMORY_TARGET_MIB),
        cost("memory", f"its engine (RSS) {after}", "MiB", engine / MEBIBYTE),
    ]


async def measure_clients(cluster: Cluster, size: Size) -> list[Figure]:
    """Many clients at once, each sending one licence after the other in a batch of its own.

    First as clerks, who share their office's session; then each with a session of its own, for which this
    one process verifies and keeps every header as many times over.
    """
    offices = len(cluster.validators)
    clerks = f"{size.clients} clients of {offices} offices, one record each"
    return [
        *await _measure_callers(cluster, size, offices, clerks),
        *await _measure_callers(cluster, size, size.clients, f"{size.clients} sessions, one record each"),
    ]


async def _measure_callers(cluster: Cluster, size: Size, sessions: int, name: str) -> list[Figure]:
    members = cluster.validators
    clients = await cluster.connect_all(members, sessions)
    milliseconds: list[float] = []

    async def work(number: int, rounds: int) -> None:
        client, member = clients[number % sessions], members[number % sessions % len(members)]
        milliseconds.extend([await _time_submit(client, member) for _ in range(rounds)])

    await asyncio.gather(*(work(number, 1) for number in range(size.clients)))
    milliseconds.clear()
    engine = connect(cluster.get_engine_home(members[0]))
    height = (await engine.get_status()).height
    before, started = cluster.compute_spent(), perf_counter()
    await asyncio.gather(*(work(number, size.rounds) for number in range(size.clients)))
    seconds = perf_counter() - started
    bulk = Bulk(len(milliseconds), seconds, cluster.compute_spent().since(before))
    transactions = await count_transactions(engine, height)
    await engine.close()
    return [
        rate("clients", name, "records/s", bulk.rate, CLIENTS_TARGET),
        *build_latencies("clients", "submit to verified proof under that load", milliseconds, None),
        cost("clients", "in a transaction of the engine", "records", bulk.records / max(1, transactions)),
        *_build_costs("clients", bulk),
    ]


async def measure_single(cluster: Cluster, size: Size) -> list[Figure]:
    """One licence at a time, from submission to its verified receipt, each on a network at rest."""
    milliseconds = await run_single(cluster, size.calls, size.pause_s)
    return build_latencies("single", "submit to verified proof", milliseconds, SINGLE_TARGET_MS)


async def measure_city(cluster: Cluster, size: Size) -> list[Figure]:
    """The network of a whole city: throughput at its validators, latency at rest, memory of everything."""
    nodes, validators = size.city
    run = f"{nodes} nodes, {validators} validators"
    clients = await cluster.connect_all(cluster.validators, min(validators, size.city_in_flight))
    bulk = await run_bulk(cluster, clients, size.city_records, size.city_in_flight)
    milliseconds = await run_single(cluster, size.city_calls, size.pause_s)
    held = cluster.compute_memory() / MEBIBYTE
    return [
        rate(run, f"licences in batches of {BATCH:,}", "records/s", bulk.rate, CITY_TARGET),
        *build_latencies(run, "submit to verified proof", milliseconds, CITY_TARGET_MS),
        cost(run, "all processes (PSS)", "MiB", held, CITY_MEMORY_TARGET_MIB),
        *_build_costs(run, bulk),
    ]


async def run_bulk(cluster: Cluster, clients: Sequence[AsyncClient], records: int, in_flight: int) -> Bulk:
    """`records` licences are issued, client n being of validator n; one batch of each goes before.

    `in_flight` batches are on their way at once, spread over the clients, each having at least one.
    """
    members = cluster.validators[: len(clients)]
    each = max(1, in_flight // len(clients))
    batches = max(1, records // BATCH // len(clients))
    work = [
        (client, build_licences(member, batches * BATCH))
        for client, member in zip(clients, members, strict=True)
    ]
    await asyncio.gather(
        *(
            _submit_all(client, build_licences(member, BATCH), 1)
            for client, member in zip(clients, members, strict=True)
        )
    )
    before, started = cluster.compute_spent(), perf_counter()
    await asyncio.gather(*(_submit_all(client, licences, each) for client, licences in work))
    seconds = perf_counter() - started
    return Bulk(batches * BATCH * len(clients), seconds, cluster.compute_spent().since(before))


async def run_single(cluster: Cluster, calls: int, pause_s: float) -> list[float]:
    """Milliseconds of each call; a pause goes before each, in which the network comes to rest."""
    member = cluster.members[-1]
    client = await cluster.connect(member)
    await _time_submit(client, member)
    milliseconds = []
    for _ in range(calls):
        await asyncio.sleep(pause_s)
        milliseconds.append(await _time_submit(client, member))
    return milliseconds


async def _time_submit(client: AsyncClient, member: Member) -> float:
    licence = build_licence(member)
    started = perf_counter()
    (await client.submit([licence])).raise_for_refusals()
    return (perf_counter() - started) * 1e3


async def _submit_all(client: AsyncClient, operations: list[Operation], in_flight: int) -> None:
    receipts = await client.submit_all(operations, batch_operations=BATCH, in_flight=in_flight)
    for receipt in receipts:
        receipt.raise_for_refusals()


def _build_costs(run: str, bulk: Bulk) -> list[Figure]:
    """What a record took of the processors, in all nodes together."""
    micro = 1e6 / bulk.records
    return [
        cost(run, "all nodes' own processor time", "µs/record", bulk.spent.nodes * micro),
        cost(run, "all engines' processor time", "µs/record", bulk.spent.engines * micro),
        cost(run, "clients' processor time", "µs/record", bulk.spent.client * micro),
    ]
