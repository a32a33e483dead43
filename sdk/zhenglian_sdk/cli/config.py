"""config show, check: what the configuration says, and whether everything it names can be used."""

from collections.abc import Awaitable, Callable
from typing import Final

import typer

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import ZhenglianError
from zhenglian_ledger.keyfile import read_key_header
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_ledger.verify.sentences import Sentence
from zhenglian_sdk.agency import AgencyConfig, Endpoint, read_agency_config
from zhenglian_sdk.civil_time import format_moment
from zhenglian_sdk.cli.commands import command
from zhenglian_sdk.cli.exits import Exit, compute_exit
from zhenglian_sdk.cli.screen import Cell, Screen
from zhenglian_sdk.cli.work import Work
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.files import read_text

config_app = typer.Typer(no_args_is_help=True, help="配置 / configuration")

HEADINGS: Final = (Sentence("检查", "check"), Sentence("结果", "result"), Sentence("说明", "detail"))
_PASSED: Final = Sentence("通过", "passed")
_FAILED: Final = Sentence("未通过", "failed")


@command(config_app, "show")
def show(work: Work) -> None:
    """显示配置，不连接任何服务 / show the configuration; nothing is contacted, no secret is shown."""
    path = work.get_config()
    config = read_agency_config(path)
    trust = parse_trust_file(read_text(config.trust_file, Code.TRUST_FILE_INVALID)).anchor
    values: dict[Sentence, Cell] = {
        Sentence("配置文件", "config"): str(path),
        Sentence("信息系统", "system"): config.system,
        Sentence("链标识", "chain_id"): trust.chain_id,
        Sentence("信任起点高度", "trusted_from_height"): trust.height,
        Sentence("信任起点摘要", "trusted_from_hash"): trust.header_hash.hex(),
        Sentence("节点", "node"): _show_endpoint(config.node),
        Sentence("第二节点", "second_node"): _show_endpoint(config.second_node),
        Sentence("更多节点", "more_nodes"): "  ".join(map(_show_endpoint, config.more_nodes)),
        Sentence("身份网关", "gateway"): _show_endpoint(config.gateway),
        Sentence("签名密钥文件", "key_file"): str(config.key_file),
        Sentence("口令文件", "passphrase_file"): str(config.passphrase_file or ""),
        Sentence("经办人假名密钥", "actor_key_file"): str(config.actor_key_file or ""),
        Sentence("信任文件", "trust_file"): str(config.trust_file),
        Sentence("状态目录", "state_dir"): str(config.state_dir),
        Sentence("信道证书", "certificate"): str(config.tls.certificate),
    }
    work.screen.facts(values)
    work.screen.json({name.en: value for name, value in values.items()})


@command(config_app, "check")
async def check(work: Work) -> Exit | None:
    """逐项检查：配置、信任文件、密钥、节点、登记 / check it all: files, key, node, registration."""
    results: list[tuple[Sentence, str, ZhenglianError | None]] = []

    async def attempt(name: Sentence, step: Callable[[], Awaitable[str]]) -> None:
        if any(error for _, _, error in results):
            return  # what comes later stands on what came before
        try:
            results.append((name, await step(), None))
        except ZhenglianError as error:
            results.append((name, "", error))

    async def check_trust() -> str:
        return parse_trust_file(read_text(read().trust_file, Code.TRUST_FILE_INVALID)).anchor.chain_id

    async def check_key() -> str:
        return read_key_header(read_text(read().key_file, Code.KEY_FILE_INVALID)).key_id.hex()

    async def check_config() -> str:
        read()
        return str(work.get_config())

    def read() -> AgencyConfig:
        return read_agency_config(work.get_config())

    await attempt(Sentence("配置文件", "configuration"), check_config)
    await attempt(Sentence("信任文件", "trust file"), check_trust)
    await attempt(Sentence("密钥文件", "key file"), check_key)
    try:
        if not any(error for _, _, error in results):
            async with work.open_client() as client:
                results.append((Sentence("口令与证书", "passphrase and certificate"), "", None))
                await attempt(Sentence("节点", "node"), lambda: _ask_status(client))
                await attempt(Sentence("本系统登记", "registration"), lambda: _ask_unit(client))
    except ZhenglianError as error:
        results.append((Sentence("口令与证书", "passphrase and certificate"), "", error))
    return _show_results(work.screen, results)


async def _ask_status(client: AsyncClient) -> str:
    status = await client.get_status()
    return f"height {status.height}, {format_moment(status.block_time_ms)}, {status.engine} {status.version}"


async def _ask_unit(client: AsyncClient) -> str:
    return f"{client.session.system} → {await client.session.get_unit()}"


def _show_results(screen: Screen, results: list[tuple[Sentence, str, ZhenglianError | None]]) -> Exit | None:
    failed = next((error for _, _, error in results if error), None)
    if failed is None:
        screen.say("配置可用", "the configuration can be used")
    else:
        screen.say("配置不可用", "the configuration cannot be used")
    screen.table(
        HEADINGS,
        [
            (name, _FAILED if error else _PASSED, Sentence(error.zh, error.en) if error else detail)
            for name, detail, error in results
        ],
    )
    checks = [
        {"check": name.en, "passed": error is None, "detail": error.code.name if error else detail}
        for name, detail, error in results
    ]
    screen.json({"passed": failed is None, "checks": checks})
    return None if failed is None else compute_exit(failed)


def _show_endpoint(endpoint: Endpoint | None) -> str:
    if endpoint is None:
        return ""
    return f"{endpoint.target} ({endpoint.server_name})" if endpoint.server_name else endpoint.target
