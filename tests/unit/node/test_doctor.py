"""Homes with one thing wrong each, and the one check that says so."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.testkit.node_home import SandboxHome, write_tls
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.cli.advice import ADVICE
from zhenglian_node.cli.doctor import machine_checks
from zhenglian_node.cli.doctor.examination import CHECKS, build_report, examine, is_well
from zhenglian_node.cli.doctor.findings import Mark
from zhenglian_node.cli.doctor.home_checks import (
    check_certificate,
    check_node_id,
    check_validator,
    find_differences,
)
from zhenglian_node.cli.doctor.patient import Ledger, Patient, gather
from zhenglian_node.cli.machine import read_socket_buffer
from zhenglian_node.cli.network.local import LocalPlan, create_local_network
from zhenglian_node.cli.watch.service import read_own_node
from zhenglian_node.config import NodeConfig, read_config
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.node_pb2 import NodeHealth, NodeStatus

Damage = Callable[[NodeConfig], object]


def get_marks(config: NodeConfig) -> dict[str, str]:
    return {check.name: finding.mark.en for check, finding in examine(config)}


def get_faults(config: NodeConfig, *, with_fsck: bool = False) -> dict[str, str]:
    """Check → code (or mark) of all that is not as it should be; machines that run tests may lack a clock."""
    found = examine(config, with_fsck=with_fsck)
    wrong = [each for each in found if each[1].mark in (Mark.WARN, Mark.FAIL) and each[0].name != "clock"]
    return {check.name: finding.code or finding.mark.en for check, finding in wrong}


@pytest.fixture
def solo(tmp_path: Path) -> NodeConfig:
    """A solo home whose secrets are private."""
    config = SandboxHome.create(tmp_path).config
    config.tls.key.chmod(0o600)
    assert config.validator is not None
    assert config.validator.passphrase is not None
    config.validator.passphrase.chmod(0o600)
    return config


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of three nodes that was never started; its program is a script that knows its version."""
    root = tmp_path_factory.mktemp("doctor")
    program = root / "cometbft"
    program.write_text("#!/bin/sh\necho 0.39.4\n")
    program.chmod(0o755)
    plan = LocalPlan(departments=0, districts=2, validators=2, binary=str(program))
    create_local_network(root / "net", plan, int(time.time() * 1000))
    return root / "net"


@pytest.fixture
def centre(network: Path, tmp_path: Path) -> NodeConfig:
    """A copy of the centre's home to damage."""
    shutil.copytree(network / "nodes" / "centre", tmp_path / "centre")
    return read_config(tmp_path / "centre")


def test_a_sound_solo_home_has_nothing_to_say(solo: NodeConfig) -> None:
    assert get_faults(solo, with_fsck=True) == {}
    assert is_well(examine(solo))


def test_a_sound_home_of_a_network_only_misses_its_peers(centre: NodeConfig) -> None:
    assert get_faults(centre, with_fsck=True) == {"peers": "warn"}
    marks = get_marks(centre)
    assert [marks[name] for name in ("settings", "program", "node_id", "validator", "store")] == ["ok"] * 5


def test_a_full_node_is_no_validator_and_well(network: Path, tmp_path: Path) -> None:
    shutil.copytree(network / "nodes" / "district-310104", tmp_path / "home")
    found = {check.name: finding for check, finding in examine(read_config(tmp_path / "home"))}
    assert found["validator"].mark is Mark.OK
    assert "no validator" in found["validator"].en


@pytest.mark.parametrize(("size", "is_told"), [(212_992, True), (machine_checks.WIDE_SOCKET, False)])
def test_an_operator_is_told_of_a_setting_that_makes_large_batches_faster(
    centre: NodeConfig, monkeypatch: pytest.MonkeyPatch, size: int, *, is_told: bool
) -> None:
    monkeypatch.setattr(machine_checks, "read_socket_buffer", lambda: size)
    found = {check.name: finding for check, finding in examine(centre)}["sockets"]
    assert (found.mark, f"{size >> 10} KiB" in found.en) == (Mark.OK, True)
    assert ("net.core.wmem_default" in found.en) == is_told
    monkeypatch.undo()
    assert read_socket_buffer() == int(Path("/proc/sys/net/core/wmem_default").read_text())


