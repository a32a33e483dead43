"""The plan as an agency reads it: the list proven, each exemption proven, omissions stated, lies refused."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.testkit.chain_kit import ProvenChain, altered, fails
from tests.testkit.chain_node import ChainNode
from tests.testkit.grant_objects import by_gateway
from tests.testkit.ledger_objects import (
    BUSINESS_LICENCE,
    CENTRE_OFFICE,
    HAN_MEIMEI,
    HUANGPU,
    HUANGPU_COUNTER,
    LI_LEI,
    MARKET,
    MARKET_OFFICE,
    PUDONG,
    RESTAURANT,
    compute_id,
    issue_licence,
    open_case,
    put_matter,
)
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_ledger.step import Author
from zhenglian_ledger.verify.sentences import Assurance, Sentence
from zhenglian_node.app.answers import ProofBuilder
from zhenglian_node.app.answers_plan import build_plan_answer
from zhenglian_node.app.answers_records import build_record_answer
from zhenglian_proto.v1 import node_pb2, records_pb2
from zhenglian_proto.v1.grants_pb2 import GiveGrant
from zhenglian_proto.v1.members_pb2 import Unit
from zhenglian_proto.v1.types_pb2 import KIND_MATTER, KIND_UNIT
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.plan import Plan, PlanRow, Verdict, describe_grant, load_draft, save_draft, verify_plan

CASE = "2026-0001"
Story = Callable[[ChainNode, AsyncClient], Awaitable[None]]


def build_chain() -> ProvenChain:
    """Li Lei's licence, and his restaurant case at Huangpu."""
    chain = ProvenChain()
    chain.accept(MARKET_OFFICE, issue_licence())
    chain.accept(HUANGPU_COUNTER, open_case())
    return chain


def tell(directory: Path, story: Story) -> None:
    async def run() -> None:
        async with ChainNode(build_chain(), directory) as node:
            await story(node, node.build_client(HUANGPU_COUNTER))

    asyncio.run(run())


async def grant_all(node: ChainNode, client: AsyncClient, plan: Plan) -> list[bytes]:
    """Every missing grant is completed, confirmed by its holder and given."""
    given = []
    for draft in plan.drafts:
        body = client.complete_grant(draft)
        attestation = by_gateway(node.chain, compute_grant_id(body), body.grantor.subject)
        given.append(await client.give_grant(body, attestation))
    return given


