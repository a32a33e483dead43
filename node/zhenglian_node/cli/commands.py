"""The commands of `zhenglian-node`; each reads its arguments, does one thing, and says what it did."""

from pathlib import Path
from typing import Annotated

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_node.app.format import get_head
from zhenglian_node.app.fsck import check_full, check_quick
from zhenglian_node.app.rebuild import rebuild as rebuild_rows
from zhenglian_node.cli.ca import ca_app
from zhenglian_node.cli.doctor.examination import build_report, examine, is_well, show_report
from zhenglian_node.cli.eras.commands import era_app
from zhenglian_node.cli.exits import EXIT_TABLE, Exit
from zhenglian_node.cli.genesis import genesis_app
from zhenglian_node.cli.homes import DEFAULT_LISTEN, HomePlan, create_home
from zhenglian_node.cli.network.commands import accept_command, network_app, request
from zhenglian_node.cli.output import LANGUAGES, Json, output
from zhenglian_node.cli.resync import resync as forget_blocks
from zhenglian_node.cli.status import build_fields, build_screen, fetch_status, read_expected
from zhenglian_node.cli.supervision import Ready, run_node
from zhenglian_node.config import TlsFiles, read_config
from zhenglian_node.engines.signed_headers import get_signed_header
from zhenglian_node.logs import configure_logs
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_node.storage.port import Store
from zhenglian_proto.v1.cometbft_pb2 import Header

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="证链节点 / a node of zhenglian",
    epilog=EXIT_TABLE,
)
app.add_typer(ca_app, name="ca")
app.add_typer(genesis_app, name="genesis")
app.add_typer(era_app, name="era")
app.add_typer(network_app, name="network")
app.command("request")(request)
app.command("accept")(accept_command)

Home = Annotated[Path, typer.Option(help="节点目录 / the node's home")]


@app.callback()
def choose_language(
    lang: Annotated[str, typer.Option(help="zh 或 en；默认两者 / zh or en; both by default")] = "",
) -> None:
    """证链节点 / a node of zhenglian."""
    if lang and lang not in LANGUAGES:
        raise typer.BadParameter("zh | en", param_hint="--lang")
    output.languages = (lang,) if lang else LANGUAGES


@app.command()
def init(
    home: Home,
    genesis: Annotated[Path, typer.Option(help="经审查的创世文件 / the reviewed genesis")],
    validator_key: Annotated[Path, typer.Option(help="验证者密钥文件 / the validator's key file")],
    listen: Annotated[str, typer.Option(help="监听地址 / host:port")] = DEFAULT_LISTEN,
    passphrase_file: Annotated[Path | None, typer.Option(help="口令文件 / file with the passphrase")] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="节点证书 / the node's certificate, PEM")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="节点私钥 / its key, PEM")] = None,
    json: Json = False,
) -> None:
    """建立节点目录 / make a node's home from a reviewed genesis."""
    if (tls_certificate is None) != (tls_key is None):
        raise InvalidInput(Code.INPUT_INVALID, what="--tls-certificate / --tls-key")
    tls = TlsFiles(tls_certificate, tls_key) if tls_certificate and tls_key else None
    made = create_home(home, HomePlan(genesis, validator_key, listen, passphrase_file, tls))
    rows: dict[tuple[str, str], object] = {
        ("链标识", "chain id"): made.chain_id,
        ("创世摘要", "genesis digest"): made.genesis_digest.hex(),
        ("信任文件", "trust file"): str(made.config.trust),
    }
    if json:
        request = str(made.request) if made.request is not None else None
        rows |= {
            ("证书请求", "request"): request,
            ("节点证书", "certificate"): str(made.config.tls.certificate),
        }
    output.result(rows, as_json=json)
    if made.request is not None and not json:
        output.say(
            f"请成员单位 CA 签发 {made.request}，证书存为 {made.config.tls.certificate}",
            f"have the member's CA answer {made.request} into {made.config.tls.certificate}",
        )


@app.command()
def run(home: Home, json: Json = False) -> None:
    """运行节点 / run the node until SIGTERM."""
    config = read_config(home)
    configure_logs(config.log_level)

    def announce(ready: Ready) -> None:
        if json:
            output.json({"event": "ready", **ready._asdict()})
        else:
            print(f"ready {ready.address} height {ready.height}", flush=True)

    run_node(config, announce)


@app.command()
def status(
    home: Home,
    json: Json = False,
    address: Annotated[str, typer.Option(help="节点地址 / the node's address, if not node.toml's")] = "",
) -> None:
    """询问运行中的节点 / ask a running node how it stands."""
    config = read_config(home)
    found, expected = fetch_status(config, address), read_expected(config)
    if json:
        output.json(build_fields(found, expected))
    else:
        output.table(build_screen(found, expected))


@app.command()
def doctor(
    home: Home,
    json: Json = False,
    fsck: Annotated[bool, typer.Option(help="也快速检查存储 / also check the store quickly")] = False,
) -> None:
    """检查节点目录与本机，运行或停止时均可 / look at a node's home and machine, running or stopped."""
    findings = examine(read_config(home), with_fsck=fsck)
    if json:
        output.json(build_report(findings))
    else:
        show_report(findings, output)
    if not is_well(findings):
        raise typer.Exit(1)


@app.command()
def fsck(
    home: Home,
    full: Annotated[
        bool, typer.Option("--full/--quick", help="重算全部行 / also fold the logs again")
    ] = False,
    json: Json = False,
) -> None:
    """检查存储 / check the store of a stopped node; nothing is changed."""
    store = LevelDbStore(read_config(home).store)
    try:
        check = check_full if full else check_quick
        findings = check(store, _get_newest_header(store))
    finally:
        store.close()
    if json:
        output.json({"sound": not findings, "findings": [str(finding) for finding in findings]})
    else:
        for finding in findings:
            print(finding)
    if findings:
        raise typer.Exit(Exit.STORE)
    if not json:
        output.say("存储完好", "the store is sound")


@app.command()
def rebuild(home: Home, json: Json = False) -> None:
    """由日志重算存储 / compute every row of a stopped node's store anew from its logs."""
    kept = rebuild_rows(read_config(home).store)
    if json:
        output.json({"kept": str(kept)})
    else:
        output.say(f"已重建；原目录存于 {kept}", f"rebuilt; the former directory is kept at {kept}")


@app.command()
def resync(home: Home, json: Json = False) -> None:
    """停止的网络节点从创世重新同步 / let a stopped node of a network fetch every block anew."""
    aside = forget_blocks(read_config(home))
    kept = [str(path) for path in aside if path is not None]
    if json:
        output.json({"kept": kept})
        return
    output.say(
        f"已清空，下次运行时由其他节点重新同步全部区块；签名状态未变。原数据存于 {'、'.join(kept)}",
        f"begun anew: the next run fetches every block from the other nodes; what was signed is kept. "
        f"The former data lie at {', '.join(kept)}",
    )


def _get_newest_header(store: Store) -> Header | None:
    """The header of the newest block, as the solo engine keeps it."""
    head = get_head(store)
    signed = get_signed_header(store, head.height) if head is not None else None
    return signed.header if signed is not None else None
