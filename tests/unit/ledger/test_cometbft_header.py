"""Header hashes against values published by CometBFT and by real chains."""

from hashlib import sha256

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from tests.testkit import cometbft_vectors as vectors
from zhenglian_ledger.cometbft.encoding import (
    ABSENT_TIME_SECONDS,
    build_timestamp,
    cdc_encode,
    compute_time_ms,
    encode_uvarint,
    serialize,
)
from zhenglian_ledger.cometbft.header import (
    PART_SIZE,
    build_block,
    build_block_id,
    compute_block_id,
    compute_commit_hash,
    compute_consensus_hash,
    compute_data_hash,
    compute_header_hash,
    compute_last_results_hash,
    compute_leaves_root,
    compute_part_set_header,
)
from zhenglian_ledger.merkle.hashing import leaf_hash, node_hash
from zhenglian_proto.v1.cometbft_pb2 import (
    BLOCK_ID_FLAG_ABSENT,
    BlockID,
    Commit,
    CommitSig,
    Consensus,
    ExecTxResult,
    Header,
    PartSetHeader,
)

EMPTY_ROOT_HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
EMPTY_LEAF_HEX = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def published_header() -> Header:
    """Return the header of CometBFT's TestHeaderHash."""
    return Header(
        version=Consensus(block=1, app=2),
        chain_id="chainId",
        height=3,
        time=Timestamp(seconds=1_570_983_284),
        last_block_id=BlockID(hash=bytes(32), part_set_header=PartSetHeader(total=6, hash=bytes(32))),
        last_commit_hash=sha256(b"last_commit_hash").digest(),
        data_hash=sha256(b"data_hash").digest(),
        validators_hash=sha256(b"validators_hash").digest(),
        next_validators_hash=sha256(b"next_validators_hash").digest(),
        consensus_hash=sha256(b"consensus_hash").digest(),
        app_hash=sha256(b"app_hash").digest(),
        last_results_hash=sha256(b"last_results_hash").digest(),
        evidence_hash=sha256(b"evidence_hash").digest(),
        proposer_address=sha256(b"proposer_address").digest()[:20],
    )


def test_header_hash_is_the_one_cometbft_publishes() -> None:
    expected = "f740121f553b5418c3efbd343c2dbfe9e007bb67b0d020a0741374bab65242a4"
    assert compute_header_hash(published_header()).hex() == expected


@pytest.mark.parametrize("field", [field.name for field in Header.DESCRIPTOR.fields])
def test_every_header_field_is_under_the_hash(field: str) -> None:
    header = published_header()
    header.ClearField(field)
    assert compute_header_hash(header) != compute_header_hash(published_header())


@pytest.mark.parametrize("vector", vectors.load_vectors("commit"), ids=lambda vector: str(vector["name"]))
def test_header_hash_of_real_headers_is_the_hash_their_validators_signed(vector: vectors.Vector) -> None:
    assert (
        compute_header_hash(vectors.build_header(vector["header"])).hex()
        == vector["commit"]["block_id"]["hash"]
    )


@pytest.mark.parametrize("vector", vectors.load_vectors("block"), ids=lambda vector: str(vector["name"]))
def test_block_id_of_real_blocks_follows_from_their_content(vector: vectors.Vector) -> None:
    header, last_commit = vectors.build_header(vector["header"]), vectors.build_commit(vector["last_commit"])
    transactions = [bytes.fromhex(transaction) for transaction in vector["transactions"]]

    assert compute_block_id(build_block(header, transactions, last_commit)) == vectors.build_block_id(
        vector["block_id"]
    )
    assert compute_commit_hash(last_commit) == header.last_commit_hash
    assert compute_data_hash(transactions) == header.data_hash


def test_submessages_left_out_by_the_caller_are_written_as_cometbft_writes_them() -> None:
    vector = vectors.load_vectors("block")[0]
    header = vectors.build_header(vector["header"])
    header.ClearField("last_block_id")
    assert compute_block_id(build_block(header, [], Commit())) == vectors.build_block_id(vector["block_id"])


def test_rfc6962_hashes_cometbft_publishes() -> None:
    assert compute_leaves_root([]).hex() == EMPTY_ROOT_HEX
    assert compute_leaves_root([b""]).hex() == EMPTY_LEAF_HEX
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


