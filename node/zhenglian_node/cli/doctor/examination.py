"""The table of checks, in the order in which one depends on another, and how their end is told."""

from collections.abc import Callable
from typing import Final, NamedTuple

from zhenglian_ledger.errors import ZhenglianError
from zhenglian_node.cli.doctor import home_checks, machine_checks
from zhenglian_node.cli.doctor.findings import Finding, Mark, fail
from zhenglian_node.cli.doctor.patient import Patient, gather
from zhenglian_node.cli.output import Output
from zhenglian_node.cli.watch.service import read_own_node
from zhenglian_node.config import NodeConfig


class Check(NamedTuple):
    """One thing that is looked at: its name for machines, in Chinese and English, and who looks."""

    name: str
    zh: str
    en: str
    look: Callable[[Patient], Finding]


CHECKS: Final = (
    Check("files", "目录与权限", "files", home_checks.check_permissions),
    Check("genesis", "创世", "genesis", home_checks.check_genesis),
    Check("store", "存储", "store", home_checks.check_store),
    Check("certificate", "证书", "certificate", home_checks.check_certificate),
    Check("validator", "验证者密钥", "validator key", home_checks.check_validator),
    Check("node_id", "节点标识", "node id", home_checks.check_node_id),
    Check("settings", "CometBFT 配置", "CometBFT settings", home_checks.check_settings),
    Check("program", "CometBFT 程序", "CometBFT program", machine_checks.check_program),
    Check("sockets", "套接字", "sockets", machine_checks.check_sockets),
    Check("leftover", "遗留进程", "leftover process", machine_checks.check_leftover),
    Check("ports", "端口", "ports", machine_checks.check_ports),
    Check("disk", "磁盘", "disk", machine_checks.check_disk),
    Check("clock", "时钟", "clock", machine_checks.check_clock),
    Check("peers", "其他节点", "peers", machine_checks.check_peers),
    Check("running", "运行状态", "running node", machine_checks.check_running),
)


def examine(config: NodeConfig, *, with_fsck: bool = False) -> list[tuple[Check, Finding]]:
    """Every check with its finding; what a check raises is its finding."""
    patient = gather(config, node_id=read_own_node(config), with_fsck=with_fsck)
    return [(check, _look(check, patient)) for check in CHECKS]


def is_well(findings: list[tuple[Check, Finding]]) -> bool:
    """Whether nothing failed; a warning is no failure."""
    return all(finding.mark is not Mark.FAIL for _, finding in findings)


def build_report(findings: list[tuple[Check, Finding]]) -> dict[str, object]:
    """The findings for machines."""
    checks = [
        {
            "check": check.name,
            "mark": finding.mark.en,
            "code": finding.code,
            "zh": finding.zh,
            "en": finding.en,
            "what_to_do": finding.advice._asdict() if finding.advice is not None else None,
        }
        for check, finding in findings
    ]
    return {"well": is_well(findings), "checks": checks}


def show_report(findings: list[tuple[Check, Finding]], output: Output) -> None:
    """A line a check and language, and below it what to do."""
    for check, finding in findings:
        mark = finding.mark
        output.say(f"[{mark.zh}] {check.zh}：{finding.zh}", f"[{mark.en}] {check.en}: {finding.en}")
        if finding.advice is not None:
            output.say(f"    处理：{finding.advice.zh}", f"    what to do: {finding.advice.en}")


def _look(check: Check, patient: Patient) -> Finding:
    try:
        return check.look(patient)
    except ZhenglianError as error:
        return fail(error)
