"""Genesis: a reviewed file becomes the state before the first block (SPEC 4.7).

    Genesis → digest → chain id → system batches at height initial_height − 1 → head

Nothing inside names the chain id, because the chain id names the digest. One refused operation makes the
genesis invalid.
"""

from collections.abc import Iterator
from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.batch import MAX_BATCH_BYTES, MAX_OPERATIONS, Batch, build_batch
from zhenglian_ledger.block import Outcome, seal_block
from zhenglian_ledger.canonical import parse_canonical
from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.cometbft.validators import MAX_VALIDATORS
from zhenglian_ledger.errors import InvalidEncoding, Refused, StoreError
from zhenglian_ledger.head import Trees, compute_empty_head
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.merkle.status import StatusTree
from zhenglian_ledger.merkle.trace import TraceTree
from zhenglian_ledger.rules.parameters import NETWORK_MIN_VALIDATORS
from zhenglian_ledger.rules.validators import register_validator, verify_set_size
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_ledger.state import LOGS, State, View
from zhenglian_ledger.step import GENESIS_AUTHOR, Step
from zhenglian_ledger.tags import GENESIS, tagged
from zhenglian_ledger.transition import Block, apply_system_batch
from zhenglian_proto.v1 import batch_pb2, state_pb2
from zhenglian_proto.v1.governance_pb2 import Validator

DEFAULT_PARAMETERS: Final = state_pb2.Parameters(
    trace_bits=16,
    max_validity_ms=24 * 3600 * 1000,
    time_tolerance_ms=20_000,
    attestation_age_ms=600_000,
    release_window_ms=600_000,
    max_children=100,
    max_block_operations=20_480,
    max_block_bytes=4 * 1024 * 1024,
    max_member_block_operations=20_480,
    max_member_disputes_a_day=1_000,
    backdating_ms=7 * 24 * 3600 * 1000,
    min_validators=1,
    max_validators=1,
)
"""The usual parameters, of a ledger with one validator."""


def compute_genesis_digest(genesis_bytes: bytes) -> bytes:
    """SHA-256 of the tagged canonical bytes of a genesis."""
    return tagged(GENESIS, genesis_bytes)


def compute_chain_id(name: str, genesis_digest: bytes) -> str:
    """`name-` and the first 8 hex digits of the genesis digest, at most 50 characters."""
    return f"{name}-{genesis_digest[:4].hex()}"


def parse_genesis(genesis_bytes: bytes) -> state_pb2.Genesis:
    """The genesis in its canonical bytes; raises StoreError(GENESIS_INVALID, STORE_OTHER_RULES)."""
    try:
        genesis = parse_canonical(state_pb2.Genesis, genesis_bytes)
    except InvalidEncoding as error:
        raise StoreError(Code.GENESIS_INVALID, reason=error.en) from error
    if genesis.rules_digest != compute_rules_digest():
        raise StoreError(Code.STORE_OTHER_RULES)
    return genesis


def fill_validator_limits(parameters: state_pb2.Parameters, validators: int) -> None:
    """Limits that are left open are the usual ones of a network that begins with so many validators.

    A single one stays alone. A network keeps four, or as many as it begins with, and may grow.
    """
    parameters.min_validators = parameters.min_validators or min(max(validators, 1), NETWORK_MIN_VALIDATORS)
    parameters.max_validators = parameters.max_validators or (1 if validators <= 1 else MAX_VALIDATORS)


def build_parameters(validators: int) -> state_pb2.Parameters:
    """The usual parameters of a network that begins with so many validators."""
    parameters = state_pb2.Parameters()
    parameters.CopyFrom(DEFAULT_PARAMETERS)
    parameters.ClearField("min_validators")
    parameters.ClearField("max_validators")
    fill_validator_limits(parameters, validators)
    return parameters


def apply_genesis(view: View, genesis_bytes: bytes, *, initial_height: int = 1) -> tuple[Outcome, Trees]:
    """The outcome of a genesis on an empty store, and the trees it is to be committed to.

    Raises StoreError(GENESIS_INVALID) naming the first refused operation or validator.
    """
    genesis = parse_genesis(genesis_bytes)
    trees = Trees(StatusTree(), TraceTree(genesis.parameters.trace_bits))
    head = compute_empty_head(initial_height - 1, trees.trace.root)
    block = Block(
        state=State(view, dict.fromkeys(LOGS, 0)),
        chain_id=compute_chain_id(genesis.name, compute_genesis_digest(genesis_bytes)),
        height=initial_height - 1,
        time_ms=genesis.genesis_time_ms,
        prev_app_hash=bytes(32),
        is_signature_valid=lambda _key, _batch: False,
    )
    block.state.put_parameters(genesis.parameters)
    block.state.put(rows.GENESIS, genesis_bytes)
    for batch in compute_system_batches(block.chain_id, list(genesis.operations)):
        index = apply_system_batch(block, batch)
        _verify_all_accepted(block, index)
    _put_validators(block, genesis)
    return seal_block(block, view, head, trees), trees


def compute_system_batches(chain_id: str, operations: list[bytes]) -> Iterator[Batch]:
    """System batches that carry `operations`: suite 0, no system, no key, zero nonce and signature."""
    start = 0
    while start < len(operations):
        end, size = start, 0
        while (
            end < len(operations)
            and end - start < MAX_OPERATIONS
            and size + len(operations[end]) <= MAX_BATCH_BYTES
        ):
            size += len(operations[end])
            end += 1
        end = max(end, start + 1)
        yield build_batch(
            operations[start:end],
            suite=batch_pb2.SUITE_SYSTEM,
            chain_id=chain_id,
            system="",
            key=b"",
            nonce=bytes(16),
            valid_until_ms=0,
            sign=lambda _message: bytes(64),
        )
        start = end


def _put_validators(block: Block, genesis: state_pb2.Genesis) -> None:
    """The set before the first block, each the key of a member that runs a node, within the limits."""
    step = Step(
        state=block.state,
        author=GENESIS_AUTHOR,
        chain_id=block.chain_id,
        parameters=genesis.parameters,
        height=block.height,
        time_ms=block.time_ms,
    )
    try:
        for validator in genesis.validators:
            register_validator(step, Validator(public_key=validator.public_key, member=validator.member))
        verify_set_size(len(genesis.validators), genesis.parameters)
    except Refused as error:
        raise StoreError(Code.GENESIS_INVALID, reason=f"validators: {error.en}") from error


def _verify_all_accepted(block: Block, batch_index: int) -> None:
    leaf = decode_batch_leaf(block.state.get(rows.entry_key(rows.BATCH, batch_index)) or b"")
    for ordinal, result in enumerate(leaf.results):
        if result:
            reason = f"operation {ordinal} of batch {batch_index}: {CODES[result].name}"
            raise StoreError(Code.GENESIS_INVALID, reason=reason)
