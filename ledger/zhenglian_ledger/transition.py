"""apply_transactions: what the batches of a block change (SPEC 2.4). Pure; `block` seals what it leaves.

    transactions → batches → operations, in order; later ones see earlier ones

An accepted batch consumes its nonce and gets a leaf. Each operation has its own result; a refused one leaves
nothing behind but, in the uses family, the trace that it was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.acceptance import IsSignatureValid, verify_acceptance
from zhenglian_ledger.batch import Batch, Malformed
from zhenglian_ledger.canonical import parse_canonical
from zhenglian_ledger.codes import CODES, Code
from zhenglian_ledger.errors import InvalidBatch, InvalidEncoding, Refused, StoreError
from zhenglian_ledger.leaves import (
    ENTRY_ACCEPTED,
    ENTRY_REFUSED,
    BatchLeaf,
    compute_entry_prefix,
    decode_batch_leaf,
)
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.objects import index_change
from zhenglian_ledger.operations import OPERATIONS
from zhenglian_ledger.permissions import GENESIS_ONLY, is_permitted
from zhenglian_ledger.rows import ACCESS, BATCH, REGISTRY, u16, u64
from zhenglian_ledger.state import State
from zhenglian_ledger.step import ERA_AUTHOR, GENESIS_AUTHOR, Author, Step
from zhenglian_proto.v1 import operation_pb2

NO_BATCH: Final = 2**64 - 1

Transaction = Sequence[Batch | Malformed]
"""The batches of one engine transaction, as `parse_bundle` gives them."""


class BatchResult(NamedTuple):
    """The fate of one batch: code 0 and its batch-log index, or why it was not accepted and NO_BATCH."""

    code: int
    batch_index: int


@dataclass(slots=True)
class Block:
    """The block being applied: where it stands, and what it changes."""

    state: State
    chain_id: str
    height: int
    time_ms: int
    prev_app_hash: bytes
    is_signature_valid: IsSignatureValid
    results: list[list[BatchResult]] = field(default_factory=list)
    era_validators: dict[bytes, bytes] = field(default_factory=dict)  # rows as the era began with them


def apply_transactions(block: Block, transactions: Sequence[Transaction]) -> None:
    """Every batch of `transactions` is applied or turned away; `block.results` says which."""
    for transaction in transactions:
        block.results.append([_apply_or_reject(block, batch) for batch in transaction])


def _apply_or_reject(block: Block, batch: Batch | Malformed) -> BatchResult:
    if isinstance(batch, Malformed):
        return BatchResult(batch.code, NO_BATCH)
    try:
        author = verify_acceptance(
            block.state, batch, block.chain_id, block.time_ms, is_signature_valid=block.is_signature_valid
        )
    except InvalidBatch as error:
        return BatchResult(error.code, NO_BATCH)
    return BatchResult(Code.OK, apply_batch(block, batch, author))


def apply_system_batch(block: Block, batch: Batch) -> int:
    """A batch of genesis is applied without acceptance; returns its batch-log index."""
    return apply_batch(block, batch, GENESIS_AUTHOR)


def apply_era_batch(block: Block, batch: Batch) -> None:
    """The system batch that begins an era is applied, before anything else of the block.

    Raises StoreError(ERA_INVALID) unless it carries that one operation, which follows what came before.
    """
    operation = parse_canonical(operation_pb2.Operation, batch.operations[0])
    if len(batch.operations) != 1 or operation.begin_era.previous_app_hash != block.prev_app_hash:
        raise StoreError(Code.ERA_INVALID, field="previous_app_hash")
    index = apply_batch(block, batch, ERA_AUTHOR)
    results = decode_batch_leaf(block.state.get(rows.entry_key(BATCH, index)) or b"").results
    if any(results):
        raise StoreError(Code.ERA_INVALID, field=CODES[results[0]].name)
    writes = block.state.changes.writes.items()
    block.era_validators = {key: value for key, value in writes if key.startswith(rows.VALIDATORS)}


def apply_batch(block: Block, batch: Batch, author: Author) -> int:
    """An accepted batch has its results, its entries, its nonce and its leaf; returns its batch-log index."""
    state = block.state
    batch_index = state.get_size(BATCH)
    first_registry_index, first_access_index = state.get_size(REGISTRY), state.get_size(ACCESS)
    step = Step(
        state=state,
        author=author,
        chain_id=block.chain_id,
        parameters=state.get_parameters(),
        height=block.height,
        time_ms=block.time_ms,
    )
    prefix = compute_entry_prefix(batch_index, block.height, block.time_ms, batch.header_digest)
    results = _apply_operations(step, batch, prefix)
    leaf = BatchLeaf(
        height=block.height,
        time_ms=block.time_ms,
        prev_app_hash=block.prev_app_hash,
        first_registry_index=first_registry_index,
        first_access_index=first_access_index,
        header=batch.header_bytes,
        signature=batch.signature,
        results=tuple(results),
        refused=tuple(batch.leaf_hashes[ordinal] for ordinal, result in enumerate(results) if result),
    )
    if author.system:
        state.put(batch.nonce_key, u64(batch_index))
    return state.append(BATCH, leaf.encode())


def _apply_operations(step: Step, batch: Batch, prefix: tuple[bytes, bytes]) -> list[int]:
    if not batch.header.atomic:
        return [
            batch.known_results.get(ordinal) or _apply_operation(step, data, ordinal, prefix, traced=True)
            for ordinal, data in enumerate(batch.operations)
        ]
    step.state.begin()
    results = [
        batch.known_results.get(ordinal) or _apply_operation(step, data, ordinal, prefix, traced=False)
        for ordinal, data in enumerate(batch.operations)
    ]
    if not any(results):
        step.state.keep()
        return results
    step.state.drop()
    return [result or Code.ATOMIC_SIBLING_REFUSED for result in results]


def _apply_operation(
    step: Step, data: bytes, ordinal: int, prefix: tuple[bytes, bytes], *, traced: bool
) -> int:
    """The result: 0 and the operation's changes are kept, or a code and nothing is left but its trace."""
    state = step.state
    before, after = prefix[0] + u16(ordinal), prefix[1]
    try:
        operation = parse_canonical(operation_pb2.Operation, data)
    except InvalidEncoding as error:
        return error.code
    kind = operation.WhichOneof("kind") or ""  # one is set, or parsing would have refused it
    rule = OPERATIONS[kind]
    step.log, step.index, step.context = rule.log, state.get_size(rule.log), operation.context
    message = getattr(operation, kind)
    state.begin()
    try:
        _verify_permission(step, kind)
        rule.process(step, message)
    except (Refused, InvalidEncoding) as error:
        state.drop()
        if rule.log == ACCESS and traced:
            state.append(ACCESS, bytes([ENTRY_REFUSED]) + before + after + u16(error.code) + data)
            rule.trace(step, message)
        return error.code
    if rule.log == ACCESS:
        rule.trace(step, message)
    else:
        if step.index not in state.changes.statuses:
            state.set_status(step.index, Status.NONE)
        if kind != "vote":  # a vote changes something only where it decides, and its rule says so then
            index_change(state, kind, message, step.index)
    state.append(rule.log, bytes([ENTRY_ACCEPTED]) + before + after + data)
    state.keep()
    return Code.OK


def _verify_permission(step: Step, kind: str) -> None:
    if step.author.is_genesis or (step.author.is_era and kind == "begin_era"):
        return
    if kind in GENESIS_ONLY:
        raise Refused(Code.NOT_GENESIS)
    if not is_permitted(kind, step.author.roles):
        raise Refused(Code.NOT_PERMITTED)
