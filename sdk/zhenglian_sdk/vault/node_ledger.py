"""The ledger as the vault sees it: a node asked through the client, and every answer proven.

A use opened through another member's node may not have reached this one yet, so an unknown use is asked for
again for a short while before it is said not to be there.
"""

import asyncio
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, VerificationFailed, ZhenglianError
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.use import verify_use
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_TRANSPORT
from zhenglian_proto.v1.node_pb2 import UseRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_SYSTEM, KIND_UNIT, Kind
from zhenglian_proto.v1.uses_pb2 import CloseUse, Outcome
from zhenglian_sdk.client.connection import compute_pause_s
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission
from zhenglian_sdk.vault.release import Caller, SeenUse

PATIENCE_S: Final = 2.0


class NodeLedger:
    """A `VaultLedger` in the session of the vault's own system."""

    def __init__(self, session: Session) -> None:
        """Ask and write in `session`."""
        self._session = session
        self._submission = Submission(session)

    async def get_use(self, use: bytes) -> SeenUse | None:
        """As the port says; Denied(VAULT_NO_FILE) where the node says the record is in another's keeping."""
        waited_s, attempt = 0.0, 0
        while True:
            seen = await self._read_use(use)
            if seen is not None or waited_s >= PATIENCE_S:
                return seen
            pause_s = compute_pause_s(attempt)
            await asyncio.sleep(pause_s)
            waited_s, attempt = waited_s + pause_s, attempt + 1

    async def get_caller(self, key: bytes) -> Caller | None:
        """As the port says."""
        found = await self._get_in_force(KIND_KEY, key)
        if found is None or found.message.body.add.usage != KEY_USAGE_TRANSPORT:
            return None
        system = await self._get_in_force(KIND_SYSTEM, found.message.body.add.system.encode())
        if system is None:
            return None
        unit = await self._get_in_force(KIND_UNIT, system.message.unit.encode())
        if unit is None or await self._get_in_force(KIND_MEMBER, unit.message.member.encode()) is None:
            return None
        return Caller(system.message.id, unit.message.id)

    async def close_use(self, close: CloseUse) -> None:
        """As the port says: one request id a use and outcome, so sent twice it is done once."""
        request_id = f"close/{Outcome.Name(close.outcome)}/{close.use.hex()}"
        receipt = await self._submission.submit([Operation(close_use=close)], request_id=request_id)
        receipt.raise_for_refusals()

    async def _read_use(self, use: bytes) -> SeenUse | None:
        try:
            return await self._session.ask(
                lambda stub: stub.GetUse,
                lambda: UseRequest(use=use),
                lambda answer, proven: SeenUse(verify_use(proven, answer, use), proven.time_ms),
            )
        except ZhenglianError as error:
            if error.code == Code.NOT_FOUND:
                return None
            if error.code == Code.READ_NOT_PERMITTED:
                raise Denied(Code.VAULT_NO_FILE) from error
            raise _as_stale(error) from error

    async def _get_in_force(self, kind: Kind, identifier: bytes) -> VerifiedRecord | None:
        try:
            record, _, _ = await self._session.get_object(kind, identifier)
        except ZhenglianError as error:
            raise _as_stale(error) from error
        return record if record is not None and record.is_valid else None


def _as_stale(error: ZhenglianError) -> ZhenglianError:
    """A node's header that is too old is the vault's own refusal; everything else stays what it is."""
    is_stale = isinstance(error, VerificationFailed) and error.code == Code.PROOF_STALE
    return Denied(Code.VAULT_STALE) if is_stale else error
