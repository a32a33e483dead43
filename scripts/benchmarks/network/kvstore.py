"""CometBFT's own `kvstore` application under the same configuration: what the engine does here without ours.

The homes are copies of the network's own, with another application named in them; the application is part of
the engine's program, keeps its keys in memory, checks nothing but an equals sign, and has no process or
socket of its own. Transactions are as large as ours and handed in by the same client in the same way; they
count once they are in a committed block.
"""

import asyncio
import json
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from time import monotonic, perf_counter
from types import TracebackType
from typing import Final, Self

from benchmarks.network.blocks import connect, list_blocks
from benchmarks.network.cluster import read_end
from zhenglian_node.engines.cometbft.broadcast import BroadcastKind
from zhenglian_node.engines.cometbft.process import build_command
from zhenglian_node.engines.cometbft.rpc import Rpc, RpcUnreachable

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
STALL_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.01
_FRESH_STATE: Final = '{"height": "0", "round": 0, "step": 0}\n'
_SPECIAL: Final = bytes.maketrans(b"=:", b"-.")
"""kvstore takes `key=value`, with no other equals sign and no colon."""


class KvstoreFailed(Exception):
    """The example network did not start, refused a transaction, or stood still."""


@dataclass(frozen=True, slots=True)
class Load:
    """So many transactions of `size` bytes, at most `in_flight` of them without a block."""

    count: int
    size: int
    in_flight: int


class Kvstore:
    """A running network of CometBFT nodes with their own application; a context that ends them."""

    def __init__(self, binary: str, homes: Sequence[Path]) -> None:
        """Start `binary` on each of `homes`, as `copy_homes` makes them."""
        self._homes = homes
        self._processes = [_start(binary, home) for home in homes]
        self._clients = [connect(home) for home in homes]

    def __enter__(self) -> Self:
        """The network as it starts."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """All nodes have ended."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(STOP_SECONDS)

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [process.pid for process in self._processes]

    async def wait_until_up(self) -> None:
        """Every node has a block; raises KvstoreFailed."""
        deadline = monotonic() + START_SECONDS
        for client, process, home in zip(self._clients, self._processes, self._homes, strict=True):
            while not await _has_block(client):
                if process.poll() is not None or monotonic() > deadline:
                    raise KvstoreFailed(read_end(home / "cometbft.log"))
                await asyncio.sleep(_POLL_SECONDS * 10)

    async def measure(self, load: Load) -> float:
        """Seconds from the first of `load`'s transactions to the block that holds the last one."""
        transactions = iter([build_transaction(number, load.size) for number in range(load.count)])
        slots = asyncio.Semaphore(load.in_flight)
        height = (await self._clients[0].get_status()).height
        started = perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(height, load.count, slots))
            for client in self._clients:
                group.create_task(_send(client, transactions, slots))
        return perf_counter() - started

    async def close(self) -> None:
        """No call is open."""
        for client in self._clients:
            await client.close()

    async def _watch(self, height: int, count: int, slots: asyncio.Semaphore) -> None:
        """Returns once `count` transactions are in blocks above `height`; each frees its slot."""
        moved = monotonic()
        while count > 0:
            for block in await list_blocks(self._clients[0], height + 1):
                height, moved = block.height, monotonic()
                count -= block.transactions
                for _ in range(block.transactions):
                    slots.release()
            if monotonic() - moved > STALL_SECONDS:
                raise KvstoreFailed(f"no block after {height}")
            await asyncio.sleep(_POLL_SECONDS)


def copy_homes(homes: Sequence[Path], folder: Path) -> list[Path]:
    """Copies in `folder` of the engine's homes of a network that runs not, for kvstore to begin in.

    All settings are the network's, but for `proxy_app` and what our application says in the genesis.
    """
    copies = []
    for number, home in enumerate(homes):
        copy = folder / f"node-{number}"
        copytree(home / "config", copy / "config")
        (copy / "data").mkdir()
        (copy / "data" / "priv_validator_state.json").write_text(_FRESH_STATE, encoding="ascii")
        _edit(copy / "config" / "config.toml", _name_application)
        _edit(copy / "config" / "genesis.json", _forget_state)
        copies.append(copy)
    return copies


def build_transaction(number: int, size: int) -> bytes:
    """A transaction of `size` bytes that kvstore accepts, its value random so that nothing compresses it."""
    key = b"%016x=" % number
    return key + secrets.token_bytes(size - len(key)).translate(_SPECIAL)


async def _send(client: Rpc, transactions: Iterator[bytes], slots: asyncio.Semaphore) -> None:
    for transaction in transactions:
        await slots.acquire()
        result = await client.broadcast(transaction)
        if result.kind is not BroadcastKind.ACCEPTED:
            raise KvstoreFailed(f"{result.kind.name} {result.code}")


async def _has_block(client: Rpc) -> bool:
    try:
        return (await client.get_status()).height > 0
    except RpcUnreachable:
        return False


def _start(binary: str, home: Path) -> "subprocess.Popen[bytes]":
    with (home / "cometbft.log").open("ab") as log:
        return subprocess.Popen(
            build_command(binary, home), cwd=home, stdout=log, stderr=log, start_new_session=True
        )


def _edit(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")


def _name_application(config: str) -> str:
    named, count = re.subn(r"(?m)^proxy_app *=.*$", 'proxy_app = "kvstore"', config)
    if count != 1:
        raise KvstoreFailed("proxy_app")
    return named


def _forget_state(genesis: str) -> str:
    document = json.loads(genesis)
    document.pop("app_state", None)
    return json.dumps(document)
