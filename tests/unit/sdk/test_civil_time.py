"""Civil dates in Shanghai and ledger milliseconds: what people mean by a date, and back."""

from datetime import UTC, date, datetime

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_sdk.civil_time import (
    DAY_MS,
    build_interval,
    compute_end_ms,
    compute_moment_ms,
    compute_start_ms,
    format_last_day,
    format_moment,
    parse_day,
)

NEW_YEAR_MS = 1_767_196_800_000  # 2026-01-01 00:00 +08:00


def test_a_day_begins_eight_hours_before_it_does_in_greenwich() -> None:
    assert compute_start_ms("2026-01-01") == NEW_YEAR_MS
    assert compute_start_ms(date(2026, 1, 1)) == NEW_YEAR_MS


def test_until_a_day_means_that_day_too() -> None:
    assert compute_end_ms("2025-12-31") == NEW_YEAR_MS
    interval = build_interval("2026-01-01", "2026-01-01")
    assert (interval.from_ms, interval.to_ms) == (NEW_YEAR_MS, NEW_YEAR_MS + DAY_MS)


def test_without_an_end_the_interval_has_none() -> None:
    assert build_interval("2026-01-01").to_ms == 0
    assert format_last_day(0) == "长期"


def test_moments_are_taken_as_they_are_and_end_where_they_say() -> None:
    end = datetime(2026, 1, 2, 12, tzinfo=UTC)
    interval = build_interval(NEW_YEAR_MS, end)
    assert interval.to_ms == 1_767_355_200_000
    assert compute_moment_ms(end) == 1_767_355_200_000


def test_summer_time_of_1986_is_kept() -> None:
    """That year clocks in Shanghai stood at +09:00 from May to September."""
    assert compute_start_ms("1986-07-01") == int(datetime(1986, 6, 30, 15, tzinfo=UTC).timestamp()) * 1000


def test_what_was_meant_is_shown_again() -> None:
    interval = build_interval("2026-02-03", "2031-02-02")
    assert format_moment(interval.from_ms) == "2026-02-03 00:00:00"
    assert format_last_day(interval.to_ms) == "2031-02-02"


@pytest.mark.parametrize(
    "text", ["2026-02-30", "20260203", "2026-2-3", "", "2026-02-03T00:00", "\uff12\uff10\uff12\uff16-01-01"]
)
def test_text_that_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ZhenglianError) as caught:
        parse_day(text)
    assert caught.value.code == Code.NOT_A_DATE


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 1, 1), -1, 2**64, "1969-12-31", True],  # noqa: DTZ001  the point of the case
)
def test_a_moment_that_the_ledger_cannot_hold_is_refused(moment: int | datetime | str) -> None:
    with pytest.raises(ZhenglianError) as caught:
        compute_moment_ms(moment)
    assert caught.value.code == Code.INPUT_INVALID


@pytest.mark.parametrize("until", ["2025-12-31", NEW_YEAR_MS, "0001-01-01"])
def test_an_interval_that_is_empty_or_reversed_is_refused(until: int | str) -> None:
    with pytest.raises(ZhenglianError) as caught:
        build_interval("2026-01-01", until)
    assert caught.value.code in (Code.WRONG_INTERVAL, Code.INPUT_INVALID)
