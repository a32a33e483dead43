"""`request`, `network assemble`, `accept` and `network init`: what an operator types to make a network."""

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.field_reader import is_address
from zhenglian_ledger.genesis import build_parameters, compute_chain_id, compute_genesis_digest
from zhenglian_ledger.genesis_text import format_genesis, parse_draft
from zhenglian_ledger.join_request import TIERS, format_request, parse_request, parse_tier
from zhenglian_node.cli.files import create_file, read_text, verify_absent
from zhenglian_node.cli.keys import find_passphrase, read_passphrase
from zhenglian_node.cli.network.acceptance import AcceptPlan, Proposal, accept
from zhenglian_node.cli.network.assembly import assemble
from zhenglian_node.cli.network.local import GENESIS, LocalPlan, create_local_network
from zhenglian_node.cli.network.member_keys import REQUEST, Folders, RequestPlan, create_member
from zhenglian_node.cli.network.offices import AUTHORITIES
from zhenglian_node.cli.network.peers import PEERS, format_peers
from zhenglian_node.cli.network.requests import CITY
from zhenglian_node.cli.output import Json, Text, output
from zhenglian_node.config import COMETBFT
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Genesis, Mode, Parameters

BINARY_VARIABLE: Final = "ZHENGLIAN_COMETBFT"
AGREED_DIGITS: Final = 16
"""Of the digest, to be typed from what the members told each other; so it is not on the screen before."""

_SECRET_YET: Final = frozenset({"chain id", "genesis digest"})

network_app = typer.Typer(no_args_is_help=True, help="多成员网络 / a network of several members")

Binary = Annotated[
    str, typer.Option("--cometbft", help="CometBFT 程序 / its binary; ZHENGLIAN_COMETBFT, else on the PATH")
]


def request(  # noqa: PLR0913  one argument an option
    *,
    out: Annotated[Path, typer.Option(help="目录 / directory for node/, member/, office/ and request.json")],
    member: Annotated[str, typer.Option(help="成员单位标识 / the member's id")],
    name: Annotated[str, typer.Option(help="成员单位名称 / its name")],
    tier: Annotated[str, typer.Option(help=f"层级 / {', '.join(TIERS.values())}")],
    address: Annotated[str, typer.Option(help="共识地址 / host:port as other nodes reach it")],
    api: Annotated[str, typer.Option(help="API 地址 / host:port as office systems reach it")],
    votes: Annotated[bool, typer.Option("--votes", help="有表决权 / the member votes")] = False,
    validator: Annotated[bool, typer.Option("--validator", help="验证节点 / its node makes blocks")] = False,
    region: Annotated[str, typer.Option(help="行政区划代码 / region code")] = CITY,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="RECOVERY 密钥口令文件 / passphrase of the RECOVERY key")
    ] = None,
    ca_certificate: Annotated[Path | None, typer.Option(help="已有 CA 证书 / an existing CA, PEM")] = None,
    ca_key: Annotated[Path | None, typer.Option(help="其私钥；无则只生成请求 / its key, if at hand")] = None,
    json: Json = False,
) -> None:
    """本单位密钥与入网申请 / make this member's keys, and the public request to join."""
    for option, value in (("--address", address), ("--api", api)):
        if not is_address(value):
            raise InvalidInput(Code.INPUT_INVALID, what=option)
    if ca_key is not None and ca_certificate is None:
        raise InvalidInput(Code.INPUT_INVALID, what="--ca-certificate")
    verify_absent(out / REQUEST)
    plan = RequestPlan(
        member=member,
        name=name,
        tier=parse_tier(tier.upper()),
        p2p=address,
        api=api,
        passphrase=_choose_passphrase(passphrase_file),
        now_ms=_now_ms(),
        votes=votes,
        is_validator=validator,
        region=region,
        ca_certificate=ca_certificate,
        ca_key=ca_key,
    )
    made = create_member(Folders(out / "node", out / "member", out / "office"), plan)
    create_file(out / REQUEST, format_request(made))
    rows: dict[tuple[str, str], object] = {
        ("成员单位", "member"): made.member,
        ("节点标识", "node id"): made.node_id.hex(),
        ("入网申请（公开）", "request"): str(out / REQUEST),
    }
    output.result(rows, as_json=json)
    if not json:
        output.say(
            f"请将 member/ 移至离线介质，office/ 移至业务系统；节点目录：{out / 'node'}",
            f"Take member/ offline and office/ to the office system; the node's home: {out / 'node'}",
        )


