"""Every hash that a CometBFT header holds, and the hash of the header itself.

All of them but the consensus hash are RFC 6962 roots. Nothing here mutates its arguments: where CometBFT
writes a submessage even when it is empty, the message is built anew with that submessage present.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from zhenglian_ledger.cometbft.encoding import cdc_encode, serialize
from zhenglian_ledger.merkle.hashing import compute_root, leaf_hash
from zhenglian_proto.v1.cometbft_pb2 import (
    Block,
    BlockID,
    Commit,
    CommitSig,
    Data,
    EvidenceList,
    ExecTxResult,
    HashedParams,
    Header,
    PartSetHeader,
)

BLOCK_PROTOCOL = 11  # CometBFT's version of the block format
PART_SIZE = 65_536
DEFAULT_BLOCK_MAX_BYTES = 22_020_096
DEFAULT_BLOCK_MAX_GAS = -1


def compute_header_hash(header: Header) -> bytes:
    """Return the block hash: the RFC 6962 root over the header's 14 fields in number order."""
    return compute_leaves_root(
        (
            serialize(header.version),
            cdc_encode(header.chain_id),
            cdc_encode(header.height),
            serialize(header.time),
            serialize(build_block_id(header.last_block_id)),
            cdc_encode(header.last_commit_hash),
            cdc_encode(header.data_hash),
            cdc_encode(header.validators_hash),
            cdc_encode(header.next_validators_hash),
            cdc_encode(header.consensus_hash),
            cdc_encode(header.app_hash),
            cdc_encode(header.last_results_hash),
            cdc_encode(header.evidence_hash),
            cdc_encode(header.proposer_address),
        )
    )


def compute_data_hash(transactions: Iterable[bytes]) -> bytes:
    """Return the root whose leaves are the SHA-256 of each transaction (so each is hashed twice)."""
    return compute_leaves_root(sha256(transaction).digest() for transaction in transactions)


def compute_last_results_hash(results: Iterable[ExecTxResult]) -> bytes:
    """Return the root over a block's results, reduced to code, data, gas_wanted and gas_used.

    It stands in the header after the one whose transactions gave these results.
    """
    return compute_leaves_root(
        serialize(
            ExecTxResult(
                code=result.code, data=result.data, gas_wanted=result.gas_wanted, gas_used=result.gas_used
            )
        )
        for result in results
    )


def compute_commit_hash(commit: Commit) -> bytes:
    """Return last_commit_hash of the next header: the root over the signatures, without height and round."""
    return compute_leaves_root(serialize(_build_commit_sig(signature)) for signature in commit.signatures)


def compute_consensus_hash(
    block_max_bytes: int = DEFAULT_BLOCK_MAX_BYTES, block_max_gas: int = DEFAULT_BLOCK_MAX_GAS
) -> bytes:
    """Return SHA-256 of HashedParams: of the consensus parameters a header binds the block limits alone."""
    return sha256(
        serialize(HashedParams(block_max_bytes=block_max_bytes, block_max_gas=block_max_gas))
    ).digest()


def compute_part_set_header(block: Block) -> PartSetHeader:
    """Return count and root of the 64 KiB slices of the block's protobuf bytes."""
    content = serialize(block)
    parts = [content[start : start + PART_SIZE] for start in range(0, len(content), PART_SIZE)]
    return PartSetHeader(total=len(parts), hash=compute_leaves_root(parts))


def compute_block_id(block: Block) -> BlockID:
    """Return the identity that validators sign: header hash and part set header of `block`."""
    return BlockID(hash=compute_header_hash(block.header), part_set_header=compute_part_set_header(block))


def build_block(header: Header, transactions: Sequence[bytes], last_commit: Commit) -> Block:
    """Return the block as CometBFT writes it, without evidence; a first block's last commit is `Commit()`."""
    return Block(
        header=Header(
            version=header.version,
            chain_id=header.chain_id,
            height=header.height,
            time=header.time,
            last_block_id=build_block_id(header.last_block_id),
            last_commit_hash=header.last_commit_hash,
            data_hash=header.data_hash,
            validators_hash=header.validators_hash,
            next_validators_hash=header.next_validators_hash,
            consensus_hash=header.consensus_hash,
            app_hash=header.app_hash,
            last_results_hash=header.last_results_hash,
            evidence_hash=header.evidence_hash,
            proposer_address=header.proposer_address,
        ),
        data=Data(txs=transactions),
        evidence=EvidenceList(),
        last_commit=Commit(
            height=last_commit.height,
            round=last_commit.round,
            block_id=build_block_id(last_commit.block_id),
            signatures=[_build_commit_sig(signature) for signature in last_commit.signatures],
        ),
    )


def build_block_id(block_id: BlockID | None) -> BlockID:
    """Return a copy of `block_id` with its part set header written; None gives a first block's empty one."""
    parts = block_id.part_set_header if block_id is not None else PartSetHeader()
    return BlockID(
        hash=block_id.hash if block_id is not None else b"",
        part_set_header=PartSetHeader(total=parts.total, hash=parts.hash),
    )


def compute_leaves_root(leaves: Iterable[bytes]) -> bytes:
    """Return the RFC 6962 root over `leaves`, given as leaf contents."""
    return compute_root([leaf_hash(leaf) for leaf in leaves])


def _build_commit_sig(signature: CommitSig) -> CommitSig:
    return CommitSig(
        block_id_flag=signature.block_id_flag,
        validator_address=signature.validator_address,
        timestamp=signature.timestamp,
        signature=signature.signature,
    )
