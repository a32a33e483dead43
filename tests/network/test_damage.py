"""One node of four is damaged, ill set up, or out of room: it says so and ends, and the others go on.

What it shows meanwhile is true or refused, never believed and wrong; and there is a way back for it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.testkit.ledger_objects import compute_id
from tests.testkit.network import Network, NetworkNode, Victim, wait_until
from tests.testkit.network_load import NetworkLoad, build_licence, verify_disks
from tests.testkit.network_office import open_desk
from tests.testkit.network_repair import (
    SIGNED,
    begin_anew,
    find_index,
    get_cometbft,
    put_back,
    tamper,
)
from tests.testkit.node_process import build_command, build_environment
from tests.testkit.stopped_node import command
from zhenglian import Assurance, Code, State, ZhenglianError, build
from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.merkle.status import CHUNK_STATUSES
from zhenglian_ledger.merkle.tile_reader import TILE_WIDTH
from zhenglian_node.cli.exits import Exit
from zhenglian_node.storage.reserve import measure_room
from zhenglian_proto.v1.state_pb2 import RECORD_STANDING_REVOKED, RecordState
from zhenglian_proto.v1.types_pb2 import KIND_LICENCE

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

LICENCE_NAME: Final = "the licence that is asked for"
LICENCE: Final = compute_id(LICENCE_NAME)
MIB: Final = 1 << 20


class Kept(NamedTuple):
    """A network that has worked and was stopped: where it runs, and a copy of all of it."""

    root: Path
    copy: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Four validators with some blocks, and a licence of the first district's."""
    directory = tmp_path_factory.mktemp("damage")
    with Network.create(directory / "net", districts=3, validators=4) as network:
        network.start()
        load = NetworkLoad(network.nodes, senders=1)
        with load.running():
            load.wait_for(12)
        issuer = network.nodes[1]
        with open_desk(issuer, [issuer]) as office:
            office.submit([build_licence(issuer.member, LICENCE_NAME)]).raise_for_refusals()
            office.verify(LICENCE)
        network.wait_for_progress(2)  # the question stands in a block
        network.stop()
    shutil.copytree(directory / "net", directory / "copy")
    return Kept(directory / "net", directory / "copy")


@pytest.fixture
def network(kept: Kept) -> Iterator[Network]:
    """That network as it was, not running."""
    shutil.rmtree(kept.root)
    shutil.copytree(kept.copy, kept.root)
    with Network(kept.root) as network:
        yield network


@contextmanager
def working(nodes: list[NetworkNode], answers: int = 4) -> Iterator[NetworkLoad]:
    """The nodes answer requests all the time, and did so before and after."""
    load = NetworkLoad(nodes, senders=1)
    with load.running():
        load.wait_for(answers)
        yield load
        load.wait_for(answers)


def verify_ends(node: NetworkNode, code: Code, exit_code: Exit, *, is_started: bool = False) -> None:
    """The node ends by itself with that error: one sentence a language, and no traceback.

    One that `is_started` may have ended already, and has said nothing of the kind before.
    """
    said = node.log.stat().st_size if node.log.exists() and not is_started else 0
    if not is_started:
        node.launch()
    assert node.wait() == exit_code, node.read_log_end()
    text = node.log.read_bytes()[said:].decode("utf-8")
    assert f"error [{code.name}] " in text, text
    assert f"错误 [{code.name}] " in text
    assert "Traceback" not in text.partition("错误 [")[2]


def run_command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A command of the node's command line, in a process of its own."""
    return subprocess.run(
        build_command(*(str(argument) for argument in arguments)),
        check=False, capture_output=True, text=True, env=build_environment(), timeout=120,
    )  # fmt: skip


def wait_for_others(network: Network, node: NetworkNode) -> None:
    """The node, which has just started, stands where the highest of all stood, or has ended."""
    reached = max(network.get_heights())
    wait_until(
        "it has caught up", lambda: not node.is_running or network.get_heights([node])[0] >= reached,
        network.describe,
    )  # fmt: skip


def verify_never_believed(node: NetworkNode, asker: NetworkNode) -> bool:
    """What the node says of the licence is the truth, or is refused; returns whether it was the truth."""
    with open_desk(asker, [node]) as client:
        try:
            answer = client.verify(LICENCE)
        except ZhenglianError:
            return False
        assert answer.state in (State.VALID, State.UNKNOWN), answer
        return answer.state is State.VALID and answer.assurance is Assurance.PROVEN


def rebuild(node: NetworkNode) -> None:
    """Every row was computed anew from the logs."""
    rebuilt = run_command("rebuild", "--home", node.home)
    assert rebuilt.returncode == Exit.OK, rebuilt.stderr


# rows


def flip(value: bytes) -> bytes:
    """A bit of every byte is another one."""
    return bytes(byte ^ 1 for byte in value)


def revoke(value: bytes) -> bytes:
    """The record is said to be revoked."""
    state = RecordState.FromString(value)
    state.standing = RECORD_STANDING_REVOKED
    return serialise(state)


