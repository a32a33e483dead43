"""What a node remembers: bounded, safe to use from any thread, and never a source of truth."""

from collections import OrderedDict
from threading import Lock
from typing import Final, Generic, TypeVar

from zhenglian_ledger.batch import Batch
from zhenglian_ledger.crypto.ed25519 import is_signature_valid

K = TypeVar("K")
V = TypeVar("V")

MAX_VERDICTS: Final = 65_536


class BoundedCache(Generic[K, V]):
    """Remembers the entries used last, as long as their weights sum up to at most `capacity`."""

    def __init__(self, capacity: int) -> None:
        """Start empty."""
        self._capacity = capacity
        self._weight = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """What is remembered under `key`, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        """`value` is remembered; what was not used for longest may be forgotten for it."""
        with self._lock:
            self._drop(key)
            self._entries[key] = (value, weight)
            self._weight += weight
            while self._weight > self._capacity:
                self._drop(next(iter(self._entries)))

    def drop(self, key: K) -> None:
        """Nothing is remembered under `key`."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._weight -= entry[1]


class Verdicts:
    """Signature verdicts by (public key, header digest, signature).

    Whether the key is in force is no part of a verdict; the ledger reads it every time (SPEC 2.3).
    """

    def __init__(self) -> None:
        """Start with no verdict."""
        self._cache: BoundedCache[tuple[bytes, bytes, bytes], bool] = BoundedCache(MAX_VERDICTS)

    def is_signature_valid(self, public_key: bytes, batch: Batch) -> bool:
        """Whether the batch's Ed25519 signature verifies under `public_key`."""
        key = (public_key, batch.header_digest, batch.signature)
        verdict = self._cache.get(key)
        if verdict is None:
            verdict = is_signature_valid(public_key, batch.signed_bytes, batch.signature)
            self._cache.put(key, verdict)
        return verdict
