"""governance propose …: one command a kind of change, each with the same few options of a proposal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, Refused
from zhenglian_ledger.rules.proposals import MAX_PROPOSAL_MS
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import Member, Tier
from zhenglian_proto.v1.types_pb2 import KIND_MEMBER
from zhenglian_sdk import builders
from zhenglian_sdk.builders.forms import build_random_id, check_unit
from zhenglian_sdk.certificate_file import read_ca_file
from zhenglian_sdk.civil_time import compute_end_ms, compute_now_ms
from zhenglian_sdk.cli.arguments import choice_option, day_option, id_argument, id_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.governance_words import build_change_fields, describe_change, name_refusal
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.join_request import read_join_request

propose_app = typer.Typer(no_args_is_help=True, help="提出变更，交成员表决 / propose a change to the members")

DAY_MS: Final = 86_400_000
NODE_ID_DIGITS: Final = 40


def compute_until_ms(until: str) -> int:
    """From when on no vote counts: the end of that day, or in 30 days; raises BadParameter beyond 90 days."""
    now_ms = compute_now_ms()
    if not until:
        return now_ms + 30 * DAY_MS
    until_ms = compute_end_ms(until)
    if until_ms - now_ms > MAX_PROPOSAL_MS:
        most = MAX_PROPOSAL_MS // DAY_MS
        raise typer.BadParameter(f"至多 {most} 天后 / at most {most} days ahead", param_hint="--until")
    return until_ms


@dataclass(frozen=True)
class ProposalOptions:
    """What every proposal has besides its change."""

    reason: Annotated[str, typer.Option(help="理由，表决者看得到 / why; the voters read it")]
    until: Annotated[
        str, day_option("--until", help="表决截止日，默认 30 天 / last day for votes; 30 days by default")
    ] = ""
    id: Annotated[bytes, id_option("--id", help="提案标识，与请求号同用 / its id, with a request id")] = b""
    request_id: RequestId = None

    def compute_until_ms(self) -> int:
        """As the function of that name."""
        return compute_until_ms(self.until)

    def verify_repeatable(self) -> None:
        """A request that is repeated is the same to the byte; raises BadParameter."""
        if self.request_id is not None and not (self.id and self.until):
            raise typer.BadParameter(
                "与 --request-id 同时给出 / with --request-id", param_hint="--id, --until"
            )


MemberOption = Annotated[str, typer.Option("--member", help="成员单位标识 / the member's id")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="成员单位标识 / the member's id")]
_KEY = id_argument("KEY", help="Ed25519 公钥 / Ed25519 public key, hexadecimal")
PublicKey = Annotated[bytes, _KEY]


def parse_node_id(text: str) -> bytes:
    """20 bytes written as 40 hexadecimal digits, as nodes show their id."""
    try:
        node_id = bytes.fromhex(text)
    except ValueError:
        node_id = b""
    if len(text) != NODE_ID_DIGITS or len(node_id) * 2 != NODE_ID_DIGITS:
        raise typer.BadParameter("须为 40 位十六进制数字 / must be 40 hexadecimal digits")
    return node_id


Request = Annotated[
    Path | None,
    typer.Option("--request", metavar="FILE", help="入网申请 request.json / the newcomer's request to join"),
]
NodeId = Annotated[
    bytes, typer.Argument(parser=parse_node_id, metavar="NODE", help="节点标识 / the node's id, hexadecimal")
]


@dataclass(frozen=True)
class MemberFields:
    """What is to be said of a member. What is not named stays as it is; a new one votes and runs a node."""

    name: Annotated[str, typer.Option(help="名称，新成员必填 / name; a new member needs it")] = ""
    tier: Annotated[str, choice_option(Tier, help="类别，新成员必填 / tier; a new member needs it")] = ""
    votes: Annotated[bool | None, typer.Option("--votes/--no-vote", help="有无表决权 / whether it votes")] = (
        None
    )
    runs_node: Annotated[
        bool | None, typer.Option("--node/--no-node", help="是否运行节点 / whether it runs a node")
    ] = None
    transport_ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="信道 CA 证书（PEM 或 DER） / its channels' CA, PEM or DER"),
    ] = None

    def build_change(self, member: str, present: Member | None) -> Change:
        """The whole entry of `member`: what is named here, and else what is said of it at `present`.

        Raises BadParameter where a new member lacks its name or tier; InvalidInput for the CA's file.
        """
        if present is None and not (self.name and self.tier):
            raise typer.BadParameter("新成员必填 / a new member needs them", param_hint="--name, --tier")
        said = present or Member(votes=True, runs_node=True)
        return builders.admit_member(
            member,
            self.name or said.name,
            tier=self.tier or said.tier,
            votes=said.votes if self.votes is None else self.votes,
            runs_node=said.runs_node if self.runs_node is None else self.runs_node,
            transport_ca=read_ca_file(self.transport_ca) if self.transport_ca else said.transport_ca,
        )


@command(propose_app, "member")
async def propose_member(
    client: AsyncClient,
    screen: Screen,
    member: MemberArgument,
    fields: MemberFields,
    options: ProposalOptions,
) -> None:
    """接纳成员单位，或变更其登记内容，未写的不变 / admit a member, or change what is named of one."""
    present = await client.get_object(KIND_MEMBER, check_unit(member, "member"))
    change = fields.build_change(member, None if present is None else present.message)
    await _propose(client, screen, change, options)


@command(propose_app, "suspend")
async def propose_suspend(
    client: AsyncClient, screen: Screen, member: MemberArgument, options: ProposalOptions
) -> None:
    """暂停成员单位：此后不得写入 / suspend a member: it writes nothing from then on."""
    await _propose(client, screen, builders.suspend_member(member), options)


@command(propose_app, "resume")
async def propose_resume(
    client: AsyncClient, screen: Screen, member: MemberArgument, options: ProposalOptions
) -> None:
    """恢复成员单位 / resume a suspended member."""
    await _propose(client, screen, builders.resume_member(member), options)


@command(propose_app, "recovery-key")
async def propose_recovery_key(
    client: AsyncClient, screen: Screen, public_key: PublicKey, member: MemberOption, options: ProposalOptions
) -> None:
    """为成员单位登记恢复密钥 / register a RECOVERY key of a member."""
    await _propose(client, screen, builders.add_recovery_key(member, public_key), options)


@command(propose_app, "node")
async def propose_node(
    client: AsyncClient, screen: Screen, node: NodeId, member: MemberOption, options: ProposalOptions
) -> None:
    """准入成员单位的节点 / let a member's node in."""
    await _propose(client, screen, builders.allow_node(node, member=member), options)


