"""Licence identifiers (GB/T 36904): the national name of one electronic licence.

`1.2.156.3005.2.<type 21>.<issuer 18 or 6>.<serial 7-32>.<version 3>.<check 1>`. A type is the USCC of the
body that defined it and 3 digits; an issuer is a USCC or, as real data has it, a six-digit region, judged by
form alone. The check is ISO 7064 MOD 37,36 (GB/T 17710) over type, issuer, serial and version, without the
root and without dots.
"""

from typing import Final, NamedTuple

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidIdentifier
from zhenglian_ledger.identifiers.alphabet import (
    CAPITAL_CHARACTERS,
    DIGIT_CHARACTERS,
    DIGITS,
    DIGITS_AND_CAPITALS,
    compute_values,
    verify_check_character,
    verify_length,
)
from zhenglian_ledger.identifiers.uscc import USCC_LENGTH, verify_uscc

LICENCE_IDENTIFIER_ROOT: Final = "1.2.156.3005.2."
"""The arc under which all licence identifiers stand, with its last dot."""

LICENCE_TYPE_CODE_LENGTH: Final = 21
SERIAL_MIN_LENGTH: Final = 7
SERIAL_MAX_LENGTH: Final = 32

_WHAT: Final = "电子证照标识 licence identifier"
_PARTS: Final = 5
_REGION_LENGTH: Final = 6
_VERSION_LENGTH: Final = 3
_CHECK_ALPHABET: Final = DIGIT_CHARACTERS + CAPITAL_CHARACTERS


class LicenceIdentifier(NamedTuple):
    """The five parts of a verified licence identifier, as written in it."""

    type_code: str
    issuer: str
    serial: str
    version: str
    check: str


def parse_licence_identifier(text: str) -> LicenceIdentifier:
    """Return the parts of `text`, all of them verified; composing them again gives `text`.

    Raises InvalidIdentifier: WRONG_FORM (root or number of parts), WRONG_LENGTH, WRONG_ALPHABET (position
    within the part) or WRONG_CHECK_DIGIT (of the identifier or of a USCC in it, told apart by `what`).
    """
    root, rest = text[: len(LICENCE_IDENTIFIER_ROOT)], text[len(LICENCE_IDENTIFIER_ROOT) :]
    parts = rest.split(".", _PARTS)
    if root != LICENCE_IDENTIFIER_ROOT or len(parts) != _PARTS:
        raise InvalidIdentifier(Code.WRONG_FORM, what=_WHAT)
    identifier = LicenceIdentifier(*parts)
    _verify_parts(identifier.type_code, identifier.issuer, identifier.serial, identifier.version)
    verify_length(_WHAT, identifier.check, 1)
    compute_values(_WHAT, identifier.check, DIGITS_AND_CAPITALS)
    verify_check_character(_WHAT, compute_licence_identifier_check("".join(parts[:-1])), identifier.check)
    return identifier


def verify_licence_identifier(text: str) -> None:
    """Return if `text` parses; raises as `parse_licence_identifier` does."""
    parse_licence_identifier(text)


def compose_licence_identifier(type_code: str, issuer: str, serial: str, version: str) -> str:
    """Return the full identifier of the verified parts, root and check character included.

    Raises InvalidIdentifier: WRONG_LENGTH, WRONG_ALPHABET or WRONG_CHECK_DIGIT (of a USCC).
    """
    _verify_parts(type_code, issuer, serial, version)
    check = compute_licence_identifier_check(type_code + issuer + serial + version)
    return f"{LICENCE_IDENTIFIER_ROOT}{type_code}.{issuer}.{serial}.{version}.{check}"


def verify_licence_type_code(text: str) -> None:
    """Return if `text` is a licence type code: the USCC of the defining body and 3 digits (GB/T 36904).

    Raises InvalidIdentifier: WRONG_LENGTH, WRONG_ALPHABET or WRONG_CHECK_DIGIT.
    """
    verify_length(_WHAT, text, LICENCE_TYPE_CODE_LENGTH)
    verify_uscc(text[:USCC_LENGTH])
    compute_values(_WHAT, text[USCC_LENGTH:], DIGITS, first_position=USCC_LENGTH + 1)


def compute_licence_identifier_check(payload: str) -> str:
    """Return the MOD 37,36 check character of `payload`: type, issuer, serial, version, joined without dots.

    The parts are not judged. Raises InvalidIdentifier(WRONG_ALPHABET).
    """
    product = 36
    for value in compute_values(_WHAT, payload, DIGITS_AND_CAPITALS):
        product = 2 * ((product + value) % 36 or 36) % 37
    # The outer remainder matters for product 1 alone, where 36 would lie outside the alphabet.
    return _CHECK_ALPHABET[(37 - product) % 36]


def _verify_parts(type_code: str, issuer: str, serial: str, version: str) -> None:
    verify_licence_type_code(type_code)
    _verify_issuer(issuer)
    if not SERIAL_MIN_LENGTH <= len(serial) <= SERIAL_MAX_LENGTH:
        expected = f"{SERIAL_MIN_LENGTH}-{SERIAL_MAX_LENGTH}"
        raise InvalidIdentifier(Code.WRONG_LENGTH, what=_WHAT, expected=expected, found=len(serial))
    compute_values(_WHAT, serial, DIGITS_AND_CAPITALS)
    verify_length(_WHAT, version, _VERSION_LENGTH)
    compute_values(_WHAT, version, DIGITS)


def _verify_issuer(issuer: str) -> None:
    if len(issuer) == USCC_LENGTH:
        verify_uscc(issuer)
    elif len(issuer) == _REGION_LENGTH:
        compute_values(_WHAT, issuer, DIGITS)
    else:
        expected = f"{USCC_LENGTH} / {_REGION_LENGTH}"
        raise InvalidIdentifier(Code.WRONG_LENGTH, what=_WHAT, expected=expected, found=len(issuer))
