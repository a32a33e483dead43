"""Names given by members, case numbers and digests: plain fields that every rule checks alike (SPEC 1)."""

from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers.alphabet import (
    CAPITAL_CHARACTERS,
    DIGIT_CHARACTERS,
    compute_table,
    is_written_in,
)

NAME_MAX_LENGTH: Final = 64
"""Most characters of a name or a case number."""

DIGEST_LENGTH: Final = 32
"""Bytes of a SHA-256 or SM3 digest."""

_NAME_TABLE: Final = compute_table(
    DIGIT_CHARACTERS + CAPITAL_CHARACTERS + CAPITAL_CHARACTERS.lower() + "._:/-"
)
_PRINTABLE_TABLE: Final = compute_table("".join(map(chr, range(0x21, 0x7F))))


def verify_name(field: str, text: str) -> None:
    """Return if `text` is 1 to 64 of `A-Z a-z 0-9 . _ : / -`.

    Raises InvalidIdentifier(INVALID_NAME) with `field`.
    """
    if not 1 <= len(text) <= NAME_MAX_LENGTH or not is_written_in(_NAME_TABLE, text):
        raise InvalidIdentifier(Code.INVALID_NAME, field=field)


def verify_case_number(field: str, text: str) -> None:
    """Return if `text` is 1 to 64 printable ASCII characters without space.

    Raises InvalidIdentifier(INVALID_NAME) with `field`.
    """
    if not 1 <= len(text) <= NAME_MAX_LENGTH or not is_written_in(_PRINTABLE_TABLE, text):
        raise InvalidIdentifier(Code.INVALID_NAME, field=field)


def verify_digest(field: str, value: bytes, length: int = DIGEST_LENGTH) -> None:
    """Return if `value` is exactly `length` bytes; else raise InvalidIdentifier(WRONG_DIGEST)."""
    if len(value) != length:
        raise InvalidIdentifier(Code.WRONG_DIGEST, field=field)
