"""`genesis`: from a draft to the reviewed file from which every node of a network starts."""

import time
from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.genesis import (
    build_parameters,
    compute_chain_id,
    compute_genesis_digest,
    fill_validator_limits,
)
from zhenglian_ledger.genesis_text import format_genesis, parse_draft, parse_genesis_text
from zhenglian_ledger.rules_digest import compute_rules_digest
from zhenglian_node.cli.files import SECRET, create_file, read_text
from zhenglian_node.cli.homes import verify_genesis
from zhenglian_node.cli.keys import build_validator_key, read_passphrase, read_validator_public_key
from zhenglian_node.cli.output import Json, output
from zhenglian_proto.v1.state_pb2 import Genesis, GenesisValidator

genesis_app = typer.Typer(no_args_is_help=True, help="创世文件 / the genesis")


@genesis_app.command("key")
def make_key(
    member: Annotated[str, typer.Option(help="成员单位标识 / the member's id")],
    out: Annotated[Path, typer.Option(help="密钥文件 / the key file")],
    passphrase_file: Annotated[Path | None, typer.Option(help="口令文件 / file with the passphrase")] = None,
    json: Json = False,
) -> None:
    """生成验证者密钥 / make a validator's key file."""
    create_file(out, build_validator_key(member, read_passphrase(passphrase_file)), SECRET)
    output.result({("验证者公钥", "public key"): read_validator_public_key(out).hex()}, as_json=json)


@genesis_app.command("build")
def build(
    draft: Annotated[Path, typer.Option(help="草稿 / the draft, JSON")],
    out: Annotated[Path, typer.Option(help="创世文件 / the genesis to be reviewed")],
    validator_key: Annotated[
        Path | None, typer.Option(help="验证者密钥文件 / a validator's key file")
    ] = None,
    member: Annotated[str, typer.Option(help="验证者所属成员 / that validator's member")] = "",
    json: Json = False,
) -> None:
    """补全草稿并试算 / complete a draft and try it: every operation must be accepted."""
    genesis = parse_draft(read_text(draft))
    if validator_key is not None:
        public_key = read_validator_public_key(validator_key)
        genesis.validators.append(GenesisValidator(public_key=public_key, member=member))
    complete_genesis(genesis, time.time_ns() // 1_000_000)
    verify_genesis(serialise(genesis))
    create_file(out, format_genesis(genesis))
    _print_identity(genesis, as_json=json)


@genesis_app.command("show")
def show(
    genesis: Annotated[Path, typer.Argument(help="创世文件 / the genesis")],
    json: Annotated[bool, typer.Option("--json", help="只输出摘要 / only the digest, as JSON")] = False,
) -> None:
    """显示创世文件及其摘要 / show a genesis and its digest; both must be what was agreed."""
    parsed = Genesis.FromString(parse_genesis_text(read_text(genesis)))
    if json:
        digest = compute_genesis_digest(serialise(parsed))
        output.json({"chain_id": compute_chain_id(parsed.name, digest), "genesis_digest": digest.hex()})
        return
    print(format_genesis(parsed), end="")
    _print_identity(parsed, as_json=False)


def complete_genesis(genesis: Genesis, now_ms: int) -> None:
    """What a draft leaves out is filled in: this program's rules, the usual parameters, the present time."""
    genesis.rules_digest = genesis.rules_digest or compute_rules_digest()
    genesis.genesis_time_ms = genesis.genesis_time_ms or now_ms
    if not genesis.HasField("parameters"):
        genesis.parameters.CopyFrom(build_parameters(len(genesis.validators)))
    fill_validator_limits(genesis.parameters, len(genesis.validators))


def _print_identity(genesis: Genesis, *, as_json: bool) -> None:
    digest = compute_genesis_digest(serialise(genesis))
    output.result(
        {
            ("链标识", "chain id"): compute_chain_id(genesis.name, digest),
            ("创世摘要", "genesis digest"): digest.hex(),
            ("操作数", "operations"): len(genesis.operations),
        },
        as_json=as_json,
    )
