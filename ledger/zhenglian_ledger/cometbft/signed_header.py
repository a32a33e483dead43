"""Building a block, its header and its commit in CometBFT's bytes.

The solo engine builds every block here, with one validator; whoever verifies cannot tell which engine ran.
The signer is a callable, so no key enters this module.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.timestamp_pb2 import Timestamp

from zhenglian_ledger.cometbft.encoding import ABSENT_TIME_SECONDS, build_timestamp
from zhenglian_ledger.cometbft.header import (
    BLOCK_PROTOCOL,
    build_block,
    build_block_id,
    compute_block_id,
    compute_commit_hash,
    compute_consensus_hash,
    compute_data_hash,
    compute_last_results_hash,
    compute_leaves_root,
)
from zhenglian_ledger.cometbft.validators import compute_validators_hash
from zhenglian_ledger.cometbft.votes import compute_vote_sign_bytes
from zhenglian_proto.v1.cometbft_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BLOCK_ID_FLAG_COMMIT,
    BlockID,
    Commit,
    CommitSig,
    Consensus,
    ExecTxResult,
    Header,
    LightBlock,
    SignedHeader,
    Validator,
    ValidatorSet,
)

Signer = Callable[[bytes], bytes]
"""Returns the 64 B Ed25519 signature over the bytes given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDraft:
    """All that a block of height h is made of.

    `previous_results` and `app_hash` are of block h−1 (of genesis, for a first block, with no results);
    `last_block_id` and `last_commit` are None for a first block. `next_validators` None means the same set;
    the proposer is the first of `validators`.
    """

    chain_id: str
    height: int
    time_ms: int
    transactions: Sequence[bytes]
    previous_results: Sequence[ExecTxResult]
    app_hash: bytes
    validators: ValidatorSet
    next_validators: ValidatorSet | None = None
    last_block_id: BlockID | None = None
    last_commit: Commit | None = None
    app_version: int = 1
    consensus_hash: bytes = compute_consensus_hash()


class SignedBlock(NamedTuple):
    """A finished block: the next one refers to `block_id` and `commit`, verifiers get `light_block`."""

    header: Header
    block_id: BlockID
    commit: Commit
    light_block: LightBlock


def build_signed_block(draft: BlockDraft, signers: Mapping[bytes, Signer]) -> SignedBlock:
    """Return header, block id, commit and light block of `draft`.

    `signers` maps the public key of a validator to its signer; one without a signer is recorded as absent.
    Votes carry round 0 and the block's own time.
    """
    header = build_header(draft)
    block = build_block(header, draft.transactions, draft.last_commit or Commit())
    block_id = compute_block_id(block)
    commit = build_commit(draft, block_id, signers)
    light_block = LightBlock(
        signed_header=SignedHeader(header=header, commit=commit), validator_set=draft.validators
    )
    return SignedBlock(header, block_id, commit, light_block)


def build_header(draft: BlockDraft) -> Header:
    """Return the header of `draft`, with every hash computed."""
    return Header(
        version=Consensus(block=BLOCK_PROTOCOL, app=draft.app_version),
        chain_id=draft.chain_id,
        height=draft.height,
        time=build_timestamp(draft.time_ms),
        last_block_id=build_block_id(draft.last_block_id),
        last_commit_hash=compute_commit_hash(draft.last_commit or Commit()),
        data_hash=compute_data_hash(draft.transactions),
        validators_hash=compute_validators_hash(draft.validators),
        next_validators_hash=compute_validators_hash(draft.next_validators or draft.validators),
        consensus_hash=draft.consensus_hash,
        app_hash=draft.app_hash,
        last_results_hash=compute_last_results_hash(draft.previous_results),
        evidence_hash=compute_leaves_root(()),
        proposer_address=draft.validators.validators[0].address,
    )


def build_commit(draft: BlockDraft, block_id: BlockID, signers: Mapping[bytes, Signer]) -> Commit:
    """Return the commit of round 0 for `block_id`, one slot a validator of `draft` in the set's order."""
    timestamp = build_timestamp(draft.time_ms)
    message = compute_vote_sign_bytes(draft.chain_id, draft.height, 0, block_id, timestamp)
    return Commit(
        height=draft.height,
        round=0,
        block_id=block_id,
        signatures=[
            _build_commit_sig(validator, timestamp, message, signers.get(validator.pub_key.ed25519))
            for validator in draft.validators.validators
        ],
    )


def _build_commit_sig(
    validator: Validator, timestamp: Timestamp, message: bytes, signer: Signer | None
) -> CommitSig:
    if signer is None:
        return CommitSig(block_id_flag=BLOCK_ID_FLAG_ABSENT, timestamp=Timestamp(seconds=ABSENT_TIME_SECONDS))
    return CommitSig(
        block_id_flag=BLOCK_ID_FLAG_COMMIT,
        validator_address=validator.address,
        timestamp=timestamp,
        signature=signer(message),
    )
