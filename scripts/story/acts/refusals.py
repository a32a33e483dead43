"""拒绝: one refusal of each kind that the story can meet.

Each is tried in earnest, as whoever would do it, and shown with its code and sentence.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import zhenglian
from story import catalogue, world
from story.acts import first_restaurant, second_restaurant
from story.home import PROXY
from story.people import AGENT, EMPLOYEE, RESTAURANT
from story.stage import Stage
from story.steps import confirm
from zhenglian import Code, ZhenglianError, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.errors import InvalidBatch, InvalidInput
from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.identity_pb2 import IDENTITY_KIND_LEGAL_PERSON, IdentityNumber, ResolveReason
from zhenglian_proto.v1.node_pb2 import QueryRequest, SubmitRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import SOURCE_GOVERNMENT_ISSUED, MaterialRow
from zhenglian_sdk.agency import read_agency_config
from zhenglian_sdk.attesting import ask_holder, attest_at_counter
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.plan import describe_grant
from zhenglian_sdk.signer import MemorySigner

Attempt = Callable[[Stage], Awaitable[object]]


class NotRefused(Exception):
    """Something that must be refused was let through: the story ends here."""


async def tell(stage: Stage) -> None:
    """Tell the act; raises NotRefused."""
    stage.screen.chapter("拒绝：每一种都有代码和理由", "refusals: each with its code and its reason")
    for (zh, en, expected), attempt in ATTEMPTS.items():
        stage.say(zh, en)
        try:
            await attempt(stage)
        except ZhenglianError as error:
            if error.code != expected:
                raise
            stage.screen.refuse(error)
            stage.refusals.append(error)
        else:
            raise NotRefused(expected.name)


# batches


async def _submit_raw(stage: Stage, batch: Batch) -> None:
    """The batch as it is, past the client that would have followed it up; raises InvalidBatch if rejected."""
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    reply = await session.node.call(session.node.stub.Submit, SubmitRequest(batch=batch.to_message()))
    if reply.WhichOneof("fate") == "rejection":
        raise InvalidBatch(Code(reply.rejection.code))


def _build_harmless() -> list[bytes]:
    """An operation that anybody may sign: a look-up of a record that nobody knows."""
    return [serialise(build.verify_query(record=secrets.token_bytes(32)))]


async def _replay(stage: Stage) -> None:
    """A signed question that was recorded is asked again by whoever caught it."""
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    batch = session.build_batch(_build_harmless())
    await _submit_raw(stage, batch)
    await session.node.call(session.node.stub.GetRecord, QueryRequest(batch=batch.to_message()))


async def _use_foreign_chain(stage: Stage) -> None:
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    header = session.build_batch(_build_harmless()).header
    await _submit_raw(
        stage,
        build_batch(
            _build_harmless(), suite=header.suite, chain_id="other-00000000", system=header.system,
            key=header.key, nonce=secrets.token_bytes(16), valid_until_ms=header.valid_until_ms,
            sign=session.signer.sign,
        ),
    )  # fmt: skip


async def _sign_for_another(stage: Stage) -> None:
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    stranger = MemorySigner(secrets.token_bytes(32))
    header = session.build_batch(_build_harmless()).header
    await _submit_raw(
        stage,
        build_batch(
            _build_harmless(), suite=header.suite, chain_id=header.chain_id, system=header.system,
            key=header.key, nonce=secrets.token_bytes(16), valid_until_ms=header.valid_until_ms,
            sign=stranger.sign,
        ),
    )  # fmt: skip


async def _come_unregistered(stage: Stage) -> None:
    """A certificate of the right member whose key no system has registered."""
    config = read_agency_config(stage.home.get_system(world.PUTUO_COUNTER) / "agency.toml")
    folder = stage.home.get_system(PROXY)
    tls = TlsFiles(folder / "tls.pem", folder / "tls.key.pem", (stage.home.authorities,))
    values = {name: getattr(config, name) for name in config.__slots__}
    changed = type(config)(**(values | {"tls": tls, "state_dir": folder / "state"}))
    async with await zhenglian.connect_async(changed) as client:
        await client.session.get_unit()


# records


async def _resolve_wrong_code(stage: Stage) -> None:
    """One digit of the company's code was mistyped."""
    code = RESTAURANT.number[:-1] + ("0" if RESTAURANT.number[-1] != "0" else "1")
    gateway = (await stage.get_desk(world.PUTUO_COUNTER)).client.gateway
    number = IdentityNumber(kind=IDENTITY_KIND_LEGAL_PERSON, number=code)
    await gateway.resolve_subjects(ResolveReason(case_number="PT-X"), [number])


def _build_licence(stage: Stage, issuer: str) -> Operation:
    return build.issue_licence(
        id=secrets.token_bytes(32), type=catalogue.BUSINESS, holders=[stage.ids[RESTAURANT]],
        issuing_unit=issuer, custodian=world.CENTRE, valid=build.interval(stage.get_day(0)),
        content=zhenglian.hash_file(stage.fetched[0]).content,
    )  # fmt: skip


