"""The gateway's rate limit: a full bucket at first, refilled by time, one a caller."""

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_sdk.identity.rate import RateLimit


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_bucket_empties_and_refills() -> None:
    clock = Clock()
    rate = RateLimit(burst=10, per_second=2, clock=clock)
    rate.take(b"a", 10)
    with pytest.raises(Denied) as caught:
        rate.take(b"a", 1)
    assert caught.value.code == Code.GATEWAY_RATE
    clock.seconds += 1
    rate.take(b"a", 2)
    with pytest.raises(Denied):
        rate.take(b"a", 1)


def test_a_refused_request_takes_nothing() -> None:
    rate = RateLimit(burst=10, per_second=1, clock=Clock())
    with pytest.raises(Denied):
        rate.take(b"a", 11)
    rate.take(b"a", 10)


def test_callers_do_not_share_and_idling_saves_no_more_than_a_burst() -> None:
    clock = Clock()
    rate = RateLimit(burst=10, per_second=5, clock=clock)
    rate.take(b"a", 10)
    rate.take(b"b", 10)
    clock.seconds += 3600
    rate.take(b"a", 10)
    with pytest.raises(Denied):
        rate.take(b"a", 1)
