"""The hash of the newest block's header, as a store keeps it whichever engine ran: where an era ends."""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.state import View
from zhenglian_node.engines.signed_headers import get_signed_header

_LAST: Final = rows.ENGINE + b"\x10"  # → u64 height ‖ header hash of the newest block


def build_last_header_row(height: int, header_hash: bytes) -> dict[bytes, bytes]:
    """The row of a block that is about to be committed."""
    return {_LAST: rows.u64(height) + header_hash}


def get_last_header_hash(view: View, height: int) -> bytes:
    """The hash of the header of the newest block, which has `height`; raises STORE_CORRUPTED."""
    value = view.get(_LAST) or b""
    if value[:8] == rows.u64(height):
        return value[8:]
    signed_header = get_signed_header(view, height)
    if signed_header is None:
        raise StoreError(Code.STORE_CORRUPTED, what=f"the header of block {height} is missing")
    return compute_header_hash(signed_header.header)
