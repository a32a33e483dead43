"""Whatever is handed in wrong is refused by its own code and sentences, and leaves the store sound.

A real node over mTLS: raw calls where no client of ours would send such bytes, the SDK everywhere else.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

import zhenglian
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    PUDONG_COUNTER,
    compute_id,
    compute_seed,
    issue_licence,
    open_case,
)
from tests.testkit.offices import CASE, LICENCE, NOWHERE, OTHER, UNKNOWN, Offices, fails, open_offices
from tests.testkit.pki import MemberPki
from zhenglian import Client, Code, State, build
from zhenglian_ledger.batch import MAX_OPERATIONS, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import CODES
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import Denied, InvalidBatch, InvalidEncoding, InvalidInput, Refused, Unreachable
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.leaves import decode_batch_leaf
from zhenglian_ledger.merkle.hashing import compute_root, leaf_hash
from zhenglian_ledger.tags import BATCH, tag_bytes
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_SM2, BatchHeader, SignedBatch
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_sdk.client.options import Options
from zhenglian_sdk.signer import MemorySigner

HOUR_MS: Final = 3_600_000
UNKNOWN_FIELD: Final = b"\xf8\x07\x01"
UNDEFINED: Final[Any] = 99

_numbers = count()


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    with open_offices(tmp_path_factory.mktemp("offices")) as offices:
        yield offices


# batches that are not accepted


def compute_system_key(system: str) -> bytes:
    return compute_key_id(SUITE_ED25519, ed25519.compute_public_key(compute_seed(system)))


def sign(
    chain_id: str,
    *,
    operations: list[bytes] | None = None,
    signer: str = HUANGPU_COUNTER,
    spoil: Callable[[bytes], bytes] = bytes,
    **changes: Any,
) -> SignedBatch:
    """An acceptable batch of Huangpu's counter, but for `changes` of its header and `spoil` of its bytes."""
    operations = [serialise(build.verify_query(record=LICENCE))] if operations is None else operations
    number = next(_numbers)
    fields: dict[str, Any] = {
        "suite": SUITE_ED25519, "chain_id": chain_id, "system": HUANGPU_COUNTER,
        "key": compute_system_key(HUANGPU_COUNTER), "nonce": compute_id(f"nonce {number}")[:16],
        "valid_until_ms": int(time.time() * 1000) + HOUR_MS, "operation_count": len(operations),
        "operations_root": compute_root([leaf_hash(operation) for operation in operations]),
    }  # fmt: skip
    header = spoil(BatchHeader(**(fields | changes)).SerializeToString(deterministic=True))
    signature = ed25519.sign(compute_seed(signer), tag_bytes(BATCH, header))
    return SignedBatch(header=header, signature=signature, operations=operations)


def in_ms(offset_ms: int) -> int:
    return int(time.time() * 1000) + offset_ms


NOT_ACCEPTED: Final[Mapping[str, tuple[Code, Callable[[], dict[str, Any]]]]] = {
    "signed by another system": (Code.WRONG_SIGNATURE, lambda: {"signer": MARKET_OFFICE}),
    "of another chain": (Code.FOREIGN_CHAIN, lambda: {"chain_id": "other-00000000"}),
    "expired": (Code.BATCH_EXPIRED, lambda: {"valid_until_ms": in_ms(-HOUR_MS)}),
    "valid for too long": (Code.VALIDITY_TOO_LONG, lambda: {"valid_until_ms": in_ms(25 * HOUR_MS)}),
    "of an unknown system": (Code.UNKNOWN_SYSTEM, lambda: {"system": "huangpu-kiosk"}),
    "under an unknown key": (Code.UNKNOWN_KEY, lambda: {"key": UNKNOWN}),
    "under another system's key": (
        Code.KEY_OF_OTHER_SYSTEM,
        lambda: {"key": compute_system_key(MARKET_OFFICE), "signer": MARKET_OFFICE},
    ),
    "under the recovery key": (
        Code.KEY_OF_OTHER_SYSTEM,
        lambda: {"key": compute_system_key("huangpu-recovery"), "signer": "huangpu-recovery"},
    ),
    "of another suite": (Code.SUITE_UNSUPPORTED, lambda: {"suite": SUITE_SM2}),
    "with an operation too few": (Code.WRONG_OPERATION_COUNT, lambda: {"operation_count": 2}),
    "with other operations": (Code.WRONG_OPERATIONS_ROOT, lambda: {"operations_root": UNKNOWN}),
    "with no operation": (Code.MISSING_FIELD, lambda: {"operations": []}),
    "with a short nonce": (Code.WRONG_DIGEST, lambda: {"nonce": bytes(15)}),
    "with an unknown field": (Code.NOT_CANONICAL, lambda: {"spoil": lambda header: header + UNKNOWN_FIELD}),
    "with half a header": (Code.UNPARSABLE, lambda: {"spoil": lambda header: header[:-1]}),
    "with a large operation": (Code.TOO_LARGE, lambda: {"operations": [bytes((60 << 10) + 1)]}),
    "with too much in all": (Code.TOO_LARGE, lambda: {"operations": [bytes(49 << 10)] * 10}),
    "with too many operations": (Code.TOO_LARGE, lambda: {"operations": [b""] * (MAX_OPERATIONS + 1)}),
}