@network_app.command("assemble")
def assemble_command(
    requests: Annotated[list[Path], typer.Argument(help="各单位的入网申请 / all members' requests")],
    name: Annotated[str, typer.Option(help="网络名 / the network's name")],
    out: Annotated[Path, typer.Option(help="目录 / directory for genesis.json, peers.json")],
    draft: Annotated[
        Path | None, typer.Option(help="另加操作与参数 / further operations, parameters")
    ] = None,
    allow_few: Annotated[
        bool, typer.Option("--allow-few", help="允许少于 4 个验证节点 / fewer than four validators")
    ] = False,
    json: Json = False,
) -> None:
    """汇总入网申请为创世文件与节点名单 / put requests together into a genesis and a list of nodes."""
    for file in (GENESIS, PEERS):
        verify_absent(out / file)
    parsed = [parse_request(read_text(path)) for path in requests]
    extra = parse_draft(read_text(draft)) if draft is not None else None
    genesis, peers = assemble(parsed, name, _now_ms(), extra, few_allowed=allow_few)
    create_file(out / GENESIS, format_genesis(genesis))
    create_file(out / PEERS, format_peers(peers))
    output.result(_describe(genesis), as_json=json)


@network_app.command("init")
def init_command(  # noqa: PLR0913  one argument an option
    *,
    departments: Annotated[int, typer.Option(min=0, max=99, help="部门数 / departments")],
    districts: Annotated[int, typer.Option(min=0, max=16, help="区数 / districts")],
    validators: Annotated[int, typer.Option(min=1, help="验证节点数 / validators")],
    out: Annotated[Path, typer.Option(help="新目录 / a new directory")],
    base_port: Annotated[
        int, typer.Option(min=0, max=65_000, help="首个端口 / first port; 0: free ones")
    ] = 0,
    name: Annotated[str, typer.Option(help="网络名 / the network's name")] = "sandbox",
    draft: Annotated[
        Path | None, typer.Option(help="另加操作与参数 / further operations, parameters")
    ] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="开放指标端口 / with metrics ports")] = False,
    cometbft: Binary = "",
    json: Json = False,
) -> None:
    """在本机建立试验网络 / make a whole network on this machine, to try it."""
    plan = LocalPlan(
        departments=departments,
        districts=districts,
        validators=validators,
        name=name,
        base_port=base_port,
        binary=choose_binary(cometbft),
        draft=parse_draft(read_text(draft)) if draft is not None else None,
        is_measured=metrics,
    )
    genesis = create_local_network(out, plan, _now_ms())
    output.result(_describe(genesis), as_json=json)


def accept_command(  # noqa: PLR0913  one argument an option
    *,
    genesis: Annotated[Path, typer.Argument(help="创世文件 / the genesis")],
    home: Annotated[Path, typer.Option(help="节点目录（request 所建 node/） / node/ as `request` made it")],
    peers: Annotated[
        Path | None, typer.Option(help="节点名单 / the list of nodes; beside the genesis")
    ] = None,
    digest: Annotated[str, typer.Option(help="各方商定的创世摘要 / the digest that was agreed")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不询问 / do not ask")] = False,
    join: Annotated[
        bool, typer.Option("--join", help="经表决后加入 / this member joins later, by vote")
    ] = False,
    bind: Annotated[str, typer.Option(help="监听主机 / host to listen on")] = "",
    metrics_port: Annotated[int, typer.Option(min=0, max=65_534, help="指标端口 / metrics; 0: none")] = 0,
    cometbft_metrics_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="CometBFT 自身指标端口 / CometBFT's own; the next one")
    ] = 0,
    cometbft: Binary = "",
    json: Json = False,
) -> None:
    """核对并接受创世文件，完成节点目录 / look at a genesis, accept it, and make the node's home."""
    plan = AcceptPlan(
        genesis=genesis,
        peers=peers or genesis.parent / PEERS,
        is_joining=join,
        bind=bind,
        binary=choose_binary(cometbft),
        metrics_port=metrics_port,
        cometbft_metrics_port=cometbft_metrics_port or (metrics_port + 1 if metrics_port else 0),
    )
    config = accept(home, plan, _build_question(digest.lower(), yes=yes, quiet=json))
    rows: dict[tuple[str, str], object] = {
        ("节点目录", "home"): str(home),
        ("信任文件", "trust file"): str(config.trust),
    }
    output.result(rows, as_json=json)
    if not json:
        output.say(
            f"将 trust.json、agency.toml、{AUTHORITIES} 复制到业务系统，然后 zhenglian-node run",
            f"Copy trust.json, agency.toml and {AUTHORITIES} to the office system; then zhenglian-node run",
        )


