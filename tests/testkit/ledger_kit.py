"""A ledger in memory for rule tests: real parts all through, only the store is a dict.

    sandbox = Sandbox()                             # genesis of `ledger_objects` is applied
    sandbox.accept(HUANGPU_COUNTER, open_case())    # one signed batch, one block, every operation accepted
    assert sandbox.apply(MARKET_OFFICE, open_case()) == [Code.NOT_OWNER]
    sandbox.wait(DAY_MS)
    assert sandbox.get_status(KIND_LICENCE, identifier) == Status.VALID

Every `apply` signs a real batch, applies it in a block of its own, commits the block to the dict and moves
the clock by a second. Builders of operations, and who is who at genesis, are in `ledger_objects`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf.message import Message

from tests.testkit.ledger_objects import GENESIS_MS, build_genesis_operations, build_parameters, compute_seed
from zhenglian_ledger import rows
from zhenglian_ledger.attestation import sign_attestation
from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.merkle.trace import TraceKind, compute_trace_key
from zhenglian_ledger.state import Found, State
from zhenglian_ledger.step import GENESIS_AUTHOR, Author, Step
from zhenglian_ledger.tags import KEY_OPERATION, tag_bytes
from zhenglian_ledger.transition import NO_BATCH, Block, apply_system_batch, apply_transactions
from zhenglian_proto.v1 import batch_pb2, members_pb2, operation_pb2, state_pb2, types_pb2

CHAIN_ID = "sandbox-00000000"
SECOND_MS = 1_000
DAY_MS = 86_400_000
CODES = {code.value: code for code in Code}


class MemoryView:
    """A committed store held in a dict: `get` and ordered `scan`, as the rules see it."""

    def __init__(self) -> None:
        self.rows: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.rows.get(key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted((key, value) for key, value in self.rows.items() if key.startswith(prefix)))


class Sandbox:
    """A ledger with its genesis applied, and what a test asks of it."""

    def __init__(
        self, *extra: operation_pb2.Operation, operations: Sequence[operation_pb2.Operation] | None = None
    ) -> None:
        """Apply the genesis of `ledger_objects` (or `operations`) with `extra`; a refusal fails the test."""
        self.view = MemoryView()
        self.sizes: dict[int, int] = {rows.BATCH: 0, rows.REGISTRY: 0, rows.ACCESS: 0}
        self.statuses: dict[int, Status] = {}
        self.traces: dict[bytes, list[tuple[int, int]]] = {}
        self.height, self.time_ms, self.nonce = 0, GENESIS_MS, 0
        self.view.rows[rows.PARAMETERS] = serialise(build_parameters())
        genesis = build_genesis_operations() if operations is None else list(operations)
        codes = self.apply_genesis(*genesis, *extra)
        assert not any(codes), [(index, code.name) for index, code in enumerate(codes) if code]

    # writing

    def apply_genesis(self, *operations: Message) -> list[Code]:
        """The results of `operations` as a system batch at the present time."""
        encoded = [serialise(wrap(operation)) for operation in operations]
        batch = build_batch(
            encoded,
            suite=batch_pb2.SUITE_SYSTEM,
            chain_id="",
            system="",
            key=b"",
            nonce=bytes(16),
            valid_until_ms=0,
            sign=lambda _message: bytes(64),
        )
        block = self._begin_block()
        apply_system_batch(block, batch)
        return self._commit(block)[-1]

    def apply(
        self,
        system: str,
        *operations: Message,
        atomic: bool = False,
        context: operation_pb2.Context | None = None,
    ) -> list[Code]:
        """The results of `operations`, sent in one accepted batch by `system` in a block of its own.

        Operations may be given bare (`OpenCase(...)`) or wrapped (`Operation(open_case=...)`).
        """
        batch = self.build_batch(system, *operations, atomic=atomic, context=context)
        block = self._begin_block()
        apply_transactions(block, [[batch]])
        assert block.results[0][0].batch_index != NO_BATCH, CODES[block.results[0][0].code].name
        return self._commit(block)[-1]

    def try_batch(self, batch: Batch) -> Code:
        """The batch-level code of `batch` in a block of its own (0 = accepted)."""
        block = self._begin_block()
        apply_transactions(block, [[batch]])
        code = CODES[block.results[0][0].code]
        self._commit(block)
        return code

    def accept(self, system: str, *operations: Message, context: operation_pb2.Context | None = None) -> None:
        """Apply `operations` and insist that every one is accepted."""
        codes = self.apply(system, *operations, context=context)
        assert not any(codes), [code.name for code in codes]

    def build_batch(
        self,
        system: str,
        *operations: Message,
        atomic: bool = False,
        context: operation_pb2.Context | None = None,
        validity_ms: int = 3_600_000,
    ) -> Batch:
        """A batch of `system`, signed by its SIGN key, with a fresh nonce, valid for an hour."""
        self.nonce += 1
        seed = compute_seed(system)
        return build_batch(
            [serialise(wrap(operation, context)) for operation in operations],
            suite=batch_pb2.SUITE_ED25519,
            chain_id=CHAIN_ID,
            system=system,
            key=compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(seed)),
            nonce=self.nonce.to_bytes(16, "big"),
            valid_until_ms=self.time_ms + validity_ms,
            sign=lambda message: ed25519.sign(seed, message),
            atomic=atomic,
        )

    def wait(self, milliseconds: int) -> None:
        """Let ledger time pass."""
        self.time_ms += milliseconds

    def build_step(self, author: Author = GENESIS_AUTHOR) -> Step:
        """A step over the committed state, for calling a rule's parts directly."""
        state = self.state
        return Step(
            state=state,
            author=author,
            chain_id=CHAIN_ID,
            parameters=state.get_parameters(),
            height=self.height,
            time_ms=self.time_ms,
            index=state.get_size(rows.REGISTRY),
        )

    # reading

    @property
    def state(self) -> State:
        """The committed state, with nothing laid over it."""
        return State(self.view, dict(self.sizes))

    def find(self, kind: types_pb2.Kind, identifier: bytes | str) -> Found:
        """The object of that id, which must exist."""
        found = self.state.get_object(kind, _encode(identifier))
        assert found is not None
        return found

    def get_status(self, kind: types_pb2.Kind, identifier: bytes | str) -> Status:
        """The nibble of the newest entry of that id."""
        return self.statuses[self.find(kind, identifier).index]

    def get_record(self, kind: types_pb2.Kind, identifier: bytes) -> state_pb2.RecordState:
        """The state of a licence or material."""
        return self.state.get_state(kind, self.find(kind, identifier).index, state_pb2.RecordState)

    def get_trace(self, kind: TraceKind, identifier: bytes) -> list[tuple[int, int]]:
        """(log, index) of every entry in that trace, oldest first."""
        return self.traces.get(compute_trace_key(kind, identifier), [])

    def has_rows(self, prefix: bytes) -> bool:
        """Whether any row starts with `prefix`."""
        return any(True for _ in self.view.scan(prefix))

    # blocks

    def _begin_block(self) -> Block:
        return Block(
            state=self.state,
            chain_id=CHAIN_ID,
            height=self.height,
            time_ms=self.time_ms,
            prev_app_hash=bytes(32),
            is_signature_valid=lambda key, batch: ed25519.is_signature_valid(
                key, batch.signed_bytes, batch.signature
            ),
        )

    def _commit(self, block: Block) -> list[list[Code]]:
        """Write the block to the dict; returns the operations' results of each of its accepted batches."""
        changes = block.state.changes
        self.view.rows.update(changes.writes)
        self.statuses.update({index: Status(status) for index, status in changes.statuses.items()})
        for key, log, index in changes.traces:
            self.traces.setdefault(key, []).append((log, index))
        self.sizes = {log: block.state.get_size(log) for log in self.sizes}
        assert sorted(self.statuses) == list(range(self.sizes[rows.REGISTRY])), "an entry has no status"
        self.height += 1
        self.time_ms += SECOND_MS
        return [[CODES[result] for result in decode_results(leaf)] for leaf in changes.leaves[rows.BATCH]]


