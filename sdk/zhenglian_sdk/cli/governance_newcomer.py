"""governance propose newcomer: everything that a newcomer needs of the members, from its request to join.

What can be proposed depends on what is decided, so the command is run once a step: the member, without a
vote; when that is adopted, its RECOVERY key and its node together, which belong to a member that takes part;
when its office's key is registered, its vote. Members that count before they can vote would raise what every
vote needs, and a few of them at once would leave too few to decide anything. The command may be repeated:
what is in force, or open for votes, is not proposed again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused
from zhenglian_ledger.join_request import JoinRequest
from zhenglian_ledger.keys import compute_key_id
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.types_pb2 import KIND_KEY, KIND_MEMBER, KIND_NODE
from zhenglian_sdk import builders
from zhenglian_sdk.builders.forms import build_random_id
from zhenglian_sdk.cli.arguments import day_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.governance_propose import compute_until_ms
from zhenglian_sdk.cli.governance_words import build_change_fields, describe_change, name_refusal
from zhenglian_sdk.cli.receipts import show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.governance import ProposalStanding
from zhenglian_sdk.client.receipts import Receipt
from zhenglian_sdk.join_request import read_join_request

_KEYS_NEXT: Final = Sentence(
    "通过后再次执行本命令，提出其恢复密钥与节点",
    "once it is adopted, run this command again: it proposes the RECOVERY key and the node",
)
_VOTE_NEXT: Final = Sentence(
    "其业务系统密钥登记（key carry）后再次执行本命令，提出其表决权",
    "once its office's keys are registered (key carry), run this command again: it proposes its vote",
)


@dataclass(frozen=True, slots=True)
class Step:
    """What can be proposed now, and what the next step will be, if there is one."""

    changes: list[Change]
    following: Sentence | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A change that the newcomer needs, and its proposal: open for votes already, or made now."""

    change: Change
    proposal: bytes
    is_open: bool


def add_newcomer(app: typer.Typer) -> None:
    """`app` has the command `newcomer`."""
    command(app, "newcomer")(propose_newcomer)


async def propose_newcomer(
    client: AsyncClient,
    screen: Screen,
    request: Annotated[
        Path, typer.Option(metavar="FILE", help="入网申请 request.json / the newcomer's request to join")
    ],
    reason: Annotated[str, typer.Option(help="理由，表决者看得到 / why; the voters read it")],
    until: Annotated[
        str, day_option("--until", help="表决截止日，默认 30 天 / last day for votes; 30 days by default")
    ] = "",
) -> None:
    """按入网申请逐步提案：成员，恢复密钥与节点，表决权 / propose what a request asks for, step by step."""
    asked = read_join_request(request)
    until_ms = compute_until_ms(until)
    step = await find_step(client, asked)
    wanted = await _find_open(client, step.changes)
    fresh = [each for each in wanted if not each.is_open]
    operations = [
        builders.propose(each.change, reason=reason, valid_until=until_ms, id=each.proposal) for each in fresh
    ]
    receipt = await _submit(client, fresh, operations) if operations else None
    for each in wanted:
        _show(screen, each)
    if step.following:
        screen.say(step.following.zh, step.following.en)
    elif not wanted:
        screen.say(
            f"{asked.member} 已入网，申请事项均已办结",
            f"{asked.member} takes part; there is nothing left to propose",
        )
    fields = {"proposals": [_build_fields(each) for each in wanted], "again": step.following is not None}
    if receipt is None:
        screen.json(fields)
    else:
        show_receipt(screen, receipt, **fields)


async def find_step(client: AsyncClient, asked: JoinRequest) -> Step:
    """What the ledger does not say yet of the newcomer, and may be proposed now.

    Raises Refused(MEMBER_SUSPENDED); InvalidInput(INPUT_INVALID) if the ledger says otherwise of the member.
    """
    found = await client.get_object(KIND_MEMBER, asked.member)
    if found is None:
        return Step([_admit(asked, votes=False)], _KEYS_NEXT)
    if not found.is_valid:
        raise Refused(Code.MEMBER_SUSPENDED)
    if found.message != _admit(asked, votes=found.message.votes).put_member:
        raise InvalidInput(
            Code.INPUT_INVALID,
            what=f"成员单位{asked.member}已登记，内容与申请不同"
            f" member {asked.member} takes part, with another entry than the request's",
        )
    missing = []
    if not await _is_registered(client, asked.recovery_key):
        missing.append(builders.add_recovery_key(asked.member, asked.recovery_key))
    node = await client.get_object(KIND_NODE, asked.node_id)
    if node is None or not node.is_valid:
        missing.append(builders.allow_node(asked.node_id, member=asked.member))
    if not asked.votes or found.message.votes:
        return Step(missing)
    if not await _is_registered(client, asked.sign_key):
        return Step(missing, _VOTE_NEXT)
    return Step([*missing, _admit(asked, votes=True)])


def _admit(asked: JoinRequest, *, votes: bool) -> Change:
    return builders.admit_member(
        asked.member, asked.name, tier=asked.tier, votes=votes, transport_ca=asked.transport_ca
    )


async def _is_registered(client: AsyncClient, public_key: bytes) -> bool:
    return await client.get_object(KIND_KEY, compute_key_id(SUITE_ED25519, public_key)) is not None


async def _submit(client: AsyncClient, fresh: list[Wanted], operations: list[Operation]) -> Receipt:
    try:
        return await submit_together(client, operations)
    except Refused as error:
        ordinal = error.fields.get("ordinal")
        at_fault = fresh[ordinal if isinstance(ordinal, int) else 0]
        raise name_refusal(error, at_fault.change) from error


async def _find_open(client: AsyncClient, changes: list[Change]) -> list[Wanted]:
    """Each change with its open proposal, or with a fresh id."""
    proposals = (await client.get_governance()).proposals if changes else ()
    pending = {
        serialise(each.message.change): each.message.id
        for each in proposals
        if each.standing is ProposalStanding.PENDING
    }
    return [
        Wanted(change, pending.get(serialise(change)) or build_random_id(), serialise(change) in pending)
        for change in changes
    ]


def _show(screen: Screen, wanted: Wanted) -> None:
    if wanted.is_open:
        screen.say("已有提案，待各成员表决", "proposed already; the members may vote")
    else:
        screen.say("提案，待各成员表决", "proposed; the members may vote")
    screen.facts({Sentence("提案", "proposal"): wanted.proposal.hex()} | describe_change(wanted.change))


def _build_fields(wanted: Wanted) -> dict[str, object]:
    return {
        "proposal": wanted.proposal.hex(),
        "change": build_change_fields(wanted.change),
        "open_already": wanted.is_open,
    }
