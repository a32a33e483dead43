"""A node without its sockets: the sandbox genesis of `ledger_objects`, real stores, a clock that tests turn.

`Sender` signs batches for any system of the sandbox; `TestChain` drives an application block by block, as
an engine would, with real headers.
"""

import itertools
from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from google.protobuf.message import Message

from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import (
    GENESIS_MS,
    MARKET_OFFICE,
    build_genesis_operations,
    build_parameters,
    compute_seed,
    issue_licence,
)
from zhenglian_ledger.batch import build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_node.app.application import Application
from zhenglian_node.engines.solo.block_maker import BlockMaker, MadeBlock, SoloValidator
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1 import batch_pb2, state_pb2

VALIDATOR_SEED = sha256(b"the sandbox validator").digest()
VALIDATOR = SoloValidator(ed25519.compute_public_key(VALIDATOR_SEED), partial(ed25519.sign, VALIDATOR_SEED))
HOUR_MS = 3_600_000


def build_genesis(*extra: Message, validator: bytes = VALIDATOR.public_key, **parameters: Any) -> bytes:
    """The canonical bytes of the sandbox genesis, with `extra` operations and changed `parameters`."""
    operations = [*build_genesis_operations(), *map(wrap, extra)]
    genesis = state_pb2.Genesis(
        name="sandbox",
        genesis_time_ms=GENESIS_MS,
        mode=state_pb2.MODE_SANDBOX,
        rules_digest=compute_rules_digest(),
        parameters=build_parameters(**parameters),
        validators=[state_pb2.GenesisValidator(public_key=validator, member="centre")],
        operations=[serialise(operation) for operation in operations],
    )
    return serialise(genesis)


class Clock:
    """Milliseconds since 1970, moved by hand."""

    def __init__(self, now_ms: int = GENESIS_MS + 1_000) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


class Sender:
    """Signs batches as any system of the sandbox, each with a fresh nonce."""

    def __init__(self, chain_id: str, clock: Clock | None = None) -> None:
        self.chain_id = chain_id
        self.clock = clock or Clock()
        self._numbers = itertools.count(1)

    def build(
        self,
        system: str,
        *operations: Message,
        nonce: bytes | None = None,
        valid_until_ms: int | None = None,
        atomic: bool = False,
    ) -> batch_pb2.SignedBatch:
        """A signed batch of `operations`, given bare or wrapped."""
        seed = compute_seed(system)
        return build_batch(
            [serialise(wrap(operation)) for operation in operations],
            suite=batch_pb2.SUITE_ED25519,
            chain_id=self.chain_id,
            system=system,
            key=compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(seed)),
            nonce=nonce or next(self._numbers).to_bytes(16, "big"),
            valid_until_ms=valid_until_ms or self.clock() + HOUR_MS,
            sign=partial(ed25519.sign, seed),
            atomic=atomic,
        ).to_message()

    def licence(self, name: str, **changes: Any) -> batch_pb2.SignedBatch:
        """A batch in which the market bureau issues one licence of that name."""
        return self.build(MARKET_OFFICE, issue_licence(name, **changes))


def bundle(*batches: batch_pb2.SignedBatch) -> bytes:
    """One engine transaction."""
    return batch_pb2.Bundle(batches=batches).SerializeToString()


class SoloChain:
    """An application driven block by block, without an event loop."""

    def __init__(self, store: Store, genesis: bytes | None = None) -> None:
        """Open or begin the ledger and recover, but make no block."""
        self.application = Application(store, genesis or build_genesis())
        self.clock = Clock()
        self.sender = Sender(self.application.chain_id, self.clock)
        self.maker = BlockMaker(self.application, VALIDATOR)
        self.maker.recover()

    def make_block(self, transactions: Sequence[bytes] = ()) -> MadeBlock:
        """The next block, a second later."""
        self.clock.now_ms += 1_000
        return self.maker.make_block(transactions, self.clock())
