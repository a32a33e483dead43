"""A store that the disk or an operator has damaged: one sentence and an exit code, never a traceback.

What a node cannot see by itself stands here too: a whole, older store.
"""

import asyncio
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import grpc
import pytest

from tests.testkit.ledger_objects import MARKET_OFFICE, issue_licence
from tests.testkit.load import connect
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess, build_command, build_environment, get_error
from tests.testkit.stopped_node import command, verify_sound
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_node.cli.exits import Exit
from zhenglian_proto.v1 import node_pb2


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[SandboxHome, Path]:
    """A home whose node has run twice, so that its store has tables and a journal, and a copy of it."""
    home = SandboxHome.create(tmp_path_factory.mktemp("kept"))
    for life in range(2):
        with NodeProcess(home) as node:
            market = node.connect(MARKET_OFFICE)
            for number in range(8):
                reply = market.submit(issue_licence(f"{life}-{number}"))
                assert reply.HasField("receipt")
            node.kill()
    copy = home.config.store.with_name("copy")
    shutil.copytree(home.config.store, copy)
    return home, copy


@pytest.fixture
def home(kept: tuple[SandboxHome, Path]) -> SandboxHome:
    """That home with its store as it was."""
    home, copy = kept
    shutil.rmtree(home.config.store)
    shutil.copytree(copy, home.config.store)
    return home


def flip(path: Path, position: int) -> None:
    """One bit of the byte at `position` (from the end if negative) is another one."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGES: Final[dict[str, Callable[[Path], None]]] = {
    "half of the MANIFEST": lambda store: truncate(max(store.glob("MANIFEST-*"))),
    "CURRENT": lambda store: flip(store / "CURRENT", -1),
    "a byte of a table's index": lambda store: flip(max(store.glob("*.ldb")), -60),
    "a missing table": lambda store: max(store.glob("*.ldb")).unlink(),
    "a byte in the middle of the journal": lambda store: flip(max(store.glob("*.log")), 4_000),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_node_does_not_start_on_a_damaged_store_and_says_why_in_one_sentence(
    home: SandboxHome, damage: str
) -> None:
    DAMAGES[damage](home.config.store)
    tried = subprocess.run(
        build_command("--lang", "en", "run", "--home", str(home.config.home)),
        check=False, capture_output=True, text=True, env=build_environment(), timeout=60,
    )  # fmt: skip
    assert tried.returncode == Exit.STORE
    (sentence,) = tried.stderr.splitlines()
    assert sentence.startswith(("error [STORE_CORRUPTED] ", "error [STORE_FAILED] "))
    assert "b'" not in sentence
    for depth in ("--quick", "--full"):
        said = command("fsck", "--home", home.config.home, depth)
        assert said.code == Exit.STORE
        assert "Traceback" not in said.err


def test_fsck_reads_every_byte_that_a_node_may_need_one_day(home: SandboxHome) -> None:
    """A node meets a damaged block when it reads it; fsck does so at once, wherever the block is."""
    table = max(home.config.store.glob("*.ldb"), key=lambda path: path.stat().st_size)
    whole = table.read_bytes()
    for tenth in range(8):  # the last tenths hold the filter, which is advice, and the index
        flip(table, len(whole) * tenth // 10)
        said = command("--lang", "en", "fsck", "--home", home.config.home)
        assert said.code == Exit.STORE, f"{tenth}/10 of {table.name}"
        assert "block checksum mismatch" in said.out + said.err
        table.write_bytes(whole)


def test_a_node_whose_disk_is_full_ends_and_goes_on_when_there_is_room(home: SandboxHome) -> None:
    """The system refuses the journal's next bytes inside a write; nothing of that block is there."""
    with NodeProcess(home) as node:
        market = node.connect(MARKET_OFFICE)
        for number in range(16):
            market.submit(issue_licence(f"longer than the log {number}"))
        told = market.sign(issue_licence("told"))
        leaf = market.send(told).receipt.batch.leaf
        journal = max(home.config.store.glob("*.log"))
        limit_file_size(node, journal.stat().st_size + 1_000)
        untold = market.sign(issue_licence("untold"))
        with pytest.raises(grpc.RpcError) as caught:
            market.send(untold)
        assert get_error(caught.value).code == Code.INTERNAL
        assert node.wait() == Exit.STORE
    assert node.log.read_text(encoding="utf-8").splitlines()[-1].startswith("error [STORE_FAILED] ")
    verify_sound(home)
    with NodeProcess(home) as node:
        market = node.connect(MARKET_OFFICE)
        assert market.send(told).receipt.batch.leaf == leaf
        request = node_pb2.ReceiptRequest(system=MARKET_OFFICE, nonce=untold.header.nonce)
        assert market.stub.GetReceipt(request, timeout=20).unknown
        assert market.send(untold).HasField("receipt")


def test_a_node_that_cannot_even_say_why_still_ends_with_the_exit_code(home: SandboxHome) -> None:
    """Its log is on the disk that is full; who supervises it goes by the code."""
    with NodeProcess(home) as node:
        market = node.connect(MARKET_OFFICE)
        limit_file_size(node, 0)
        with pytest.raises(grpc.RpcError):
            market.submit(issue_licence("untold"))
        assert node.wait() == Exit.STORE


def limit_file_size(node: NodeProcess, size: int) -> None:
    """The running node can make no file longer than `size` bytes from now on."""
    assert node._process is not None
    resource.prlimit(node._process.pid, resource.RLIMIT_FSIZE, (size, size))


def test_a_store_set_back_to_an_earlier_block_is_sound_but_nobody_who_saw_more_believes_it(
    home: SandboxHome, tmp_path: Path
) -> None:
    """The end of the journal is lost, synced or not: as if an old copy had been put back (node/README.md)."""

    async def ask() -> None:
        async with connect(home, MARKET_OFFICE, tmp_path) as client:
            await client.get_status()

    with NodeProcess(home) as node:
        market = node.connect(MARKET_OFFICE)
        for number in range(4):
            market.submit(issue_licence(f"later {number}"))
        asyncio.run(ask())
        node.kill()
    truncate(max(home.config.store.glob("*.log")))
    verify_sound(home)
    with NodeProcess(home), pytest.raises(VerificationFailed) as caught:
        asyncio.run(ask())
    assert caught.value.code == Code.PROOF_ROLLED_BACK
