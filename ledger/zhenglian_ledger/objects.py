"""What each kind of object looks like in the registry log, and what the entries that change one do to it.

Two tables. `OBJECTS`: the operation that makes an object of a kind, and its id. `EFFECTS`: the operations
that change the status of another object, with the kind and id they name and the status they leave. A verifier
reads them to see that an entry explains a status; the ledger reads them to find that entry again.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from zhenglian_ledger import rows
from zhenglian_ledger.attestation import compute_grant_id
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.plain import get_plain_operation
from zhenglian_ledger.state import State
from zhenglian_proto.v1 import types_pb2
from zhenglian_proto.v1.cases_pb2 import AdmitParticipant
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.grants_pb2 import (
    GRANT_EVENT_RESUME,
    GRANT_EVENT_REVOKE,
    GRANT_EVENT_SUSPEND,
    HOLDER_KEY_END_COMPROMISED,
    HOLDER_KEY_END_REPLACED,
)
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.records_pb2 import (
    LICENCE_EVENT_CANCEL,
    LICENCE_EVENT_RESUME,
    LICENCE_EVENT_REVOKE,
    LICENCE_EVENT_SUSPEND,
    MATERIAL_EVENT_ACCEPT,
    MATERIAL_EVENT_REJECT,
    MATERIAL_EVENT_WITHDRAW,
)


class ObjectForm(NamedTuple):
    """The operation that makes an object, and whether it carries an id (a case's unit is not in it)."""

    field: str
    is_named: Callable[[Any, bytes], bool]


class Effect(NamedTuple):
    """What an entry did to another object: of which kind, by its id, and the status it left."""

    kind: types_pb2.Kind
    identifier: bytes
    status: Status


def _text(message: Any, identifier: bytes) -> bool:  # noqa: ANN401  one of the administered messages
    return bool(message.id.encode() == identifier)


def _bytes(message: Any, identifier: bytes) -> bool:  # noqa: ANN401  one of the messages with a 32-byte id
    return bool(message.id == identifier)


def _key(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    add = message.body.add
    return message.body.HasField("add") and compute_key_id(add.suite, add.public_key) == identifier


def _holder_key(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    return compute_key_id(message.body.suite, message.body.public_key) == identifier


def _grant(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    return compute_grant_id(message.body) == identifier


def _participant(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    return _compute_participant_id(message.body) == identifier


def _compute_participant_id(body: AdmitParticipant.Body) -> bytes:
    return rows.participant_id(body.project, body.subject, body.role)


def _case(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    _, zero, number = identifier.partition(b"\x00")
    return bool(zero) and message.number.encode() == number


def _node(message: Any, identifier: bytes) -> bool:  # noqa: ANN401
    return bool(message.node_id == identifier)


OBJECTS: Final = {
    types_pb2.KIND_MEMBER: ObjectForm("put_member", _text),
    types_pb2.KIND_UNIT: ObjectForm("put_unit", _text),
    types_pb2.KIND_SYSTEM: ObjectForm("put_system", _text),
    types_pb2.KIND_KEY: ObjectForm("key", _key),
    types_pb2.KIND_REGION: ObjectForm("put_region", _text),
    types_pb2.KIND_RULE: ObjectForm("put_rule", _text),
    types_pb2.KIND_RECOGNITION_LIST: ObjectForm("put_recognition_list", _text),
    types_pb2.KIND_MANDATE: ObjectForm("put_mandate", _text),
    types_pb2.KIND_LICENCE_TYPE: ObjectForm("put_licence_type", _text),
    types_pb2.KIND_MATERIAL_TYPE: ObjectForm("put_material_type", _text),
    types_pb2.KIND_MATTER: ObjectForm("put_matter", _text),
    types_pb2.KIND_CASE: ObjectForm("open_case", _case),
    types_pb2.KIND_PROJECT: ObjectForm("open_project", _bytes),
    types_pb2.KIND_PARTICIPANT: ObjectForm("admit_participant", _participant),
    types_pb2.KIND_LICENCE: ObjectForm("issue_licence", _bytes),
    types_pb2.KIND_MATERIAL: ObjectForm("collect_material", _bytes),
    types_pb2.KIND_HOLDER_KEY: ObjectForm("bind_holder_key", _holder_key),
    types_pb2.KIND_GRANT: ObjectForm("give_grant", _grant),
    types_pb2.KIND_DISPUTE: ObjectForm("raise_dispute", _bytes),
    types_pb2.KIND_NODE: ObjectForm("put_node", _node),
    types_pb2.KIND_PROPOSAL: ObjectForm("propose", _bytes),
}
"""Kind → the form of its entry. Uses are in the access log and have no status."""

_LICENCE_EVENTS: Final = {
    LICENCE_EVENT_SUSPEND: Status.SUSPENDED,
    LICENCE_EVENT_RESUME: Status.VALID,
    LICENCE_EVENT_REVOKE: Status.INVALID,
    LICENCE_EVENT_CANCEL: Status.INVALID,
}
_MATERIAL_EVENTS: Final = {
    MATERIAL_EVENT_ACCEPT: Status.VALID,
    MATERIAL_EVENT_REJECT: Status.INVALID,
    MATERIAL_EVENT_WITHDRAW: Status.INVALID,
}
_GRANT_EVENTS: Final = {
    GRANT_EVENT_SUSPEND: Status.SUSPENDED,
    GRANT_EVENT_RESUME: Status.VALID,
    GRANT_EVENT_REVOKE: Status.INVALID,
}
_HOLDER_KEY_ENDS: Final = {
    HOLDER_KEY_END_REPLACED: Status.SUPERSEDED,
    HOLDER_KEY_END_COMPROMISED: Status.INVALID,
}

_CHANGES: Final[dict[str, Callable[[Any], Effect]]] = {
    "suspend_member": lambda member: Effect(types_pb2.KIND_MEMBER, member.encode(), Status.SUSPENDED),
    "resume_member": lambda member: Effect(types_pb2.KIND_MEMBER, member.encode(), Status.VALID),
    "remove_node": lambda node_id: Effect(types_pb2.KIND_NODE, node_id, Status.INVALID),
}
"""Changes that only a vote makes, and that make no object."""

_NO_EFFECT: Final = Effect(types_pb2.KIND_UNSPECIFIED, b"", Status.NONE)


def _compute_change_effect(change: Change) -> Effect:
    kind = change.WhichOneof("kind")
    return _CHANGES[kind](getattr(change, kind)) if kind in _CHANGES else _NO_EFFECT


EFFECTS: Final[dict[str, Callable[[Any], Effect]]] = {
    "change_licence": lambda m: Effect(types_pb2.KIND_LICENCE, m.licence, _LICENCE_EVENTS[m.event]),
    "issue_licence": lambda m: Effect(types_pb2.KIND_LICENCE, m.supersedes, Status.SUPERSEDED),
    "decide_material": lambda m: Effect(types_pb2.KIND_MATERIAL, m.material, _MATERIAL_EVENTS[m.event]),
    "change_grant": lambda m: Effect(types_pb2.KIND_GRANT, m.body.grant, _GRANT_EVENTS[m.body.event]),
    "end_holder_key": lambda m: Effect(
        types_pb2.KIND_HOLDER_KEY, m.body.key, _HOLDER_KEY_ENDS[m.body.reason]
    ),
    "key": lambda m: Effect(types_pb2.KIND_KEY, m.body.end.key, Status.INVALID),
    "retire": lambda m: Effect(m.kind, m.id.encode(), Status.INVALID),
    "clear_dispute": lambda m: Effect(types_pb2.KIND_DISPUTE, m.dispute, Status.INVALID),
    "admit_participant": lambda m: Effect(
        types_pb2.KIND_PARTICIPANT, _compute_participant_id(m.body), Status.SUPERSEDED
    ),
    "put_node": lambda m: Effect(types_pb2.KIND_NODE, m.node_id, Status.SUPERSEDED),
    "vote": lambda m: _compute_change_effect(m.change),
    **{
        form.field: lambda m, kind=kind: Effect(kind, m.id.encode(), Status.SUPERSEDED)  # type: ignore[misc]
        for kind, form in OBJECTS.items()
        if form.is_named is _text
    },
}
"""Operation → what it does to another object; the id is empty where it does nothing to any."""

EXPLAINED: Final = frozenset(kind for kind, form in OBJECTS.items() if form.field.startswith("put_")) | {
    types_pb2.KIND_KEY,
    types_pb2.KIND_LICENCE,
    types_pb2.KIND_MATERIAL,
    types_pb2.KIND_HOLDER_KEY,
    types_pb2.KIND_GRANT,
    types_pb2.KIND_DISPUTE,
    types_pb2.KIND_PARTICIPANT,
}
"""Kinds of which an object that is not in force must be shown with the entry that ended or suspended it."""

UNDISPUTED: Final = {Status.DISPUTED: Status.VALID, Status.SUSPENDED_DISPUTED: Status.SUSPENDED}
"""The status beneath a dispute, for the nibbles that show one."""


def compute_effect(operation: Operation) -> Effect | None:
    """What `operation` did to the status of another object, or None; of a vote, what it did if it decided."""
    plain = get_plain_operation(operation)
    field = plain.WhichOneof("kind")
    return None if field is None else compute_effect_of(field, getattr(plain, field))


def compute_effect_of(field: str, message: Any) -> Effect | None:  # noqa: ANN401  the member of the oneof
    """What the operation `field` with that `message` did to the status of another object, or None."""
    compute = EFFECTS.get(field)
    if compute is None:
        return None
    effect = compute(message)
    return effect if effect.identifier else None


def index_change(state: State, field: str, message: Any, index: int) -> None:  # noqa: ANN401
    """The entry `index` is found as the newest to change the object its operation names, if it names one.

    Of votes this is said only of the one that decides.
    """
    effect = compute_effect_of(field, message)
    changed = effect and state.get_index(effect.kind, effect.identifier)
    if changed is not None and changed != index:  # a successor under the same id is in the predecessor's row
        state.put(rows.CHANGE + rows.u64(changed), rows.u64(index))
