"""Errors on the wire: what a service raised is what its caller meets."""

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.error_detail import build_error_detail, parse_error_detail
from zhenglian_ledger.errors import (
    Denied,
    InvalidBatch,
    InvalidIdentifier,
    InvalidInput,
    Refused,
    StoreError,
    Unreachable,
    VerificationFailed,
    ZhenglianError,
)
from zhenglian_proto.v1.node_pb2 import ErrorDetail


@pytest.mark.parametrize(
    "error",
    [
        InvalidBatch(Code.WRONG_SIGNATURE),
        InvalidIdentifier(Code.WRONG_CHECK_DIGIT, what="USCC", expected="X", found="1"),
        Refused(Code.GRANT_REVOKED),
        VerificationFailed(Code.PROOF_STALE),
        Unreachable(Code.NODE_UNREACHABLE, target="node:1"),
        Unreachable(Code.VAULT_UNREACHABLE, target="vault:1"),
        Denied(Code.GATEWAY_RATE),
        Denied(Code.CHANNEL_UNKNOWN),
        StoreError(Code.STORE_LOCKED),
        InvalidInput(Code.INPUT_INVALID, what="x"),
    ],
)
def test_an_error_arrives_as_it_left(error: ZhenglianError) -> None:
    arrived = parse_error_detail(build_error_detail(error).SerializeToString())
    assert type(arrived) is type(error)
    assert (arrived.code, arrived.fields) == (error.code, error.fields)
    assert (arrived.zh, arrived.en) == (error.zh, error.en)


def test_every_code_but_ok_arrives_as_some_error() -> None:
    for code in Code:
        arrived = parse_error_detail(ErrorDetail(code=code).SerializeToString())
        assert arrived.code == (Code.ANSWER_MALFORMED if code == Code.OK else code)


@pytest.mark.parametrize("data", [b"", b"\xff", ErrorDetail(code=59_999).SerializeToString()])
def test_what_is_no_known_error_is_a_malformed_answer(data: bytes) -> None:
    assert parse_error_detail(data).code == Code.ANSWER_MALFORMED


def test_fields_are_bounded_and_can_shadow_nothing() -> None:
    detail = ErrorDetail(
        code=Code.INPUT_INVALID, fields={"what": "x" * 5000, "a b": "y", "self": "z", "code": "0"}
    )
    assert parse_error_detail(detail.SerializeToString()).fields == {"what": "x" * 200, "a b": "y"}
    assert len(build_error_detail(InvalidInput(Code.INPUT_INVALID, what="x" * 5000)).fields["what"]) == 200
