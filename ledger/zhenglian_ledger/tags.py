"""The one table of domain tags (SPEC 1.2). A tag is followed by one 0x00 byte, so no two domains overlap.

Tags are bytes that are hashed or signed for ever: a line here is never changed, only added.
"""

from hashlib import sha256
from typing import Final

BATCH: Final = b"zl/batch/v1"  # signed: batch header
REQUEST: Final = b"zl/request/v1"  # nonce from a caller's request id
KEY: Final = b"zl/key/v1"  # key id
KEY_OPERATION: Final = b"zl/keyop/v1"  # signed by a RECOVERY key
GENESIS: Final = b"zl/genesis/v1"  # genesis digest
APP: Final = b"zl/app/v1"  # app hash
DELTA: Final = b"zl/delta/v1"  # delta chain
TRACE: Final = b"zl/trace/v1"  # trace keys
GRANT: Final = b"zl/grant/v1"  # grant id
ATTEST: Final = b"zl/attest/v1"  # signed: attestation of a subject's will
PARTICIPANT: Final = b"zl/participant/v1"  # attestation target: admission to a project
HOLDER_KEY: Final = b"zl/holderkey/v1"  # attestation target: binding a holder key
HOLDER_KEY_END: Final = b"zl/holderkeyend/v1"  # attestation target: ending a holder key
GRANT_EVENT: Final = b"zl/grantevent/v1"  # attestation target: changing a grant
PRESENT: Final = b"zl/present/v1"  # attestation target: presenting a record
FILE: Final = b"zl/file/v1"  # salted digest of a file
RULES: Final = b"zl/rules/v1"  # digest of the rules descriptor
ERA: Final = b"zl/era/v1"  # digest of what begins an era

TAGS: Final = (
    BATCH, REQUEST, KEY, KEY_OPERATION, GENESIS, APP, DELTA, TRACE, GRANT, ATTEST, PARTICIPANT,
    HOLDER_KEY, HOLDER_KEY_END, GRANT_EVENT, PRESENT, FILE, RULES, ERA,
)  # fmt: skip


def tag_bytes(tag: bytes, *parts: bytes) -> bytes:
    """The preimage `tag ‖ 00 ‖ parts…`: what is signed under `tag`."""
    return b"".join((tag, b"\x00", *parts))


def tagged(tag: bytes, *parts: bytes) -> bytes:
    """SHA-256 of `tag ‖ 00 ‖ parts…`, 32 bytes."""
    return sha256(tag_bytes(tag, *parts)).digest()
