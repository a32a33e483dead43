"""Characters to values by tables over ASCII: the one way text enters a validator here.

A table is 256 bytes: at a character's ASCII code stands its value, or FOREIGN, as for every byte from 128
up. Text is looked up as UTF-8, in which such bytes are all there is of a code point from 128 up: none is
folded to a look-alike, full-width digits and Cyrillic letters are refused, as NUL and line ends are.
"""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier

FOREIGN: Final = 0xFF
"""Table value of a character that is not in the alphabet."""

DIGIT_CHARACTERS: Final = "0123456789"
CAPITAL_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compute_table(characters: str) -> bytes:
    """Return the table in which each of the ASCII `characters` has its index as value."""
    table = bytearray([FOREIGN]) * 256
    for value, character in enumerate(characters):
        table[ord(character)] = value
    return bytes(table)


DIGITS: Final = compute_table(DIGIT_CHARACTERS)
"""0-9, valued 0 to 9."""

DIGITS_AND_CAPITALS: Final = compute_table(DIGIT_CHARACTERS + CAPITAL_CHARACTERS)
"""0-9 and A-Z, valued 0 to 35: the alphabet of ISO 7064 MOD 37,36."""


def is_written_in(table: bytes, text: str) -> bool:
    """Tell whether every character of `text` has a value in `table`."""
    return FOREIGN not in _look_up(text, table)


def compute_values(what: str, text: str, table: bytes, first_position: int = 1) -> bytes:
    """Return the value of each character of `text`; `first_position` is where `text` begins in what is named.

    Raises InvalidIdentifier(WRONG_ALPHABET) with the 1-based position of the first foreign character.
    """
    values = _look_up(text, table)
    found = values.find(FOREIGN)  # what stands before it is ASCII, one byte a character
    if found >= 0:
        raise InvalidIdentifier(Code.WRONG_ALPHABET, what=what, position=first_position + found)
    return values


def verify_length(what: str, text: str, expected: int) -> None:
    """Return if `text` has exactly `expected` characters; else raise InvalidIdentifier(WRONG_LENGTH)."""
    if len(text) != expected:
        raise InvalidIdentifier(Code.WRONG_LENGTH, what=what, expected=expected, found=len(text))


def verify_check_character(what: str, expected: str, found: str) -> None:
    """Return if the check characters are equal; else raise InvalidIdentifier(WRONG_CHECK_DIGIT)."""
    if expected != found:
        raise InvalidIdentifier(Code.WRONG_CHECK_DIGIT, what=what, expected=expected, found=found)


def _look_up(text: str, table: bytes) -> bytes:
    """The value of each byte of `text` in UTF-8; half a surrogate pair, which has none, is FOREIGN too."""
    return text.encode("utf-8", "surrogatepass").translate(table)
