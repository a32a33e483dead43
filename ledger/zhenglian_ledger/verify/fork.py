"""Two headers of one height: the proof that more than a third of some validators signed two histories.

It needs no trust in whoever shows it, so it can be handed to every member. What it does not tell is which of
the two histories the others follow.
"""

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.commit import verify_commit_light
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.light import verify_complete
from zhenglian_ledger.errors import VerificationFailed
from zhenglian_proto.v1.cometbft_pb2 import LightBlock


def verify_fork(chain_id: str, first: LightBlock, second: LightBlock) -> None:
    """Both blocks are of one height of `chain_id`, differ, and were each signed by their own validators.

    Whether those validators are known is for whoever holds a trust file to say. Raises what
    `verify_commit_light` raises, PROOF_MALFORMED where the heights differ or both are one block.
    """
    for light_block in (first, second):
        verify_complete(light_block)
        signed = light_block.signed_header
        verify_commit_light(chain_id, signed.header, signed.commit, light_block.validator_set)
    one, other = first.signed_header.header, second.signed_header.header
    if one.height != other.height or compute_header_hash(one) == compute_header_hash(other):
        raise VerificationFailed(Code.PROOF_MALFORMED, field="header.height")
