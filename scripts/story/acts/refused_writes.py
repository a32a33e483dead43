"""What is written and must not be: batches that nobody meant, records that nobody may make.

Each function tries one thing in earnest; what it raises is the refusal.
"""

import secrets
from typing import Final

import zhenglian
from story import catalogue, world
from story.home import PROXY
from story.people import RESTAURANT
from story.stage import Stage
from zhenglian import build
from zhenglian_ledger.batch import Batch, build_batch
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.errors import InvalidBatch, InvalidInput
from zhenglian_proto.v1.identity_pb2 import IDENTITY_KIND_LEGAL_PERSON, IdentityNumber, ResolveReason
from zhenglian_proto.v1.node_pb2 import QueryRequest, SubmitRequest
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.registries_pb2 import SOURCE_GOVERNMENT_ISSUED, MaterialRow
from zhenglian_sdk.agency import read_agency_config
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.civil_time import compute_now_ms
from zhenglian_sdk.client.receipts import get_code
from zhenglian_sdk.signer import MemorySigner, Signer

HOUR_MS: Final = 3_600_000

# batches


async def _submit_raw(stage: Stage, batch: Batch) -> None:
    """The batch as it is, past the client that would have followed it up; raises InvalidBatch if rejected."""
    await _submit_through(stage, world.PUTUO_COUNTER, batch)


async def _submit_through(stage: Stage, system: str, batch: Batch) -> None:
    """The same, over the channel of `system`."""
    session = (await stage.get_desk(system)).client.session
    reply = await session.node.call(session.node.stub.Submit, SubmitRequest(batch=batch.to_message()))
    if reply.WhichOneof("fate") == "rejection":
        raise InvalidBatch(get_code(reply.rejection.code))


def _build_harmless() -> list[bytes]:
    """An operation that anybody may sign: a look-up of a record that nobody knows."""
    return [serialise(build.verify_query(record=secrets.token_bytes(32)))]


async def replay(stage: Stage) -> None:
    """A signed question that was recorded is asked again by whoever caught it."""
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    batch = session.build_batch(_build_harmless())
    await _submit_raw(stage, batch)
    await session.node.call(session.node.stub.GetRecord, QueryRequest(batch=batch.to_message()))


async def _build_changed(stage: Stage, signer: Signer | None = None, **changes: object) -> Batch:
    """A batch as the counter would make it, but for `changes` in its header, or for who signs."""
    session = (await stage.get_desk(world.PUTUO_COUNTER)).client.session
    header = session.build_batch(_build_harmless()).header
    usual: dict[str, object] = {
        name: getattr(header, name) for name in ("suite", "chain_id", "system", "key", "valid_until_ms")
    }
    return build_batch(
        _build_harmless(), nonce=secrets.token_bytes(16), sign=(signer or session.signer).sign,
        **(usual | changes),  # type: ignore[arg-type]
    )  # fmt: skip


async def submit_late(stage: Stage) -> None:
    """A batch that arrives an hour after its validity ended."""
    await _submit_raw(stage, await _build_changed(stage, valid_until_ms=compute_now_ms() - HOUR_MS))


async def use_foreign_chain(stage: Stage) -> None:
    """A batch that is signed for another chain."""
    await _submit_raw(stage, await _build_changed(stage, chain_id="other-00000000"))


async def sign_for_another(stage: Stage) -> None:
    """A stranger's key signs in the name of a registered system."""
    stranger = MemorySigner(secrets.token_bytes(32))
    await _submit_raw(stage, await _build_changed(stage, stranger))


async def name_unknown_system(stage: Stage) -> None:
    """The relay hands on a batch of a system that was never registered."""
    batch = await _build_changed(stage, system="unregistered-counter")
    await _submit_through(stage, world.CENTRE_RELAY, batch)


async def come_unregistered(stage: Stage) -> None:
    """A certificate of the right member whose key no system has registered."""
    config = read_agency_config(stage.home.get_system(world.PUTUO_COUNTER) / "agency.toml")
    folder = stage.home.get_system(PROXY)
    tls = TlsFiles(folder / "tls.pem", folder / "tls.key.pem", (stage.home.authorities,))
    values = {name: getattr(config, name) for name in config.__slots__}
    changed = type(config)(**(values | {"tls": tls, "state_dir": folder / "state"}))
    async with await zhenglian.connect_async(changed) as client:
        await client.session.get_unit()


# records


async def resolve_wrong_code(stage: Stage) -> None:
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


async def issue_without_role(stage: Stage) -> None:
    """A service hall issues a business licence."""
    await (await stage.get_desk(world.PUTUO_COUNTER)).submit(_build_licence(stage, world.PUTUO_HALL))


async def issue_unlisted(stage: Stage) -> None:
    """The fire brigade issues a business licence."""
    await (await stage.get_desk(world.XUHUI_FIRE_OFFICE)).submit(_build_licence(stage, world.XUHUI_FIRE))


async def demand_paper(stage: Stage) -> None:
    """The hall's next list would ask the applicant for a paper licence, citing nothing."""
    matter = catalogue.MATTER_BY_ID[catalogue.OPEN_PUTUO]
    row = MaterialRow(
        id="paper", name="营业执照复印件", licence_types=[catalogue.BUSINESS],
        source=SOURCE_GOVERNMENT_ISSUED, issuing_unit=world.XUHUI_MARKET, paper_demanded=True,
    )  # fmt: skip
    operation = build.put_matter(
        matter.id, matter.zh, version=2, basic_code=matter.basic_code, basis=matter.basis, unit=matter.unit,
        handling_item=matter.handling_item, promised=matter.promised, rows=[row],
    )  # fmt: skip
    await (await stage.get_desk(world.PUTUO_COUNTER)).submit(operation)


async def verify_altered_file(stage: Stage) -> None:
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
