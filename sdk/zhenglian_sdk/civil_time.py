"""Civil dates at the edge: what people write, in ledger milliseconds and back (SPEC 1.6).

The ledger knows u64 milliseconds since 1970 UTC and half-open intervals. People know dates in Shanghai and
mean the last day with it: "until D" is the start of D+1. The calendar rules of Asia/Shanghai are the time
zone database's, summer time of 1986-1991 included.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier, InvalidInput, StoreError
from zhenglian_proto.v1.types_pb2 import Interval

ZONE: Final = "Asia/Shanghai"
DAY_MS: Final = 86_400_000
MAX_MS: Final = 253_402_271_999_999
"""The last millisecond of year 9999 in Shanghai."""

Day = date | str
"""A civil date in Shanghai, or its text YYYY-MM-DD."""

Moment = int | datetime | date | str
"""Ledger milliseconds, an aware datetime, or a civil date (or its text) that stands for its first moment."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def compute_now_ms() -> int:
    """This machine's clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def parse_day(day: Day) -> date:
    """The date in `day`; raises InvalidIdentifier(NOT_A_DATE) for any other text than YYYY-MM-DD."""
    if isinstance(day, date):
        return day.date() if isinstance(day, datetime) else day
    try:
        parsed = date.fromisoformat(day)
    except ValueError as error:
        raise InvalidIdentifier(Code.NOT_A_DATE, what="日期 date", found=day) from error
    if parsed.isoformat() != day:
        raise InvalidIdentifier(Code.NOT_A_DATE, what="日期 date", found=day)
    return parsed


def compute_start_ms(day: Day) -> int:
    """The first millisecond of a civil day in Shanghai; raises NOT_A_DATE, INPUT_INVALID before 1970."""
    parsed = parse_day(day)
    return _to_ms(datetime(parsed.year, parsed.month, parsed.day, tzinfo=_get_zone()))


def compute_end_ms(last_day: Day) -> int:
    """The end of "until `last_day`", that day included: the start of the next one; raises as above."""
    try:
        return compute_start_ms(parse_day(last_day) + timedelta(days=1))
    except OverflowError as error:
        raise InvalidInput(Code.INPUT_INVALID, what=f"date {last_day}") from error


def compute_moment_ms(moment: Moment) -> int:
    """Ledger milliseconds of `moment`; raises NOT_A_DATE, INPUT_INVALID for a datetime without a zone."""
    if isinstance(moment, int):
        return _verify_ms(moment)
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise InvalidInput(Code.INPUT_INVALID, what="a datetime without a time zone")
        return _to_ms(moment)
    return compute_start_ms(moment)


def build_interval(since: Moment, until: int | datetime | Day | None = None) -> Interval:
    """From `since` until `until`: a civil day with that day included, a moment without it, None without end.

    Raises InvalidIdentifier(NOT_A_DATE, WRONG_INTERVAL) and InvalidInput(INPUT_INVALID).
    """
    from_ms = compute_moment_ms(since)
    if until is None:
        return Interval(from_ms=from_ms)
    to_ms = compute_moment_ms(until) if isinstance(until, int | datetime) else compute_end_ms(until)
    if to_ms <= from_ms:
        raise InvalidIdentifier(Code.WRONG_INTERVAL)
    return Interval(from_ms=from_ms, to_ms=to_ms)


def format_moment(milliseconds: int) -> str:
    """YYYY-MM-DD HH:MM:SS in Shanghai; raises INPUT_INVALID beyond the calendar."""
    return f"{_to_datetime(milliseconds):%Y-%m-%d %H:%M:%S}"


def format_last_day(to_ms: int) -> str:
    """The last day of an interval that ends at `to_ms`, YYYY-MM-DD; 长期 where it has no end (0)."""
    return f"{_to_datetime(to_ms - 1):%Y-%m-%d}" if to_ms else "长期"


def _to_datetime(milliseconds: int) -> datetime:
    return (_EPOCH + timedelta(milliseconds=_verify_ms(milliseconds))).astimezone(_get_zone())


def _to_ms(moment: datetime) -> int:
    return _verify_ms((moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1))


def _verify_ms(milliseconds: int) -> int:
    if isinstance(milliseconds, bool) or not 0 <= milliseconds <= MAX_MS:
        raise InvalidInput(Code.INPUT_INVALID, what=f"time {milliseconds}")
    return milliseconds


def _get_zone() -> ZoneInfo:
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError as error:
        raise StoreError(Code.PLATFORM_UNSUPPORTED, found=f"no time zone data for {ZONE}") from error