def test_what_a_grant_would_exempt_is_exempt_once_it_was_given(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        before = await client.plan(CASE)
        assert [row.verdict for row in before.rows] == [
            Verdict.NEEDS_GRANT, Verdict.MUST_SUBMIT, Verdict.MUST_SUBMIT, Verdict.MUST_SUBMIT,
        ]  # fmt: skip
        assert {row.assurance for row in before.rows} == {Assurance.STATED}
        assert {row.record_id for row in before.rows} == {b""}
        (grant,) = await grant_all(node, client, before)
        after = await client.plan(CASE)
        licence = after.rows[0]
        assert (licence.verdict, licence.assurance) == (Verdict.EXEMPT, Assurance.PROVEN)
        assert licence.record_id == compute_id("licence")
        assert licence.record is not None
        assert licence.record.message.id == compute_id("licence")
        assert list(licence.said.grants) == [grant]
        assert [row.listed.id for row in after.to_submit] == ["form", "lease", "report"]

    tell(tmp_path, story)


def test_the_table_says_it_in_chinese_and_in_english(tmp_path: Path) -> None:
    async def story(_node: ChainNode, client: AsyncClient) -> None:
        plan = await client.plan(CASE)
        chinese, english = plan.build_table(), plan.build_table("en")
        assert chinese[0] == ["材料", "来源", "免交方式", "结论", "依据"]
        assert chinese[1][1:4] == ["政府核发（market）", "电子证照", "授权后免于提交"]
        assert english[2][3] == "must be submitted"
        assert len(chinese) == len(english) == 5

    tell(tmp_path, story)


def test_issuers_are_called_by_their_proven_names_which_are_asked_for_once(tmp_path: Path) -> None:
    async def story(node: ChainNode, client: AsyncClient) -> None:
        found = await client.get_object(KIND_UNIT, MARKET)
        assert found is not None
        unit = found.message
        renamed = Unit.FromString(serialise(unit))
        renamed.name = "徐汇区市场监管局"
        node.chain.accept(CENTRE_OFFICE, renamed)
        plan = await client.plan(CASE)
        assert plan.build_table()[1][1] == "政府核发（徐汇区市场监管局）"
        assert plan.build_table("en")[1][1] == "issued by government (徐汇区市场监管局)"
        node.chain.accept(CENTRE_OFFICE, unit)
        node.calls.clear()
        assert (await client.plan(CASE)).rows[0].issuing_name == "徐汇区市场监管局"
        assert node.calls == ["GetPlan"]

    tell(tmp_path, story)


# what a lying node would say


class Covered:
    """A plan whose licence row is exempt, as the node answers it, and its verification."""

    def __init__(self) -> None:
        self.chain = build_chain()
        author = Author(HUANGPU_COUNTER, HUANGPU, HUANGPU, region="310101")
        self.author = author
        answer = self.ask()
        draft = answer.rows[0].drafts[0]
        draft.nonce = compute_id("nonce")[:16]
        attestation = by_gateway(self.chain, compute_grant_id(draft), LI_LEI)
        self.chain.accept(HUANGPU_COUNTER, GiveGrant(body=draft, attestation=attestation))
        self.answer = self.ask()
        assert self.answer.rows[0].record

    def ask(self) -> node_pb2.PlanAnswer:
        return build_plan_answer(self.chain.provable, self.chain.build_step(self.author), CASE)

    def verify(self, answer: node_pb2.PlanAnswer, unit: str = HUANGPU, number: str = CASE) -> Plan:
        proven = self.chain.prove(answer.anchor)
        return verify_plan(proven, answer, unit=unit, case_number=number, now_ms=self.chain.now_ms)


@pytest.fixture(scope="module")
def covered() -> Covered:
    return Covered()


def test_what_the_case_has_or_has_retrieved_is_said_in_its_own_words(covered: Covered) -> None:
    def retrieved(answer: Any) -> None:
        answer.rows[0].why = node_pb2.WHY_RETRIEVED
        del answer.rows[0].grants[:]

    row = covered.verify(altered(covered.answer, retrieved)).rows[0]
    assert row.assurance == Assurance.PROVEN
    assert [cell.zh for cell in row.describe()[3:]] == ["免于提交", "本办件已调取"]
    assert row.describe()[4].en == "retrieved in this case already"
    said = node_pb2.PlanRow(
        verdict=node_pb2.VERDICT_EXEMPT,
        path=node_pb2.PATH_THIS_CASE,
        why=node_pb2.WHY_HANDED_IN,
        warnings=[node_pb2.WARNING_EXPIRES_EARLY],
    )
    here = PlanRow(row.listed, said, Assurance.STATED)
    assert here.describe()[3] == Sentence("已收件，无需再交", "handed in, nothing more needed")
    assert here.warning_codes == ("EXPIRES_EARLY",)


def swap_rows(answer: node_pb2.PlanAnswer) -> None:
    rows = [node_pb2.PlanRow.FromString(serialise(row)) for row in answer.rows]
    del answer.rows[:]
    answer.rows.extend([rows[1], rows[0], *rows[2:]])


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (lambda answer: answer.rows.pop(), Code.PROOF_OTHER_RECORD),
        (lambda answer: answer.rows.add(row="bribe", verdict=5), Code.PROOF_OTHER_RECORD),
        (swap_rows, Code.PROOF_OTHER_RECORD),
        (lambda answer: setattr(answer.rows[1], "verdict", 0), Code.PROOF_MALFORMED),
        (lambda answer: setattr(answer.rows[1], "verdict", node_pb2.VERDICT_EXEMPT), Code.PROOF_MISSING),
        (lambda answer: answer.rows[0].ClearField("record"), Code.PROOF_MISSING),
        (
            lambda answer: setattr(answer.rows[1], "verdict", node_pb2.VERDICT_MAY_FOLLOW),
            Code.PROOF_MALFORMED,
        ),
        (lambda answer: setattr(answer.rows[0], "record", compute_id("x")), Code.PROOF_OTHER_RECORD),
        (lambda answer: answer.rows[0].ClearField("proof"), Code.PROOF_SWAPPED),
        (lambda answer: answer.matter.CopyFrom(answer.case), Code.PROOF_OTHER_RECORD),
        (lambda answer: answer.case.CopyFrom(answer.matter), Code.PROOF_OTHER_RECORD),
        (lambda answer: answer.case.ClearField("signature"), Code.PROOF_WRONG_SIGNER),
    ],
)
def test_a_plan_that_does_not_follow_the_list_is_refused(
    covered: Covered, lie: Callable[[Any], object], code: Code
) -> None:
    assert covered.verify(covered.answer).rows
    assert fails(lambda: covered.verify(altered(covered.answer, lie))) is code