@pytest.mark.parametrize("how", NOT_ACCEPTED)
def test_a_bad_batch_is_not_accepted_and_leaves_nothing(offices: Offices, how: str) -> None:
    code, build_changes = NOT_ACCEPTED[how]
    chain_id = offices.node.home.chain_id
    changes = {"chain_id": chain_id} | build_changes()
    batch = sign(**changes)
    reply = offices.send(batch)
    assert reply.rejection.code == code, CODES[reply.rejection.code].name
    assert offices.send(sign(chain_id)).HasField("receipt")


def test_a_spoilt_signature_is_wrong_and_a_missing_one_too(offices: Offices) -> None:
    batch = sign(offices.node.home.chain_id)
    for signature in (batch.signature[:-1] + bytes([batch.signature[-1] ^ 1]), bytes(64), b""):
        spoilt = SignedBatch(header=batch.header, signature=signature, operations=batch.operations)
        assert offices.send(spoilt).rejection.code == Code.WRONG_SIGNATURE
    assert offices.send(batch).HasField("receipt")


def test_the_sdk_says_why_a_batch_was_not_accepted(offices: Offices) -> None:
    look = build.verify_query(record=LICENCE)
    config = offices.write_config(HUANGPU_COUNTER)
    stranger = MemorySigner(compute_seed("stranger"))
    with zhenglian.connect(config, signer=stranger) as client:
        fails(InvalidBatch, Code.UNKNOWN_KEY, lambda: client.submit([look]))
    with zhenglian.connect(config, options=Options(validity_ms=-HOUR_MS)) as client:
        fails(InvalidBatch, Code.BATCH_EXPIRED, lambda: client.submit([look]))
    with zhenglian.connect(config, options=Options(validity_ms=25 * HOUR_MS)) as client:
        fails(InvalidBatch, Code.VALIDITY_TOO_LONG, lambda: client.submit([look]))


def test_too_much_for_a_batch_is_said_before_it_is_sent(offices: Offices) -> None:
    look = build.verify_query(record=LICENCE)
    error = fails(InvalidBatch, Code.TOO_LARGE, lambda: offices.counter.submit([look] * (MAX_OPERATIONS + 1)))
    assert error.fields == {"size": MAX_OPERATIONS + 1, "limit": MAX_OPERATIONS}
    fails(InvalidBatch, Code.MISSING_FIELD, lambda: offices.counter.submit([]))


def test_a_request_id_for_other_content_is_not_taken_for_done(offices: Offices) -> None:
    first = offices.counter.submit([build.verify_query(record=LICENCE)], request_id="once")
    again = offices.counter.submit([build.verify_query(record=LICENCE)], request_id="once")
    assert (again.batch_index, again.identical) == (first.batch_index, True)
    other = offices.counter.submit([build.verify_query(record=OTHER)], request_id="once")
    assert (other.batch_index, other.identical) == (first.batch_index, False)
    fails(InvalidInput, Code.REQUEST_NOT_IDENTICAL, other.raise_for_refusals)


