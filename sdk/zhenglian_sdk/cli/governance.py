"""governance propose, vote, show, list, network: what the members decide together 表决."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from zhenglian_ledger.errors import Refused
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.state_pb2 import Parameters
from zhenglian_sdk import builders
from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.arguments import id_argument
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import EXIT_TABLE, Exit
from zhenglian_sdk.cli.governance_newcomer import add_newcomer
from zhenglian_sdk.cli.governance_propose import propose_app
from zhenglian_sdk.cli.governance_words import (
    CHANGES,
    STANDINGS,
    build_object_fields,
    build_proposal_fields,
    describe_change,
    describe_object_status,
    describe_proposal,
    name_refusal,
)
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.governance import Proposal, ProposalStanding

governance_app = typer.Typer(no_args_is_help=True, help="成员表决 / votes of the members")
add_newcomer(propose_app)
governance_app.add_typer(propose_app, name="propose", epilog=EXIT_TABLE)

ProposalId = Annotated[bytes, id_argument("PROPOSAL", help="提案标识 / the proposal's id")]
ProposalIds = Annotated[list[bytes], id_argument("PROPOSAL", help="提案标识，可多件 / ids of proposals")]


class Ballot(StrEnum):
    """How a member votes."""

    APPROVE = "approve"
    REJECT = "reject"


HEADINGS: Final = (
    Sentence("结果", "standing"),
    Sentence("内容", "change"),
    Sentence("赞成/所需", "approvals/needed"),
    Sentence("表决截止", "votes count until"),
    Sentence("理由", "reason"),
    Sentence("提案", "proposal"),
)


@command(governance_app, "vote")
async def cast_vote(
    client: AsyncClient,
    screen: Screen,
    proposals: ProposalIds,
    ballot: Annotated[
        Ballot, typer.Argument(metavar="approve|reject", help="赞成或反对 / approve or reject")
    ],
    request_id: RequestId = None,
) -> None:
    """为本成员单位表决，一次为准；多件则全投或全不投 / cast the member's one vote, final; on all or none."""
    if len(set(proposals)) != len(proposals):
        raise typer.BadParameter("提案重复 / a proposal is named twice", param_hint="PROPOSAL")
    shown = [await client.get_proposal(proposal) for proposal in proposals]
    is_approval = ballot is Ballot.APPROVE
    operations = [builders.vote(each.message, approve=is_approval) for each in shown]
    try:
        receipt = await submit_together(client, operations, request_id)
    except Refused as error:
        ordinal = error.fields.get("ordinal")
        at_fault = shown[ordinal if isinstance(ordinal, int) else 0].message
        if len(shown) > 1:
            screen.note(f"提案 {at_fault.id.hex()}：", f"proposal {at_fault.id.hex()}:")
        raise name_refusal(error, at_fault.change) from error
    standings = [(await client.get_proposal(proposal)).standing for proposal in proposals]
    screen.say("已投赞成票" if is_approval else "已投反对票", f"voted: {ballot.value}")
    for each, standing in zip(shown, standings, strict=True):
        screen.facts(
            {
                Sentence("提案", "proposal"): each.message.id.hex(),
                **describe_change(each.message.change),
                Sentence("结果", "standing"): STANDINGS[standing],
            }
        )
    votes = [
        {"proposal": proposal.hex(), "standing": standing.value}
        for proposal, standing in zip(proposals, standings, strict=True)
    ]
    single = votes[0] if len(votes) == 1 else {}
    show_receipt(screen, receipt, approve=is_approval, votes=votes, **single)


@command(governance_app, "show")
async def show_proposal(client: AsyncClient, screen: Screen, proposal: ProposalId) -> Exit | None:
    """查看提案；未通过或过期时退出码为 1 / show a proposal; exit code 1 if it was rejected or expired."""
    found = await client.get_proposal(proposal)
    standing = STANDINGS[found.standing]
    screen.say(standing.zh, standing.en)
    screen.facts(describe_proposal(found))
    screen.json(build_proposal_fields(found))
    lost = found.standing in (ProposalStanding.REJECTED, ProposalStanding.EXPIRED)
    return Exit.NEGATIVE if lost else None


@command(governance_app, "list")
async def list_proposals(
    client: AsyncClient,
    screen: Screen,
    everything: Annotated[
        bool, typer.Option("--all", help="含已有结果及过期的 / decided and expired ones too")
    ] = False,
) -> None:
    """列出可表决的提案 / list the proposals that may be voted on."""
    governance = await client.get_governance(with_decided=everything)
    count = len(governance.proposals)
    screen.say(
        f"提案 {count} 件（是否完整仅为节点所称）", f"{count} proposals (that these are all is stated)"
    )
    if governance.proposals:
        screen.table(HEADINGS, [_build_row(proposal) for proposal in governance.proposals])
    screen.json(
        {
            "proposals": [build_proposal_fields(proposal) for proposal in governance.proposals],
            "height": governance.height,
        }
    )


@command(governance_app, "network")
async def show_network(client: AsyncClient, screen: Screen) -> None:
    """列出成员单位、节点、验证者与参数 / show members, nodes, validators and parameters."""
    found = await client.get_governance()
    screen.say(
        f"成员单位 {len(found.members)}，节点 {len(found.nodes)}，验证者 {len(found.validators)}",
        f"{len(found.members)} members, {len(found.nodes)} nodes, {len(found.validators)} validators",
    )
    member, status = Sentence("成员单位", "member"), Sentence("状态", "status")
    screen.table(
        (member, Sentence("名称", "name"), Sentence("表决", "votes"), status),
        [
            (record.message.id, record.message.name, "✓" if record.message.votes else "–",
             describe_object_status(record))
            for record in found.members
        ],
    )  # fmt: skip
    if found.nodes:
        screen.table(
            (Sentence("节点", "node"), member, status),
            [
                (record.message.node_id.hex(), record.message.member, describe_object_status(record))
                for record in found.nodes
            ],
        )
    screen.table(
        (Sentence("验证者公钥（节点所称）", "validator's key (stated)"), member),
        [(validator.public_key.hex(), validator.member) for validator in found.validators],
    )
    names = [field.name for field in Parameters.DESCRIPTOR.fields]
    screen.facts({Sentence(name, name): getattr(found.parameters, name) for name in names})
    screen.json(
        {
            "members": [build_object_fields(record) for record in found.members],
            "nodes": [build_object_fields(record) for record in found.nodes],
            "validators": [
                {"public_key": validator.public_key.hex(), "member": validator.member}
                for validator in found.validators
            ],
            "parameters": {name: getattr(found.parameters, name) for name in names},
            "height": found.height,
        }
    )


def _build_row(proposal: Proposal) -> tuple[Sentence | str, ...]:
    message = proposal.message
    return (
        STANDINGS[proposal.standing],
        CHANGES[message.change.WhichOneof("kind") or ""],
        f"{len(proposal.approved)}/{proposal.state.needed}",
        format_moment(message.valid_until_ms),
        message.reason,
        message.id.hex(),
    )
