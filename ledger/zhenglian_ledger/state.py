"""State: what rules read and write while a block is applied (SPEC 4).

A `View` is a committed store. `State` lays the block's changes over it and keeps a journal, so an operation
that is refused, or an atomic batch with a refused operation, leaves nothing behind. Objects are their log
entries; a logical row holds only what has changed since. Nothing here is durable.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple

from google.protobuf.message import DecodeError, Message

from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError, VerificationFailed
from zhenglian_ledger.leaves import Entry, decode_entry
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.plain import get_plain_operation
from zhenglian_ledger.rows import ACCESS, REGISTRY, u64
from zhenglian_proto.v1 import operation_pb2, state_pb2, types_pb2

M = TypeVar("M", bound=Message)
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
ADMINISTERED: Final = frozenset(
    [*range(types_pb2.KIND_MEMBER, types_pb2.KIND_MATTER + 1), types_pb2.KIND_NODE]
)
"""Kinds whose objects are in force or not, and change by complete new entries (SPEC 4.2)."""

LOGS: Final[tuple[int, ...]] = (rows.BATCH, REGISTRY, ACCESS)


class View(Protocol):
    """A committed store at one height, read-only and unchanging."""

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, or None."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, in key order."""


@dataclass(slots=True)
class Found:
    """An object: the index of its newest entry, and the operation that made it."""

    index: int
    operation: operation_pb2.Operation


class Changes:
    """What a block changes so far: rows, statuses, leaves in order, and entries to append to traces."""

    __slots__ = ("leaves", "statuses", "traces", "writes")

    def __init__(self) -> None:
        """Start with no change."""
        self.writes: dict[bytes, bytes] = {}
        self.statuses: dict[int, int] = {}
        self.leaves: dict[int, list[bytes]] = {log: [] for log in LOGS}
        self.traces: list[tuple[bytes, int, int]] = []  # (trace key, log, index) in entry order


Mark = tuple[int, int, int, int, int]
"""How far the block had come when something began: lengths of the journal, the traces and each log."""

SCANNED: Final = frozenset(
    {rows.ID, rows.HOLDING, rows.DIGEST, rows.PROJECT, rows.PREMISES, rows.GRANTEE, rows.USE, rows.DISPUTE}
    | {rows.PARTICIPATION, rows.RECOVERY, rows.COLLECTED, rows.VALIDATORS, rows.VALIDATOR_CHANGE}
    | {rows.REPRESENTATIVE}
)
"""Tables that rules scan."""

MAX_SCANNED: Final = 256
"""Scans of committed rows that one state remembers."""


