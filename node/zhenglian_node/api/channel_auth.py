"""Who calls: from the certificate of the channel to a unit on the ledger (SPEC 6.3).

    leaf's public key → transport key id → KEY in force → system → unit → member, all in force

The CA only lets a certificate in; what it may do follows from the ledger alone, so a leaf may be renewed with
the same key off the ledger, and ending the key ends the channel from the next block on.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.acceptance import get_author
from zhenglian_ledger.certificates import (
    compute_transport_key_id,
    format_certificate_pem,
    parse_certificate_pem,
)
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch, InvalidInput
from zhenglian_ledger.rows import REGISTRY
from zhenglian_ledger.state import State
from zhenglian_ledger.step import Author
from zhenglian_node.app.application import Application
from zhenglian_node.app.caches import BoundedCache
from zhenglian_node.app.provable import CommittedState
from zhenglian_proto.v1 import members_pb2, state_pb2
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_SYSTEM

MAX_CALLERS: Final = 4_096


class Caller(NamedTuple):
    """The registered system at the other end of a channel; a relay may carry other systems' batches."""

    author: Author
    is_relay: bool

    def verify_carries(self, system: str) -> None:
        """The channel may carry a batch of `system`; raises Denied(CHANNEL_NOT_SYSTEM)."""
        if not self.is_relay and self.author.system != system:
            raise Denied(Code.CHANNEL_NOT_SYSTEM)


class ChannelAuth:
    """Looks callers up in the newest committed state, and remembers them until it changes."""

    def __init__(self, application: Application) -> None:
        """Know nobody yet."""
        self._application = application
        self._keys: BoundedCache[bytes, bytes] = BoundedCache(MAX_CALLERS)
        self._callers: BoundedCache[tuple[int, bytes], Caller] = BoundedCache(MAX_CALLERS)

    def get_caller(self, certificates: Iterable[bytes]) -> Caller:
        """Whose channel it is, by the PEM certificates it shows; raises Denied(CHANNEL_UNKNOWN)."""
        committed = self._application.committed
        name = (committed.version, self._get_key_id(certificates))
        caller = self._callers.get(name)
        if caller is None:
            caller = find_caller(State(committed.view, committed.head.sizes), name[1])
            self._callers.put(name, caller)
        return caller

    def _get_key_id(self, certificates: Iterable[bytes]) -> bytes:
        pem = next(iter(certificates), b"")
        key_id = self._keys.get(pem)
        if key_id is None:
            try:
                key_id = compute_transport_key_id(parse_certificate_pem(pem))
            except InvalidInput as error:
                raise Denied(Code.CHANNEL_UNKNOWN) from error
            self._keys.put(pem, key_id)
        return key_id


def find_caller(state: State, key_id: bytes) -> Caller:
    """The system whose TRANSPORT key has that id, everything in force; raises Denied(CHANNEL_UNKNOWN)."""
    unknown = Denied(Code.CHANNEL_UNKNOWN)
    found = state.get_object(KIND_KEY, key_id)
    if found is None:
        raise unknown
    standing = state.get_state(KIND_KEY, found.index, state_pb2.KeyState).standing
    key = found.operation.key.body.add
    if standing != state_pb2.STANDING_IN_FORCE or key.usage != members_pb2.KEY_USAGE_TRANSPORT:
        raise unknown
    try:
        author = get_author(state, key.system)
    except InvalidBatch as error:
        raise unknown from error
    system = state.get_in_force(KIND_SYSTEM, key.system)
    return Caller(author, is_relay=system is not None and system.operation.put_system.relay)


def get_roots(committed: CommittedState) -> bytes:
    """The transport CAs of all members in force, one PEM after the other; empty if no member has one."""
    state = State(committed.view, committed.head.sizes)
    indexes = [
        int.from_bytes(value, "big") for _, value in committed.view.scan(rows.id_key(KIND_MEMBER, b""))
    ]
    members = [
        state.get_operation(REGISTRY, index).put_member
        for index in indexes
        if state.is_in_force(KIND_MEMBER, index)
    ]
    return format_roots(member.transport_ca for member in members)


def format_roots(certificates: Iterable[bytes]) -> bytes:
    """CAs (DER; empty: none) as PEM, one after the other.

    One that cannot be read admits nobody; it does not shut the others out.
    """
    roots = b""
    for certificate in certificates:
        with suppress(InvalidInput):
            roots += format_certificate_pem(certificate) if certificate else b""
    return roots
