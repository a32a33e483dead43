"""Who may write what: role × operation, one table (SPEC 3.2). Who may read what: `READS` (SPEC 6.1).

A unit may write an operation when it has one of the roles in its row. Being the owner, the custodian or the
responsible unit of a record is a matter of the rule, not of this table.
"""

from typing import Final, NamedTuple

from zhenglian_proto.v1.members_pb2 import (
    ROLE_ACCEPTING,
    ROLE_AUDITOR,
    ROLE_IDENTITY_GATEWAY,
    ROLE_ISSUING,
    ROLE_RELYING,
    ROLE_REPRESENTATIVE,
    ROLE_STEWARD,
    Role,
)

_ANY: Final[frozenset[int]] = frozenset(role for role in Role.values() if role)
_STEWARD: Final[frozenset[int]] = frozenset({ROLE_STEWARD})
_ACCEPTING: Final[frozenset[int]] = frozenset({ROLE_ACCEPTING})
_ISSUING: Final[frozenset[int]] = frozenset({ROLE_ISSUING})
_REPRESENTATIVE: Final[frozenset[int]] = frozenset({ROLE_REPRESENTATIVE})
_RELYING: Final[frozenset[int]] = frozenset({ROLE_RELYING})
_AT_THE_WINDOW: Final[frozenset[int]] = frozenset({ROLE_ACCEPTING, ROLE_RELYING, ROLE_ISSUING})

GENESIS_ONLY: Final = frozenset({"put_member", "put_node"})
"""Later ones come by vote."""

WRITES: Final[dict[str, frozenset[int]]] = {
    "put_member": frozenset(),
    "put_unit": _STEWARD | _REPRESENTATIVE,  # of its own member's units only who represents it
    "put_system": _STEWARD,
    "key": _ANY,  # the RECOVERY signature decides
    "put_node": frozenset(),
    "put_region": _STEWARD,
    "put_rule": _STEWARD,
    "put_recognition_list": _STEWARD,
    "put_mandate": _STEWARD,
    "put_licence_type": _STEWARD,
    "put_material_type": _STEWARD,
    "retire": _STEWARD | _REPRESENTATIVE,  # what represents its own member
    "put_matter": _STEWARD | _ACCEPTING,  # its implementing unit, or a steward
    "open_case": _ACCEPTING,
    "advance_case": _ACCEPTING,
    "open_project": _ACCEPTING,
    "admit_participant": _ACCEPTING,
    "issue_licence": _ISSUING,
    "change_licence": _ISSUING,
    "collect_material": _ACCEPTING,
    "decide_material": _ACCEPTING,
    "bind_holder_key": _AT_THE_WINDOW | {ROLE_IDENTITY_GATEWAY},
    "end_holder_key": _AT_THE_WINDOW | {ROLE_IDENTITY_GATEWAY},
    "give_grant": _AT_THE_WINDOW | _STEWARD,
    "change_grant": _AT_THE_WINDOW | _STEWARD,
    "plan_query": _ACCEPTING,
    "verify_query": _ANY,
    "audit_query": _ANY,  # an auditor anything; others what is theirs
    "present": _RELYING,
    "open_use": _RELYING,
    "close_use": _ANY,  # the record's custodian
    "rely": _RELYING,
    "raise_dispute": _ANY,
    "clear_dispute": _ISSUING | _ACCEPTING,  # the responsible unit
    "propose": _REPRESENTATIVE,  # of a member that votes
    "vote": _REPRESENTATIVE,
    "begin_era": frozenset(),  # a system batch
}


class Reader(NamedTuple):
    """Who may read a kind of data: anyone on the channel, some roles, or somebody it concerns."""

    anyone: bool = False
    roles: frozenset[int] = frozenset()
    concerned: tuple[str, ...] = ()  # named in the documentation; each check lives where the answer is made
    traced_as: str = ""


READS: Final[dict[str, Reader]] = {
    "registry object": Reader(anyone=True),
    "case": Reader(roles=frozenset({ROLE_AUDITOR}), concerned=("the unit that opened it",)),
    "plan": Reader(concerned=("the unit that opened the case",), traced_as="PLAN"),
    "record": Reader(anyone=True, traced_as="VERIFY"),
    "trace of a subject": Reader(
        roles=frozenset({ROLE_AUDITOR}), concerned=("the subject, through the gateway",), traced_as="AUDIT"
    ),
    "trace of a grant": Reader(
        roles=frozenset({ROLE_AUDITOR}),
        concerned=("the grantor, through the gateway", "the grantee unit"),
        traced_as="AUDIT",
    ),
    "trace of a record": Reader(anyone=True, traced_as="AUDIT"),
    "trace of a unit or actor": Reader(
        roles=frozenset({ROLE_AUDITOR}), concerned=("the unit itself",), traced_as="AUDIT"
    ),
    "grant": Reader(
        roles=frozenset({ROLE_AUDITOR}),
        concerned=("the unit that may use it", "the unit that submitted it"),
    ),
    "use": Reader(
        roles=frozenset({ROLE_AUDITOR}), concerned=("the unit that opened it", "the record's custodian")
    ),
}


def is_permitted(kind: str, roles: frozenset[int]) -> bool:
    """Whether a unit with `roles` may write operations of `kind`."""
    return not WRITES[kind].isdisjoint(roles)