def test_consensus_hash_of_the_default_parameters() -> None:
    expected = "048091bc7ddc283f77bfbf91d73c44da58c3df8a9cbc867405d8b7f3daada22f"
    assert compute_consensus_hash().hex() == expected
    assert compute_consensus_hash(block_max_bytes=1).hex() != expected


@pytest.mark.parametrize(
    ("transaction", "root"),
    [
        (b"async-key=value", "3081f9915040d138b3ad7f895732d2767c29e85ba5d84388d04e17a5d8262b7a"),
        (b"tx0=value", "dd49e1c469c2c3eb0ab68bf9b83d9865b08fefdbc71702cc73564f4da56870a4"),
    ],
)
def test_data_hash_of_real_transactions(transaction: bytes, root: str) -> None:
    assert compute_data_hash([transaction]).hex() == root


def test_results_hash_covers_code_data_and_gas_only() -> None:
    plain = ExecTxResult(code=7, data=b"answer", gas_wanted=1, gas_used=2)
    chatty = ExecTxResult(code=7, data=b"answer", gas_wanted=1, gas_used=2, log="l", info="i", codespace="c")
    assert compute_last_results_hash([plain]) == compute_last_results_hash([chatty])
    assert compute_last_results_hash([plain]) == compute_leaves_root(
        [bytes.fromhex("08071206616e7377657228013002")]
    )
    assert compute_last_results_hash([ExecTxResult()]).hex() == EMPTY_LEAF_HEX
    assert compute_last_results_hash([]).hex() == EMPTY_ROOT_HEX


def test_an_absent_validator_is_a_leaf_with_the_time_of_year_one() -> None:
    absent = CommitSig(block_id_flag=BLOCK_ID_FLAG_ABSENT, timestamp=Timestamp(seconds=ABSENT_TIME_SECONDS))
    expected = compute_leaves_root([bytes.fromhex("08011a0b088092b8c398feffffff01")])
    assert compute_commit_hash(Commit(signatures=[absent])) == expected


def test_the_block_id_before_a_first_block_still_writes_its_parts() -> None:
    assert serialize(build_block_id(None)) == serialize(build_block_id(BlockID())) == bytes.fromhex("1200")


def test_a_large_block_is_cut_into_64_kib_parts() -> None:
    block = build_block(published_header(), [bytes(PART_SIZE), b"\x01" * PART_SIZE], Commit())
    content = block.SerializeToString()
    assert 2 * PART_SIZE < len(content) < 3 * PART_SIZE
    slices = [content[:PART_SIZE], content[PART_SIZE : 2 * PART_SIZE], content[2 * PART_SIZE :]]
    left = node_hash(leaf_hash(slices[0]), leaf_hash(slices[1]))
    assert compute_part_set_header(block) == PartSetHeader(
        total=3, hash=node_hash(left, leaf_hash(slices[2]))
    )


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("", ""),
        (b"", ""),
        (0, ""),
        ("ab", "0a026162"),
        (b"\x00", "0a0100"),
        (3, "0803"),
        (300, "08ac02"),
        (-1, "08ffffffffffffffffff01"),
        (2**63 - 1, "08ffffffffffffffff7f"),
        (b"\x00" * 128, "0a8001" + "00" * 128),
    ],
)
def test_wrapped_scalars(value: str | bytes | int, encoded: str) -> None:
    assert cdc_encode(value).hex() == encoded


@pytest.mark.parametrize(("value", "encoded"), [(0, "00"), (127, "7f"), (128, "8001"), (16_384, "808001")])
def test_uvarint_ends_each_but_the_last_group_with_the_continuation_bit(value: int, encoded: str) -> None:
    assert encode_uvarint(value).hex() == encoded


@pytest.mark.parametrize("time_ms", [0, 1, 999, 1000, 1_700_000_000_123])
def test_milliseconds_survive_the_timestamp(time_ms: int) -> None:
    assert compute_time_ms(build_timestamp(time_ms)) == time_ms


def test_nanoseconds_below_a_millisecond_are_cut_off() -> None:
    assert compute_time_ms(Timestamp(seconds=1, nanos=1_999_999)) == 1001
