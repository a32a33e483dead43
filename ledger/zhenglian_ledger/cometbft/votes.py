"""The bytes that a validator signs when it votes."""

from google.protobuf.timestamp_pb2 import Timestamp

from zhenglian_ledger.cometbft.encoding import length_prefixed, serialize
from zhenglian_proto.v1.cometbft_pb2 import (
    SIGNED_MSG_TYPE_PRECOMMIT,
    BlockID,
    CanonicalBlockID,
    CanonicalPartSetHeader,
    CanonicalVote,
    SignedMsgType,
)


def compute_vote_sign_bytes(
    chain_id: str,
    height: int,
    round_: int,
    block_id: BlockID,
    timestamp: Timestamp,
    vote_type: SignedMsgType = SIGNED_MSG_TYPE_PRECOMMIT,
) -> bytes:
    """Return the length-prefixed CanonicalVote; an empty `block_id` is a vote for nil and is left out."""
    vote = CanonicalVote(
        type=vote_type,
        height=height,
        round=round_,
        block_id=_build_canonical_block_id(block_id),
        timestamp=timestamp,
        chain_id=chain_id,
    )
    return length_prefixed(serialize(vote))


def _build_canonical_block_id(block_id: BlockID) -> CanonicalBlockID | None:
    parts = block_id.part_set_header
    if not block_id.hash and not parts.hash and not parts.total:
        return None
    return CanonicalBlockID(
        hash=block_id.hash, part_set_header=CanonicalPartSetHeader(total=parts.total, hash=parts.hash)
    )
