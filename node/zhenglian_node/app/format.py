"""Whose store this is: the rows that tell a node whether it may touch what it has opened (SPEC 9.1)."""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.eras import parse_era
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.head import Head
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_ledger.state import View
from zhenglian_proto.v1.eras_pb2 import BeginEra

FORMAT: Final = 1
"""Version of the store's layout: keys, and rows that are not the ledger's."""

_FORMAT_KEY: Final = rows.META + b"format"
_RULES_KEY: Final = rows.META + b"rules"
_INITIAL_KEY: Final = rows.META + b"initial-height"
_ERA_KEY: Final = rows.META + b"era"


def build_format_rows(initial_height: int) -> dict[bytes, bytes]:
    """The rows that mark a new store whose first block has `initial_height`."""
    return {
        _FORMAT_KEY: rows.u32(FORMAT),
        _RULES_KEY: compute_rules_digest(),
        _INITIAL_KEY: rows.u64(initial_height),
    }


def verify_format(view: View) -> None:
    """The store is of this format and these rules; raises StoreError(STORE_OTHER_RULES)."""
    if view.get(_FORMAT_KEY) != rows.u32(FORMAT) or view.get(_RULES_KEY) != compute_rules_digest():
        raise StoreError(Code.STORE_OTHER_RULES)


def get_initial_height(view: View) -> int:
    """The height of the first block after genesis; raises StoreError(STORE_CORRUPTED)."""
    value = view.get(_INITIAL_KEY)
    if value is None:
        raise StoreError(Code.STORE_CORRUPTED, what="the initial height is missing")
    return int.from_bytes(value, "big")


def build_era_row(era: BeginEra) -> dict[bytes, bytes]:
    """The row that marks the era which the store is in, or will be in from its first height on."""
    return {_ERA_KEY: serialise(era)}


def get_era(view: View) -> BeginEra | None:
    """The era of `build_era_row`, None in that of genesis; raises StoreError(ERA_INVALID)."""
    value = view.get(_ERA_KEY)
    return None if value is None else parse_era(value)


def get_head(view: View) -> Head | None:
    """The newest block's head, or None in a store without a ledger; raises STORE_CORRUPTED."""
    value = view.get(rows.HEAD)
    if value is None:
        return None
    try:
        return Head.decode(value)
    except Exception as error:
        raise StoreError(Code.STORE_CORRUPTED, what="the head cannot be read") from error


def get_genesis(view: View) -> bytes:
    """The genesis the store was begun with; raises StoreError(STORE_CORRUPTED)."""
    value = view.get(rows.GENESIS)
    if value is None:
        raise StoreError(Code.STORE_CORRUPTED, what="the genesis is missing")
    return value
