"""What a node left on disk, looked at while it does not run: by its own command line, and row by row."""

import contextlib
import io
import time
from collections.abc import Iterator
from typing import NamedTuple

from tests.testkit.node_home import SandboxHome
from zhenglian_ledger import rows
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import build_era_start, verify_light_block
from zhenglian_ledger.cometbft.validators import build_validator_set
from zhenglian_ledger.head import Head
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_node.cli import main
from zhenglian_node.cli.exits import Exit
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1.batch_pb2 import BatchHeader
from zhenglian_proto.v1.cometbft_pb2 import LightBlock, SignedHeader


@contextlib.contextmanager
def open_store(home: SandboxHome) -> Iterator[LevelDbStore]:
    """The store of a node that does not run."""
    store = LevelDbStore(home.config.store)
    try:
        yield store
    finally:
        store.close()


def get_head(store: Store) -> Head:
    value = store.get(rows.HEAD)
    assert value is not None
    return Head.decode(value)


def verify_one_leaf_each(store: Store, nonces: list[bytes]) -> None:
    """Every nonce has exactly one leaf in the batch log, and there is no other beside those of genesis."""
    leaves = (decode_batch_leaf(leaf) for _, leaf in store.scan(rows.ENTRY + bytes([rows.BATCH])))
    found = [BatchHeader.FromString(leaf.header).nonce for leaf in leaves if leaf.height]
    assert sorted(found) == sorted(nonces)


def verify_headers(home: SandboxHome, store: Store, seen: dict[int, bytes]) -> None:
    """Every header follows from the trust file, carries its batches' app hash, and is the one seen."""
    trust = parse_trust_file(home.config.trust.read_text(encoding="utf-8"))
    validators = build_validator_set(trust.validators)
    reached, hashes, app_hashes = build_era_start(trust.anchor, trust.time_ms), {}, {}
    for _, value in store.scan(rows.ENGINE + b"\x01"):
        block = LightBlock(signed_header=SignedHeader.FromString(value), validator_set=validators)
        reached = verify_light_block(reached, block, int(time.time() * 1000))
        hashes[reached.height] = compute_header_hash(block.signed_header.header)
        app_hashes[reached.height] = reached.app_hash
    assert list(hashes) == list(range(1, get_head(store).height + 1))
    assert hashes.items() >= seen.items()
    for _, value in store.scan(rows.ENTRY + bytes([rows.BATCH])):
        leaf = decode_batch_leaf(value)
        if leaf.height:
            assert leaf.prev_app_hash == app_hashes[leaf.height]


class Said(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


def command(*arguments: object) -> Said:
    """A command of the node's command line, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            return Said(int(end.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("the command line returned")


def verify_sound(home: SandboxHome) -> None:
    for depth in ("--quick", "--full"):
        said = command("fsck", "--home", home.config.home, depth)
        assert said.code == Exit.OK, said
