"""Requests to join, of members that live in memory: every key is the one of `compute_seed(name)`."""

from dataclasses import replace
from typing import Any

from tests.testkit.ledger_objects import compute_seed
from tests.testkit.node_home import build_ca
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.join_request import JoinRequest
from zhenglian_ledger.keys import compute_point, derive_p256_key
from zhenglian_proto.v1.members_pb2 import TIER_DEPARTMENT


def build_request(number: int, **fields: Any) -> JoinRequest:
    """The request of the department with that number, a validator that votes, but for `fields`."""
    member = f"department-{number:02}"
    request = JoinRequest(
        member=member,
        name=f"部门{number}",
        tier=TIER_DEPARTMENT,
        region="310000",
        votes=True,
        is_validator=True,
        transport_ca=build_ca(member),
        recovery_key=build_public_key(f"{member}-recovery"),
        sign_key=build_public_key(f"{member}-sign"),
        transport_key=compute_point(derive_p256_key(compute_seed(f"{member}-transport")).public_key()),
        node_key=build_public_key(f"{member}-node"),
        validator_key=build_public_key(f"{member}-validator"),
        p2p=f"node-{number}.example:26656",
        api=f"node-{number}.example:7443",
    )
    return replace(request, **fields)


def build_requests(count: int = 4) -> list[JoinRequest]:
    """That many requests that clash in nothing."""
    return [build_request(number) for number in range(1, count + 1)]


def build_public_key(name: str) -> bytes:
    """The Ed25519 key of a name."""
    return ed25519.compute_public_key(compute_seed(name))
