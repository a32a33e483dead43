"""Engine transactions as anybody may send them: cheap to turn away, whatever they hold (SPEC 2.1)."""

import gc

import pytest

from tests.testkit.ledger_kit import Sandbox
from tests.testkit.ledger_objects import CENTRE_OFFICE, put_rule
from zhenglian_ledger.batch import MAX_BATCHES, Batch, Malformed, parse_bundle
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, ZhenglianError
from zhenglian_ledger.transition import NO_BATCH, BatchResult, apply_transactions
from zhenglian_proto.v1.batch_pb2 import Bundle, SignedBatch

EMPTY = b"\x0a\x00"
"""One batch without header, signature and operations: two bytes."""


def test_a_malformed_batch_stands_as_its_code_between_the_others() -> None:
    sandbox = Sandbox()
    message = sandbox.build_batch(CENTRE_OFFICE, put_rule()).to_message()
    unread = SignedBatch(header=b"\xff", signature=bytes(64), operations=[b"\x01"])
    bundle = Bundle(batches=[SignedBatch(), message, unread]).SerializeToString()
    first, second, third = parse_bundle(bundle)
    assert first == Malformed(Code.WRONG_SIGNATURE)
    assert isinstance(second, Batch)
    assert isinstance(third, Malformed)
    block = sandbox._begin_block()
    apply_transactions(block, [[first, second, third]])
    fates = block.results[0]
    assert fates == [BatchResult(first.code, NO_BATCH), BatchResult(0, 1), BatchResult(third.code, NO_BATCH)]


def test_a_bundle_holds_at_most_1024_batches() -> None:
    assert parse_bundle(EMPTY * MAX_BATCHES) == [Malformed(Code.WRONG_SIGNATURE)] * 1024
    for count in (0, MAX_BATCHES + 1, 256 << 10):
        with pytest.raises(InvalidEncoding) as caught:
            parse_bundle(EMPTY * count)
        assert caught.value.code == Code.UNPARSABLE


def test_what_is_malformed_keeps_no_error_alive() -> None:
    def count_errors() -> int:
        gc.collect()
        return sum(isinstance(found, ZhenglianError) for found in gc.get_objects())

    before = count_errors()
    parsed = parse_bundle(EMPTY * MAX_BATCHES)
    assert (len(parsed), count_errors()) == (MAX_BATCHES, before)