class State:
    """A view with the changes of the block being applied; a journal takes back what is dropped."""

    def __init__(self, view: View, sizes: dict[int, int]) -> None:
        """Lay an empty block over `view`, whose logs have `sizes` leaves."""
        self._view = view
        self._read: dict[bytes, bytes] = {}
        self._operations: dict[tuple[int, int], operation_pb2.Operation] = {}
        self._recalled: dict[Any, Any] = {}
        self._is_administered = False  # whether anything was written that `recall` rests on
        self._scanned: dict[bytes, list[tuple[bytes, bytes]]] = {}
        self._fresh: dict[bytes, dict[bytes, None]] = {}  # keys the block added, by their first two bytes
        self._journal: list[tuple[dict[Any, Any], Any, Any]] = []
        self._marks: list[Mark] = []
        self.base_sizes = sizes
        self.changes = Changes()

    # taking back

    def begin(self) -> None:
        """Start something that is later kept or dropped; may be nested."""
        changes = self.changes
        batch, registry, access = changes.leaves.values()
        self._marks.append((len(self._journal), len(changes.traces), len(batch), len(registry), len(access)))

    def keep(self) -> None:
        """What was begun last stands, unless what it was begun in is dropped."""
        self._marks.pop()
        if not self._marks:
            self._journal.clear()

    def drop(self) -> None:
        """What was begun last never happened."""
        journal, traces, *sizes = self._marks.pop()
        while len(self._journal) > journal:
            table, key, before = self._journal.pop()
            if before is not None:
                table[key] = before
                continue
            del table[key]
            if table is self.changes.writes:
                self._fresh.get(key[:2], {}).pop(key, None)
        del self.changes.traces[traces:]
        for log, length in zip(LOGS, sizes, strict=True):
            leaves = self.changes.leaves[log]
            for offset in range(length, len(leaves)):
                self._operations.pop((log, self.base_sizes[log] + offset), None)
            del leaves[length:]
        if self._is_administered:
            self._recalled.clear()

    # remembering

    def recall(self, find: Callable[["State", *Ts], T], *arguments: *Ts) -> T:
        """What `find` says of this state, asked once as long as it is bound to say the same.

        It may rest on administered objects and the parameters, on nothing else. Callers must not change it.
        """
        question = (find, arguments)
        try:
            answer: T = self._recalled[question]
        except KeyError:
            answer = self._recalled[question] = find(self, *arguments)
        return answer

    def _forget_recalled(self) -> None:
        self._is_administered = True
        self._recalled.clear()

    def _set(self, table: dict[Any, Any], key: object, value: object) -> None:
        if self._marks:
            self._journal.append((table, key, table.get(key)))
        table[key] = value

    # rows

    def get(self, key: bytes) -> bytes | None:
        """The value of `key` as it stands now."""
        value = self.changes.writes.get(key)
        if value is None:
            value = self._read.get(key)
            if value is None:
                value = self._view.get(key)
                if value is not None:  # what is not there is mostly asked for once: a new id, a new nonce
                    self._read[key] = value
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, in key order, as they stand now."""
        stored = self._scanned.get(prefix)
        if stored is None:
            stored = list(self._view.scan(prefix))
            if len(self._scanned) < MAX_SCANNED:
                self._scanned[prefix] = stored
        fresh = self._find_fresh(prefix)
        return iter(sorted({**dict(stored), **fresh}.items()) if fresh else stored)

    def _find_fresh(self, prefix: bytes) -> dict[bytes, bytes]:
        """The block's own rows under `prefix`, which is of a table in `SCANNED`."""
        writes = self.changes.writes
        if len(prefix) == 1:  # a whole table: of the small ones only
            groups = [keys for start, keys in self._fresh.items() if start.startswith(prefix)]
            return {key: writes[key] for keys in groups for key in keys}
        return {key: writes[key] for key in self._fresh.get(prefix[:2], ()) if key.startswith(prefix)}

    def put(self, key: bytes, value: bytes) -> None:
        """Set a row."""
        writes = self.changes.writes
        before = writes.get(key)
        if before is None and key[:1] in SCANNED:
            self._fresh.setdefault(key[:2], {})[key] = None
        if self._marks:
            self._journal.append((writes, key, before))
        writes[key] = value

    # logs

    def get_size(self, log: int) -> int:
        """The number of leaves of `log` now; also the index its next leaf will have."""
        return self.base_sizes[log] + len(self.changes.leaves[log])

    def append(self, log: int, leaf: bytes) -> int:
        """Append `leaf` to `log`; returns its index."""
        leaves = self.changes.leaves[log]
        index = self.base_sizes[log] + len(leaves)
        leaves.append(leaf)
        self.put(rows.entry_key(log, index), leaf)
        return index

    def get_entry(self, log: int, index: int) -> Entry:
        """The entry at `index`; raises StoreError(STORE_CORRUPTED) where there is none that can be read."""
        leaf = self.get(rows.entry_key(log, index))
        if leaf is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"log {log} has no entry {index}")
        try:
            return decode_entry(leaf)
        except VerificationFailed as error:
            raise _unreadable(f"entry {index} of log {log}") from error

    def get_operation(self, log: int, index: int) -> operation_pb2.Operation:
        """The operation of the entry at `index`, which must exist. Callers must not change it.

        A vote that made an object reads as the operation that genesis would have made it by (SPEC 5.11).
        """
        operation = self._operations.get((log, index))
        if operation is None:
            entry = self.get_entry(log, index)
            try:
                operation = get_plain_operation(operation_pb2.Operation.FromString(entry.operation))
            except DecodeError as error:
                raise _unreadable(f"entry {index} of log {log}") from error
            self._operations[log, index] = operation
        return operation

    def set_status(self, index: int, status: Status) -> None:
        """Set the status nibble of a registry index (SPEC 4.4)."""
        self._set(self.changes.statuses, index, status)

    def trace(self, key: bytes, log: int, index: int) -> None:
        """Extend the trace of `key` by the entry `index` of `log` (SPEC 4.5)."""
        self.changes.traces.append((key, log, index))

    # objects

    def get_index(self, kind: types_pb2.Kind, identifier: bytes) -> int | None:
        """The index of the newest entry of an id, or None."""
        value = self.get(rows.id_key(kind, identifier))
        return None if value is None else int.from_bytes(value, "big")

    def put_index(self, kind: types_pb2.Kind, identifier: bytes, index: int) -> None:
        """The id now means the entry `index`."""
        if kind in ADMINISTERED:
            self._forget_recalled()
        self.put(rows.id_key(kind, identifier), u64(index))

    def get_object(self, kind: types_pb2.Kind, identifier: bytes) -> Found | None:
        """The newest entry of an id with its operation, whatever its standing, or None."""
        index = self.get_index(kind, identifier)
        if index is None:
            return None
        log = ACCESS if kind == types_pb2.KIND_USE else REGISTRY
        return Found(index, self.get_operation(log, index))

    def get_state(self, kind: types_pb2.Kind, index: int, message: type[M]) -> M:
        """The mutable state of the object made by entry `index`; a fresh message the caller may change."""
        value = self.get(rows.state_key(kind, index))
        if value is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"no state row of kind {kind} at {index}")
        try:
            return message.FromString(value)
        except DecodeError as error:
            raise _unreadable(f"state row of kind {kind} at {index}") from error

    def put_state(self, kind: types_pb2.Kind, index: int, message: Message) -> None:
        """Set the mutable state of the object made by entry `index`."""
        if kind in ADMINISTERED:
            self._forget_recalled()
        self.put(rows.state_key(kind, index), serialise(message))

    def is_in_force(self, kind: types_pb2.Kind, index: int) -> bool:
        """Whether the administered object made by entry `index` is in force."""
        standing = self.get_state(kind, index, state_pb2.AdministeredState).standing
        return standing == state_pb2.STANDING_IN_FORCE

    def get_in_force(self, kind: types_pb2.Kind, identifier: str) -> Found | None:
        """The administered object of that id if it is in force, else None."""
        return self.recall(State._find_in_force, kind, identifier)

    def _find_in_force(self, kind: types_pb2.Kind, identifier: str) -> Found | None:
        found = self.get_object(kind, identifier.encode())
        return found if found is not None and self.is_in_force(kind, found.index) else None

    def get_counter(self, counter: int, name: bytes) -> int:
        """The value of a counter; 0 when it was never set."""
        value = self.get(rows.COUNTER + bytes([counter]) + name)
        return 0 if value is None else state_pb2.Counter.FromString(value).value

    def put_counter(self, counter: int, name: bytes, value: int) -> None:
        """Set a counter."""
        self.put(rows.COUNTER + bytes([counter]) + name, serialise(state_pb2.Counter(value=value)))

    def get_parameters(self) -> state_pb2.Parameters:
        """The network's parameters. Callers must not change them."""
        return self.recall(State._read_parameters)

    def _read_parameters(self) -> state_pb2.Parameters:
        value = self.get(rows.PARAMETERS)
        if value is None:
            raise StoreError(Code.STORE_CORRUPTED, what="no parameters")
        return state_pb2.Parameters.FromString(value)

    def put_parameters(self, parameters: state_pb2.Parameters) -> None:
        """The network has these parameters from now on."""
        self._forget_recalled()
        self.put(rows.PARAMETERS, serialise(parameters))

    # the network

    def get_validators(self) -> list[state_pb2.ValidatorState]:
        """The validators in force, in the order of their public keys."""
        found = [state_pb2.ValidatorState.FromString(value) for _, value in self.scan(rows.VALIDATORS)]
        return [validator for validator in found if validator.power]

    def get_validator(self, public_key: bytes) -> state_pb2.ValidatorState | None:
        """What is known of a validator's key, in force or removed, or None."""
        value = self.get(rows.VALIDATORS + public_key)
        return None if value is None else state_pb2.ValidatorState.FromString(value)

    def put_validator(self, validator: state_pb2.ValidatorState) -> None:
        """The key has the power that is said; 0 takes it out of the set."""
        self.put(rows.VALIDATORS + validator.public_key, serialise(validator))

    def get_validator_changes(self, from_height: int) -> list[int]:
        """The heights, from `from_height` on, of blocks that changed the validators, ascending."""
        heights = [int.from_bytes(key[1:], "big") for key, _ in self.scan(rows.VALIDATOR_CHANGE)]
        return [height for height in heights if height >= from_height]

    def is_node_allowed(self, node_id: bytes) -> bool:
        """Whether others let the node in: it is registered and in force, or no node ever was registered."""
        index = self.get_index(types_pb2.KIND_NODE, node_id)
        if index is not None:
            return self.is_in_force(types_pb2.KIND_NODE, index)
        return next(self.scan(rows.id_key(types_pb2.KIND_NODE, b"")), None) is None


def _unreadable(what: str) -> StoreError:
    """The row is there, and is none that this program wrote."""
    return StoreError(Code.STORE_CORRUPTED, what=f"{what} cannot be read")