@command(propose_app, "remove-node")
async def propose_remove_node(
    client: AsyncClient, screen: Screen, node: NodeId, options: ProposalOptions
) -> None:
    """移除节点 / let a node in no more."""
    await _propose(client, screen, builders.remove_node(node), options)


@command(propose_app, "validator")
async def propose_validator(
    client: AsyncClient,
    screen: Screen,
    options: ProposalOptions,
    public_key: Annotated[bytes | None, _KEY] = None,
    member: MemberOption = "",
    request: Request = None,
) -> None:
    """增加验证者：公钥与成员，或取自入网申请 / add a validator: KEY and --member, or what --request says."""
    if (request is None) != bool(public_key and member) or (request and (public_key or member)):
        raise typer.BadParameter(
            "二者择一 / one of the two", param_hint="KEY --member MEMBER, --request FILE"
        )
    if request is not None:
        asked = read_join_request(request)
        public_key, member = asked.validator_key, asked.member
    await _propose(client, screen, builders.add_validator(public_key or b"", member=member), options)


@command(propose_app, "remove-validator")
async def propose_remove_validator(
    client: AsyncClient, screen: Screen, public_key: PublicKey, options: ProposalOptions
) -> None:
    """移除验证者 / remove a validator."""
    await _propose(client, screen, builders.remove_validator(public_key), options)


@command(propose_app, "parameters")
async def propose_parameters(
    client: AsyncClient,
    screen: Screen,
    settings: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="要变更的参数 / the parameters to change")
    ],
    options: ProposalOptions,
) -> None:
    """变更参数，其余保持现值 / change parameters; the others stay as they are."""
    changes = dict(_parse_setting(setting) for setting in settings)
    present = (await client.get_governance()).parameters
    await _propose(client, screen, builders.change_parameters(present, **changes), options)


def _parse_setting(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not (equals and value.isascii() and value.isdigit()):
        raise InvalidInput(Code.INPUT_INVALID, what=f"{text} (NAME=VALUE)")
    return name, int(value)


async def _propose(client: AsyncClient, screen: Screen, change: Change, options: ProposalOptions) -> None:
    options.verify_repeatable()
    proposal, until_ms = options.id or build_random_id(), options.compute_until_ms()
    operation = builders.propose(change, reason=options.reason, valid_until=until_ms, id=proposal)
    try:
        receipt = await submit_together(client, [operation], options.request_id)
    except Refused as error:
        raise name_refusal(error, change) from error
    screen.say("提案已登记，待各成员表决", "the proposal is recorded; the members may vote")
    screen.facts({Sentence("提案", "proposal"): proposal.hex()} | describe_change(change))
    show_receipt(
        screen,
        receipt,
        proposal=proposal.hex(),
        change=build_change_fields(change),
        valid_until_ms=until_ms,
    )
