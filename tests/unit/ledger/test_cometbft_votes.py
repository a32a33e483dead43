"""Vote sign bytes against CometBFT's TestVoteSignBytesTestVectors."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from zhenglian_ledger.cometbft.encoding import ABSENT_TIME_SECONDS
from zhenglian_ledger.cometbft.votes import compute_vote_sign_bytes
from zhenglian_proto.v1.cometbft_pb2 import (
    SIGNED_MSG_TYPE_PRECOMMIT,
    SIGNED_MSG_TYPE_PREVOTE,
    SIGNED_MSG_TYPE_UNKNOWN,
    BlockID,
    PartSetHeader,
    SignedMsgType,
)

YEAR_ONE = Timestamp(seconds=ABSENT_TIME_SECONDS)
HEIGHT_1_ROUND_1 = "110100000000000000190100000000000000"
NO_TIME = "2a0b088092b8c398feffffff01"
TEST_CHAIN_ID = "320d746573745f636861696e5f6964"


# The published vectors 4 and 5 differ in the vote extension only, which a vote does not sign.
@pytest.mark.parametrize(
    ("chain_id", "vote_type", "height", "round_", "expected"),
    [
        ("", SIGNED_MSG_TYPE_UNKNOWN, 0, 0, "0d" + NO_TIME),
        ("", SIGNED_MSG_TYPE_PRECOMMIT, 1, 1, "210802" + HEIGHT_1_ROUND_1 + NO_TIME),
        ("", SIGNED_MSG_TYPE_PREVOTE, 1, 1, "210801" + HEIGHT_1_ROUND_1 + NO_TIME),
        ("", SIGNED_MSG_TYPE_UNKNOWN, 1, 1, "1f" + HEIGHT_1_ROUND_1 + NO_TIME),
        ("test_chain_id", SIGNED_MSG_TYPE_UNKNOWN, 1, 1, "2e" + HEIGHT_1_ROUND_1 + NO_TIME + TEST_CHAIN_ID),
    ],
)
def test_published_vectors(
    chain_id: str, vote_type: SignedMsgType, height: int, round_: int, expected: str
) -> None:
    assert compute_vote_sign_bytes(chain_id, height, round_, BlockID(), YEAR_ONE, vote_type).hex() == expected


def test_a_vote_for_a_block_names_it_with_its_parts() -> None:
    block_id = BlockID(hash=b"\xaa" * 2, part_set_header=PartSetHeader(total=1, hash=b"\xbb" * 2))
    signed = compute_vote_sign_bytes("c", 1, 0, block_id, Timestamp(seconds=1))
    expected = "0802" + "110100000000000000" + "220c0a02aaaa120608011202bbbb" + "2a020801" + "320163"
    assert signed.hex() == f"{len(expected) // 2:02x}" + expected


def test_parts_and_time_are_written_even_when_empty() -> None:
    signed = compute_vote_sign_bytes("c", 1, 0, BlockID(hash=b"\xaa"), Timestamp())
    expected = "0802" + "110100000000000000" + "22050a01aa1200" + "2a00" + "320163"
    assert signed.hex() == f"{len(expected) // 2:02x}" + expected
