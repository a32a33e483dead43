"""Eras without sockets: a ledger that one validator began and another goes on with."""

from functools import partial
from hashlib import sha256
from typing import Any

from tests.testkit.node_kit import Clock, Sender, SoloChain
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.rules.eras import get_era_number
from zhenglian_ledger.state import State
from zhenglian_node.app.application import Application
from zhenglian_node.engines.solo.block_maker import BlockMaker, SoloValidator
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1.cometbft_pb2 import LightBlock
from zhenglian_proto.v1.eras_pb2 import ENGINE_KIND_SOLO, BeginEra
from zhenglian_proto.v1.governance_pb2 import Validator


def build_validator(name: str) -> SoloValidator:
    """A validator of that name."""
    seed = sha256(f"validator {name}".encode()).digest()
    return SoloValidator(ed25519.compute_public_key(seed), partial(ed25519.sign, seed))


SECOND = build_validator("second")
THIRD = build_validator("third")


def get_light_block(maker: BlockMaker, height: int) -> LightBlock:
    """The block of that height, which exists."""
    light_block = maker.get_light_block(height)
    assert light_block is not None
    return light_block


def draft_era(chain: SoloChain, validator: SoloValidator = SECOND, **changes: Any) -> BeginEra:
    """What begins the next era of the chain's ledger under `validator`, with some fields changed."""
    application = chain.application
    head = application.committed.head
    header = get_light_block(chain.maker, head.height).signed_header.header
    fields: dict[str, Any] = {
        "chain_id": application.chain_id,
        "era": get_era_number(State(application.committed.view, head.sizes)) + 1,
        "first_height": head.height + 1,
        "time_ms": head.time_ms + 500,
        "engine": ENGINE_KIND_SOLO,
        "validators": [Validator(public_key=validator.public_key, member="centre")],
        "min_validators": 1,
        "max_validators": 1,
        "previous_header_hash": compute_header_hash(header),
        "previous_app_hash": head.app_hash,
        "reason": "纪元 tried",
    }
    return BeginEra(**{**fields, **changes})


class EraChain(SoloChain):
    """An application on a store whose era has begun, or is about to, under `validator`."""

    def __init__(self, store: Store, genesis: bytes, validator: SoloValidator, clock: Clock) -> None:
        """Open the ledger and recover, but make no block."""
        self.application = Application(store, genesis)
        self.clock = clock
        self.sender = Sender(self.application.chain_id, self.clock)
        self.maker = BlockMaker(self.application, validator)
        self.maker.recover()


def go_on(chain: SoloChain, era: BeginEra, validator: SoloValidator = SECOND) -> EraChain:
    """The era begins on the chain's store, under a new process."""
    chain.application.begin_era(era)
    following = EraChain(chain.application._store, chain.application.genesis_bytes, validator, chain.clock)
    following.sender._numbers = chain.sender._numbers
    return following
