"""Reads: is this record in force, and what is on the ledger by id (SPEC 6.2, 8.4, 8.9).

Outage and staleness are answers of their own, UNKNOWN with the reason, never taken for tampering; a proof
that does not hold raises and no answer is shown. That something is not there can only be stated: a second
member's node is asked where one is configured, and if the two disagree about what was there at the same
height, that is an error.
"""

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused, Unreachable, VerificationFailed
from zhenglian_ledger.verify.anchor import Proven
from zhenglian_ledger.verify.answer import compute_answer, compute_not_found, compute_unknown
from zhenglian_ledger.verify.grants import VerifiedChain, verify_grant_chain
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.record_answer import VerifiedRecordAnswer, verify_record_answer
from zhenglian_proto.v1 import node_pb2
from zhenglian_proto.v1.node_pb2 import GrantRequest, NodeStatus, StatusRequest
from zhenglian_proto.v1.types_pb2 import KIND_UNIT, PURPOSE_SERVICE, Content, Kind, Purpose
from zhenglian_sdk.builders.forms import ID_SIZE
from zhenglian_sdk.builders.uses import verify_query
from zhenglian_sdk.client.answers import Answer, build_answer, build_mismatch
from zhenglian_sdk.client.connection import NodeConnection
from zhenglian_sdk.client.opinions import Nothing, confirm
from zhenglian_sdk.client.session import Session, verify_new
from zhenglian_sdk.content import compute_file_digests
from zhenglian_sdk.sidecar import compute_sidecar_path, read_sidecar

_UNTOLD: Final = frozenset({Code.PROOF_STALE})
"""Verification codes that say nothing about a record, and nothing about a lie."""


class Reads:
    """Questions of one session that are answered with their assurance."""

    def __init__(self, session: Session) -> None:
        """Ask in `session`."""
        self._session = session
        self._unit_names: dict[str, str] = {}

    async def verify(
        self,
        record: bytes = b"",
        *,
        sha256: bytes = b"",
        file: Path | str | None = None,
        salt: bytes | None = None,
        purpose: Purpose | str = PURPOSE_SERVICE,
        case_number: str = "",
    ) -> Answer:
        """What is known of a record, by its id, by its content's SHA-256, or by a file.

        A file is looked up by `record`, else by the sidecar beside it, else by its unsalted digest; if it is
        not the one recorded, the answer is INVALID(FILE_DIGEST_MISMATCH). The question leaves a trace. Raises
        VerificationFailed if a proof does not hold, Denied or Refused if the question is not permitted, and
        InvalidInput(INPUT_INVALID) for an argument of another type or length.
        """
        _verify_question(record, sha256, salt, file, case_number)
        content = None
        if file is not None:
            record, salt = _get_file_record(Path(file), record, salt)
            digests = compute_file_digests(Path(file), salt)
            content = digests.to_content()
            sha256 = b"" if record else digests.sha256

        def build() -> node_pb2.QueryRequest:
            query = verify_query(record=record, sha256=sha256, purpose=purpose, case_number=case_number)
            return self._session.build_query(query, with_signature=True)

        answer = await self._answer(build, record or None, sha256 or None)
        return answer if _is_same_content(answer, content) else build_mismatch(answer)

    async def get_object(self, kind: Kind, identifier: bytes | str) -> VerifiedRecord | None:
        """The newest registry object, key or own case of that id, proven; None where the node knows none."""
        encoded = identifier.encode() if isinstance(identifier, str) else identifier
        found, _, _ = await self._session.get_object(kind, encoded)
        return found

    async def get_unit_names(self, units: Iterable[str]) -> dict[str, str]:
        """Each unit's name, as its registration proves; its id where the node knows none. Asked for once."""
        missing = sorted(set(units) - self._unit_names.keys())
        found = await asyncio.gather(*(self.get_object(KIND_UNIT, unit) for unit in missing))
        named = zip(missing, found, strict=True)
        self._unit_names |= {unit: record.message.name if record else unit for unit, record in named}
        return self._unit_names

    async def get_grant(self, grant: bytes) -> "GrantStanding":
        """A grant with its chain, proven, live or not; raises Refused(NOT_FOUND) if the node knows none.

        That none is known, the uses left and the events are stated; what two nodes state differently though
        nothing changed in between raises VerificationFailed(NODES_DISAGREE).
        """

        async def look(node: NodeConnection) -> GrantStanding | Nothing:
            answer, proven = await self._session.ask_at(
                node, lambda stub: stub.GetGrant, lambda: GrantRequest(grant=grant)
            )
            if not answer.found:
                return Nothing(proven.height)
            chain = verify_grant_chain(proven, answer.chain, grant=grant, at_ms=proven.time_ms)
            return GrantStanding(chain, answer.uses_left, answer.events, proven)

        standing = await confirm(self._session, look, GrantStanding.get_stated)
        if isinstance(standing, Nothing):
            raise Refused(Code.NOT_FOUND, what="授权 grant")
        return standing

    async def get_status(self) -> NodeStatus:
        """How far a node is; its newest header becomes trusted."""
        return await self._session.ask(
            lambda stub: stub.GetStatus,
            lambda: StatusRequest(trusted_height=self._session.trust.height),
            lambda status, _proven: status,
        )

    async def _answer(
        self, build: Callable[[], node_pb2.QueryRequest], record: bytes | None, sha256: bytes | None
    ) -> Answer:
        async def look(node: NodeConnection) -> Answer:
            return await self._look(node, build, record, sha256)

        try:
            first, node = await self._session.nodes.ask(look)
            if first.verified is None:
                second = await self._session.ask_another(look, node)
                return first if second is None else choose_answer(first, second)
        except Unreachable as error:
            return build_answer(compute_unknown(error))
        except VerificationFailed as error:
            if error.code not in _UNTOLD:
                raise
            return build_answer(compute_unknown(error))
        return first

    async def _look(
        self,
        node: NodeConnection,
        build: Callable[[], node_pb2.QueryRequest],
        record: bytes | None,
        sha256: bytes | None,
    ) -> Answer:
        answer, proven = await self._session.ask_at(node, lambda stub: stub.GetRecord, build)
        verified = verify_record_answer(proven, answer, with_signature=True, identifier=record, sha256=sha256)
        if verified is None:
            return build_answer(compute_not_found(proven), node=node.target)
        said = compute_answer(verified, proven, self._session.now_ms())
        return build_answer(said, verified, answer, node=node.target)