def _touch(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _cometbft(config: NodeConfig, name: str) -> Path:
    return config.home / "cometbft" / "config" / name


DAMAGES: dict[str, tuple[Damage, str, str]] = {
    "a secret that others may read": (lambda c: _cometbft(c, "node_key.json").chmod(0o644), "files", "warn"),
    "a genesis that is gone": (lambda c: c.genesis.unlink(), "genesis", "FILE_NOT_FOUND"),
    "another genesis for CometBFT": (
        lambda c: _touch(_cometbft(c, "genesis.json"), '"chain_id": "', '"chain_id": "x'),
        "genesis",
        "GENESIS_MISMATCH",
    ),
    "a store that is gone": (lambda c: shutil.rmtree(c.store), "store", "STORE_MISSING"),
    "a certificate that is gone": (lambda c: c.tls.certificate.unlink(), "certificate", "CONFIG_INVALID"),
    "no validator key": (
        lambda c: _cometbft(c, "priv_validator_key.json").unlink(), "validator", "CONFIG_INVALID",
    ),
    "a network key nobody voted in": (
        lambda c: shutil.copy(_cometbft(c, "priv_validator_key.json"), _cometbft(c, "node_key.json")),
        "node_id",
        "warn",
    ),
    "a setting that differs": (
        lambda c: _touch(_cometbft(c, "config.toml"), "filter_peers = true", "filter_peers = false"),
        "settings",
        "warn",
    ),
    "settings that are no TOML": (
        lambda c: _cometbft(c, "config.toml").write_text("= ="), "settings", "CONFIG_INVALID",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_one_damage_is_one_finding(name: str, centre: NodeConfig) -> None:
    damage, check, code = DAMAGES[name]
    damage(centre)
    assert get_faults(read_config(centre.home))[check] == code


def test_node_toml_alone_decides_about_cometbfts_metrics(centre: NodeConfig) -> None:
    _touch(centre.home / "node.toml", "metrics_port = 0  # on 127.0.0.1; 0 = none\n\n[limits]",
           "metrics_port = 27999\n\n[limits]")  # fmt: skip
    assert get_marks(read_config(centre.home))["settings"] == "ok"
    _touch(_cometbft(centre, "config.toml"), "prometheus = false", "prometheus = true")
    assert get_marks(read_config(centre.home))["settings"] == "ok"


def test_another_program_is_found_with_its_version(centre: NodeConfig, tmp_path: Path) -> None:
    program = tmp_path / "cometbft"
    program.write_text("#!/bin/sh\necho 0.40.0\n")
    program.chmod(0o755)
    assert centre.cometbft is not None
    _touch(centre.home / "node.toml", json.dumps(centre.cometbft.binary), json.dumps(str(program)))
    assert get_faults(read_config(centre.home))["program"] == "ENGINE_OTHER_VERSION"


def test_a_certificate_of_a_strange_ca_and_one_about_to_end_are_told_apart(
    solo: NodeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = write_tls(tmp_path / "strange", "node", "no-member", server=True)
    certificate = solo.tls.certificate.read_bytes()
    shutil.copy(stranger.certificate, solo.tls.certificate)
    assert get_faults(solo) == {"certificate": "CONFIG_INVALID"}
    solo.tls.certificate.write_bytes(certificate)
    far = time.time_ns() + (79 * 365 + 350) * 86_400 * 10**9 - time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: far)
    assert get_faults(solo) == {"certificate": "warn"}
    monkeypatch.setattr(time, "time_ns", lambda: far + 30 * 86_400 * 10**9)
    assert get_faults(solo) == {"certificate": "CONFIG_INVALID"}


def test_a_held_store_is_somebody_at_work(solo: NodeConfig) -> None:
    store = LevelDbStore(solo.store)
    try:
        found = {check.name: finding for check, finding in examine(solo)}
    finally:
        store.close()
    assert found["store"].mark is Mark.SKIP
    assert (found["running"].mark, found["running"].code) == (Mark.FAIL, "NODE_UNREACHABLE")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_home_of_somebody_else_is_not_even_opened(solo: NodeConfig) -> None:
    for path in (solo.home, solo.store):
        os.chown(path, 12_345, 12_345)
    before = sorted(path.name for path in solo.store.iterdir())
    assert get_faults(solo) == {"files": "HOME_UNWRITABLE", "store": "HOME_UNWRITABLE"}
    assert sorted(path.name for path in solo.store.iterdir()) == before


def test_another_genesis_than_the_stores_is_found(solo: NodeConfig, tmp_path: Path) -> None:
    other = SandboxHome.create(tmp_path / "other", genesis_ms=1_700_000_000_000)
    shutil.copy(other.config.genesis, solo.genesis)
    assert get_faults(solo)["store"] == "GENESIS_MISMATCH"


def test_the_report_for_machines_holds_every_check_and_what_to_do(solo: NodeConfig) -> None:
    shutil.rmtree(solo.store)
    report = json.loads(json.dumps(build_report(examine(solo))))
    assert not report["well"]
    assert [each["check"] for each in report["checks"]] == [check.name for check in CHECKS]
    (files,) = (each for each in report["checks"] if each["check"] == "files")
    assert files.keys() == {"check", "mark", "code", "zh", "en", "what_to_do"}


def hear_from(
    config: NodeConfig, *reasons: str, listed: bool = True, authorities: bytes | None = None
) -> Patient:
    """A node that runs and says this of its newest state; by default, its own CA is on the ledger."""
    own = gather(config, node_id=read_own_node(config))
    assert isinstance(own.ledger, Ledger)
    health = NodeHealth(reasons=reasons, listed=listed, authorities=own.ledger.roots)
    if authorities is not None:
        health.authorities = authorities
    status = NodeStatus(height=9, health=health)
    return own._replace(ledger=StoreError(Code.STORE_LOCKED), status=status)


def get_pair(patient: Patient) -> tuple[str, str]:
    """How its certificate and its id are found."""
    return check_certificate(patient).mark.en, check_node_id(patient).mark.en


def test_a_running_node_is_judged_by_what_it_says_itself_never_by_genesis(centre: NodeConfig) -> None:
    assert get_pair(hear_from(centre)) == ("ok", "ok")
    assert get_pair(hear_from(centre, listed=False, authorities=b"")) == ("fail", "fail")
    silent = hear_from(centre)._replace(status=StoreError(Code.STORE_LOCKED))
    assert get_pair(silent) == ("skip", "skip")
    assert check_validator(silent).mark is Mark.SKIP


@pytest.mark.parametrize("reason", ["catching_up", "no_peers", "stalled"])
def test_a_node_with_an_old_state_is_neither_accused_nor_acquitted(centre: NodeConfig, reason: str) -> None:
    assert get_pair(hear_from(centre, reason)) == ("ok", "skip")
    assert get_pair(hear_from(centre, reason, listed=False, authorities=b"")) == ("warn", "warn")


def test_settings_are_compared_by_table_and_key() -> None:
    expected = {"a": 1, "p2p": {"pex": False, "x": 1}}
    found = {"a": 1, "p2p": {"pex": True, "x": 1, "seeds": ""}, "rpc": {"laddr": "tcp"}}
    assert sorted(find_differences(expected, found)) == ["p2p.pex", "p2p.seeds", "rpc.laddr"]


def test_the_handbook_names_every_error_that_has_advice() -> None:
    text = (Path(__file__).resolve().parents[3] / "node" / "README.md").read_text(encoding="utf-8")
    assert [code.name for code in ADVICE if code.name not in text] == []
