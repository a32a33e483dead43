"""The local-key gateway, for sandboxes: the pseudonym key lies in this process.

A leaked key enumerates a city's identity numbers within hours and rotation cannot undo that, so this
implementation refuses to exist for a genesis that is not marked SANDBOX.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Final

from zhenglian_ledger.attestation import sign_attestation
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidIdentifier, StoreError
from zhenglian_ledger.identifiers import parse_licence_identifier, verify_case_number, verify_name
from zhenglian_proto.v1 import identity_pb2, state_pb2
from zhenglian_proto.v1.identity_pb2 import IdentityNumber, ResolveReason
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_IDENTITY_GATEWAY, Attestation
from zhenglian_sdk.identity.gateway import MAX_NUMBERS
from zhenglian_sdk.identity.pseudonyms import compute_pseudonym, verify_pseudonym_key
from zhenglian_sdk.identity.sessions import Session, Sessions
from zhenglian_sdk.signer import Signer

DEFAULT_LEVEL: Final = 3
MAX_SHOWN: Final = 1000

_SUBJECT_KINDS: Final = frozenset(
    {
        identity_pb2.IDENTITY_KIND_NATURAL_PERSON,
        identity_pb2.IDENTITY_KIND_LEGAL_PERSON,
        identity_pb2.IDENTITY_KIND_PREMISES,
    }
)
_HOLDER_KINDS: Final = _SUBJECT_KINDS - {identity_pb2.IDENTITY_KIND_PREMISES}


def compute_now_ms() -> int:
    """This machine's clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


class LocalGateway:
    """An `IdentityGateway` in this process."""

    def __init__(
        self,
        *,
        pseudonym_key: bytes,
        signer: Signer,
        system: str,
        mode: state_pb2.Mode,
        level: int = DEFAULT_LEVEL,
        now_ms: Callable[[], int] = compute_now_ms,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Serve the network whose genesis has `mode`; `signer` holds the SIGN key of the gateway's `system`.

        Raises StoreError(PRODUCTION_FORBIDDEN) unless `mode` is SANDBOX, InvalidInput(WRONG_LENGTH) for a key
        of another size.
        """
        if mode != state_pb2.MODE_SANDBOX:
            raise StoreError(Code.PRODUCTION_FORBIDDEN)
        verify_pseudonym_key(pseudonym_key)
        self._key = pseudonym_key
        self._signer = signer
        self._system = system
        self._level = level
        self._now_ms = now_ms
        self._random_bytes = random_bytes
        self._sessions = Sessions()

    async def resolve_subjects(self, reason: ResolveReason, numbers: Sequence[IdentityNumber]) -> list[bytes]:
        """As the port says."""
        verify_reason(reason)
        verify_count(numbers)
        return [self._compute_id(number, _SUBJECT_KINDS, index) for index, number in enumerate(numbers)]

    async def resolve_licences(self, licence_type: str, identifiers: Sequence[str]) -> list[bytes]:
        """As the port says."""
        verify_reason(ResolveReason(licence_type=licence_type))
        verify_count(identifiers)
        kind = identity_pb2.IDENTITY_KIND_LICENCE
        ids = []
        for index, identifier in enumerate(identifiers):
            ids.append(self._compute_id(IdentityNumber(kind=kind, number=identifier), {kind}, index))
            if parse_licence_identifier(identifier).type_code != licence_type:
                raise Denied(Code.GATEWAY_REFUSED, reason="an identifier is of another licence type")
        return ids

    async def open_session(self, holder: IdentityNumber, target: bytes, shown: str) -> bytes:
        """As the port says."""
        if len(target) != 32:
            raise Denied(Code.BAD_REQUEST, field="target")
        if not 1 <= len(shown) <= MAX_SHOWN:
            raise Denied(Code.BAD_REQUEST, field="shown")
        subject = self._compute_id(holder, _HOLDER_KINDS)
        session = self._random_bytes(32)
        self._sessions.open(session, Session(subject, target, shown, self._now_ms()))
        return session

    async def confirm_session(self, session: bytes) -> None:
        """As the port says."""
        self._sessions.confirm(session, self._now_ms())

    async def attest(self, session: bytes) -> Attestation:
        """As the port says."""
        confirmed = self._sessions.get(session, self._now_ms())
        if not confirmed.confirmed_ms:
            raise Denied(Code.SESSION_UNCONFIRMED)
        attestation = Attestation(
            kind=ATTESTATION_KIND_IDENTITY_GATEWAY,
            subject=confirmed.subject,
            system=self._system,
            key=self._signer.key_id,
            level=self._level,
            session=confirmed.compute_digest(session),
            at_ms=confirmed.confirmed_ms,
        )
        return sign_attestation(confirmed.target, attestation, self._signer.sign)

    def _compute_id(
        self, number: IdentityNumber, kinds: frozenset[int] | set[int], index: int | None = None
    ) -> bytes:
        if number.kind not in kinds:
            raise Denied(Code.BAD_REQUEST, field="kind")
        try:
            return compute_pseudonym(self._key, number)
        except InvalidIdentifier as error:
            if index is None:
                raise
            raise InvalidIdentifier(error.code, **error.fields, index=index) from error


def verify_reason(reason: ResolveReason) -> None:
    """A reason names a case or a licence type; raises Denied(BAD_REQUEST), InvalidIdentifier."""
    match reason.WhichOneof("why"):
        case "case_number":
            verify_case_number("case_number", reason.case_number)
        case "licence_type":
            verify_name("licence_type", reason.licence_type)
        case _:
            raise Denied(Code.BAD_REQUEST, field="reason")


def verify_count(numbers: Sequence[object]) -> None:
    """From 1 to 1,024 numbers are asked at a time; raises Denied(BAD_REQUEST)."""
    if not 1 <= len(numbers) <= MAX_NUMBERS:
        raise Denied(Code.BAD_REQUEST, field="numbers")