def decode_results(leaf: bytes) -> tuple[int, ...]:
    """The operations' results that a batch leaf holds."""
    return decode_batch_leaf(leaf).results


def wrap(message: Message, context: operation_pb2.Context | None = None) -> operation_pb2.Operation:
    """`message` as an Operation: the oneof field whose type it is; an Operation stays what it is."""
    if isinstance(message, operation_pb2.Operation):
        return message
    (field,) = [
        field
        for field in operation_pb2.Operation.DESCRIPTOR.oneofs_by_name["kind"].fields
        if field.message_type is message.DESCRIPTOR
    ]
    operation = operation_pb2.Operation(context=context)
    getattr(operation, field.name).CopyFrom(message)
    getattr(operation, field.name).SetInParent()
    return operation


def attest(target: bytes, key_name: str, **fields: Any) -> types_pb2.Attestation:
    """An attestation over `target` signed by the Ed25519 key of `key_name`'s seed (a system or a holder)."""
    seed = compute_seed(key_name)
    key = compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(seed))
    attestation = types_pb2.Attestation(key=key, **fields)
    return sign_attestation(target, attestation, lambda message: ed25519.sign(seed, message))


def sign_key_operation(
    body: members_pb2.KeyOperation.Body, recovery_name: str, *, key_named: bytes = b""
) -> members_pb2.KeyOperation:
    """A key operation signed by the RECOVERY key of `recovery_name`'s seed."""
    seed = compute_seed(recovery_name)
    key = key_named or compute_key_id(batch_pb2.SUITE_ED25519, ed25519.compute_public_key(seed))
    signature = ed25519.sign(seed, tag_bytes(KEY_OPERATION, serialise(body)))
    return members_pb2.KeyOperation(body=body, recovery_key=key, signature=signature)


def _encode(identifier: bytes | str) -> bytes:
    return identifier.encode() if isinstance(identifier, str) else identifier
