"""Votes of the members (SPEC 5.11): what is to be changed, the proposal of it, and a vote on it.

A change is built first, then proposed; a vote is built from the proposal as it stands on the ledger, so that
what is signed is what was read there.
"""

from zhenglian_ledger.canonical import verify_ranges
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidEncoding, InvalidInput
from zhenglian_ledger.rules.parameters import BOUNDS, FIXED
from zhenglian_proto.v1.governance_pb2 import Change, NetworkNode, Propose, RecoveryKey, Validator, Vote
from zhenglian_proto.v1.members_pb2 import Member, Tier
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Parameters
from zhenglian_sdk.builders.forms import build_operation, build_random_id, check_id, check_unit, choose
from zhenglian_sdk.civil_time import Moment, compute_moment_ms


def propose(change: Change, *, reason: str, valid_until: Moment, id: bytes = b"") -> Operation:
    """A proposal of `change`, open for votes until `valid_until`; `id` is 32 bytes, random by default."""
    proposal = Propose(
        id=check_id(id or build_random_id(), "id"),
        change=change,
        valid_until_ms=compute_moment_ms(valid_until),
        reason=reason,
    )
    return build_operation("propose", proposal)


def vote(proposal: Propose, *, approve: bool) -> Operation:
    """The author's member approves or rejects the proposal; an approval repeats its change."""
    change = proposal.change if approve else None
    return build_operation("vote", Vote(proposal=proposal.id, approve=approve, change=change))


def put_node(node_id: bytes, *, member: str) -> Operation:
    """A node of a member, for genesis: others let it in; later ones come by vote (`allow_node`)."""
    return build_operation("put_node", _build_node(node_id, member))


# changes


def admit_member(
    id: str,
    name: str,
    *,
    tier: Tier | str,
    votes: bool = True,
    runs_node: bool = True,
    transport_ca: bytes = b"",
) -> Change:
    """A new member, or what is to be said of an old one from now on: all of it."""
    return _checked(
        Change(
            put_member=Member(
                id=check_unit(id, "id"),
                name=name,
                tier=choose(Tier, tier),
                votes=votes,
                runs_node=runs_node,
                transport_ca=transport_ca,
            )
        )
    )


def suspend_member(member: str) -> Change:
    """The member writes nothing from then on; it has no vote on this."""
    return _checked(Change(suspend_member=check_unit(member, "member")))


def resume_member(member: str) -> Change:
    """The suspended member takes part again."""
    return _checked(Change(resume_member=check_unit(member, "member")))


def add_recovery_key(member: str, public_key: bytes) -> Change:
    """A RECOVERY key (Ed25519, 32 bytes) of the member: its first, or one in place of a lost one."""
    recovery = RecoveryKey(member=check_unit(member, "member"), public_key=public_key)
    return _checked(Change(add_recovery_key=recovery))


def allow_node(node_id: bytes, *, member: str) -> Change:
    """The member's node (20 bytes: its network key's id) is let in."""
    return _checked(Change(put_node=_build_node(node_id, member)))


def remove_node(node_id: bytes) -> Change:
    """The node is let in no more."""
    return _checked(Change(remove_node=node_id))


def add_validator(public_key: bytes, *, member: str) -> Change:
    """The member's key (Ed25519, 32 bytes) votes on blocks."""
    validator = Validator(public_key=public_key, member=check_unit(member, "member"))
    return _checked(Change(add_validator=validator))


def remove_validator(public_key: bytes) -> Change:
    """The key votes on blocks no more."""
    return _checked(Change(remove_validator=public_key))


def change_parameters(present: Parameters, **changes: int) -> Change:
    """The network's `present` parameters with some of them changed, by name.

    Raises InvalidInput(INPUT_INVALID) for a name that is none, or that never changes; InvalidEncoding naming
    the parameter: MISSING_FIELD for 0, OUT_OF_RANGE with the bounds that a vote keeps.
    """
    parameters = Parameters()
    parameters.CopyFrom(present)
    for name, value in changes.items():
        if name not in Parameters.DESCRIPTOR.fields_by_name:
            raise InvalidInput(Code.INPUT_INVALID, what=f"无此参数：{name} no such parameter: {name}")
        if value != getattr(present, name):
            _verify_parameter(name, value, is_alone=present.max_validators == 1)
            setattr(parameters, name, value)
    return _checked(Change(put_parameters=parameters))


def _verify_parameter(name: str, value: int, *, is_alone: bool) -> None:
    """A vote may give the parameter that value; a ledger with one validator for good has no set to bound."""
    if name in FIXED or (is_alone and name in ("min_validators", "max_validators")):
        raise InvalidInput(Code.INPUT_INVALID, what=f"参数{name}不得变更 parameter {name} never changes")
    if value == 0:
        raise InvalidEncoding(Code.MISSING_FIELD, field=name)
    least, greatest = BOUNDS[name]
    if not least <= value <= greatest:
        raise InvalidEncoding(Code.OUT_OF_RANGE, field=f"{name} ({least}…{greatest})")


def _build_node(node_id: bytes, member: str) -> NetworkNode:
    return NetworkNode(node_id=node_id, member=check_unit(member, "member"))


def _checked(change: Change) -> Change:
    """`change` itself, every bound of it checked; raises InvalidEncoding naming the field."""
    verify_ranges(change)
    return change
