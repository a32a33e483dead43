"""Sessions in which a holder confirms one target. They live in memory and for ten minutes, no longer.

The time of an attestation is the time of the confirmation, so that fetching it later makes it no younger.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_ledger.tags import tag_bytes

LIFETIME_MS: Final = 600_000
MAX_SESSIONS: Final = 65_536
SESSION: Final = b"zl/session/v1"


@dataclass(slots=True)
class Session:
    """Who is asked to confirm what; `confirmed_ms` is 0 until they did."""

    subject: bytes
    target: bytes
    shown: str
    opened_ms: int
    confirmed_ms: int = 0

    def compute_digest(self, session: bytes) -> bytes:
        """SHA-256("zl/session/v1" ‖ 00 ‖ session ‖ subject ‖ target ‖ shown): commits to what was shown."""
        return sha256(tag_bytes(SESSION, session, self.subject, self.target, self.shown.encode())).digest()


class Sessions:
    """The open sessions by id, oldest first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sessions: dict[bytes, Session] = {}

    def open(self, session: bytes, opened: Session) -> None:
        """`session` is open; those past their lifetime are gone. Raises Denied(OVERLOADED)."""
        self._drop_old(opened.opened_ms)
        if len(self._sessions) >= MAX_SESSIONS:
            raise Denied(Code.OVERLOADED)
        self._sessions[session] = opened

    def get(self, session: bytes, now_ms: int) -> Session:
        """The open session; raises Denied(GATEWAY_REFUSED) if there is none or its lifetime has passed."""
        found = self._sessions.get(session)
        if found is None or now_ms >= found.opened_ms + LIFETIME_MS:
            raise Denied(Code.GATEWAY_REFUSED, reason="no such session, or it is over")
        return found

    def confirm(self, session: bytes, now_ms: int) -> None:
        """The session is confirmed, since the first time this was said; raises Denied(GATEWAY_REFUSED)."""
        found = self.get(session, now_ms)
        found.confirmed_ms = found.confirmed_ms or now_ms

    def _drop_old(self, now_ms: int) -> None:
        for session, opened in list(self._sessions.items()):
            if now_ms < opened.opened_ms + LIFETIME_MS:
                return
            del self._sessions[session]
