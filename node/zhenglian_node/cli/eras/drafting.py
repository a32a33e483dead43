"""Drafting an era: what follows from a stopped node's store, and whose validators go on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS
from zhenglian_ledger.eras import ENGINES
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.genesis import fill_validator_limits
from zhenglian_ledger.rules.eras import get_era_number
from zhenglian_ledger.state import State
from zhenglian_node.app.application import Application
from zhenglian_node.app.format import get_genesis
from zhenglian_node.engines.last_header import get_last_header_hash
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.eras_pb2 import BeginEra
from zhenglian_proto.v1.governance_pb2 import Validator
from zhenglian_proto.v1.state_pb2 import Parameters


@dataclass(frozen=True, slots=True)
class EraPlan:
    """What people decide; everything else follows from the ledger."""

    engine: str
    validators: Sequence[tuple[str, bytes]]  # member, public key
    reason: str


@contextmanager
def open_ledger(store: Path) -> Iterator[Application]:
    """The ledger in a store that no node uses; raises StoreError: STORE_MISSING, STORE_LOCKED and more."""
    opened = LevelDbStore(store)
    try:
        yield Application(opened, get_genesis(opened))
    finally:
        opened.close()


def draft_era(application: Application, plan: EraPlan, now_ms: int) -> BeginEra:
    """What would begin the ledger's next era; that the ledger accepts it is tried by `begin_era` alone.

    Raises InvalidInput(INPUT_INVALID) for an unknown engine; StoreError(STORE_CORRUPTED).
    """
    if plan.engine not in ENGINES:
        raise InvalidInput(Code.INPUT_INVALID, what="--engine")
    committed = application.committed
    head = committed.head
    limits = Parameters()
    fill_validator_limits(limits, len(plan.validators))
    return BeginEra(
        chain_id=application.chain_id,
        era=get_era_number(State(committed.view, head.sizes)) + 1,
        first_height=head.height + 1,
        time_ms=max(now_ms, head.time_ms + 1),
        engine=ENGINES[plan.engine],
        validators=[Validator(public_key=key, member=member) for member, key in plan.validators],
        min_validators=limits.min_validators,
        max_validators=1 if plan.engine == "solo" else MAX_VALIDATORS,
        previous_header_hash=get_last_header_hash(committed.view, head.height),
        previous_app_hash=head.app_hash,
        reason=plan.reason,
    )


def begin_era(application: Application, era: BeginEra, ask: Callable[[BeginEra], None]) -> None:
    """The next block of the store begins the era, and no other node can go on with the store as before.

    `ask` raises if it is not wanted. Raises StoreError(ERA_INVALID) where the era does not follow from this
    ledger. Repeatable until the first block.
    """
    head = application.committed.head
    if era.previous_header_hash != get_last_header_hash(application.committed.view, head.height):
        raise StoreError(Code.ERA_INVALID, field="previous_header_hash")
    ask(era)
    application.begin_era(era)