class Damage(NamedTuple):
    """The row of a key, by the registry index of the licence that is asked for, has another value."""

    get_key: Callable[[int], bytes]
    change: Callable[[bytes], bytes] = flip
    is_mended_by_rebuild: bool = True
    spoils_proofs: bool = False


SEEN_AT_THE_START: Final = {
    "a status chunk": Damage(lambda index: rows.CHUNK + rows.u64(index // CHUNK_STATUSES)),
    "the head of a trace": Damage(lambda _: rows.TRACE),
}
SEEN_BY_FSCK: Final = {
    "tiles of the registry log": Damage(
        lambda index: rows.tile_key(rows.REGISTRY, 0, index // TILE_WIDTH), spoils_proofs=True
    ),
    "tiles of the batch log": Damage(lambda _: rows.TILE + bytes([rows.BATCH]), spoils_proofs=True),
    "the state of a licence": Damage(lambda index: rows.state_key(KIND_LICENCE, index), revoke),
    # Every row follows from the logs; they follow from the network's blocks alone.
    "a licence": Damage(
        lambda index: rows.entry_key(rows.REGISTRY, index), is_mended_by_rebuild=False, spoils_proofs=True
    ),
}


def do_damage(node: NetworkNode, damage: Damage) -> None:
    """The node's store is damaged, and `fsck` says so."""
    tamper(node, damage.get_key(find_index(node, KIND_LICENCE, LICENCE)), damage.change)
    assert command("fsck", "--home", node.home).code == Exit.STORE


def test_a_node_does_not_start_on_trees_that_do_not_give_its_roots(network: Network) -> None:
    *others, node = network.nodes
    network.start(others)
    with working(others) as load:
        for damage in SEEN_AT_THE_START.values():
            do_damage(node, damage)
            verify_ends(node, Code.STORE_CORRUPTED, Exit.STORE)
            rebuild(node)
        node.start()
    network.verify_agreement()
    network.stop()
    verify_disks(network, load.nonces)


def test_what_a_start_does_not_see_is_never_believed_and_fsck_sees_it(network: Network) -> None:
    *others, node = network.nodes
    network.start(others)
    with working(others) as load:
        for name, damage in SEEN_BY_FSCK.items():
            do_damage(node, damage)
            node.launch()  # it may meet the damage before it answers
            wait_for_others(network, node)
            is_true = verify_never_believed(node, others[1])
            assert is_true is not damage.spoils_proofs, name
            if node.is_running:
                node.kill(Victim.BOTH)
            else:
                assert node.wait() == Exit.STORE, (name, node.read_log_end(12))
            if damage.is_mended_by_rebuild:
                rebuild(node)
            else:
                assert run_command("rebuild", "--home", node.home).returncode == Exit.STORE
                begin_anew(node)
        node.start()
        wait_for_others(network, node)
    network.verify_agreement()
    assert verify_never_believed(node, others[1])
    network.stop()
    verify_disks(network, load.nonces)


def test_a_changed_row_that_decides_something_ends_the_node_before_it_proves_anything(
    network: Network,
) -> None:
    """Its own app hash is not the others': it cannot go on, and a header for its state never comes."""
    *others, node = network.nodes
    do_damage(node, SEEN_BY_FSCK["the state of a licence"])
    network.start()
    with working(others) as load:
        with open_desk(others[1], others) as office:
            office.submit([build.change_licence(LICENCE, "REVOKE", "RESCINDED")]).raise_for_refusals()
        verify_ends(node, Code.APP_HASH_DIFFERS, Exit.HALTED, is_started=True)
        verify_ends(node, Code.APP_HASH_DIFFERS, Exit.HALTED)  # and so at every further start
        begin_anew(node)
        node.start()
    network.verify_agreement()
    with open_desk(others[1], [node]) as client:
        assert client.verify(LICENCE).state is State.REVOKED
    network.stop()
    verify_disks(network, load.nonces)


# another network


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Another network of the same shape and the same members, never started."""
    return Network.create(tmp_path_factory.mktemp("foreign") / "net", districts=3, validators=4)


def edit(path: Path, old: str, new: str) -> None:
    """The text says something else."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_node_with_a_wrong_genesis_does_not_start(network: Network, foreign: Network) -> None:
    *others, node = network.nodes
    ours, theirs = node.config.genesis, get_cometbft(node).genesis
    foreign_digest = json.loads((foreign.root / "network.json").read_text(encoding="utf-8"))["genesis_digest"]
    digest = json.loads((network.root / "network.json").read_text(encoding="utf-8"))["genesis_digest"]
    wrong: dict[str, Callable[[], object]] = {
        "another network's": lambda: shutil.copy(foreign.root / "genesis.json", ours),
        "CometBFT's of another network": lambda: shutil.copy(get_cometbft(foreign.nodes[3]).genesis, theirs),
        "CometBFT's with another digest": lambda: edit(theirs, digest, foreign_digest),
        "CometBFT's with another limit": lambda: edit(theirs, '"max_gas": "-1"', '"max_gas": "1"'),
    }
    kept = ours.read_bytes(), theirs.read_bytes()
    network.start(others)
    with working(others) as load:
        for spoil in wrong.values():
            spoil()
            verify_ends(node, Code.GENESIS_MISMATCH, Exit.STORE)
            ours.write_bytes(kept[0])
            theirs.write_bytes(kept[1])
        node.start()
    network.verify_agreement()
    network.stop()
    verify_disks(network, load.nonces)


def test_another_network_s_node_cannot_join_even_with_a_known_key_and_address(
    network: Network, foreign: Network
) -> None:
    """Only the genesis is another one: whom it calls, where it listens and its key are a member's own."""
    *others, absent = network.nodes
    stranger = NetworkNode(foreign.root, {**describe(foreign, absent.member)})
    for name in ("config.toml", "node_key.json", "priv_validator_key.json"):
        config = Path("cometbft") / "config" / name
        shutil.copy(absent.home / config, stranger.home / config)
    network.start(others)
    try:
        with working(others):
            stranger.start()
            wait_until(
                "it was refused", lambda: "peer is on a different network" in read_cometbft_logs(others),
                stranger.read_log_end,
            )  # fmt: skip
        stranger.kill(Victim.BOTH)
        assert stranger.read_stored_height() == 0
    finally:
        stranger.close()
    absent.start()
    network.verify_agreement()


def describe(network: Network, member: str) -> dict[str, object]:
    """The member's row of network.json."""
    members = json.loads((network.root / "network.json").read_text(encoding="utf-8"))["members"]
    return next(each for each in members if each["id"] == member)


def read_cometbft_logs(nodes: list[NetworkNode]) -> str:
    """All that these nodes' CometBFTs said."""
    logs = (node.home / "cometbft" / "cometbft.log" for node in nodes)
    return "".join(log.read_text(encoding="utf-8", errors="replace") for log in logs)


# a full disk


@contextmanager
def on_small_disk(node: NetworkNode, size: int) -> Iterator[Path]:
    """The node's home lies on a disk of `size` bytes; yields a file of ballast on it."""
    aside = node.home.with_name("aside")
    node.home.rename(aside)
    node.home.mkdir(0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(node.home)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a disk cannot be mounted: {mounted.stderr}")
    try:
        shutil.copytree(aside, node.home, dirs_exist_ok=True)
        yield node.home / "ballast"
    finally:
        node.close()
        shutil.rmtree(aside)
        shutil.copytree(node.home, aside)
        subprocess.run(["umount", str(node.home)], check=True)
        node.home.rmdir()
        aside.rename(node.home)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a disk needs root")
def test_a_node_ends_before_its_disk_is_full_and_comes_back_when_there_is_room(network: Network) -> None:
    node = network.nodes[3]
    with on_small_disk(node, 64 * MIB) as ballast:
        network.start()
        load = NetworkLoad(network.nodes, senders=1)
        with load.running():
            load.wait_for(4)
            room = measure_room(node.home)
            ballast.write_bytes(bytes(room.free - room.reserve - MIB // 4))
            verify_ends(node, Code.DISK_LOW, Exit.DISK, is_started=True)
            assert measure_room(node.home).free > room.reserve // 2
            load.wait_for(8)  # of those three members' offices; the fourth's asks a second node
            verify_ends(node, Code.DISK_LOW, Exit.DISK)
            assert command("fsck", "--home", node.home, "--full").code == Exit.OK
            ballast.unlink()
            node.start()
            load.wait_for(4)
        network.verify_agreement()
        network.stop()
        verify_disks(network, load.nonces)


# copies


def test_an_old_copy_of_a_home_catches_up_if_what_was_signed_is_kept(network: Network) -> None:
    *others, node = network.nodes
    network.start()
    with working(network.nodes) as first:
        pass
    node.stop()
    copy = network.root / "copy of a home"
    shutil.copytree(node.home, copy)
    before = node.read_stored_height()
    node.start()
    with working(network.nodes) as second:
        pass
    node.stop()
    put_back(node, copy)
    assert node.read_stored_height() == before
    with working(others) as third:
        node.start()
    network.verify_agreement()
    network.stop()
    verify_disks(network, first.nonces | second.nonces | third.nonces)


def test_a_validator_that_does_not_know_what_it_signed_does_not_start(network: Network) -> None:
    """An older whole file cannot be told from the newest one: that it must not be put back is for people."""
    *others, node = network.nodes
    signed = get_cometbft(node).home / "data" / SIGNED
    kept = signed.read_bytes()
    network.start(others)
    with working(others):
        signed.write_bytes(kept[: len(kept) // 2])
        verify_ends(node, Code.VALIDATOR_STATE_UNSAFE, Exit.HALTED)
        signed.unlink()
        verify_ends(node, Code.VALIDATOR_STATE_UNSAFE, Exit.HALTED)
        signed.write_bytes(kept)
        node.start()
    network.verify_agreement()
    assert SIGNED in (node.home / "README.md").read_text(encoding="utf-8")  # and it says what not to do
