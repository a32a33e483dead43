"""What the solo engine keeps of its blocks: rows of the same batch as the block they belong to (SPEC 10.4).

A header is signed before its block is stored, but leaves the process only afterwards. So after a crash the
engine may sign another header for a height that nobody has seen, and never a second one for a height
somebody has.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.signed_header import SignedBlock
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.state import View
from zhenglian_node.engines.signed_headers import build_signed_header_row, get_signed_header
from zhenglian_proto.v1.cometbft_pb2 import ExecTxResult, SignedHeader

_SIGNED: Final = rows.ENGINE + b"\x02"  # → u64 height signed last
_RESULTS: Final = rows.ENGINE + b"\x03"  # → results of the newest block, each u32 length ‖ ExecTxResult


class LastBlock(NamedTuple):
    """What the next header is built from."""

    signed_header: SignedHeader
    results: Sequence[ExecTxResult]


def build_history_rows(block: SignedBlock, results: Sequence[ExecTxResult]) -> dict[bytes, bytes]:
    """The rows of a block that is about to be committed."""
    signed_header = block.light_block.signed_header
    encoded = [result.SerializeToString(deterministic=True) for result in results]
    return {
        **build_signed_header_row(signed_header),
        _SIGNED: rows.u64(block.header.height),
        _RESULTS: b"".join(rows.u32(len(data)) + data for data in encoded),
    }


def get_last_block(view: View, height: int) -> LastBlock:
    """The newest block, which must have `height`; raises StoreError(STORE_CORRUPTED)."""
    signed_header = get_signed_header(view, height)
    results = view.get(_RESULTS)
    if signed_header is None or results is None or view.get(_SIGNED) != rows.u64(height):
        raise StoreError(
            Code.STORE_CORRUPTED, what=f"the header of block {height} is not the one signed last"
        )
    return LastBlock(signed_header, _decode_results(results))


def _decode_results(data: bytes) -> list[ExecTxResult]:
    results, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        results.append(ExecTxResult.FromString(data[at + 4 : end]))
        at = end
    return results
