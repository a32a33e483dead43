"""Uses: opening a release, fetching its file, presenting, relying, closing (SPEC 5.9).

PRESENT, RETRIEVE and RELY count only once they are committed, so each returns after its verified receipt.
What is fetched is compared with the record as it is proven, not with what the vault says.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zhenglian_ledger.attestation import compute_present_target
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, VerificationFailed
from zhenglian_ledger.verify.use import VerifiedUse, verify_use
from zhenglian_proto.v1.node_pb2 import UseRequest
from zhenglian_proto.v1.operation_pb2 import Context, Operation
from zhenglian_proto.v1.types_pb2 import Attestation
from zhenglian_proto.v1.uses_pb2 import Outcome, Particulars
from zhenglian_proto.v1.vault_pb2 import FetchHeader
from zhenglian_sdk.builders import uses as builders
from zhenglian_sdk.builders.forms import ID_SIZE
from zhenglian_sdk.client.receipts import Receipt
from zhenglian_sdk.client.session import Session
from zhenglian_sdk.client.submission import Submission
from zhenglian_sdk.client.vault_port import VaultPort
from zhenglian_sdk.sidecar import compute_sidecar_path


@dataclass(frozen=True, slots=True)
class AcceptedUse:
    """A use on the ledger: its id (32 bytes) and the receipt of the batch that made it."""

    id: bytes
    receipt: Receipt


class Uses:
    """Makes uses in one session."""

    def __init__(self, session: Session, submission: Submission) -> None:
        """Submit by `submission`."""
        self._session = session
        self._submission = submission

    async def open_use(
        self,
        record: bytes,
        grants: Iterable[bytes],
        particulars: Particulars,
        *,
        recipient_key: bytes,
        use: bytes = b"",
        request_id: str | None = None,
        context: Context | None = None,
    ) -> AcceptedUse:
        """A release is open under the grants; their counters are taken. `use` is its id, else a fresh one.

        A `request_id` needs a `use` of the caller's, so that a repeated call is the same. Raises Refused with
        the rule's code, and what `submit` raises.
        """
        use = self._choose_id(use, request_id)
        operation = builders.open_use(
            record, grants=grants, particulars=particulars, recipient_key=recipient_key, id=use
        )
        return await self._make(use, operation, request_id, context)

    async def present(
        self,
        record: bytes,
        particulars: Particulars,
        attestation: Attestation,
        *,
        use: bytes,
        request_id: str | None = None,
        context: Context | None = None,
    ) -> AcceptedUse:
        """The holder has shown the record; attested over `compute_present_target` of `use`."""
        operation = builders.present(record, id=use, particulars=particulars, attestation=attestation)
        return await self._make(use, operation, request_id, context)

    async def compute_present_target(self, record: bytes, use: bytes) -> bytes:
        """What the holder attests to show `record` to this session's unit as `use` on its chain, 32 bytes."""
        unit = await self._session.get_unit()
        return compute_present_target(record, use, unit, self._session.trust.chain_id)

    async def rely(
        self,
        record: bytes,
        on: bytes,
        particulars: Particulars,
        *,
        use: bytes = b"",
        request_id: str | None = None,
        context: Context | None = None,
    ) -> AcceptedUse:
        """The unit decided on what it had: `on` is the accepted use of the same record in the same case."""
        use = self._choose_id(use, request_id)
        operation = builders.rely(record, use=on, particulars=particulars, id=use)
        return await self._make(use, operation, request_id, context)

    async def close_use(
        self, use: bytes, outcome: Outcome | str, *, sha256: bytes = b"", request_id: str | None = None
    ) -> Receipt:
        """The custodian's word on what became of a release: "RELEASED" with its digest, or "NOT_RELEASED"."""
        operation = builders.close_use(use, outcome, sha256=sha256)
        receipt = await self._submission.submit([operation], request_id=request_id)
        return receipt.raise_for_refusals()

    async def get_use(self, use: bytes) -> VerifiedUse:
        """What stands behind a use, proven: who opened it, the record, the grants as they stand now."""
        return await self._session.ask(
            lambda stub: stub.GetUse,
            lambda: UseRequest(use=use),
            lambda answer, proven: verify_use(proven, answer, use),
        )

    async def fetch(self, vault: VaultPort, use: bytes, path: Path | str) -> FetchHeader:
        """The file of an opened use is at `path` with its sidecar, both digests equal to the proven record's.

        A fetch that broke off may be repeated within the release window; once the file has arrived the use
        is closed. Raises VerificationFailed(FILE_DIGEST_MISMATCH), what
        `get_use` and the vault raise.
        """
        opened = await self.get_use(use)
        message = opened.record.message
        header = await vault.fetch_to_file(use, Path(path), expected=message.content)
        if header.record != message.id:  # the content is right, the sidecar would name another record
            for written in (Path(path), compute_sidecar_path(Path(path))):
                await asyncio.to_thread(written.unlink, missing_ok=True)
            raise VerificationFailed(Code.PROOF_OTHER_RECORD)
        return header

    def _choose_id(self, use: bytes, request_id: str | None) -> bytes:
        if not use and request_id is not None:
            raise InvalidInput(Code.INPUT_INVALID, what="a request id without a use id")
        return use or self._session.random_bytes(ID_SIZE)

    async def _make(
        self, use: bytes, operation: Operation, request_id: str | None, context: Context | None
    ) -> AcceptedUse:
        receipt = await self._submission.submit([operation], request_id=request_id, context=context)
        return AcceptedUse(use, receipt.raise_for_refusals())