async def _issue_without_role(stage: Stage) -> None:
    await (await stage.get_desk(world.PUTUO_COUNTER)).submit(_build_licence(stage, world.PUTUO_HALL))


async def _issue_unlisted(stage: Stage) -> None:
    await (await stage.get_desk(world.XUHUI_HEALTH_OFFICE)).submit(_build_licence(stage, world.XUHUI_HEALTH))


async def _demand_paper(stage: Stage) -> None:
    """The hall's next list would ask the applicant for a paper licence, citing nothing."""
    matter = catalogue.MATTER_BY_ID[catalogue.OPEN_PUTUO]
    row = MaterialRow(
        id="paper", name="营业执照复印件", licence_types=[catalogue.BUSINESS], source=SOURCE_GOVERNMENT_ISSUED,
        issuing_unit=world.XUHUI_MARKET, paper_demanded=True,
    )  # fmt: skip
    operation = build.put_matter(
        matter.id, matter.zh, version=2, basic_code=matter.basic_code, basis=matter.basis, unit=matter.unit,
        handling_item=matter.handling_item, promised=matter.promised, rows=[row],
    )  # fmt: skip
    await (await stage.get_desk(world.PUTUO_COUNTER)).submit(operation)


async def _verify_altered_file(stage: Stage) -> None:
    """One byte of a fetched file is changed; its sidecar is the honest one."""
    fetched = stage.fetched[0]
    altered = fetched.with_name("altered.pdf")
    data = bytearray(fetched.read_bytes())
    data[len(data) // 2] ^= 1
    altered.write_bytes(bytes(data))
    sidecar = fetched.with_name(fetched.name + ".zl.json").read_bytes()
    altered.with_name(altered.name + ".zl.json").write_bytes(sidecar)
    answer = await (await stage.get_desk(world.PUTUO_COUNTER)).client.verify(file=altered)
    if not answer.is_valid:
        raise InvalidInput(answer.code)


# grants


def _build_child(stage: Stage, *, types: list[str], uses: int) -> GrantBody:
    """What the agent would pass on to the unit."""
    return build.grant_body(
        chain_id=stage.desks[world.PUTUO_ONLINE].client.chain_id, grantor=stage.ids[AGENT],
        grantee=world.PUTUO_HALL, parent=stage.grants[second_restaurant.TO_AGENT],
        valid=build.interval(stage.get_day(0), stage.get_day(10)),
        scope=build.scope(
            types=types, whole_document=True, matters=[catalogue.OPEN_PUTUO], regions=["310107"], uses=uses
        ),
    )  # fmt: skip


async def _widen(stage: Stage) -> None:
    online = await stage.get_desk(world.PUTUO_ONLINE)
    body = _build_child(stage, types=[catalogue.FOOD_SAFETY, catalogue.BUSINESS], uses=1)
    attestation = await confirm(online, AGENT, compute_grant_id(body), describe_grant(body))
    await online.client.give_grant(body, attestation)


async def _attest_for_oneself(stage: Stage) -> None:
    """The unit that gains by the grant attests it itself."""
    counter, online = await stage.get_desk(world.PUTUO_COUNTER), await stage.get_desk(world.PUTUO_ONLINE)
    body = _build_child(stage, types=[catalogue.FOOD_SAFETY], uses=1)
    attestation = attest_at_counter(
        compute_grant_id(body), stage.ids[AGENT], counter.client.session.signer, system=counter.system,
        clerk=await counter.compute_clerk(), window="W-1", written_grant=secrets.token_bytes(32),
    )  # fmt: skip
    await online.client.give_grant(body, attestation)


async def _ask_without_confirmation(stage: Stage) -> None:
    gateway = (await stage.get_desk(world.PUTUO_ONLINE)).client.gateway
    asked = await ask_holder(gateway, EMPLOYEE.to_message(), secrets.token_bytes(32), "本人没有确认")
    await asked.attest()


# uses


async def _open(stage: Stage, grant: str, record: str, **particulars: object) -> None:
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    usual: dict[str, object] = {"matter": catalogue.OPEN_PUTUO, "whole_document": True}
    await counter.client.open_use(
        stage.records[record], [stage.grants[grant]],
        build.particulars(**(usual | particulars)),  # type: ignore[arg-type]
        recipient_key=secrets.token_bytes(32),
    )  # fmt: skip


ARTICLES: Final = f"articles of association {first_restaurant.NUMBER}"
FOOD_SAFETY: Final = f"food safety rules of the company {first_restaurant.NUMBER}"


async def _exceed_purpose(stage: Stage) -> None:
    await _open(stage, second_restaurant.DIRECT, ARTICLES, purpose="ENFORCEMENT")


async def _exceed_matter(stage: Stage) -> None:
    await _open(stage, second_restaurant.DIRECT, ARTICLES, matter=catalogue.CHANGE_XUHUI)


async def _exceed_records(stage: Stage) -> None:
    await _open(stage, second_restaurant.DIRECT, FOOD_SAFETY)


async def _exceed_count(stage: Stage) -> None:
    """The agent's grant was for one use in the case, and it was made."""
    number = second_restaurant.NUMBER
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY, case_number=number)