class GrantStanding:
    """A proven grant chain, and what the node states about it: uses left and events so far."""

    def __init__(self, chain: VerifiedChain, uses_left: int, events: int, proven: Proven) -> None:
        """Hold the parts; `events` is the least sequence already used for changing the grant."""
        self.chain = chain
        self.uses_left = uses_left
        self.events = events
        self.height = proven.height
        self.time_ms = proven.time_ms

    def get_stated(self) -> tuple[int, int]:
        """What only the node says: uses left, and events."""
        return self.uses_left, self.events

    @property
    def is_live(self) -> bool:
        """Whether the chain can be used at `time_ms`; uses left are not considered."""
        return self.chain.liveness.is_live


def choose_answer(first: Answer, second: Answer) -> Answer:
    """The answer where the first node says that there is no such record.

    Raises VerificationFailed(NODES_DISAGREE) if the second proves a record that was there at the first's
    height.
    """
    verified: VerifiedRecordAnswer | None = second.verified
    if verified is None:
        return first
    verify_new(verified.record.entry.height, first.height)
    return second


def _verify_question(record: object, sha256: object, salt: object, file: object, case_number: object) -> None:
    """Whoever passes hex text or a number is told so here: annotations alone stop nobody."""
    for name, value in (("record", record), ("sha256", sha256), ("salt", b"" if salt is None else salt)):
        if not isinstance(value, bytes) or len(value) not in (0, ID_SIZE):
            raise InvalidInput(
                Code.INPUT_INVALID, what=f"{name}：须为 {ID_SIZE} 字节 must be {ID_SIZE} bytes"
            )
    if not (file is None or isinstance(file, str | Path)):
        raise InvalidInput(Code.INPUT_INVALID, what="file：须为路径 must be a path")
    if not isinstance(case_number, str):
        raise InvalidInput(Code.INPUT_INVALID, what="case_number：须为文字 must be text")
    if not (record or sha256 or file is not None):
        raise InvalidInput(Code.INPUT_INVALID, what="record | sha256 | file：须给出其一 one is needed")


def _get_file_record(path: Path, record: bytes, salt: bytes | None) -> tuple[bytes, bytes]:
    """Record id (may be empty) and salt of a file: as given, else from its sidecar, else none."""
    if salt is None and compute_sidecar_path(path).exists():
        sidecar = read_sidecar(path)
        return record or sidecar.record, sidecar.salt
    return record, salt or b""


def _is_same_content(answer: Answer, content: Content | None) -> bool:
    if content is None or answer.verified is None:
        return True
    recorded: Content = answer.verified.record.message.content
    return (recorded.sha256, recorded.sm3, recorded.salted) == (content.sha256, content.sm3, content.salted)
