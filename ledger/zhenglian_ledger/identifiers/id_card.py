"""Citizen identity numbers (GB 11643): only the form, and nothing of it is ever written to the ledger.

18 characters: region 6, date of birth 8 (a real Gregorian date from year 1 on), sequence 3, check 1 (0-9 or
capital X). The region is six digits and no more: numbers outlive the regions that gave them. No range of
years is demanded, because there is no clock here to measure it with.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers.alphabet import (
    DIGITS,
    compute_table,
    compute_values,
    verify_check_character,
    verify_length,
)

ID_CARD_LENGTH: Final = 18

_WHAT: Final = "公民身份号码 ID card number"
_CHECK_TABLE: Final = compute_table("0123456789X")
_CHECK_BY_REMAINDER: Final = "10X98765432"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_DAYS_OF_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def verify_id_card(text: str) -> None:
    """Return if `text` has the form of a citizen identity number and its check character fits.

    Raises InvalidIdentifier: WRONG_LENGTH, WRONG_ALPHABET (1-based position), NOT_A_DATE or
    WRONG_CHECK_DIGIT.
    """
    verify_length(_WHAT, text, ID_CARD_LENGTH)
    values = compute_values(_WHAT, text[:-1], DIGITS)
    compute_values(_WHAT, text[-1], _CHECK_TABLE, first_position=ID_CARD_LENGTH)
    year, month, day = (
        _compute_number(values[6:10]),
        _compute_number(values[10:12]),
        _compute_number(values[12:14]),
    )
    if not _is_calendar_date(year, month, day):
        raise InvalidIdentifier(Code.NOT_A_DATE, what=_WHAT, found=text[6:14])
    verify_check_character(_WHAT, _compute_check(values), text[-1])


def compute_id_card_check(prefix17: str) -> str:
    """Return the 18th character for 17 digits, by Σ digit × weight mod 11 (ISO 7064 MOD 11-2).

    The date is not judged. Raises InvalidIdentifier: WRONG_LENGTH or WRONG_ALPHABET.
    """
    verify_length(_WHAT, prefix17, ID_CARD_LENGTH - 1)
    return _compute_check(compute_values(_WHAT, prefix17, DIGITS))


def _compute_check(values: bytes) -> str:
    total = sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=True))
    return _CHECK_BY_REMAINDER[total % 11]


def _compute_number(digits: bytes) -> int:
    number = 0
    for digit in digits:
        number = number * 10 + digit
    return number


def _is_calendar_date(year: int, month: int, day: int) -> bool:
    if year < 1 or not 1 <= month <= 12:
        return False
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = _DAYS_OF_MONTH[month - 1] + (1 if is_leap and month == 2 else 0)
    return 1 <= day <= days
