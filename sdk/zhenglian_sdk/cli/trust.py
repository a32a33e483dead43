"""status; trust show, export: what is trusted and why, how far each node is, and trust for another system."""

from pathlib import Path
from typing import Annotated, Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.light import TRUSTING_PERIOD_MS, TrustedState
from zhenglian_ledger.errors import InvalidInput, VerificationFailed, ZhenglianError
from zhenglian_ledger.trustfile import TrustFile, format_trust_file, parse_trust_file
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_sdk.agency import read_agency_config
from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit, compute_exit
from zhenglian_sdk.cli.screen import Cell, Screen
from zhenglian_sdk.cli.work import Work
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.network import NodeReport
from zhenglian_sdk.client.nodes import Fault, choose_error
from zhenglian_sdk.client.trust import TrustStore, read_trust_store
from zhenglian_sdk.client.trust_export import build_trust_file, compute_digest
from zhenglian_sdk.files import read_text, write_atomically

trust_app = typer.Typer(no_args_is_help=True, help="信任 / trust")

HEADINGS: Final = (
    Sentence("节点", "node"),
    Sentence("结果", "result"),
    Sentence("区块头高度", "header"),
    Sentence("区块时间", "block time"),
    Sentence("引擎与版本", "engine, version"),
)
_DIGEST: Final = Sentence("文件摘要（请当面或电话逐组核对）", "digest of the file, compare it by eye")
_SOUND: Final = Sentence("正常，已核验", "sound, verified")
_REFUSED: Final = Sentence("拒绝", "refused")

TrustPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE", help="另一信任文件，缺省为本系统的 / another trust file than the configured"
    ),
]
NewPath = Annotated[Path, typer.Argument(metavar="FILE", help="写入何处 / where to write it")]


async def status(client: AsyncClient, screen: Screen) -> Exit | None:
    """可信高度、验证者与每个节点的回答 / the trusted height, the validators, and what every node answers.

    每个节点所示都经核验：连不上、过旧、落后与说谎分别列出。
    / What each shows is verified: unreachable, stale, lagging and lying are told apart.
    """
    reports = await client.get_nodes()
    error = _find_error(client.session.trust, reports)
    _say_result(screen, reports, error)
    screen.facts(_describe_state(client.session.trust))
    screen.table(HEADINGS, [_describe_report(report) for report in reports])
    screen.json(
        {
            "trusted": _build_state(client.session.trust),
            "nodes": [_build_report(report) for report in reports],
            "error": error.code.name if error else None,
        }
    )
    return compute_exit(error) if error else None


@command(trust_app, "show")
def show(work: Work, file: TrustPath = None) -> Exit | None:
    """显示信任文件及其摘要、已达到的高度，不连接任何服务 / the trust file, its digest, the height reached."""
    store = None
    path = file
    if path is None:
        config = read_agency_config(work.get_config())
        path, store = config.trust_file, read_trust_store(config.trust_file, config.state_dir)
    text = read_text(path, Code.TRUST_FILE_INVALID)
    trust = parse_trust_file(text)
    error = _find_error(store, ()) if store else None
    facts = _describe_file(path, trust, text) | (_describe_state(store) if store else {})
    if error:
        work.screen.note(error.zh, error.en)
    work.screen.facts(facts)
    work.screen.json(
        {
            **_build_file(path, trust, text),
            "trusted": _build_state(store) if store else None,
            "error": error.code.name if error else None,
        }
    )
    return compute_exit(error) if error else None


@command(trust_app, "export")
async def export(client: AsyncClient, screen: Screen, file: NewPath) -> None:
    """为另一系统写一份较新的信任文件 / write a newer trust file for another system.

    先经节点推进到最新的可信区块头；交给对方后，双方逐组核对摘要。
    / Trust first moves to the newest header of the nodes; then both sides compare the digest by eye.
    """
    if file.exists():
        raise InvalidInput(Code.INPUT_INVALID, what=f"{file}（已存在 exists）")
    reports = await client.get_nodes()
    error = _find_error(client.session.trust, reports)
    if error is not None:
        raise error
    trust = build_trust_file(client.session.trust)
    text = format_trust_file(trust)
    write_atomically(file, text.encode())
    screen.say(
        "已写入。对方以 zhenglian trust show 查看同一摘要，核对无误后方可使用",
        "written; the other side sees the same digest with zhenglian trust show, and uses it only then",
    )
    screen.facts(_describe_file(file, trust, text))
    screen.json(_build_file(file, trust, text))


def add_status(app: typer.Typer) -> None:
    """`app` has the command status, a verb without a noun."""
    command(app, "status")(status)


