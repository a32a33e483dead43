"""The signed headers that a store keeps by height, for whichever engine opens it next.

Only an engine without a block store of its own writes them (SPEC 10.4).
"""

from typing import Final

from zhenglian_ledger import rows
from zhenglian_ledger.state import View
from zhenglian_proto.v1.cometbft_pb2 import SignedHeader

_HEADER: Final = rows.ENGINE + b"\x01"  # u64 height → SignedHeader


def build_signed_header_row(signed_header: SignedHeader) -> dict[bytes, bytes]:
    """The row of a block that is about to be committed."""
    key = _HEADER + rows.u64(signed_header.header.height)
    return {key: signed_header.SerializeToString(deterministic=True)}


def get_signed_header(view: View, height: int) -> SignedHeader | None:
    """The header of `height` with its commit, or None."""
    value = view.get(_HEADER + rows.u64(height))
    return None if value is None else SignedHeader.FromString(value)
