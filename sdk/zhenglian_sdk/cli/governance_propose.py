"""governance propose …: one command a kind of change, each with the same few options of a proposal."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_proto.v1.governance_pb2 import Change
from zhenglian_proto.v1.members_pb2 import Tier
from zhenglian_sdk import builders
from zhenglian_sdk.builders.forms import build_random_id
from zhenglian_sdk.civil_time import compute_end_ms, compute_now_ms
from zhenglian_sdk.cli.arguments import choice_option, day_option, id_argument, id_option
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.governance_words import build_change_fields, describe_change
from zhenglian_sdk.cli.receipts import RequestId, show_receipt, submit_together
from zhenglian_sdk.cli.screen import Screen
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.files import read_bytes

propose_app = typer.Typer(no_args_is_help=True, help="提出变更，交成员表决 / propose a change to the members")

DAY_MS: Final = 86_400_000
NODE_ID_DIGITS: Final = 40


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
        """From when on no vote counts."""
        return compute_end_ms(self.until) if self.until else compute_now_ms() + 30 * DAY_MS

    def verify_repeatable(self) -> None:
        """A request that is repeated is the same to the byte; raises BadParameter."""
        if self.request_id is not None and not (self.id and self.until):
            raise typer.BadParameter(
                "与 --request-id 同时给出 / with --request-id", param_hint="--id, --until"
            )


Member = Annotated[str, typer.Option("--member", help="成员单位标识 / the member's id")]
MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="成员单位标识 / the member's id")]
PublicKey = Annotated[bytes, id_argument("KEY", help="Ed25519 公钥 / Ed25519 public key, hexadecimal")]


def parse_node_id(text: str) -> bytes:
    """20 bytes written as 40 hexadecimal digits, as nodes show their id."""
    try:
        node_id = bytes.fromhex(text)
    except ValueError:
        node_id = b""
    if len(text) != NODE_ID_DIGITS or len(node_id) * 2 != NODE_ID_DIGITS:
        raise typer.BadParameter("须为 40 位十六进制数字 / must be 40 hexadecimal digits")
    return node_id


NodeId = Annotated[
    bytes, typer.Argument(parser=parse_node_id, metavar="NODE", help="节点标识 / the node's id, hexadecimal")
]


@dataclass(frozen=True)
class MemberFields:
    """What is said of a member, all of it."""

    name: Annotated[str, typer.Option(help="名称 / name")]
    tier: Annotated[str, choice_option(Tier, help="类别 / tier")]
    votes: Annotated[bool, typer.Option("--votes/--no-vote", help="有无表决权 / whether it votes")] = True
    runs_node: Annotated[
        bool, typer.Option("--node/--no-node", help="是否运行节点 / whether it runs a node")
    ] = True
    transport_ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="信道 CA 证书（DER） / its channels' CA, DER")
    ] = None


@command(propose_app, "member")
async def propose_member(
    client: AsyncClient,
    screen: Screen,
    member: MemberArgument,
    fields: MemberFields,
    options: ProposalOptions,
) -> None:
    """接纳成员单位，或变更其登记内容（须写全） / admit a member, or change all that is said of one."""
    change = builders.admit_member(
        member,
        fields.name,
        tier=fields.tier,
        votes=fields.votes,
        runs_node=fields.runs_node,
        transport_ca=read_bytes(fields.transport_ca) if fields.transport_ca else b"",
    )
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
    client: AsyncClient, screen: Screen, public_key: PublicKey, member: Member, options: ProposalOptions
) -> None:
    """为成员单位登记恢复密钥 / register a RECOVERY key of a member."""
    await _propose(client, screen, builders.add_recovery_key(member, public_key), options)


@command(propose_app, "node")
async def propose_node(
    client: AsyncClient, screen: Screen, node: NodeId, member: Member, options: ProposalOptions
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
    client: AsyncClient, screen: Screen, public_key: PublicKey, member: Member, options: ProposalOptions
) -> None:
    """增加验证者 / add a validator."""
    await _propose(client, screen, builders.add_validator(public_key, member=member), options)


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
    changes = dict(map(_parse_setting, settings))
    present = (await client.get_governance()).parameters
    await _propose(client, screen, builders.change_parameters(present, **changes), options)


def _parse_setting(text: str) -> tuple[str, int]:
    name, equals, value = text.partition("=")
    if not (equals and value.isascii() and value.isdigit()):
        raise InvalidInput(Code.INPUT_INVALID, what=text)
    return name, int(value)


async def _propose(client: AsyncClient, screen: Screen, change: Change, options: ProposalOptions) -> None:
    options.verify_repeatable()
    proposal, until_ms = options.id or build_random_id(), options.compute_until_ms()
    operation = builders.propose(change, reason=options.reason, valid_until=until_ms, id=proposal)
    receipt = await submit_together(client, [operation], options.request_id)
    screen.say("提案已登记，待各成员表决", "the proposal is recorded; the members may vote")
    screen.facts({Sentence("提案", "proposal"): proposal.hex()} | describe_change(change))
    show_receipt(
        screen,
        receipt,
        proposal=proposal.hex(),
        change=build_change_fields(change),
        valid_until_ms=until_ms,
    )
