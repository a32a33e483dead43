"""A network's blocks, read from one node, and carried out by an application that nothing else drives.

    write_blocks(network.nodes[0], path)
    replay_elsewhere(network.root / "genesis.json", path, PYTHONHASHSEED="7", TZ="Pacific/Apia")

The replay runs in a process of its own, on a store in memory: there is no engine, no clock and no neighbour
from which a node might have taken something that is not in its blocks.
"""

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.testkit.network import NetworkNode
from tests.testkit.node_process import build_environment
from zhenglian_ledger.cometbft.encoding import compute_time_ms
from zhenglian_ledger.genesis_text import parse_genesis_text
from zhenglian_node.app.application import Application
from zhenglian_node.engines.cometbft.rpc import Rpc
from zhenglian_node.storage.memory import MemoryStore


def write_blocks(node: NetworkNode, path: Path) -> list[str]:
    """The blocks of a running node lie in `path`, from the first one on.

    Returns the app hash (hex) after each block but the newest, as the next block's header has it.
    """
    blocks = asyncio.run(_fetch_blocks(node))
    path.write_text(json.dumps(blocks), encoding="utf-8")
    return [block["header"]["app_hash"].lower() for block in blocks[1:]]


def replay_elsewhere(genesis: Path, blocks: Path, **environment: str) -> list[str]:
    """The app hash (hex) after each block, by another process under that environment."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.testkit.block_replay", str(genesis), str(blocks)],
        check=False, capture_output=True, text=True, env=build_environment() | environment, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hashes: list[str] = json.loads(done.stdout)
    return hashes


def replay(genesis_bytes: bytes, blocks: list[Any]) -> list[str]:
    """As `replay_elsewhere`, here."""
    application = Application(MemoryStore(), genesis_bytes)
    application.init_chain()
    hashes = []
    for block in blocks:
        time = Timestamp()
        time.FromJsonString(block["header"]["time"])
        transactions = [b64decode(text) for text in block["data"]["txs"]]
        height = int(block["header"]["height"])
        finalized = application.finalize_block(transactions, height, compute_time_ms(time))
        application.commit()
        hashes.append(finalized.app_hash.hex())
    return hashes


async def _fetch_blocks(node: NetworkNode) -> list[Any]:
    """Through the socket of the node's own CometBFT, by a path that is short wherever the home lies."""
    directory = os.open(node.home / "cometbft", os.O_RDONLY | os.O_DIRECTORY)
    rpc = Rpc(lambda: f"/proc/self/fd/{directory}/rpc.sock")
    try:
        newest = (await rpc.get_status()).height
        return [(await rpc.call("block", height=str(height)))["block"] for height in range(1, newest + 1)]
    finally:
        await rpc.close()
        os.close(directory)


def main() -> None:
    """Print the app hashes of the blocks that the second argument names, on the genesis of the first."""
    genesis, blocks = (Path(argument).read_bytes() for argument in sys.argv[1:])
    hashes = replay(parse_genesis_text(genesis.decode("utf-8")), json.loads(blocks))
    sys.stdout.write(f"{json.dumps(hashes)}\n")


if __name__ == "__main__":
    main()
