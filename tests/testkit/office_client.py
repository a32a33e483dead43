"""An office's client on a real ledger with real proofs, without a channel.

client = OfficeClient(Assembly(), CENTRE_OFFICE)
run_cli(client, "governance", "list")
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, Self

from tests.testkit.assembly import Assembly
from tests.testkit.cli_client import build_receipt
from tests.testkit.ledger_kit import CHAIN_ID
from tests.testkit.ledger_objects import CENTRE_OFFICE
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Refused
from zhenglian_ledger.verify.object import verify_object
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_node.app.answers import build_governance_answer, build_object_answer
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL, Kind
from zhenglian_sdk.client.governance import Governance, Proposal, read_governance, read_proposal
from zhenglian_sdk.client.receipts import OperationResult, Receipt


class OfficeClient:
    """An office's client that reads and writes the ledger itself."""

    def __init__(self, assembly: Assembly, office: str = CENTRE_OFFICE) -> None:
        self.assembly = assembly
        self.office = office
        self.requests: dict[str, Receipt] = {}
        self.incidents: tuple[Any, ...] = ()
        self.answered_by = ""
        self.chain_id = CHAIN_ID
        self.session = SimpleNamespace(get_object=self._get_object)

    async def get_proposal(self, identifier: bytes) -> Proposal:
        answer = build_object_answer(self.assembly.provable, KIND_PROPOSAL, identifier)
        if not answer.found:
            name = identifier.hex()
            raise Refused(Code.NOT_FOUND, what=f"提案{name} proposal {name}")
        proven = self.assembly.prove(answer.anchor)
        return read_proposal(proven, answer.object, answer.proposal, identifier)

    async def get_object(self, kind: Kind, identifier: bytes | str) -> VerifiedRecord | None:
        encoded = identifier.encode() if isinstance(identifier, str) else identifier
        return (await self._get_object(kind, encoded))[0]

    async def get_governance(self, *, with_decided: bool = False) -> Governance:
        answer = build_governance_answer(self.assembly.provable, with_decided=with_decided)
        return read_governance(self.assembly.prove(answer.anchor), answer)

    async def submit(
        self, operations: Iterable[Operation], *, request_id: str | None = None, atomic: bool = False
    ) -> Receipt:
        if request_id in self.requests:
            return self.requests[request_id]
        codes = self.assembly.apply(self.office, *operations, atomic=atomic)
        receipt = build_receipt([OperationResult(ordinal, code) for ordinal, code in enumerate(codes)])
        if request_id is not None:
            self.requests[request_id] = receipt
        return receipt

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass

    async def _get_object(self, kind: Kind, identifier: bytes) -> tuple[VerifiedRecord | None, None, int]:
        answer = build_object_answer(self.assembly.provable, kind, identifier)
        if not answer.found:
            return None, None, 0
        proven = self.assembly.prove(answer.anchor)
        record = verify_object(proven, answer.object, kind=kind, identifier=identifier)
        return record, None, answer.sequence
