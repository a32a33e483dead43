"""Reading: proven is shown as proven, stated as stated, an outage is no lie, and a lie is no answer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.chain_node import ChainNode, build_trust
from tests.testkit.grant_objects import build_grant, by_gateway, give, open_use
from tests.testkit.ledger_objects import (
    CENTRE_OFFICE,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
    open_case,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput, Refused, VerificationFailed, ZhenglianError
from zhenglian_ledger.verify.sentences import AnswerState, Assurance
from zhenglian_proto.v1 import records_pb2, types_pb2, vault_pb2
from zhenglian_sdk import builders as build
from zhenglian_sdk.actors import Actors
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.trust import TrustStore
from zhenglian_sdk.hashing import hash_file
from zhenglian_sdk.sidecar import Sidecar, write_sidecar

LICENCE = compute_id("licence")
Story = Callable[[ChainNode, AsyncClient], Awaitable[None]]


def build_chain() -> ProvenChain:
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    return chain


def tell(directory: Path, story: Story, system: str = HUANGPU_COUNTER) -> None:
    async def run() -> None:
        async with ChainNode(build_chain(), directory) as node:
            await story(node, node.build_client(system))

    asyncio.run(run())


async def fails_with(code: Code, call: Awaitable[object]) -> None:
    with pytest.raises(ZhenglianError) as caught:
        await call
    assert caught.value.code == code


# verify


def test_a_record_in_force_is_valid_and_proven_with_its_issuer(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.assurance, answer.is_valid) == (
            AnswerState.VALID,
            Assurance.PROVEN,
            True,
        )
        assert answer.record.id == LICENCE
        assert answer.issuer == MARKET
        assert answer.height <= node.chain.height
        by_digest = await client.verify(sha256=answer.record.content.sha256)
        assert by_digest.is_valid

    tell(tmp_path, story)


def test_a_revoked_record_is_said_to_be_revoked_and_why(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        market = node.build_client(MARKET_OFFICE)
        receipt = await market.submit([build.change_licence(LICENCE, "REVOKE", "RESCINDED")])
        receipt.raise_for_refusals()
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.assurance) == (AnswerState.REVOKED, Assurance.PROVEN)
        assert answer.reason == records_pb2.Reason.Name(records_pb2.REASON_RESCINDED)

    tell(tmp_path, story)


def test_what_is_not_there_is_only_stated(tmp_path: Path) -> None:
    async def story(_node: ChainNode, client: AsyncClient) -> None:
        answer = await client.verify(compute_id("nothing"))
        assert (answer.state, answer.assurance) == (AnswerState.NOT_FOUND, Assurance.STATED)
        assert answer.record is None

    tell(tmp_path, story)


def test_every_verification_leaves_a_trace(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await client.verify(LICENCE, purpose="ENFORCEMENT")
        auditor = node.build_client(CENTRE_OFFICE)
        trace = await auditor.trace_subject(LI_LEI, "inspection")
        (query,) = [entry.operation.verify_query for entry in trace.entries]
        assert (query.record, query.purpose) == (LICENCE, types_pb2.PURPOSE_ENFORCEMENT)

    tell(tmp_path, story)


def test_an_outage_is_unknown_and_never_a_lie(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await client.get_status()
        await node.stop()
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.code) == (AnswerState.UNKNOWN, Code.NODE_UNREACHABLE)
        assert not answer.is_valid

    tell(tmp_path, story)


def test_a_stale_header_is_unknown(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await client.get_status()
        client.session.trust._now_ms = lambda: node.now_ms() + 31_000
        answer = await client.verify(LICENCE)
        assert (answer.state, answer.code) == (AnswerState.UNKNOWN, Code.PROOF_STALE)

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (lambda answer: answer.record.entry.path.pop(), Code.PROOF_TRUNCATED_PATH),
        (lambda answer: setattr(answer.record.status, "chunk", bytes(128)), Code.PROOF_OLD_STATUS),
        (lambda answer: answer.record.entry.CopyFrom(answer.type.entry), Code.PROOF_OTHER_RECORD),
        (lambda answer: answer.anchor.light_block.signed_header.commit.ClearField("signatures"), None),
    ],
)
def test_a_proof_that_does_not_hold_raises_and_nothing_is_shown(
    tmp_path: Path, lie: Callable[[Any], object], code: Code | None
) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        def forge(method: str, reply: Any) -> Any:
            if method == "GetRecord":
                lie(reply)
            return reply

        node.lie = forge
        with pytest.raises(VerificationFailed) as caught:
            await client.verify(LICENCE)
        assert code in (None, caught.value.code)

    tell(tmp_path, story)


# the second node


def tell_of_two(
    directory: Path, story: Callable[[ChainNode, ChainNode, AsyncClient], Awaitable[None]]
) -> None:
    async def run() -> None:
        chain = build_chain()
        async with ChainNode(chain, directory) as first, ChainNode(chain, directory) as second:
            await story(first, second, first.build_client(HUANGPU_COUNTER, second=second))

    asyncio.run(run())


def deny(method: str, reply: Any) -> Any:
    return type(reply)(anchor=reply.anchor) if method == "GetRecord" else reply


def test_what_neither_node_knows_is_not_found(tmp_path: Path) -> None:
    async def story(_first: ChainNode, second: ChainNode, client: AsyncClient) -> None:
        answer = await client.verify(compute_id("nothing"))
        assert answer.state == AnswerState.NOT_FOUND
        assert second.calls.count("GetRecord") == 1

    tell_of_two(tmp_path, story)


def test_a_node_that_hides_a_record_is_contradicted_by_the_second(tmp_path: Path) -> None:
    async def story(first: ChainNode, _second: ChainNode, client: AsyncClient) -> None:
        first.lie = deny
        await fails_with(Code.NODES_DISAGREE, client.verify(LICENCE))

    tell_of_two(tmp_path, story)


def test_a_record_made_in_between_is_no_contradiction(tmp_path: Path) -> None:
    async def story(first: ChainNode, _second: ChainNode, client: AsyncClient) -> None:
        def issue_behind(method: str, reply: Any) -> Any:
            if method == "GetRecord":
                first.chain.accept(MARKET_OFFICE, issue_licence("late"))
            return reply

        first.lie = issue_behind
        answer = await client.verify(compute_id("late"))
        assert answer.is_valid

    tell_of_two(tmp_path, story)


def test_what_is_proven_is_not_asked_twice(tmp_path: Path) -> None:
    async def story(_first: ChainNode, second: ChainNode, client: AsyncClient) -> None:
        assert (await client.verify(LICENCE)).is_valid
        assert second.calls == []

    tell_of_two(tmp_path, story)


def test_a_second_node_that_is_down_leaves_it_unknown(tmp_path: Path) -> None:
    async def story(_first: ChainNode, second: ChainNode, client: AsyncClient) -> None:
        await second.stop()
        assert (await client.verify(compute_id("nothing"))).state == AnswerState.UNKNOWN

    tell_of_two(tmp_path, story)


# files


def test_a_file_is_verified_by_its_sidecar_and_a_changed_one_is_not_it(tmp_path: Path) -> None:
    file = tmp_path / "licence.pdf"
    file.write_bytes(b"a licence")
    hashed = hash_file(file)

    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.accept(MARKET_OFFICE, issue_licence("filed", content=hashed.content))
        hashed.write_sidecar(compute_id("filed"))
        assert (await client.verify(file=file)).is_valid
        file.write_bytes(b"a licence, improved")
        changed = await client.verify(file=file)
        assert (changed.state, changed.code) == (AnswerState.INVALID, Code.FILE_DIGEST_MISMATCH)
        file.write_bytes(b"a licence")
        write_sidecar(file, Sidecar(LICENCE, hashed.salt, hashed.digests.sha256, hashed.digests.sm3))
        other = await client.verify(file=file)
        assert (other.state, other.is_valid) == (AnswerState.INVALID, False)

    tell(tmp_path, story)


def test_a_sealed_file_is_found_by_its_digest_alone(tmp_path: Path) -> None:
    file = tmp_path / "sealed.ofd"
    file.write_bytes(b"a sealed licence")

    async def story(node: ChainNode, client: AsyncClient) -> None:
        assert (await client.verify(file=file)).state == AnswerState.NOT_FOUND
        node.chain.accept(MARKET_OFFICE, issue_licence("sealed", content=hash_file(file, salt=b"").content))
        assert (await client.verify(file=file)).is_valid
        with pytest.raises(InvalidInput):
            await client.verify(file=tmp_path / "missing")

    tell(tmp_path, story)


# traces


def test_a_trace_is_complete_and_can_go_on_from_an_earlier_one(tmp_path: Path) -> None:
    async def story(node: ChainNode, auditor: AsyncClient) -> None:
        client = node.build_client(HUANGPU_COUNTER)
        await client.verify(LICENCE)
        first = await auditor.trace_subject(LI_LEI, "inspection")
        assert (first.count, len(first.entries), first.assurance) == (1, 1, Assurance.PROVEN)
        await client.verify(LICENCE)
        since = await auditor.trace_subject(LI_LEI, "inspection", since=first)
        kinds = [entry.operation.WhichOneof("kind") for entry in since.entries]
        assert (since.count, kinds) == (
            3,
            ["audit_query", "verify_query"],
        )  # the first audit is traced as well
        with pytest.raises(InvalidInput):
            await auditor.trace_subject(HAN_MEIMEI, "inspection", since=first)

    tell(tmp_path, story, CENTRE_OFFICE)


def test_that_nothing_was_recorded_is_proven_too(tmp_path: Path) -> None:
    async def story(_node: ChainNode, auditor: AsyncClient) -> None:
        trace = await auditor.trace_record(LICENCE, "inspection")
        assert (trace.count, trace.entries, trace.assurance) == (0, (), Assurance.PROVEN)

    tell(tmp_path, story, CENTRE_OFFICE)


def test_a_trace_with_a_use_left_out_is_no_trace(tmp_path: Path) -> None:
    async def story(node: ChainNode, auditor: AsyncClient) -> None:
        for _ in range(3):
            await node.build_client(HUANGPU_COUNTER).verify(LICENCE)

        def hide(method: str, reply: Any) -> Any:
            if method == "GetTrace":
                del reply.elements[1]
            return reply

        node.lie = hide
        await fails_with(Code.PROOF_WRONG_TRACE, auditor.trace_subject(LI_LEI, "inspection"))

    tell(tmp_path, story, CENTRE_OFFICE)


def test_a_long_trace_comes_in_pages_and_one_that_never_ends_is_refused(tmp_path: Path) -> None:
    async def story(node: ChainNode, auditor: AsyncClient) -> None:
        client = node.build_client(HUANGPU_COUNTER)
        for _ in range(5):
            await client.verify(LICENCE)

        def cut(method: str, reply: Any) -> Any:
            if method == "GetTrace" and len(reply.elements) > 2:
                del reply.elements[2:]
                reply.more = True
            return reply

        node.lie = cut
        trace = await auditor.trace_subject(LI_LEI, "inspection")
        assert trace.count == len(trace.entries) >= 5

        def stall(method: str, reply: Any) -> Any:
            if method == "GetTrace":
                del reply.elements[:]
                reply.more = True
            return reply

        node.lie = stall
        with pytest.raises((Denied, VerificationFailed)):
            await auditor.trace_subject(LI_LEI, "inspection")

    tell(tmp_path, story, CENTRE_OFFICE)


def test_an_actors_trace_is_the_part_of_the_units_that_the_actor_made(tmp_path: Path) -> None:
    async def story(node: ChainNode, auditor: AsyncClient) -> None:
        client = node.build_client(HUANGPU_COUNTER)
        clerk = Actors(b"\x07" * 32, HUANGPU).compute_clerk("0042")
        await client.verify(LICENCE)
        client.set_context(build.context(actor=clerk, channel="WINDOW"))
        await client.verify(LICENCE)
        unit = await auditor.trace_unit(HUANGPU, "inspection")
        actor = await auditor.trace_actor(HUANGPU, clerk, "inspection")
        assert (len(unit.entries), len(actor.entries)) == (2, 1)
        assert actor.count == unit.count

    tell(tmp_path, story, CENTRE_OFFICE)


# grants and uses


def test_a_grant_is_given_read_used_and_revoked(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        body = client.complete_grant(build_grant())
        attestation = by_gateway(node.chain, compute_grant_id(body))
        grant = await client.give_grant(body, attestation, request_id="grant-1")
        standing = await client.get_grant(grant)
        assert (standing.is_live, standing.uses_left, standing.events) == (True, 10, 0)
        used = await client.open_use(
            LICENCE, [grant], build.particulars(whole_document=True), recipient_key=compute_id("recipient")
        )
        assert used.receipt.is_accepted
        shown = await client.get_use(used.id)
        assert (shown.unit, shown.is_live, shown.record.message.id) == (HUANGPU, True, LICENCE)

        async def confirm(target: bytes) -> types_pb2.Attestation:
            return by_gateway(node.chain, target)

        await client.revoke_grant(grant, confirm)
        dead = await client.get_grant(grant)
        assert (dead.is_live, dead.chain.liveness.code, dead.uses_left) == (False, Code.GRANT_REVOKED, 9)
        particulars = build.particulars(whole_document=True)
        with pytest.raises(Refused) as caught:
            await client.open_use(LICENCE, [grant], particulars, recipient_key=compute_id("recipient"))
        assert caught.value.code == Code.GRANT_REVOKED
        await fails_with(Code.NOT_FOUND, client.get_grant(compute_id("no grant")))

    tell(tmp_path, story)


def test_a_request_needs_a_use_id_of_the_callers_own(tmp_path: Path) -> None:
    async def story(_node: ChainNode, client: AsyncClient) -> None:
        with pytest.raises(InvalidInput):
            await client.open_use(
                LICENCE, [LICENCE], build.particulars(), recipient_key=LICENCE, request_id="r-1"
            )

    tell(tmp_path, story)


class PlainVault:
    """A vault that hands out what it was given, without asking."""

    def __init__(self, record: bytes) -> None:
        self.record = record
        self.expected: types_pb2.Content | None = None

    async def fetch_to_file(
        self, use: bytes, path: Path, *, expected: types_pb2.Content | None = None
    ) -> vault_pb2.FetchHeader:
        self.expected = expected
        await asyncio.to_thread(path.write_bytes, use)
        write_sidecar(path, Sidecar(self.record, b"", bytes(32), bytes(32)))
        return vault_pb2.FetchHeader(record=self.record)


def test_what_is_fetched_must_be_the_proven_records(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        body = build_grant()
        node.chain.accept(HUANGPU_COUNTER, give(node.chain, body))
        node.chain.accept(HUANGPU_COUNTER, open_use("first", body))
        use, path = compute_id("use first"), tmp_path / "file.pdf"
        honest, liar = PlainVault(LICENCE), PlainVault(compute_id("other"))
        await client.fetch(honest, use, path)
        assert honest.expected == issue_licence().content
        await fails_with(Code.PROOF_OTHER_RECORD, client.fetch(liar, use, path))

    tell(tmp_path, story)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("file")] == []


def test_a_presentation_is_attested_for_the_unit_that_looks(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        node.chain.accept(HUANGPU_COUNTER, open_case())
        use = compute_id("shown")
        target = await client.compute_present_target(LICENCE, use)
        particulars = build.particulars(matter="M.RESTAURANT", case_number="2026-0001", whole_document=True)
        shown = await client.present(LICENCE, particulars, by_gateway(node.chain, target), use=use)
        relied = await client.rely(LICENCE, shown.id, particulars)
        assert relied.receipt.is_accepted

    tell(tmp_path, story)


# the trust file of a network that runs already


def test_trust_may_begin_at_a_later_block(tmp_path: Path) -> None:
    async def story(node: ChainNode, _client: AsyncClient) -> None:
        from zhenglian_ledger.cometbft.header import compute_header_hash  # noqa: PLC0415
        from zhenglian_ledger.cometbft.light import TrustAnchor  # noqa: PLC0415
        from zhenglian_ledger.trustfile import TrustFile  # noqa: PLC0415

        header = node.chain.light_block(node.chain.head.height + 1).signed_header.header
        anchor = TrustAnchor(
            header.chain_id, 0, header.height, compute_header_hash(header), header.validators_hash
        )
        trust = TrustStore(TrustFile(anchor), now_ms=node.now_ms)
        client = node.build_client(HUANGPU_COUNTER, trust=trust)
        assert (await client.verify(LICENCE)).is_valid
        wrong = TrustStore(TrustFile(build_trust(node.chain).anchor), now_ms=node.now_ms)
        stranger = node.build_client(HUANGPU_COUNTER, trust=wrong)
        await fails_with(Code.TRUST_EXPIRED, stranger.verify(LICENCE))

    tell(tmp_path, story)


@pytest.mark.parametrize(
    "question",
    [
        {"record": LICENCE.hex()},
        {"record": LICENCE[:31]},
        {"record": None},
        {"sha256": bytes(33)},
        {"record": LICENCE, "salt": "00"},
        {"file": 7},
        {"record": LICENCE, "case_number": 7},
        {},
    ],
)
def test_a_question_of_another_type_or_length_is_refused_before_it_is_asked(
    tmp_path: Path, question: dict[str, Any]
) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        await fails_with(Code.INPUT_INVALID, client.verify(**question))
        assert node.calls == []

    tell(tmp_path, story)
