"""State: what rules read and write while a block is applied (SPEC 4).

A `View` is a committed store. `State` lays the block's changes over it in layers, so an operation that
is refused, or an atomic batch with a refused operation, leaves nothing behind. Objects are their log
entries; a logical row holds only what has changed since. Nothing here is durable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from google.protobuf.message import Message

from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.leaves import Entry, decode_entry
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.rows import ACCESS, REGISTRY, u64
from zhenglian_proto.v1 import operation_pb2, state_pb2, types_pb2

M = TypeVar("M", bound=Message)
LOGS = (rows.BATCH, REGISTRY, ACCESS)


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


class Layer:
    """Changes that stand or fall together."""

    __slots__ = ("leaves", "statuses", "traces", "writes")

    def __init__(self) -> None:
        """Start with no change."""
        self.writes: dict[bytes, bytes] = {}
        self.statuses: dict[int, int] = {}
        self.leaves: dict[int, list[bytes]] = {log: [] for log in LOGS}
        self.traces: list[tuple[bytes, int, int]] = []  # (trace key, log, index) in entry order

    def absorb(self, other: "Layer") -> None:
        """Take over the changes of `other`, which came later."""
        self.writes.update(other.writes)
        self.statuses.update(other.statuses)
        self.traces += other.traces
        for log, leaves in other.leaves.items():
            if leaves:
                self.leaves[log] += leaves


class State:
    """A view with the changes of the block being applied; the newest layer is written to."""

    def __init__(self, view: View, sizes: dict[int, int]) -> None:
        """Lay an empty block over `view`, whose logs have `sizes` leaves."""
        self._view = view
        self._read: dict[bytes, bytes | None] = {}
        self._operations: dict[tuple[int, int], operation_pb2.Operation] = {}
        self._layers = [Layer()]
        self.base_sizes = sizes

    # layers

    @property
    def changes(self) -> Layer:
        """The block's changes, once every inner layer is kept or dropped."""
        (layer,) = self._layers
        return layer

    @property
    def changes_here(self) -> Layer:
        """The newest layer."""
        return self._layers[-1]

    def begin(self) -> None:
        """Start a layer that is later kept or dropped."""
        self._layers.append(Layer())

    def keep(self) -> None:
        """The newest layer becomes part of the one below it."""
        layer = self._layers.pop()
        self._layers[-1].absorb(layer)

    def drop(self) -> None:
        """The newest layer never happened."""
        layer = self._layers.pop()
        for log in (REGISTRY, ACCESS):
            for offset in range(len(layer.leaves[log])):
                self._operations.pop((log, self.get_size(log) + offset), None)

    # rows

    def get(self, key: bytes) -> bytes | None:
        """The value of `key` as it stands now."""
        for layer in reversed(self._layers):
            if key in layer.writes:
                return layer.writes[key]
        if key in self._read:
            return self._read[key]
        value = self._read[key] = self._view.get(key)
        return value

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Rows whose key starts with `prefix`, in key order, as they stand now."""
        fresh = {
            key: value
            for layer in self._layers
            for key, value in layer.writes.items()
            if key.startswith(prefix)
        }
        if not fresh:
            return self._view.scan(prefix)
        return iter(sorted({**dict(self._view.scan(prefix)), **fresh}.items()))

    def put(self, key: bytes, value: bytes) -> None:
        """Set a row."""
        self._layers[-1].writes[key] = value

    # logs

    def get_size(self, log: int) -> int:
        """The number of leaves of `log` now; also the index its next leaf will have."""
        return self.base_sizes[log] + sum(len(layer.leaves[log]) for layer in self._layers)

    def append(self, log: int, leaf: bytes) -> int:
        """Append `leaf` to `log`; returns its index."""
        index = self.get_size(log)
        layer = self._layers[-1]
        layer.leaves[log].append(leaf)
        layer.writes[rows.entry_key(log, index)] = leaf
        return index

    def get_entry(self, log: int, index: int) -> Entry:
        """The entry at `index`; raises StoreError(STORE_CORRUPTED) where there is none."""
        leaf = self.get(rows.entry_key(log, index))
        if leaf is None:
            raise StoreError(Code.STORE_CORRUPTED, what=f"log {log} has no entry {index}")
        return decode_entry(leaf)

    def get_operation(self, log: int, index: int) -> operation_pb2.Operation:
        """The operation of the entry at `index`, which must exist. Callers must not change it."""
        operation = self._operations.get((log, index))
        if operation is None:
            operation = operation_pb2.Operation.FromString(self.get_entry(log, index).operation)
            self._operations[log, index] = operation
        return operation

    def set_status(self, index: int, status: Status) -> None:
        """Set the status nibble of a registry index (SPEC 4.4)."""
        self._layers[-1].statuses[index] = status

    def trace(self, key: bytes, log: int, index: int) -> None:
        """Extend the trace of `key` by the entry `index` of `log` (SPEC 4.5)."""
        self._layers[-1].traces.append((key, log, index))

    # objects

    def get_index(self, kind: types_pb2.Kind, identifier: bytes) -> int | None:
        """The index of the newest entry of an id, or None."""
        value = self.get(rows.id_key(kind, identifier))
        return None if value is None else int.from_bytes(value, "big")

    def put_index(self, kind: types_pb2.Kind, identifier: bytes, index: int) -> None:
        """The id now means the entry `index`."""
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
        return message.FromString(value)

    def put_state(self, kind: types_pb2.Kind, index: int, message: Message) -> None:
        """Set the mutable state of the object made by entry `index`."""
        self.put(rows.state_key(kind, index), serialise(message))

    def is_in_force(self, kind: types_pb2.Kind, index: int) -> bool:
        """Whether the administered object made by entry `index` is in force."""
        standing = self.get_state(kind, index, state_pb2.AdministeredState).standing
        return standing == state_pb2.STANDING_IN_FORCE

    def get_in_force(self, kind: types_pb2.Kind, identifier: str) -> Found | None:
        """The administered object of that id if it is in force, else None."""
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
        """The network's parameters."""
        value = self.get(rows.PARAMETERS)
        if value is None:
            raise StoreError(Code.STORE_CORRUPTED, what="no parameters")
        return state_pb2.Parameters.FromString(value)
