"""Keys of every row in the store (SPEC 4.1). One byte names the table; integers are big-endian.

Three sorts of rows:
- *logical* rows are what rules write; they are in the delta chain, so two nodes that disagree on one
  disagree on the next app hash;
- *derived* rows are rebuilt from the logs: entries, leaves, tiles, chunks, indexes, nonces, traces;
- *engine* rows belong to an engine or to the store itself and are kept, not rebuilt.
"""

from typing import Final

from zhenglian_proto.v1 import proof_pb2, types_pb2

# logical: 0x10-0x1f
STATE: Final = b"\x10"  # u8 kind ‖ u64 index → the object's …State message
COUNTER: Final = b"\x11"  # u8 counter ‖ name → Counter
PARAMETERS: Final = b"\x12"  # → Parameters
VALIDATORS: Final = b"\x13"  # public key → ValidatorState; a removed validator keeps its row, with power 0
ERA: Final = b"\x14"  # u32 era → EraState; the era of genesis has none

# derived: 0x20-0x3f
ENTRY: Final = b"\x20"  # u8 log ‖ u64 index → leaf bytes (batch leaf or entry)
TILE: Final = b"\x21"  # u8 log ‖ u8 level ‖ u64 n → hashes
CHUNK: Final = b"\x22"  # u64 n → 128 bytes of status nibbles
ID: Final = b"\x23"  # u8 kind ‖ id → u64 index of the newest entry
NONCE: Final = b"\x24"  # system ‖ 00 ‖ nonce → u64 batch index
HOLDING: Final = b"\x25"  # subject ‖ u8 kind ‖ u64 index → empty
DIGEST: Final = b"\x26"  # sha256 ‖ responsible unit → u8 kind ‖ u64 index of its newest record
PROJECT: Final = b"\x27"  # project ‖ u64 index of a material → empty
PREMISES: Final = b"\x28"  # premises ‖ u64 index of a material → empty
GRANTEE: Final = b"\x29"  # unit ‖ 00 ‖ root subject ‖ u64 index of a grant to that unit → empty
USE: Final = b"\x2a"  # unit ‖ 00 ‖ case number ‖ 00 ‖ u64 access index → empty
DISPUTE: Final = b"\x2b"  # record ‖ u64 index of a dispute → empty
TRACE: Final = b"\x2c"  # u32 bucket ‖ k → u64 count ‖ head
FEED: Final = b"\x2d"  # k ‖ u64 n → u8 log ‖ u32 epoch ‖ u64 index
PARTICIPATION: Final = b"\x2e"  # project ‖ subject ‖ u64 index → empty
RECOVERY: Final = b"\x2f"  # member ‖ 00 ‖ u64 index of a RECOVERY key → empty
COLLECTED: Final = b"\x30"  # unit ‖ 00 ‖ case number ‖ 00 ‖ u64 index of a material → empty
CHANGE: Final = b"\x31"  # u64 registry index of an object → u64 index of the entry that changed it last
VALIDATOR_CHANGE: Final = b"\x32"  # u64 height of a block that changed the validators → empty
REPRESENTATIVE: Final = b"\x33"  # member ‖ 00 ‖ unit that was ever its representative → empty

# engine: 0x40-0x4f
HEAD: Final = b"\x40"  # → the ledger's head after the newest block
ENGINE: Final = b"\x41"  # an engine's own rows
GENESIS: Final = b"\x42"  # → Genesis as reviewed
META: Final = b"\x43"  # name → store format, rules digest

COUNTER_KEY_SEQUENCE: Final = 1
COUNTER_DISPUTES: Final = 2

BATCH: Final = proof_pb2.LOG_BATCH
REGISTRY: Final = proof_pb2.LOG_REGISTRY
ACCESS: Final = proof_pb2.LOG_ACCESS

LOGICAL: Final = (STATE, COUNTER, PARAMETERS, VALIDATORS, ERA)


def u16(value: int) -> bytes:
    """`value` as two big-endian bytes."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """`value` as four big-endian bytes."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """`value` as eight big-endian bytes."""
    return value.to_bytes(8, "big")


_STATE_OF: Final[dict[int, bytes]] = {kind: STATE + bytes([kind]) for kind in types_pb2.Kind.values()}
_ID_OF: Final[dict[int, bytes]] = {kind: ID + bytes([kind]) for kind in types_pb2.Kind.values()}
_ENTRY_OF: Final[dict[int, bytes]] = {log: ENTRY + bytes([log]) for log in (BATCH, REGISTRY, ACCESS)}


def state_key(kind: int, index: int) -> bytes:
    """Row of the mutable state of the object of `kind` made by entry `index`."""
    return _STATE_OF[kind] + index.to_bytes(8, "big")


def id_key(kind: int, identifier: bytes) -> bytes:
    """Row of the newest entry index of an id. Uses live in the access log, all else in the registry log."""
    return _ID_OF[kind] + identifier


def entry_key(log: int, index: int) -> bytes:
    """Row of a leaf of a log."""
    return _ENTRY_OF[log] + index.to_bytes(8, "big")


def nonce_key(system: str, nonce: bytes) -> bytes:
    """Row that remembers which batch a (system, nonce) became."""
    return NONCE + system.encode() + b"\x00" + nonce


def tile_key(log: int, level: int, number: int) -> bytes:
    """Row of a C2SP tile of a log."""
    return TILE + bytes([log, level]) + number.to_bytes(8, "big")


def participant_id(project: bytes, subject: bytes, role: int) -> bytes:
    """The id of a subject's part in a project: project ‖ subject ‖ role (SPEC 1.5)."""
    return project + subject + bytes([role])


def case_id(unit: str, number: str) -> bytes:
    """A case's id: unit ‖ 00 ‖ number (SPEC 1.5)."""
    return unit.encode() + b"\x00" + number.encode()