def test_another_units_case_of_the_same_number_is_not_ours(covered: Covered) -> None:
    assert fails(lambda: covered.verify(covered.answer, unit=PUDONG)) is Code.PROOF_WRONG_SIGNER
    assert fails(lambda: covered.verify(covered.answer, number="2026-0002")) is Code.PROOF_OTHER_RECORD


def test_a_later_list_version_is_not_the_cases(covered: Covered) -> None:
    chain = build_chain()
    world = Covered.__new__(Covered)
    world.chain, world.author = chain, covered.author
    chain.accept("huangpu-office", put_matter(version=2))
    answer = world.ask()
    index = chain.find(KIND_MATTER, RESTAURANT).index
    newer = ProofBuilder(chain.provable).build_record(KIND_MATTER, index)
    assert world.verify(answer).matter.version == 1
    lie = altered(answer, lambda shown: shown.matter.CopyFrom(newer))
    assert fails(lambda: world.verify(lie)) is Code.PROOF_OTHER_RECORD


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"holders": [HAN_MEIMEI]}, Code.PROOF_OTHER_RECORD),
        ({"type": "LT.FOOD"}, Code.PROOF_OTHER_RECORD),
    ],
)
def test_a_record_of_somebody_else_or_of_another_type_exempts_from_nothing(
    changes: dict[str, Any], code: Code
) -> None:
    world = Covered()
    world.chain.accept(MARKET_OFFICE, issue_licence("foreign", **changes))
    answer = world.ask()
    shown = build_record_answer(world.chain.provable, identifier=compute_id("foreign"))

    def lie(plan: node_pb2.PlanAnswer) -> None:
        plan.rows[0].record = compute_id("foreign")
        plan.rows[0].proof.CopyFrom(shown.record)

    assert fails(lambda: world.verify(altered(answer, lie))) is code


def test_a_record_that_was_revoked_exempts_from_nothing() -> None:
    world = Covered()
    revoke = records_pb2.ChangeLicence(
        licence=compute_id("licence"),
        event=records_pb2.LICENCE_EVENT_REVOKE,
        reason=records_pb2.REASON_RESCINDED,
    )
    before = world.ask()
    world.chain.accept(MARKET_OFFICE, revoke)
    answer = world.ask()
    shown = build_record_answer(world.chain.provable, identifier=compute_id("licence"))

    def lie(plan: node_pb2.PlanAnswer) -> None:
        plan.rows[0].CopyFrom(before.rows[0])
        plan.rows[0].proof.CopyFrom(shown.record)

    assert answer.rows[0].verdict != node_pb2.VERDICT_EXEMPT
    assert fails(lambda: world.verify(altered(answer, lie))) is Code.PROOF_WRONG_STATUS


# drafts


def test_a_draft_file_carries_the_grant_and_says_it_in_words(covered: Covered, tmp_path: Path) -> None:
    draft = (
        build_plan_answer(build_chain().provable, build_chain().build_step(covered.author), CASE)
        .rows[0]
        .drafts[0]
    )
    draft.nonce = bytes(15) + b"\x01"
    path = save_draft(tmp_path / "grant.json", draft)
    assert load_draft(path) == draft
    shown = describe_grant(draft)
    assert f"授权{HUANGPU}，仅在{HUANGPU}的办件{CASE}中" in shown
    assert BUSINESS_LICENCE in shown
    assert json.loads(path.read_text(encoding="utf-8"))["shown"] == shown


@pytest.mark.parametrize("field", ["body", "grant", "shown", "version"])
def test_a_draft_whose_parts_disagree_is_refused(covered: Covered, tmp_path: Path, field: str) -> None:
    draft = (
        build_plan_answer(build_chain().provable, build_chain().build_step(covered.author), CASE)
        .rows[0]
        .drafts[0]
    )
    draft.nonce = bytes(15) + b"\x01"
    path = save_draft(tmp_path / "grant.json", draft)
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields[field] = 2 if field == "version" else "00" + fields[field][2:]
    path.write_text(encode_json(fields), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        load_draft(path)
    assert caught.value.code == Code.INPUT_INVALID


def test_a_draft_of_another_chain_is_not_completed(tmp_path: Path) -> None:
    async def story(_node: ChainNode, client: AsyncClient) -> None:
        (draft,) = (await client.plan(CASE)).drafts
        assert client.complete_grant(draft).nonce != client.complete_grant(draft).nonce
        draft.chain_id = "sandbox-ffffffff"
        with pytest.raises(InvalidInput):
            client.complete_grant(draft)

    tell(tmp_path, story)
