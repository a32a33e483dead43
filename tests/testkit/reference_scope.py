"""The slow, obvious reading of a grant's terms: one question a line, nothing shared with the rules.

`permits` answers for one grant and one use; counters, standing and what the chain rests on are left out.
"""

from typing import NamedTuple

from zhenglian_proto.v1.grants_pb2 import GrantBody
from zhenglian_proto.v1.types_pb2 import Channel, Purpose


class ReferenceUse(NamedTuple):
    """One use as a clerk would write it down."""

    record: bytes
    type: str
    project: bytes
    purpose: Purpose
    matter: str
    scene: str
    unit: str
    case_number: str
    region: str
    channel: Channel
    fields: tuple[str, ...]
    whole_document: bool
    system: str
    time_ms: int


def permits(body: GrantBody, use: ReferenceUse) -> bool:
    """Whether every term of the grant allows the use."""
    return permits_record(body, use) and permits_circumstances(body, use)


def permits_record(body: GrantBody, use: ReferenceUse) -> bool:
    """Whether the grant names the record or its type."""
    return use.record in list(body.scope.records) or use.type in list(body.scope.types)


def permits_circumstances(body: GrantBody, use: ReferenceUse) -> bool:
    """Whether every term but records and types allows the use."""
    scope = body.scope
    answers = [
        True if body.grantee_system == "" else use.system == body.grantee_system,
        use.time_ms >= body.valid.from_ms,
        True if body.valid.to_ms == 0 else use.time_ms < body.valid.to_ms,
        True if scope.project == b"" else use.project == scope.project,
        use.purpose in list(scope.purposes),
        True if len(scope.matters) == 0 else use.matter in list(scope.matters),
        True if len(scope.matters) == 0 else use.case_number != "",
        True if len(scope.scenes) == 0 else use.scene in list(scope.scenes),
        True if len(scope.channels) == 0 else use.channel in list(scope.channels),
        True if len(scope.regions) == 0 else any(lies_in(use.region, region) for region in scope.regions),
        True if not scope.HasField("case") else use.unit == scope.case.unit,
        True if not scope.HasField("case") else use.case_number == scope.case.number,
        True if not use.whole_document else scope.whole_document,
        True if scope.whole_document else all(field in list(scope.fields) for field in use.fields),
    ]
    return all(answers)


def lies_in(place: str, region: str) -> bool:
    """Whether the digits of `region`, without the zeros that fill it up level by level, begin `place`."""
    significant = region
    for size in (12, 9):
        if len(significant) == size and significant.endswith("000"):
            significant = significant[:-3]
    for size in (6, 4):
        if len(significant) == size and significant.endswith("00"):
            significant = significant[:-2]
    return place.startswith(significant)
