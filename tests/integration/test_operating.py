"""An operator's days with a real node: what is told to whom, what ends a node, what brings it back."""

import json
import os
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.testkit.ledger_objects import MARKET_OFFICE
from tests.testkit.network import Network, NetworkNode, wait_until
from tests.testkit.node_home import SandboxHome, find_free_port, write_tls
from tests.testkit.node_process import NodeProcess, build_command, build_environment
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied
from zhenglian_node.cli.exits import Exit
from zhenglian_node.cli.status import fetch_status
from zhenglian_node.config import FILE_NAME, read_config
from zhenglian_node.storage.reserve import MIB
from zhenglian_proto.v1.node_pb2 import StatusRequest
from zhenglian_proto.v1.node_pb2_grpc import NodeStub

Answer = tuple[int, dict[str, Any]]


def ask(port: int, path: str) -> Answer:
    """Status and JSON of the node's loopback endpoint."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=10) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def read_metric(port: int, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def call(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The node's command line on a home."""
    return subprocess.run(
        build_command(*arguments, "--home", str(home)),
        check=False, capture_output=True, text=True, env=build_environment(), timeout=60,
    )  # fmt: skip


def set_toml(home: Path, **values: int | str) -> None:
    """Top-level numbers and strings of node.toml are replaced."""
    path = home / FILE_NAME
    lines = path.read_text(encoding="utf-8").splitlines()
    for name, value in values.items():
        at = next(number for number, line in enumerate(lines) if line.startswith(f"{name} = "))
        lines[at] = f"{name} = {json.dumps(value)}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


# --- a solo node


def test_the_operator_sees_the_machine_and_nobody_else_does(tmp_path: Path) -> None:
    port = find_free_port()
    home = SandboxHome.create(tmp_path, metrics_port=port)
    with NodeProcess(home) as node:
        own = fetch_status(home.config)
        assert own.health.ready
        assert [(each.member, each.signed_last) for each in own.health.validators] == [("centre", True)]
        assert own.health.own_validator == own.health.validators[0].address
        assert own.health.disk_free_bytes > own.health.disk_reserve_bytes
        other = node.connect(MARKET_OFFICE).stub.GetStatus(StatusRequest(), timeout=10)
        assert other.chain_id == own.chain_id
        assert not other.HasField("health")

        assert ask(port, "live")[0] == ask(port, "ready")[0] == 200
        assert read_metric(port, "zhenglian_ready") == 1
        channel = node.open_channel(home.write_tls(MARKET_OFFICE))
        served = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert served.status == health_pb2.HealthCheckResponse.SERVING

        shown = call(home.config.home, "status")
        assert (shown.returncode, "centre" in shown.stdout) == (0, True)
        said = json.loads(call(home.config.home, "doctor", "--json").stdout)
        marks = {each["check"]: each["mark"] for each in said["checks"]}
        assert said["well"]
        assert (marks["running"], marks["ports"], marks["store"]) == ("ok", "ok", "skip")


