"""What a network must know before licences can be issued, and licences as their offices issue them."""

from os import urandom
from typing import Final

from benchmarks.network.cluster import Cluster, Member
from zhenglian import build
from zhenglian_ledger.canonical import serialise
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import Content

RULE: Final = "bench-rule"
TYPE: Final = "12310000MADEUP0013900"
SINCE: Final = "2020-01-01"


async def register(cluster: Cluster) -> None:
    """The centre has registered one licence type, which every member's unit may issue."""
    centre = await cluster.connect(cluster.members[0])
    receipt = await centre.submit(
        [
            build.put_rule(RULE, "测量用依据（虚构）", valid=build.interval(SINCE)),
            build.put_licence_type(
                TYPE,
                "测量用证照（虚构）",
                issuing_units=[member.unit for member in cluster.members],
                grade="INTERNAL",
                basis=RULE,
                fields=["ZZMC"],
            ),
        ]
    )
    receipt.raise_for_refusals()


def build_licence(member: Member) -> Operation:
    """A licence of the member's unit: one holder, both digests of the file, the root of its fields."""
    return build.issue_licence(
        id=urandom(32),
        type=TYPE,
        holders=[urandom(32)],
        issuing_unit=member.unit,
        custodian=member.unit,
        valid=build.interval(SINCE),
        content=Content(sha256=urandom(32), sm3=urandom(32), salted=True, fields_root=urandom(32)),
    )


def build_licences(member: Member, count: int) -> list[Operation]:
    """So many licences of the member's unit."""
    return [build_licence(member) for _ in range(count)]


def compute_transaction_size(member: Member, count: int) -> int:
    """Bytes of the transaction that carries a batch of `count` licences, but for some 300 of its header."""
    size = len(serialise(build_licence(member)))
    return count * (size + len(_encode_length(size)) + 1)


def _encode_length(size: int) -> bytes:
    """A length as protobuf writes it: seven bits a byte."""
    return bytes(-(-size.bit_length() // 7))
