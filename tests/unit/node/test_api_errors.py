"""What a caller is told when a call ends badly: code, a status for plain gRPC, nothing of our insides."""

import grpc
import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidBatch, InvalidEncoding, Refused, StoreError
from zhenglian_node.api.errors import (
    compute_answerable,
    compute_read_error,
    compute_status,
    is_unforeseen,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Denied(Code.CHANNEL_UNKNOWN), grpc.StatusCode.UNAUTHENTICATED),
        (Denied(Code.CHANNEL_NOT_SYSTEM), grpc.StatusCode.PERMISSION_DENIED),
        (Denied(Code.READ_NOT_PERMITTED), grpc.StatusCode.PERMISSION_DENIED),
        (Denied(Code.OVERLOADED), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (InvalidBatch(Code.TOO_LARGE, size=2, limit=1), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Denied(Code.NODE_STOPPING), grpc.StatusCode.UNAVAILABLE),
        (InvalidBatch(Code.FOREIGN_CHAIN), grpc.StatusCode.INVALID_ARGUMENT),
        (InvalidEncoding(Code.NOT_CANONICAL), grpc.StatusCode.INVALID_ARGUMENT),
        (Refused(Code.CASE_NOT_OPEN), grpc.StatusCode.FAILED_PRECONDITION),
        (Refused(Code.NOT_FOUND, what="case"), grpc.StatusCode.NOT_FOUND),
        (StoreError(Code.STORE_FAILED, what="disk"), grpc.StatusCode.INTERNAL),
    ],
)
def test_every_error_has_its_status(error: Denied, status: grpc.StatusCode) -> None:
    assert compute_status(error) is status


@pytest.mark.parametrize("error", [KeyError("secret"), StoreError(Code.STORE_CORRUPTED, what="/var/store")])
def test_our_own_faults_are_told_to_the_operator_alone(error: Exception) -> None:
    answered = compute_answerable(error)
    assert is_unforeseen(error)
    assert (answered.code, answered.fields) == (Code.INTERNAL, {})


@pytest.mark.parametrize("error", [Denied(Code.OVERLOADED), Refused(Code.NOT_FOUND, what="case")])
def test_the_callers_own_errors_are_told_to_the_caller_alone(error: Exception) -> None:
    assert compute_answerable(error) is error
    assert not is_unforeseen(error)


def test_a_passed_deadline_is_one() -> None:
    assert compute_answerable(TimeoutError()).code == Code.DEADLINE
    assert not is_unforeseen(TimeoutError())


def test_a_rule_that_does_not_permit_a_query_means_the_read_is_not_permitted() -> None:
    assert compute_read_error(Refused(Code.NOT_PERMITTED)).code == Code.READ_NOT_PERMITTED
    closed = Refused(Code.CASE_NOT_OPEN)
    assert compute_read_error(closed) is closed
