"""The sandbox's identity gateway, where a test needs its word and not its process."""

import time

from tests.testkit.ledger_kit import attest
from tests.testkit.ledger_objects import GATEWAY_SYSTEM, LI_LEI, compute_id
from zhenglian_proto.v1.types_pb2 import ATTESTATION_KIND_IDENTITY_GATEWAY, Attestation


def confirm(target: bytes, subject: bytes = LI_LEI) -> Attestation:
    """The gateway attests that the subject confirmed the target just now."""
    return attest(
        target, GATEWAY_SYSTEM, kind=ATTESTATION_KIND_IDENTITY_GATEWAY, subject=subject,
        system=GATEWAY_SYSTEM, level=2, session=compute_id("session"), at_ms=time.time_ns() // 1_000_000,
    )  # fmt: skip
