"""From an identity number to 32 opaque bytes, under the pseudonym key.

HMAC-SHA256 over "zl/pseudonym/v1" ‖ 00 ‖ u8 kind ‖ number: each kind is a domain of its own, so equal digits
of two kinds never meet. A number is verified first, and has one written form: otherwise one person would have
several ids. Whoever holds the key can enumerate a city; it never leaves the gateway.
"""

import hmac
import unicodedata
from collections.abc import Callable
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidIdentifier, InvalidInput
from zhenglian_ledger.identifiers import verify_id_card, verify_licence_identifier, verify_uscc
from zhenglian_ledger.tags import tag_bytes
from zhenglian_proto.v1 import identity_pb2
from zhenglian_proto.v1.identity_pb2 import IdentityKind, IdentityNumber

KEY_SIZE: Final = 32
PSEUDONYM: Final = b"zl/pseudonym/v1"
MAX_ADDRESS: Final = 200

_ADDRESS: Final = "标准地址 standard address"


def compute_pseudonym(key: bytes, number: IdentityNumber) -> bytes:
    """The 32-byte id of a verified number; raises what `compute_written_form` raises."""
    written = compute_written_form(number)
    return hmac.digest(key, tag_bytes(PSEUDONYM, bytes([number.kind]), written.encode()), "sha256")


def compute_written_form(number: IdentityNumber) -> str:
    """The one form in which a number is hashed.

    Raises InvalidIdentifier with the code of what is wrong, Denied(BAD_REQUEST, field="kind") for no kind.
    """
    form = _FORMS.get(number.kind)
    if form is None:
        raise Denied(Code.BAD_REQUEST, field="kind")
    return form(number.number)


def verify_pseudonym_key(key: bytes) -> None:
    """A pseudonym key is 32 bytes; raises InvalidInput(WRONG_LENGTH)."""
    if len(key) != KEY_SIZE:
        raise InvalidInput(Code.WRONG_LENGTH, what="pseudonym key", expected=KEY_SIZE, found=len(key))


def compute_masked(number: str) -> str:
    """The number as a log may show it: the first three and the last character, the rest as asterisks."""
    if len(number) < 8:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 4) + number[-1]


def _form_of_person(number: str) -> str:
    verify_id_card(number)
    return number


def _form_of_legal_person(number: str) -> str:
    verify_uscc(number)
    return number


def _form_of_licence(number: str) -> str:
    verify_licence_identifier(number)
    return number


def _form_of_premises(address: str) -> str:
    """NFKC without white space: full-width digits and stray blanks are how addresses differ in practice."""
    if len(address) > MAX_ADDRESS:
        raise InvalidIdentifier(Code.WRONG_LENGTH, what=_ADDRESS, expected=MAX_ADDRESS, found=len(address))
    written = "".join(unicodedata.normalize("NFKC", address).split())
    if not written or not written.isprintable():
        raise InvalidIdentifier(Code.WRONG_FORM, what=_ADDRESS)
    return written


_FORMS: Final[dict[IdentityKind, Callable[[str], str]]] = {
    identity_pb2.IDENTITY_KIND_NATURAL_PERSON: _form_of_person,
    identity_pb2.IDENTITY_KIND_LEGAL_PERSON: _form_of_legal_person,
    identity_pb2.IDENTITY_KIND_LICENCE: _form_of_licence,
    identity_pb2.IDENTITY_KIND_PREMISES: _form_of_premises,
}
