"""Unified social credit codes (GB 32100-2015): the name of a legal person.

18 characters: department 1, category 1, region 6, organisation 9, check 1. Only length, alphabet and check
are judged: new department letters appear over time, and a code outlives the region that gave it.
"""

from typing import Final

from zhenglian_ledger.identifiers.alphabet import (
    compute_table,
    compute_values,
    verify_check_character,
    verify_length,
)

USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters in the order of their values; I, O, S, V and Z are left out (GB 32100-2015)."""

USCC_LENGTH: Final = 18

_WHAT: Final = "统一社会信用代码 USCC"
_TABLE: Final = compute_table(USCC_ALPHABET)
_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def verify_uscc(text: str) -> None:
    """Return if `text` is a well-formed USCC whose check character fits; says nothing about registration.

    Raises InvalidIdentifier: WRONG_LENGTH, WRONG_ALPHABET (1-based position) or WRONG_CHECK_DIGIT.
    """
    verify_length(_WHAT, text, USCC_LENGTH)
    values = compute_values(_WHAT, text, _TABLE)
    verify_check_character(_WHAT, _compute_check(values[:-1]), text[-1])


def compute_uscc_check(prefix17: str) -> str:
    """Return the 18th character for the first 17: (31 − Σ value × weight mod 31) mod 31.

    Raises InvalidIdentifier: WRONG_LENGTH or WRONG_ALPHABET.
    """
    verify_length(_WHAT, prefix17, USCC_LENGTH - 1)
    return _compute_check(compute_values(_WHAT, prefix17, _TABLE))


def _compute_check(values: bytes) -> str:
    total = sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]