# operations that are refused


MALFORMED: Final[Mapping[str, tuple[Code, bytes]]] = {
    "an unknown field": (Code.NOT_CANONICAL, serialise(build.verify_query(record=LICENCE)) + UNKNOWN_FIELD),
    "two kinds": (
        Code.NOT_CANONICAL,
        serialise(build.verify_query(record=LICENCE)) + serialise(build.plan_query(CASE)),
    ),
    "a number longer than needed": (Code.NOT_CANONICAL, b"\x0a\x83\x00\x10\x81\x00"),
    "half a message": (Code.UNPARSABLE, serialise(build.plan_query(CASE))[:-1]),
    "nothing": (Code.MISSING_FIELD, b""),
    "an undefined choice": (
        Code.UNDEFINED_ENUM,
        serialise(Operation(context=Context(channel=UNDEFINED), plan_query={"case_number": CASE})),
    ),
    "a missing field": (Code.MISSING_FIELD, serialise(Operation(plan_query={}))),
    "a short digest": (
        Code.WRONG_DIGEST,
        serialise(Operation(verify_query={"record": bytes(31), "purpose": 1})),
    ),
}


def test_malformed_operations_are_refused_one_by_one(offices: Offices) -> None:
    good = serialise(build.verify_query(record=LICENCE))
    operations = [good, *(operation for _, operation in MALFORMED.values()), good]
    batch = sign(offices.node.home.chain_id, operations=operations)
    results = decode_batch_leaf(offices.send(batch).receipt.batch.leaf).results
    expected = [Code.OK, *(code for code, _ in MALFORMED.values()), Code.OK]
    assert [CODES[result].name for result in results] == [code.name for code in expected]


UNKNOWN_IDS: Final[Mapping[str, tuple[str, Code, Callable[[], Operation]]]] = {
    "licence": ("market", Code.NOT_FOUND, lambda: build.change_licence(UNKNOWN, "REVOKE", "RESCINDED")),
    "predecessor": ("market", Code.NOT_FOUND, lambda: wrap(issue_licence("next", supersedes=UNKNOWN))),
    "type": ("market", Code.UNKNOWN_TYPE, lambda: wrap(issue_licence("odd", type="LT.ODD"))),
    "issuer": ("pudong", Code.NOT_PERMITTED, lambda: wrap(issue_licence("not mine", issuing_unit=PUDONG))),
    "used id": ("market", Code.IDENTIFIER_REUSED, lambda: wrap(issue_licence("licence"))),
    "case": ("counter", Code.NOT_FOUND, lambda: build.advance_case("2026-9999", "ACCEPT")),
    "matter": ("counter", Code.NOT_FOUND, lambda: wrap(open_case(number="2026-0002", matter="M.ODD"))),
    "record in dispute": (
        "counter",
        Code.NOT_FOUND,
        lambda: build.raise_dispute(UNKNOWN, ground="OUT_OF_DATE", statement=UNKNOWN),
    ),
    "dispute": (
        "market",
        Code.NOT_FOUND,
        lambda: build.clear_dispute(UNKNOWN, resolution="REJECTED", root_cause="NO_ERROR"),
    ),
    "use": ("market", Code.NOT_FOUND, lambda: build.close_use(UNKNOWN, "NOT_RELEASED")),
}


@pytest.mark.parametrize("what", UNKNOWN_IDS)
def test_what_is_not_there_cannot_be_acted_on(offices: Offices, what: str) -> None:
    who, code, build_operation = UNKNOWN_IDS[what]
    client: Client = getattr(offices, who)
    receipt = client.submit([build_operation()])
    error = fails(Refused, code, receipt.raise_for_refusals)
    assert error.fields == {"ordinal": 0}


