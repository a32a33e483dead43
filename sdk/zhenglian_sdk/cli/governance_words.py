"""What a proposal would change, and how it stands, in words."""

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from zhenglian_ledger.errors import Refused
from zhenglian_ledger.merkle.status import Status
from zhenglian_ledger.verify.record import VerifiedRecord
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import Tier
from zhenglian_proto.v1.state_pb2 import Parameters
from zhenglian_sdk.certificate_file import compute_fingerprint
from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.screen import Cell
from zhenglian_sdk.client.governance import Proposal, ProposalStanding

CHANGES: Final = {
    "put_member": Sentence("成员单位加入或变更", "admit or change a member"),
    "suspend_member": Sentence("暂停成员单位", "suspend a member"),
    "resume_member": Sentence("恢复成员单位", "resume a member"),
    "add_recovery_key": Sentence("登记恢复密钥", "register a RECOVERY key"),
    "put_node": Sentence("准入节点", "let a node in"),
    "remove_node": Sentence("移除节点", "let a node in no more"),
    "add_validator": Sentence("增加验证者", "add a validator"),
    "remove_validator": Sentence("移除验证者", "remove a validator"),
    "put_parameters": Sentence("变更参数", "change parameters"),
}
"""Kind of change → what it is called."""

STANDINGS: Final = {
    ProposalStanding.PENDING: Sentence("表决中", "PENDING: votes are being cast"),
    ProposalStanding.ADOPTED: Sentence("已通过并生效", "ADOPTED, and in effect"),
    ProposalStanding.REJECTED: Sentence("未通过", "REJECTED"),
    ProposalStanding.EXPIRED: Sentence("已过表决期限", "EXPIRED: the time for votes is over"),
}

OBJECT_STATUSES: Final = {
    Status.VALID: Sentence("生效", "in force"),
    Status.SUSPENDED: Sentence("已暂停", "suspended"),
    Status.INVALID: Sentence("已移除", "removed"),
}
"""Status of a member or node → what it is called."""

_MEMBER: Final = Sentence("成员单位", "member")
_KEY: Final = Sentence("公钥", "public key")
_NODE: Final = Sentence("节点标识", "node id")
_CA: Final = Sentence("信道 CA 证书指纹（SHA-256）", "transport CA, SHA-256 fingerprint")
_YES, _NO = Sentence("是", "yes"), Sentence("否", "no")


def describe_change(change: Change) -> dict[Sentence, Cell]:
    """Everything that the change says, the kind first."""
    kind = change.WhichOneof("kind") or ""
    return {Sentence("内容", "change"): CHANGES[kind]} | _FACTS[kind](getattr(change, kind))


def describe_proposal(proposal: Proposal) -> dict[Sentence, Cell]:
    """What is proposed, by whom, until when, and how it stands."""
    message, state = proposal.message, proposal.state
    return {
        Sentence("提案", "proposal"): message.id.hex(),
        **describe_change(message.change),
        Sentence("理由", "reason"): message.reason,
        Sentence("提出单位", "proposed by"): proposal.proposer,
        Sentence("表决截止", "votes count until"): format_moment(message.valid_until_ms),
        Sentence("结果", "standing"): STANDINGS[proposal.standing],
        Sentence("赞成票数", "approvals"): f"{len(proposal.approved)} / {state.needed}",
        Sentence("赞成（节点所称）", "approved (stated)"): ", ".join(proposal.approved),
        Sentence("反对（节点所称）", "rejected (stated)"): ", ".join(proposal.rejected),
        Sentence("未表决（节点所称）", "not voted (stated)"): ", ".join(proposal.missing),
        Sentence("账本高度", "height"): proposal.height,
    }


def build_change_fields(change: Change) -> dict[str, object]:
    """The change for a program: its kind, and its content with bytes in hex."""
    kind = change.WhichOneof("kind") or ""
    return {"kind": kind, kind: _build_value(getattr(change, kind))}