def test_a_node_whose_ca_is_not_on_its_ledger_yet_answers_its_operator_and_nobody_else_of_that_ca(
    tmp_path: Path,
) -> None:
    home = SandboxHome.create(tmp_path)
    stranger = write_tls(tmp_path / "strange", "node", "no-member", server=True)
    shutil.copy(stranger.certificate, home.config.tls.certificate)
    shutil.copy(stranger.key, home.config.tls.key)
    with NodeProcess(home):
        status = fetch_status(home.config)
        assert status.health.ready
        assert len(status.health.authorities) > 0
        other = write_tls(tmp_path / "other", "other", "no-member")
        credentials = grpc.ssl_channel_credentials(
            stranger.certificate.read_bytes(), other.key.read_bytes(), other.certificate.read_bytes()
        )
        with (
            grpc.secure_channel(home.config.listen, credentials) as channel,
            pytest.raises(grpc.RpcError) as caught,
        ):
            NodeStub(channel).GetStatus(StatusRequest(), timeout=10)
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
        said = json.loads(call(home.config.home, "doctor", "--json").stdout)
        marks = {each["check"]: each["mark"] for each in said["checks"]}
        assert (marks["certificate"], marks["running"]) == ("fail", "ok")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a disk of 96 MiB."""
    if os.geteuid() != 0:
        if os.environ.get("REQUIRE_ENGINE") == "1":
            pytest.fail("mounting a small disk needs root")
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"this machine lets nobody mount: {mounted.stderr.decode()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_node_ends_before_its_disk_is_full_stays_down_and_comes_back(small_disk: Path) -> None:
    home = SandboxHome.create(small_disk / "node")
    set_toml(home.config.home, disk_reserve_mib=40, heartbeat_ms=1000)
    node = NodeProcess(home)
    node.start()
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 30 * MIB))
    assert node.wait() == Exit.DISK
    said = node.log.read_text(encoding="utf-8")
    assert "DISK_LOW" in said
    assert str(home.config.store) in said
    assert "what to do" in said
    refused = call(home.config.home, "run")
    assert refused.returncode == Exit.DISK
    assert "MiB" in refused.stderr
    checked = json.loads(call(home.config.home, "doctor", "--json", "--fsck").stdout)
    assert [each["code"] for each in checked["checks"] if each["mark"] == "fail"] == ["DISK_LOW"]
    ballast.unlink()
    assert call(home.config.home, "fsck", "--full").returncode == Exit.OK
    with node:
        assert node.height > 0


# --- a node with its CometBFT


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[NetworkNode]:
    """The one node of a network of one validator, which was never started; its heartbeat is a second."""
    with Network.create(tmp_path / "net", districts=0, validators=1) as network:
        (node,) = network.nodes
        set_toml(node.home, heartbeat_ms=1000, metrics_port=find_free_port())
        replace(node.home / "cometbft" / "config" / "config.toml", 'interval = "10s"', 'interval = "1s"')
        yield node


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.engine
def test_a_node_refuses_what_cannot_run_and_says_what_it_found(alone: NetworkNode, tmp_path: Path) -> None:
    config = read_config(alone.home)
    assert config.cometbft is not None
    p2p = int(config.cometbft.config.read_text().split('laddr = "tcp://127.0.0.1:')[1].split('"')[0])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", p2p))
        listener.listen()
        refused = call(alone.home, "run")
        assert refused.returncode == Exit.UNAVAILABLE, refused.stderr
        for part in ("PORT_TAKEN", str(p2p), str(os.getpid()), "what to do"):
            assert part in refused.stderr
        checked = json.loads(call(alone.home, "doctor", "--json").stdout)
        assert [each["code"] for each in checked["checks"] if each["mark"] == "fail"] == ["PORT_TAKEN"]

    other = tmp_path / "other-cometbft"
    other.write_text("#!/bin/sh\necho 0.38.25\n")
    other.chmod(0o755)
    right = alone.home / FILE_NAME
    text = right.read_text(encoding="utf-8")
    replace(right, json.dumps(config.cometbft.binary), json.dumps(str(other)))
    refused = call(alone.home, "run")
    assert refused.returncode == Exit.CONFIG
    assert "0.38.25" in refused.stderr
    assert "0.39.4" in refused.stderr
    replace(right, json.dumps(str(other)), json.dumps(str(tmp_path / "nowhere")))
    refused = call(alone.home, "run")
    assert (refused.returncode, "ENGINE_MISSING" in refused.stderr) == (Exit.CONFIG, True)
    right.write_text(text, encoding="utf-8")

    genesis = config.cometbft.genesis
    replace(genesis, '"genesis_digest": "', '"genesis_digest": "00')
    refused = call(alone.home, "run")
    assert (refused.returncode, "GENESIS_MISMATCH" in refused.stderr) == (Exit.STORE, True), refused.stderr
    checked = json.loads(call(alone.home, "doctor", "--json").stdout)
    assert [each["code"] for each in checked["checks"] if each["mark"] == "fail"] == ["GENESIS_MISMATCH"]


@pytest.mark.engine
@pytest.mark.slow
def test_a_stopped_cometbft_is_a_stall_and_a_failed_consensus_ends_the_node(alone: NetworkNode) -> None:
    port = read_config(alone.home).metrics_port
    alone.start()
    wait_until("the node is ready", lambda: ask(port, "ready")[0] == 200)
    assert json.loads(call(alone.home, "doctor", "--json").stdout)["well"]

    alone.signal_engine(signal.SIGSTOP)
    try:
        wait_until("the stall is seen", lambda: has_reason(port, "stalled"))
        assert ask(port, "live")[0] == 200
        assert read_metric(port, "zhenglian_stalled") == 1
        assert "no new block for three heartbeats" in alone.log.read_text(encoding="utf-8")
        wait_until("health says so", lambda: get_health(alone) == health_pb2.HealthCheckResponse.NOT_SERVING)
    finally:
        alone.signal_engine(signal.SIGCONT)
    wait_until("the node is ready again", lambda: ask(port, "ready")[0] == 200)
    assert "blocks come again" in alone.log.read_text(encoding="utf-8")

    failure = {"_msg": "CONSENSUS FAILURE!!!", "err": "+2/3 committed an invalid block", "level": "error"}
    with (alone.home / "cometbft" / "cometbft.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps(failure) + "\n")
    assert alone.wait() == Exit.UNAVAILABLE
    said = alone.log.read_text(encoding="utf-8")
    assert "CONSENSUS_FAILED" in said
    assert "+2/3 committed an invalid block" in said


@pytest.mark.engine
@pytest.mark.slow
def test_a_node_of_a_network_ends_before_its_disk_is_full_and_comes_back(small_disk: Path) -> None:
    with Network.create(small_disk / "net", districts=0, validators=1) as network:
        (node,) = network.nodes
        set_toml(node.home, disk_reserve_mib=40)
        node.start()
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 30 * MIB))
        assert node.wait() == Exit.DISK, node.read_log_end()
        assert "DISK_LOW" in node.read_log_end()
        assert call(node.home, "run").returncode == Exit.DISK
        ballast.unlink()
        node.start()
        network.wait_for_progress(1)
        assert node.stop() == Exit.OK
        assert call(node.home, "fsck", "--full").returncode == Exit.OK


@pytest.mark.engine
def test_node_toml_alone_opens_both_pages_at_one_endpoint(alone: NetworkNode) -> None:
    own = find_free_port()
    replace(alone.home / FILE_NAME, "metrics_port = 0  # on 127.0.0.1; 0 = none\n\n[limits]",
            f"metrics_port = {own}\n\n[limits]")  # fmt: skip
    config = read_config(alone.home)
    alone.start()
    wait_until("the node is ready", lambda: ask(config.metrics_port, "ready")[0] == 200)
    with urllib.request.urlopen(f"http://127.0.0.1:{config.metrics_port}/metrics", timeout=10) as reply:
        page = reply.read().decode()
    assert "\nzhenglian_height " in page
    assert "\ncometbft_consensus_height" in page
    said = json.loads(call(alone.home, "doctor", "--json").stdout)
    found = {each["check"]: each for each in said["checks"]}
    assert (
        "instrumentation" not in found["settings"]["en"]
    )  # the fixture's own change of config.toml is there
    for check in ("ports", "certificate", "node_id", "validator"):
        assert found[check]["mark"] == "ok", found[check]
    assert call(alone.home, "resync").returncode == Exit.BUSY
    assert alone.stop() == Exit.OK


@pytest.mark.engine
@pytest.mark.slow
def test_a_node_that_was_set_back_to_genesis_fetches_every_block_again(tmp_path: Path) -> None:
    with Network.create(tmp_path / "net", districts=1, validators=1) as network:
        network.start()
        full = network.nodes[1]
        network.wait_for_progress(1)
        reached = fetch_status(full.config)
        assert full.stop() == Exit.OK
        said = json.loads(call(full.home, "resync", "--json").stdout)
        assert [Path(kept).name for kept in said["kept"]] == ["store.old", "data.old"]
        full.start()
        wait_until("it is where it was", lambda: get_height(full) >= reached.height)
        assert full.stop() == Exit.OK
        assert call(full.home, "fsck", "--full").returncode == Exit.OK


@pytest.mark.engine
def test_a_node_can_be_stopped_while_it_waits_for_its_cometbft(alone: NetworkNode, tmp_path: Path) -> None:
    config = read_config(alone.home)
    assert config.cometbft is not None
    silent = tmp_path / "silent-cometbft"
    silent.write_text('#!/bin/sh\n[ "$1" = version ] && echo 0.39.4 && exit\nexec sleep 600\n')
    silent.chmod(0o755)
    replace(alone.home / FILE_NAME, json.dumps(config.cometbft.binary), json.dumps(str(silent)))
    alone.launch()
    wait_until("the node waits", (alone.home / "cometbft" / "cometbft.pid").exists)
    assert ask(config.metrics_port, "live")[0] == 200
    assert has_reason(config.metrics_port, "not_provable")
    assert alone.stop() == Exit.OK
    assert "Traceback" not in alone.log.read_text(encoding="utf-8")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a disk read-only")
def test_a_disk_that_cannot_be_written_is_told_from_a_full_one(small_disk: Path) -> None:
    home = SandboxHome.create(small_disk / "node")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    refused = call(home.config.home, "run")
    assert (refused.returncode, "HOME_UNWRITABLE" in refused.stderr) == (Exit.DENIED, True), refused.stderr


def get_height(node: NetworkNode) -> int:
    """The node's height; -1 while it has nothing to show."""
    try:
        return fetch_status(node.config).height
    except Denied as error:
        if error.code is not Code.NOTHING_PROVEN:
            raise
        return -1


def has_reason(port: int, reason: str) -> bool:
    status, said = ask(port, "ready")
    return status == 503 and reason in [each["reason"] for each in said["reasons"]]


def get_health(node: NetworkNode) -> int:
    """What the node's health service says."""
    config = read_config(node.home)
    pem, key = config.tls.certificate.read_bytes(), config.tls.key.read_bytes()
    credentials = grpc.ssl_channel_credentials(pem, key, pem)
    with grpc.secure_channel(config.listen, credentials) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        return int(stub.Check(health_pb2.HealthCheckRequest(), timeout=10).status)
