"""Operations on members, units, systems and keys (SPEC 5.1). Members enter through genesis or by vote."""

from collections.abc import Iterable

from zhenglian_ledger.canonical import serialise, verify_ranges
from zhenglian_ledger.identifiers import verify_region_form
from zhenglian_ledger.tags import KEY_OPERATION, tag_bytes
from zhenglian_proto.v1.batch_pb2 import Suite
from zhenglian_proto.v1.members_pb2 import (
    Key,
    KeyEnd,
    KeyOperation,
    KeyUsage,
    Level,
    Member,
    Role,
    System,
    SystemKind,
    Tier,
    Unit,
)
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.builders.forms import build_operation, check_id, check_unit, choose, choose_all
from zhenglian_sdk.civil_time import Moment, compute_moment_ms
from zhenglian_sdk.signer import Signer


def put_member(
    id: str,
    name: str,
    *,
    tier: Tier | str,
    votes: bool = False,
    runs_node: bool = False,
    transport_ca: bytes = b"",
) -> Operation:
    """A member 成员单位, for genesis; `transport_ca` is the DER certificate that signs its channels."""
    member = Member(
        id=check_unit(id, "id"),
        name=name,
        tier=choose(Tier, tier),
        votes=votes,
        runs_node=runs_node,
        transport_ca=transport_ca,
    )
    return build_operation("put_member", member)


def put_unit(
    id: str,
    name: str,
    *,
    member: str,
    level: Level | str,
    region: str,
    roles: Iterable[Role | str],
) -> Operation:
    """A unit 单位 under a member; a later one of the same id takes its place."""
    verify_region_form(region)
    unit = Unit(
        id=check_unit(id, "id"),
        name=name,
        member=check_unit(member, "member"),
        level=choose(Level, level),
        region=region,
        roles=sorted(choose_all(Role, roles)),
    )
    return build_operation("put_unit", unit)


def put_system(
    id: str,
    name: str,
    *,
    unit: str,
    kind: SystemKind | str,
    relay: bool = False,
    endpoint: str = "",
) -> Operation:
    """A system 信息系统 of a unit; `endpoint` is host:port of a vault or gateway."""
    system = System(
        id=id, unit=check_unit(unit), name=name, kind=choose(SystemKind, kind), relay=relay, endpoint=endpoint
    )
    return build_operation("put_system", system)


def add_key(
    public_key: bytes,
    *,
    suite: Suite,
    usage: KeyUsage | str,
    system: str = "",
    chain_id: str,
    member: str,
    sequence: int,
    recovery: Signer,
) -> Operation:
    """A key of a system, or a RECOVERY key of the member, signed by RECOVERY with the next sequence."""
    key = Key(suite=suite, public_key=public_key, usage=choose(KeyUsage, usage), system=system)
    body = KeyOperation.Body(
        chain_id=chain_id, member=check_unit(member, "member"), sequence=sequence, add=key
    )
    return sign_key_operation(body, recovery)


def end_key(
    key: bytes, *, not_after: Moment, chain_id: str, member: str, sequence: int, recovery: Signer
) -> Operation:
    """A key is ended: what it signs after `not_after` is in doubt. Signed by a RECOVERY key."""
    end = KeyEnd(key=check_id(key, "key"), not_after_ms=compute_moment_ms(not_after))
    body = KeyOperation.Body(
        chain_id=chain_id, member=check_unit(member, "member"), sequence=sequence, end=end
    )
    return sign_key_operation(body, recovery)


def sign_key_operation(body: KeyOperation.Body, recovery: Signer) -> Operation:
    """A key operation under the RECOVERY key's signature over "zl/keyop/v1" ‖ 00 ‖ body (SPEC 5.1)."""
    verify_ranges(body)
    signature = recovery.sign(tag_bytes(KEY_OPERATION, serialise(body)))
    return build_operation("key", KeyOperation(body=body, recovery_key=recovery.key_id, signature=signature))