async def _use_after_revocation(stage: Stage) -> None:
    """The legal person takes back what the employee got; the agent's own grant was never touched."""
    online = await stage.get_desk(world.PUTUO_ONLINE)

    await online.client.revoke_grant(
        stage.grants[second_restaurant.TO_EMPLOYEE],
        lambda target: confirm(online, RESTAURANT, target, "撤销对员工的授权"),
    )
    await _open(stage, second_restaurant.BY_AGENT, FOOD_SAFETY, case_number=second_restaurant.NUMBER)


async def _rely_on_nothing(stage: Stage) -> None:
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    number = second_restaurant.NUMBER
    particulars = build.particulars(matter=catalogue.OPEN_PUTUO, case_number=number)
    await counter.client.rely(stage.records["food business permit"], secrets.token_bytes(32), particulars)


async def _fetch_for_another(stage: Stage) -> None:
    """A use of Putuo's is named to the vault by another unit."""
    use = next(use for use, made in stage.uses.items() if made.record == stage.records[FOOD_SAFETY])
    housing = await stage.get_desk(world.HOUSING_OFFICE)
    vault = await housing.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(use, housing.folder / "received" / "stolen.pdf")


async def _fetch_without_use(stage: Stage) -> None:
    counter = await stage.get_desk(world.PUTUO_COUNTER)
    vault = await counter.get_vault(world.XUHUI_HALL)
    await vault.fetch_to_file(secrets.token_bytes(32), counter.folder / "received" / "nothing.pdf")


# reading


async def _plan_closed_case(stage: Stage) -> None:
    await (await stage.get_desk(world.XUHUI_COUNTER)).client.plan(first_restaurant.NUMBER)


async def _trace_as_window(stage: Stage) -> None:
    counter = await stage.get_desk(world.XUHUI_COUNTER)
    await counter.client.trace_subject(stage.ids[RESTAURANT], "好奇")


ATTEMPTS: Final[dict[tuple[str, str, Code], Attempt]] = {
    ("截获的签名查询再问一次", "a caught question is asked again", Code.REPLAYED): _replay,
    ("另一条链的批次", "a batch of another chain", Code.FOREIGN_CHAIN): _use_foreign_chain,
    ("冒用他人系统签名", "signed by a stranger's key", Code.WRONG_SIGNATURE): _sign_for_another,
    ("未登记的信道证书", "an unregistered channel", Code.CHANNEL_UNKNOWN): _come_unregistered,
    ("信用代码输错一位", "one digit mistyped", Code.WRONG_CHECK_DIGIT): _resolve_wrong_code,
    ("无发证职能的单位发证", "issuing without the role", Code.NOT_PERMITTED): _issue_without_role,
    ("不在发证清单的单位发证", "issuing without being listed", Code.ISSUER_NOT_LISTED): _issue_unlisted,
    ("无依据向申请人索要纸质证照", "demanding paper without a basis", Code.BASIS_REQUIRED): _demand_paper,
    ("改动一个字节的文件", "a file with one byte changed", Code.FILE_DIGEST_MISMATCH): _verify_altered_file,
    ("子授权比上级宽", "a grant wider than its parent", Code.GRANT_WIDENED): _widen,
    ("受益单位自己作证", "the gaining unit attests", Code.ATTESTOR_IS_GRANTEE): _attest_for_oneself,
    ("本人尚未确认", "the holder has not confirmed", Code.SESSION_UNCONFIRMED): _ask_without_confirmation,
    ("超出目的用证", "use beyond the purpose", Code.OUTSIDE_PURPOSE): _exceed_purpose,
    ("超出事项用证", "use beyond the matter", Code.OUTSIDE_MATTER): _exceed_matter,
    ("超出范围用证", "use of a record not granted", Code.OUTSIDE_RECORDS): _exceed_records,
    ("超出次数用证", "use beyond the count", Code.NO_USES_LEFT): _exceed_count,
    ("没有用证却作为决定依据", "relying on what was never used", Code.NO_PRIOR_USE): _rely_on_nothing,
    ("凭他人的用证取件", "fetching by another unit's use", Code.VAULT_NOT_YOURS): _fetch_for_another,
    ("没有用证就取件", "fetching without a use", Code.VAULT_NO_USE): _fetch_without_use,
    ("对已办结的办件问方案", "a plan of a closed case", Code.CASE_NOT_OPEN): _plan_closed_case,
    ("窗口查询主体全部轨迹", "a window reads a subject's trace", Code.READ_NOT_PERMITTED): _trace_as_window,
    ("上级授权撤销后用证", "use after an ancestor's revocation", Code.GRANT_REVOKED): _use_after_revocation,
}
"""What is tried, in words, with the code it must be refused with. The revocation comes last: it ends a chain."""