def _build_question(digest: str, *, yes: bool, quiet: bool) -> Callable[[Proposal], None]:
    """What is shown, and how it is agreed: by the digest, by --yes, or by somebody at a terminal."""

    def ask(proposal: Proposal) -> None:
        found = proposal.digest.hex()
        is_asked = not digest and not yes
        if not quiet:
            _show(proposal, with_digest=not is_asked)
        if digest:
            if digest != found:
                raise InvalidInput(Code.GENESIS_NOT_AGREED, found=found)
            return
        if yes:
            return
        if not sys.stdin.isatty():
            raise InvalidInput(Code.INPUT_INVALID, what="--digest / --yes")
        prompt = Text(
            f"商定摘要的前 {AGREED_DIGITS} 位或全部",
            f"at least the first {AGREED_DIGITS} digits of the agreed digest",
        )
        typed = input(f"{output.join(prompt)}: ").strip().lower()
        if len(typed) < AGREED_DIGITS or not found.startswith(typed):
            raise InvalidInput(Code.GENESIS_NOT_AGREED, found=found)
        if not quiet:
            output.table({("创世摘要", "genesis digest"): found})

    return ask


def _show(proposal: Proposal, *, with_digest: bool) -> None:
    """The network, a line for each member, and whatever else stands in it by number."""
    described = _describe(proposal.genesis)
    output.table(
        {name: value for name, value in described.items() if with_digest or name[1] not in _SECRET_YET}
    )
    output.table(describe_content(proposal.genesis))
    validators = {validator.member for validator in proposal.genesis.validators}
    for data in proposal.genesis.operations:
        member = Operation.FromString(data).put_member
        if not member.id:
            continue
        marks = [("表决", "votes", member.votes), ("验证", "validator", member.id in validators)]
        marks.append(("本单位", "this member", member.id == proposal.request.member))
        shown = "; ".join(output.join(Text(zh, en)) for zh, en, is_set in marks if is_set)
        print(f"  {member.id}  {member.name}  {TIERS.get(member.tier, '?')}  {shown}")


def describe_content(genesis: Genesis) -> dict[tuple[str, str], object]:
    """How many operations of each kind, and the parameters that are not the usual ones."""
    kinds = Counter(Operation.FromString(data).WhichOneof("kind") or "?" for data in genesis.operations)
    usual = build_parameters(len(genesis.validators))
    unusual = [
        f"{name} = {getattr(genesis.parameters, name)} ({getattr(usual, name)})"
        for name in Parameters.DESCRIPTOR.fields_by_name
        if getattr(genesis.parameters, name) != getattr(usual, name)
    ]
    return {
        ("各类操作", "operations by kind"): ", ".join(
            f"{kind} {count}" for kind, count in sorted(kinds.items())
        ),
        ("不同于通常值的参数（通常值）", "parameters that are not the usual ones (the usual)"): (
            ", ".join(unusual) or Text("无", "none")
        ),
    }


def _describe(genesis: Genesis) -> dict[tuple[str, str], object]:
    digest = compute_genesis_digest(serialise(genesis))
    operations = [Operation.FromString(data) for data in genesis.operations]
    return {
        ("链标识", "chain id"): compute_chain_id(genesis.name, digest),
        ("创世摘要", "genesis digest"): digest.hex(),
        ("模式", "mode"): Mode.Name(genesis.mode).removeprefix("MODE_"),
        ("成员单位数", "members"): sum(each.HasField("put_member") for each in operations),
        ("验证节点数", "validators"): len(genesis.validators),
        ("操作数", "operations"): len(operations),
    }


def choose_binary(given: str) -> str:
    """As given, else from the environment, else what the PATH has; absolute where it was found."""
    chosen = given or os.environ.get(BINARY_VARIABLE) or COMETBFT
    found = shutil.which(chosen)
    return str(Path(found).resolve()) if found else chosen


def _choose_passphrase(path: Path | None) -> str:
    """Of a key that is opened once in years: typed twice where it is typed; raises InvalidInput."""
    passphrase = read_passphrase(path)
    if find_passphrase(path) is None and read_passphrase(path) != passphrase:
        raise InvalidInput(Code.INPUT_INVALID, what="passphrase")
    return passphrase


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
