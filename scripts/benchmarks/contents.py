"""What is issued, granted and asked for: ids and digests at random, as gateway and vault would give them."""

from dataclasses import dataclass
from datetime import timedelta
from os import urandom
from typing import Final

from benchmarks.sandbox import COUNTER, ISSUER, RELYING, STEWARD, Sandbox
from story import catalogue, world
from zhenglian import AsyncClient, build
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_proto.v1.grants_pb2 import Scope
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_MATTER, Content
from zhenglian_sdk.attesting import attest_at_counter
from zhenglian_sdk.signer import FileSigner

PLAN_ROWS: Final = 20
HELD_ROWS: Final = 15
GRANTED_ROWS: Final = 10
"""Of the plan's rows ten are granted, five more are held and await a grant, five are not to be had here."""

MATTER: Final = "310104.bench.plan"
CASE: Final = "bench-1"
FIELD: Final = "ZZMC"
MANY: Final = 1_000_000
VALID: Final = build.interval("2020-01-01")


def build_licence(holder: bytes = b"", type_id: str = catalogue.PROPERTY) -> Operation:
    """A licence as its office issues it: one holder, both digests of the file, the root of its fields."""
    return build.issue_licence(
        id=urandom(32),
        type=type_id,
        holders=[holder or urandom(32)],
        issuing_unit=world.PLANNING,
        custodian=world.PLANNING,
        valid=VALID,
        content=Content(sha256=urandom(32), sm3=urandom(32), salted=True, fields_root=urandom(32)),
    )


@dataclass(frozen=True, slots=True)
class Granted:
    """A record, and the grant at the end of a chain of three under which the relying unit may use it."""

    record: bytes
    grant: bytes


async def issue_granted(sandbox: Sandbox) -> Granted:
    """One licence with its chain: holder → employee → agent → unit, each link attested at the counter."""
    issuer, relying = await sandbox.connect(ISSUER), await sandbox.connect(RELYING)
    holder, employee, agent = (urandom(32) for _ in range(3))
    licence = build_licence(holder)
    (await issuer.submit([licence])).raise_for_refusals()
    record, grant = licence.issue_licence.id, b""
    for depth, grantor, grantee in (
        (2, holder, employee),
        (1, employee, agent),
        (0, agent, world.XUHUI_HALL),
    ):
        scope = build.scope(records=[record], fields=[FIELD], uses=MANY, depth=depth)
        grant = await _give(sandbox, relying, grantor, grantee, scope, grant)
    return Granted(record, grant)


def build_opening(granted: Granted) -> Operation:
    """A release of one field is opened under the chain."""
    return build.open_use(
        granted.record,
        grants=[granted.grant],
        particulars=build.particulars(fields=[FIELD]),
        recipient_key=urandom(32),
    )


async def open_plan_case(sandbox: Sandbox) -> AsyncClient:
    """A case stands open whose matter asks for twenty licences; returns the client that may plan it."""
    steward, issuer = await sandbox.connect(STEWARD), await sandbox.connect(ISSUER)
    relying = await sandbox.connect(RELYING)
    types = [f"{world.CENTRE}{500 + number}" for number in range(PLAN_ROWS)]
    (await steward.submit([*map(_build_type, types), _build_matter(types)])).raise_for_refusals()
    applicant = urandom(32)
    licences = [build_licence(applicant, type_id) for type_id in types[:HELD_ROWS]]
    (await issuer.submit(licences)).raise_for_refusals()
    scope = build.scope(types=types[:GRANTED_ROWS], fields=[FIELD], whole_document=True, uses=MANY)
    await _give(sandbox, relying, applicant, world.XUHUI_HALL, scope)
    matter = await relying.get_object(KIND_MATTER, MATTER)
    case = build.open_case(
        CASE,
        matter=MATTER,
        matter_version=_get_version(matter),
        applicant=applicant,
        promised="2099-01-01",
    )
    (await relying.submit([case])).raise_for_refusals()
    return relying


async def _give(
    sandbox: Sandbox,
    client: AsyncClient,
    grantor: bytes,
    grantee: bytes | str,
    scope: Scope,
    parent: bytes = b"",
) -> bytes:
    folder = sandbox.home.get_system(COUNTER)
    signer = FileSigner(folder / "sign.key.json", sandbox.home.read_passphrase(COUNTER))
    body = build.grant_body(
        chain_id=client.chain_id, grantor=grantor, grantee=grantee, valid=VALID, scope=scope, parent=parent
    )
    attestation = attest_at_counter(
        compute_grant_id(body),
        grantor,
        signer,
        system=COUNTER,
        clerk=urandom(32),
        window="1",
        written_grant=urandom(32),
    )
    return await client.give_grant(body, attestation)


def _build_type(type_id: str) -> Operation:
    return build.put_licence_type(
        type_id,
        "测量用证照（虚构）",
        issuing_units=[world.PLANNING],
        grade="INTERNAL",
        basis=catalogue.E_LICENCES,
        fields=[FIELD],
    )


def _build_matter(types: list[str]) -> Operation:
    rows = [
        build.material_row(
            f"row-{number}",
            "测量用材料（虚构）",
            source="GOVERNMENT_ISSUED",
            licence_types=[type_id],
            issuing_unit=world.PLANNING,
        )
        for number, type_id in enumerate(types)
    ]
    return build.put_matter(
        MATTER,
        "测量用事项（虚构）",
        version=1,
        basic_code="000131005000",
        basis=catalogue.FOOD_LAW,
        unit=world.XUHUI_HALL,
        handling_item="NEW",
        promised=timedelta(days=15),
        rows=rows,
    )


def _get_version(matter: VerifiedRecord | None) -> int:
    return 0 if matter is None else int(matter.message.version)