def build_proposal_fields(proposal: Proposal) -> dict[str, object]:
    """The proposal for a program."""
    message = proposal.message
    return {
        "proposal": message.id.hex(),
        "change": build_change_fields(message.change),
        "reason": message.reason,
        "proposer": proposal.proposer,
        "valid_until_ms": message.valid_until_ms,
        "standing": proposal.standing.value,
        "needed": proposal.state.needed,
        "approved": proposal.approved,
        "rejected": proposal.rejected,
        "missing": proposal.missing,
        "height": proposal.height,
        "time_ms": proposal.time_ms,
    }


def build_object_fields(record: VerifiedRecord) -> dict[str, object]:
    """A member or node for a program, with its status."""
    fields = _build_value(record.message)
    return {**(fields if isinstance(fields, dict) else {}), "status": record.status.name}


def describe_object_status(record: VerifiedRecord) -> Sentence:
    """Whether a member or node is in force."""
    return OBJECT_STATUSES.get(record.status, Sentence(record.status.name, record.status.name))


def name_refusal(error: Refused, change: Change) -> Refused:
    """`error` with what the ledger's code alone does not say: whom or what of the change it is about."""
    kind = change.WhichOneof("kind") or ""
    return Refused(error.code, **{**_get_nouns(kind, getattr(change, kind)), **error.fields})


def _get_nouns(kind: str, value: Any) -> dict[str, str]:  # noqa: ANN401  any member of the oneof
    """What sentences of refusals leave open, by the names of their fields."""
    if kind == "remove_node":
        return {"field": "valid_until_ms", "what": f"节点{value.hex()} node {value.hex()}"}
    if kind == "put_parameters":  # its other bounds were looked at before it was signed
        return {"field": "min_validators | valid_until_ms"}
    if kind == "remove_validator":
        return {"field": "valid_until_ms"}
    member = value if isinstance(value, str) else value.id if kind == "put_member" else value.member
    return {
        "what": f"成员单位{member} member {member}",
        "state": f"生效（{member}） in force ({member})",  # what is resumed was not suspended
        "member": member,
        "field": "valid_until_ms",
    }


def _build_value(value: Any) -> object:  # noqa: ANN401  any member of the oneof
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str):
        return value
    fields = MessageToDict(value, preserving_proto_field_name=True)
    return {name: _build_field(value, name) for name in fields}


def _build_field(message: Any, name: str) -> object:  # noqa: ANN401
    value = getattr(message, name)
    if isinstance(value, bytes):
        return value.hex()
    enum = message.DESCRIPTOR.fields_by_name[name].enum_type
    return enum.values_by_number[value].name if enum is not None else value


def _describe_member(member: Any) -> dict[Sentence, Cell]:  # noqa: ANN401  Member
    return {
        _MEMBER: member.id,
        Sentence("名称", "name"): member.name,
        Sentence("类别", "tier"): Tier.Name(member.tier).removeprefix("TIER_"),
        Sentence("有表决权", "votes"): _YES if member.votes else _NO,
        Sentence("运行节点", "runs a node"): _YES if member.runs_node else _NO,
        _CA: compute_fingerprint(member.transport_ca),
    }


def _describe_parameters(parameters: Parameters) -> dict[Sentence, Cell]:
    names = (field.name for field in Parameters.DESCRIPTOR.fields)
    return {Sentence(name, name): getattr(parameters, name) for name in names}


_FACTS: Final[dict[str, Callable[[Any], dict[Sentence, Cell]]]] = {
    "put_member": _describe_member,
    "suspend_member": lambda member: {_MEMBER: member},
    "resume_member": lambda member: {_MEMBER: member},
    "add_recovery_key": lambda key: {_MEMBER: key.member, _KEY: key.public_key.hex()},
    "put_node": lambda node: {_NODE: node.node_id.hex(), _MEMBER: node.member},
    "remove_node": lambda node_id: {_NODE: node_id.hex()},
    "add_validator": lambda validator: {_MEMBER: validator.member, _KEY: validator.public_key.hex()},
    "remove_validator": lambda public_key: {_KEY: public_key.hex()},
    "put_parameters": _describe_parameters,
}