def test_wrong_check_digits_are_met_before_anything_is_signed() -> None:
    valid = build.interval("2000-01-01")
    content = issue_licence().content

    def issue(**changes: Any) -> Operation:
        fields: dict[str, Any] = {
            "id": LICENCE, "type": BUSINESS_LICENCE, "holders": [LI_LEI], "issuing_unit": MARKET,
            "custodian": MARKET, "valid": valid, "content": content,
        }  # fmt: skip
        return build.issue_licence(**(fields | changes))

    issue()
    fails(InvalidEncoding, Code.WRONG_CHECK_DIGIT, lambda: issue(type="11100000000013339W011"))
    fails(InvalidEncoding, Code.WRONG_CHECK_DIGIT, lambda: issue(issuing_unit="11310000000013339W"))
    fails(InvalidEncoding, Code.WRONG_DIGEST, lambda: issue(id=bytes(31)))
    fails(InvalidEncoding, Code.NOT_A_DATE, lambda: build.interval("2026-02-30"))
    fails(InvalidEncoding, Code.WRONG_INTERVAL, lambda: build.interval("2026-02-02", "2026-01-01"))
    fails(InvalidEncoding, Code.UNDEFINED_ENUM, lambda: build.change_licence(LICENCE, "REVOKE", "WHIM"))


# before the node is asked


def test_a_wrong_passphrase_opens_nothing(offices: Offices) -> None:
    config = offices.write_config(HUANGPU_COUNTER)
    fails(InvalidInput, Code.WRONG_PASSPHRASE, lambda: zhenglian.connect(config, passphrase="guess"))


def test_a_node_out_of_reach_is_said_to_be_so(offices: Offices) -> None:
    config = offices.write_config(HUANGPU_COUNTER, node=NOWHERE)
    with zhenglian.connect(config) as client:
        submitted = [build.verify_query(record=LICENCE)]
        error = fails(Unreachable, Code.NODE_UNREACHABLE, lambda: client.submit(submitted))
        assert error.fields == {"target": NOWHERE}
        assert NOWHERE in error.zh
        answer = client.verify(LICENCE)
        assert (answer.state, answer.code) == (State.UNKNOWN, Code.NODE_UNREACHABLE)


# channels


def test_a_certificate_of_a_foreign_authority_gets_no_channel_and_is_no_lie(
    offices: Offices, tmp_path: Path
) -> None:
    own = offices.node.home.write_tls(HUANGPU_COUNTER)
    foreign = MemberPki(tmp_path, "stranger").issue(HUANGPU_COUNTER).files
    config = offices.write_config(HUANGPU_COUNTER)
    text = config.read_text(encoding="utf-8")
    for before, after in ((own.certificate, foreign.certificate), (own.key, foreign.key)):
        text = text.replace(str(before), str(after))
    config.write_text(text, encoding="utf-8")
    with zhenglian.connect(config) as client:
        with pytest.raises(Unreachable) as caught:
            client.submit([build.verify_query(record=LICENCE)])
        assert caught.value.code in (Code.TLS_FAILED, Code.NODE_UNREACHABLE)
        assert client.verify(LICENCE).state is State.UNKNOWN


def test_a_retired_system_is_heard_no_more(offices: Offices) -> None:
    look = build.verify_query(record=LICENCE)
    with zhenglian.connect(offices.write_config(PUDONG_COUNTER)) as client:
        client.submit([look]).raise_for_refusals()
        fails(Refused, Code.NOT_PERMITTED, offices.pudong.submit([retire()]).raise_for_refusals)
        offices.centre.submit([retire()]).raise_for_refusals()
        fails(Denied, Code.CHANNEL_UNKNOWN, lambda: client.submit([look]))
        fails(Denied, Code.CHANNEL_UNKNOWN, lambda: client.verify(LICENCE))
    batch = build_batch(
        [serialise(look)], suite=SUITE_ED25519, chain_id=offices.node.home.chain_id, system=PUDONG_COUNTER,
        key=compute_system_key(PUDONG_COUNTER), nonce=bytes(16), valid_until_ms=in_ms(HOUR_MS),
        sign=lambda message: ed25519.sign(compute_seed(PUDONG_COUNTER), message),
    )  # fmt: skip
    assert offices.send(batch.to_message()).rejection.code == Code.SYSTEM_NOT_IN_FORCE


def retire() -> Operation:
    return build.retire("SYSTEM", PUDONG_COUNTER)


# what is left of it all


def test_after_all_that_the_store_is_sound(offices: Offices) -> None:
    offices.verify_store_sound()
