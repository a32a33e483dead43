"""Light blocks from CometBFT's JSON: what it says of a block is put into our messages and hashed by us.

A header whose hash is not what its commit names, or whose validator set has another hash, is never handed
on: either the node is not the one we start, or we misread it. Signatures are verified by whoever relies on
them. The newest block's commit is the one this node has seen; it proves as much as the one that ends up in
the next block.
"""

from base64 import b64decode
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.header import compute_header_hash
from zhenglian_ledger.cometbft.validators import compute_validators_hash
from zhenglian_ledger.errors import StoreError
from zhenglian_node.app.caches import BoundedCache
from zhenglian_node.engines.cometbft.rpc import Fields, Rpc
from zhenglian_proto.v1.cometbft_pb2 import (
    BlockID,
    Commit,
    CommitSig,
    Consensus,
    Header,
    LightBlock,
    PartSetHeader,
    PublicKey,
    SignedHeader,
    Validator,
    ValidatorSet,
)

MAX_BLOCKS: Final = 1024
MAX_SETS: Final = 16

_KEY_TYPE: Final = "tendermint/PubKeyEd25519"


class LightBlocks:
    """Light blocks by height; those asked for last are remembered, and validator sets by their hashes."""

    def __init__(self, rpc: Rpc) -> None:
        """Nothing is remembered yet."""
        self._rpc = rpc
        self._blocks: BoundedCache[int, LightBlock] = BoundedCache(MAX_BLOCKS)
        self._sets: BoundedCache[bytes, ValidatorSet] = BoundedCache(MAX_SETS)

    async def get(self, height: int) -> LightBlock | None:
        """The block of `height`, or None where the node has none.

        Raises StoreError(ENGINE_FAILED) if it contradicts itself, RpcUnreachable.
        """
        found = self._blocks.get(height)
        if found is None and height > 0:
            fields = await self._rpc.get_commit(height)
            if fields is None:
                return None
            signed_header = parse_signed_header(fields)
            validator_set = await self._get_validators(signed_header.header)
            found = LightBlock(signed_header=signed_header, validator_set=validator_set)
            self._blocks.put(height, found)
        return found

    async def _get_validators(self, header: Header) -> ValidatorSet:
        found = self._sets.get(header.validators_hash)
        if found is None:
            found = parse_validators(await self._rpc.get_validators(header.height))
            if compute_validators_hash(found) != header.validators_hash:
                raise StoreError(Code.ENGINE_FAILED, what=f"validators of block {header.height}")
            self._sets.put(header.validators_hash, found)
        return found


def parse_signed_header(fields: Fields) -> SignedHeader:
    """Header and commit of RPC `commit`; raises StoreError(ENGINE_FAILED) unless they belong together."""
    try:
        header, commit = _parse_header(fields["header"]), _parse_commit(fields["commit"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(Code.ENGINE_FAILED, what="CometBFT's header cannot be read") from error
    if commit.height != header.height or commit.block_id.hash != compute_header_hash(header):
        raise StoreError(Code.ENGINE_FAILED, what=f"the hash of header {header.height}")
    return SignedHeader(header=header, commit=commit)


def parse_validators(rows: list[Fields]) -> ValidatorSet:
    """The set that RPC `validators` lists, in its order; raises StoreError(ENGINE_FAILED)."""
    try:
        validators = [_parse_validator(row) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(Code.ENGINE_FAILED, what="CometBFT's validators cannot be read") from error
    total = sum(validator.voting_power for validator in validators)
    return ValidatorSet(validators=validators, total_voting_power=total)


def _parse_header(fields: Fields) -> Header:
    version = fields["version"]
    return Header(
        version=Consensus(block=int(version["block"]), app=int(version.get("app", 0))),
        chain_id=fields["chain_id"],
        height=int(fields["height"]),
        time=_parse_time(fields["time"]),
        last_block_id=_parse_block_id(fields["last_block_id"]),
        last_commit_hash=bytes.fromhex(fields["last_commit_hash"]),
        data_hash=bytes.fromhex(fields["data_hash"]),
        validators_hash=bytes.fromhex(fields["validators_hash"]),
        next_validators_hash=bytes.fromhex(fields["next_validators_hash"]),
        consensus_hash=bytes.fromhex(fields["consensus_hash"]),
        app_hash=bytes.fromhex(fields["app_hash"]),
        last_results_hash=bytes.fromhex(fields["last_results_hash"]),
        evidence_hash=bytes.fromhex(fields["evidence_hash"]),
        proposer_address=bytes.fromhex(fields["proposer_address"]),
    )


def _parse_commit(fields: Fields) -> Commit:
    return Commit(
        height=int(fields["height"]),
        round=fields["round"],
        block_id=_parse_block_id(fields["block_id"]),
        signatures=[
            CommitSig(
                block_id_flag=row["block_id_flag"],
                validator_address=bytes.fromhex(row["validator_address"]),
                timestamp=_parse_time(row["timestamp"]),
                signature=b64decode(row["signature"] or "", validate=True),
            )
            for row in fields["signatures"]
        ],
    )


def _parse_block_id(fields: Fields) -> BlockID:
    parts = fields["parts"]
    header = PartSetHeader(total=parts["total"], hash=bytes.fromhex(parts["hash"]))
    return BlockID(hash=bytes.fromhex(fields["hash"]), part_set_header=header)


def _parse_validator(fields: Fields) -> Validator:
    key = fields["pub_key"]
    if key["type"] != _KEY_TYPE:
        raise ValueError(key["type"])
    return Validator(
        address=bytes.fromhex(fields["address"]),
        pub_key=PublicKey(ed25519=b64decode(key["value"], validate=True)),
        voting_power=int(fields["voting_power"]),
    )


def _parse_time(text: str) -> Timestamp:
    """RFC 3339 with up to nine decimals; an absent validator's time is that of the year 1."""
    time = Timestamp()
    time.FromJsonString(text)
    return time
