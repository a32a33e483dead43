"""Slow, obvious twins of the check characters in `zhenglian_ledger.identifiers`.

Each standard says when a whole string, check included, is right. These try every character until it is; they
share no table and no weight with the fast code.
"""

from itertools import pairwise
from string import ascii_uppercase, digits

MOD_37_36_ALPHABET = digits + ascii_uppercase
USCC_ALPHABET = "".join(character for character in digits + ascii_uppercase if character not in "IOSVZ")
ID_CARD_CHECK_ALPHABET = digits + "X"


def reference_uscc_check(prefix17: str) -> str:
    """MOD 31: Σ value × 3^i of the 17, plus the check's own value, is a multiple of 31."""
    total = sum(USCC_ALPHABET.index(character) * 3**index for index, character in enumerate(prefix17))
    return _only([check for check in USCC_ALPHABET if (total + USCC_ALPHABET.index(check)) % 31 == 0])


def reference_id_card_check(prefix17: str) -> str:
    """MOD 11-2: read as a number in base 2 with digits to 10, the whole leaves 1 when divided by 11."""
    total = 0
    for character in prefix17:
        total = total * 2 + digits.index(character)
    candidates = enumerate(ID_CARD_CHECK_ALPHABET)
    return _only([check for value, check in candidates if (total * 2 + value) % 11 == 1])


def reference_mod_37_36_check(payload: str) -> str:
    """ISO 7064 hybrid system, M = 36: the sum into the check position is congruent to 1 modulo M."""
    return _only([check for check in MOD_37_36_ALPHABET if _final_sum(payload + check) % 36 == 1])


def is_reference_date(year: int, month: int, day: int) -> bool:
    """Walk the Gregorian year day by day and see whether the date comes by."""
    february = 29 if (year % 400 == 0 or (year % 4 == 0 and year % 100 != 0)) else 28
    lengths = dict(enumerate((31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
    days = [(number, each) for number, length in lengths.items() for each in range(1, length + 1)]
    return year > 0 and (month, day) in days


def is_reference_region_within(code: str, of: str) -> bool:
    """Climb from `code` level by level, zeroing the last one, and see whether `of` comes by."""
    ladder = [code.ljust(12, "0")]
    for start, end in reversed(list(pairwise((2, 4, 6, 9, 12)))):
        ladder.append(ladder[-1][:start] + "0" * (end - start) + ladder[-1][end:])
    return of.ljust(12, "0") in ladder


def _final_sum(text: str) -> int:
    """Double and reduce before each character; the last sum is not doubled."""
    product = 36
    total = 0
    for character in text:
        total = product + MOD_37_36_ALPHABET.index(character)
        reduced = total % 36
        product = (reduced if reduced != 0 else 36) * 2 % 37
    return total


def _only(candidates: list[str]) -> str:
    assert len(candidates) == 1
    return candidates[0]
