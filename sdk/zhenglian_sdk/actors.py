"""Actors 经办人: pseudonyms under the unit's own key, so that only the unit can say who acted.

The ledger shows that the same person acted, never which one. The unit keeps its staff numbers and the key; on
a traced request it computes the pseudonym again and so finds the person.
"""

import hmac
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput

ACTOR_KEY_SIZE: Final = 32
ACTOR: Final = b"zl/actor/v1"


class Actors:
    """The pseudonyms of one unit's actors."""

    def __init__(self, key: bytes, unit: str) -> None:
        """Hold the unit's pseudonym key (32 bytes); raises InvalidInput(WRONG_LENGTH)."""
        if len(key) != ACTOR_KEY_SIZE:
            raise InvalidInput(Code.WRONG_LENGTH, what="actor key", expected=ACTOR_KEY_SIZE, found=len(key))
        self._key = key
        self._unit = unit

    def compute_clerk(self, staff_number: str) -> bytes:
        """The pseudonym of a clerk, helper or agent by the unit's own staff number, 32 bytes."""
        return self._compute(b"person", staff_number)

    def compute_machine(self, rule: str, version: str) -> bytes:
        """The pseudonym of a machine that decides by `rule` in `version`, 32 bytes."""
        return self._compute(b"machine", rule, version)

    def _compute(self, kind: bytes, *names: str) -> bytes:
        """HMAC-SHA-256 over tag ‖ 00 ‖ kind ‖ each of unit and names with its u16 length before it."""
        if not all(names):
            raise InvalidInput(Code.INPUT_INVALID, what="actor")
        parts = [name.encode() for name in (self._unit, *names)]
        message = b"".join((ACTOR, b"\x00", kind, *(len(part).to_bytes(2, "big") + part for part in parts)))
        return hmac.digest(self._key, message, "sha256")
