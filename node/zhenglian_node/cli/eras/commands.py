"""`era`: a ledger goes on under other validators, or another engine."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.eras import compute_era_digest, format_era_file, parse_era_file
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.join_request import parse_request
from zhenglian_node.cli.eras.drafting import EraPlan, begin_era, draft_era, open_ledger
from zhenglian_node.cli.eras.homes import join_era, update_home
from zhenglian_node.cli.files import create_file, read_text, verify_absent
from zhenglian_node.cli.network.acceptance import AcceptPlan
from zhenglian_node.cli.network.commands import Binary, choose_binary
from zhenglian_node.cli.network.peers import build_peers, format_peers
from zhenglian_node.cli.output import Json, output
from zhenglian_node.config import read_config
from zhenglian_proto.v1.eras_pb2 import BeginEra

AGREED_DIGITS: Final = 8
_KEY_DIGITS: Final = 64

era_app = typer.Typer(no_args_is_help=True, help="账本新纪元 / a new era of a ledger, on stopped nodes")

Home = Annotated[Path, typer.Option(help="节点目录（已停止） / the home of a stopped node")]


@era_app.command("draft")
def draft(
    *,
    home: Home,
    out: Annotated[Path, typer.Option(help="纪元文件 / the era file to be reviewed")],
    reason: Annotated[str, typer.Option(help="事由 / why, in one sentence")],
    engine: Annotated[str, typer.Option(help="共识引擎 / solo, cometbft")] = "cometbft",
    validator: Annotated[
        list[str] | None, typer.Option(help="验证者（可重复） / MEMBER=PUBLIC-KEY, repeatable")
    ] = None,
    request: Annotated[
        list[Path] | None, typer.Option(help="入网申请（可重复） / requests to join, repeatable")
    ] = None,
    peers_out: Annotated[Path | None, typer.Option(help="节点名单 / list of the requests' nodes")] = None,
    json: Json = False,
) -> None:
    """起草纪元文件 / draft what begins the next era, from where this store ends."""
    verify_absent(out)
    requests = [parse_request(read_text(path)) for path in request or []]
    validators = [(each.member, each.validator_key) for each in requests if each.is_validator]
    validators += [_parse_validator(text) for text in validator or []]
    with open_ledger(read_config(home).store) as application:
        plan = EraPlan(engine, validators, reason)
        era = draft_era(application, plan, time.time_ns() // 1_000_000)
        peers = build_peers(application.genesis_digest, requests)
    create_file(out, format_era_file(era))
    if peers_out is not None:
        create_file(peers_out, format_peers(peers))
    _print_identity(era, as_json=json)


@era_app.command("show")
def show(
    era: Annotated[Path, typer.Argument(help="纪元文件 / the era file")],
    json: Annotated[bool, typer.Option("--json", help="只输出摘要 / only the digest, as JSON")] = False,
) -> None:
    """显示纪元文件及其摘要 / show an era file and its digest; both must be what was agreed."""
    parsed = parse_era_file(read_text(era))
    if not json:
        print(format_era_file(parsed), end="")
    _print_identity(parsed, as_json=json)


@era_app.command("begin")
def begin(
    era: Annotated[Path, typer.Argument(help="纪元文件 / the era file")],
    home: Home,
    digest: Annotated[str, typer.Option(help="各方商定的摘要 / the digest that was agreed")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不询问 / do not ask")] = False,
    json: Json = False,
) -> None:
    """账本自下一区块起进入新纪元 / from its next block on this store is of the new era, and of no other."""
    parsed = parse_era_file(read_text(era))
    config = read_config(home)
    with open_ledger(config.store) as application:
        begin_era(application, parsed, _build_question(digest.lower(), yes=yes, quiet=json))
        update_home(config, application)
    _print_identity(parsed, as_json=json)
    if not json:
        output.say(
            f"请将新的信任文件 {config.trust} 线下交给所有客户端；旧引擎不能再使用此存储",
            f"Hand {config.trust} to every client, out of band; the former engine cannot go on here",
        )


@era_app.command("join")
def join(
    home: Annotated[Path, typer.Option(help="节点目录（request 所建 node/） / node/ as `request` made it")],
    store: Annotated[
        Path, typer.Option(help="已进入新纪元的存储副本 / a copy of a store that `era begin` has prepared")
    ],
    peers: Annotated[Path, typer.Option(help="节点名单 / the list of nodes")],
    bind: Annotated[str, typer.Option(help="监听主机 / host to listen on")] = "",
    cometbft: Binary = "",
    json: Json = False,
) -> None:
    """以存储副本建立新纪元的节点 / make a home of the new era around a copy of the store."""
    plan = AcceptPlan(genesis=peers, peers=peers, bind=bind, binary=choose_binary(cometbft))
    config = join_era(home, store, plan)
    output.result(
        {("节点目录", "home"): str(home), ("信任文件", "trust file"): str(config.trust)}, as_json=json
    )


def _parse_validator(text: str) -> tuple[str, bytes]:
    member, equals, key = text.partition("=")
    if not (member and equals and len(key) == _KEY_DIGITS and set(key) <= set("0123456789abcdef")):
        raise InvalidInput(Code.INPUT_INVALID, what="--validator")
    return member, bytes.fromhex(key)


def _build_question(digest: str, *, yes: bool, quiet: bool) -> Callable[[BeginEra], None]:
    """How it is agreed: by the digest, by --yes, or by somebody at a terminal."""

    def ask(era: BeginEra) -> None:
        found = compute_era_digest(era).hex()
        if not quiet:
            print(format_era_file(era), end="")
        if digest or not yes:
            typed, expected = digest, found
            if not digest:
                if not sys.stdin.isatty():
                    raise InvalidInput(Code.INPUT_INVALID, what="--digest / --yes")
                prompt = f"商定摘要的前 {AGREED_DIGITS} 位 the first {AGREED_DIGITS} digits agreed: "
                typed, expected = input(prompt).strip().lower(), found[:AGREED_DIGITS]
            if typed != expected:
                raise InvalidInput(Code.ERA_INVALID, field=found)

    return ask


def _print_identity(era: BeginEra, *, as_json: bool) -> None:
    output.result(
        {
            ("链标识", "chain id"): era.chain_id,
            ("纪元", "era"): era.era,
            ("首个高度", "first height"): era.first_height,
            ("验证者数", "validators"): len(era.validators),
            ("纪元摘要", "era digest"): compute_era_digest(era).hex(),
        },
        as_json=as_json,
    )