def _find_error(trust: TrustStore, reports: "list[NodeReport] | tuple[()]") -> ZhenglianError | None:
    """What ends the command: a fork, a lie, or that no node answers. One that is merely away does not."""
    try:
        trust.verify_one_history()
    except VerificationFailed as fork:
        return fork
    failed = [report.error for report in reports if report.error is not None]
    faults = [(report.fault, report.error) for report in reports if report.fault and report.error]
    lies = [error for fault, error in faults if fault is Fault.LYING]
    if lies:
        return lies[0]
    if not failed or len(failed) < len(reports):
        return None
    return choose_error(faults) if faults else failed[0]


def _say_result(screen: Screen, reports: list[NodeReport], error: ZhenglianError | None) -> None:
    sound = sum(report.error is None for report in reports)
    screen.say(
        f"{sound}/{len(reports)} 个节点的回答经核验无误", f"{sound} of {len(reports)} nodes answer, verified"
    )
    if error is not None:
        screen.say(error.zh, error.en)


def _describe_state(trust: TrustStore) -> dict[Sentence, Cell]:
    state = trust.state
    if state is None:
        return {Sentence("可信高度", "trusted height"): Sentence("尚未开始", "not begun")}
    return {
        Sentence("链标识", "chain"): state.chain_id,
        Sentence("纪元", "era"): state.era,
        Sentence("可信高度", "trusted height"): state.height,
        Sentence("区块头摘要", "header hash"): state.header_hash.hex(),
        Sentence("区块时间", "block time"): _format_time(state.time_ms),
        Sentence("信任到期", "trust expires"): _format_time(_compute_expiry_ms(state)),
        Sentence("验证者", "validators"): "  ".join(_get_keys(state)),
    }


def _describe_file(path: Path, trust: TrustFile, text: str) -> dict[Sentence, Cell]:
    anchor = trust.anchor
    return {
        Sentence("信任文件", "trust file"): str(path),
        _DIGEST: compute_digest(text),
        Sentence("信任起点链标识", "trusted from chain"): anchor.chain_id,
        Sentence("信任起点纪元", "trusted from era"): anchor.era,
        Sentence("信任起点高度", "trusted from height"): anchor.height,
        Sentence("信任起点摘要", "trusted from hash"): anchor.header_hash.hex(),
        Sentence("信任起点验证者集合", "trusted from validator set"): anchor.validators_hash.hex(),
        Sentence("信任起点时间", "trusted from time"): _format_time(trust.time_ms),
    }


def _describe_report(report: NodeReport) -> tuple[Cell, ...]:
    if report.status is None or report.error is not None:
        return report.target, _describe_error(report), "", "", ""
    status = report.status
    return (
        report.target,
        _SOUND,
        report.header_height,
        _format_time(status.block_time_ms),
        f"{status.engine} {status.version}".strip(),
    )


def _describe_error(report: NodeReport) -> Sentence:
    name = report.fault or _REFUSED
    error = report.error
    return Sentence(f"{name.zh}：{error.zh}", f"{name.en}: {error.en}") if error else _SOUND


def _build_state(trust: TrustStore) -> dict[str, object] | None:
    state = trust.state
    if state is None:
        return None
    return {
        "chain_id": state.chain_id,
        "era": state.era,
        "height": state.height,
        "header_hash": state.header_hash.hex(),
        "time_ms": state.time_ms,
        "expires_ms": _compute_expiry_ms(state),
        "validators": _get_keys(state),
    }


def _build_file(path: Path, trust: TrustFile, text: str) -> dict[str, object]:
    return {
        "file": str(path),
        "digest": compute_digest(text).replace(" ", ""),
        "chain_id": trust.anchor.chain_id,
        "era": trust.anchor.era,
        "height": trust.anchor.height,
        "header_hash": trust.anchor.header_hash.hex(),
        "validators_hash": trust.anchor.validators_hash.hex(),
        "time_ms": trust.time_ms,
    }


def _build_report(report: NodeReport) -> dict[str, object]:
    status = report.status
    return {
        "node": report.target,
        "sound": report.error is None,
        "fault": report.fault.value if report.fault else None,
        "code": report.error.code.name if report.error else None,
        "header_height": report.header_height,
        "height": status.height if status else None,
        "block_time_ms": status.block_time_ms if status else None,
        "engine": status.engine if status else None,
        "version": status.version if status else None,
    }


def _compute_expiry_ms(state: TrustedState) -> int:
    return state.time_ms + TRUSTING_PERIOD_MS if state.time_ms else 0


def _get_keys(state: TrustedState) -> list[str]:
    """The validators' public keys; none at the start of an era, where no block was seen."""
    return [each.pub_key.ed25519.hex() for each in state.validators.validators] if state.validators else []


def _format_time(time_ms: int) -> str:
    return format_moment(time_ms) if time_ms else ""
