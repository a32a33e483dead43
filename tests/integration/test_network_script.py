"""`scripts/network`: a network on this machine comes up, is looked at, survives a crash, and goes down."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from local_network.__main__ import main
from local_network.health import Health, find_differing, is_together
from tests.testkit.cometbft_binary import find_cometbft
from zhenglian_node.cli.network.local import LocalPlan, create_local_network

DOOR: Final = Path(__file__).resolve().parents[2] / "scripts" / "network"
NOT_TOGETHER, FAILED = 1, 69
FULL_NODE: Final = "department-01"


class Network:
    """One validator and one full node in a directory, by the door alone."""

    def __init__(self, directory: Path) -> None:
        """Nothing has been made."""
        self.directory = directory

    def call(self, command: str, *options: str, expected: int = 0) -> Any:
        """What a command prints with --json."""
        done = subprocess.run(
            [DOOR, command, str(self.directory), "--json", *options],
            check=False, capture_output=True, text=True, timeout=240,
            env=os.environ | {"ZHENGLIAN_COMETBFT": find_cometbft()},
        )  # fmt: skip
        assert done.returncode == expected, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def up(self) -> dict[str, int]:
        """The process of each member's node, all of them up and together."""
        said = self.call("up", "--departments", "1", "--districts", "0", "--validators", "1")
        assert said["together"]
        return {node["member"]: node["pid"] for node in said["nodes"]}


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    network = Network(tmp_path_factory.mktemp("network") / "new")
    try:
        yield network
    finally:
        if network.directory.exists():
            network.call("down")


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_network_comes_up_survives_a_crash_and_goes_down(network: Network) -> None:
    first = network.up()
    assert network.up() == first  # what is up stays up

    os.kill(first[FULL_NODE], signal.SIGKILL)
    said = network.call("status", expected=NOT_TOGETHER)
    assert {node["member"]: node["pid"] for node in said["nodes"]} == first | {FULL_NODE: None}
    second = network.up()
    assert second["centre"] == first["centre"]
    assert second[FULL_NODE] != first[FULL_NODE]
    assert len({node["app_hash"] for node in network.call("status")["nodes"]}) == 1

    assert network.call("down") == {"stopped": ["centre", FULL_NODE], "killed": []}
    assert network.call("down")["killed"] == []
    said = network.call("status", expected=NOT_TOGETHER)
    assert [(node["pid"], node["height"]) for node in said["nodes"]] == [(None, -1)] * 2


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_another_process_with_a_node_s_old_number_is_not_taken_for_it(network: Network) -> None:
    network.up()
    network.call("down")
    for pid_file in (network.directory / "run").glob("*"):
        pid_file.unlink()
    stale = network.directory / "run" / f"{FULL_NODE}.pid"
    stale.write_text(f"{os.getpid()} 1\n", encoding="ascii")
    pids = network.up()
    assert os.getpid() not in pids.values()
    assert network.call("down")["killed"] == []  # and this test is still here


def test_a_directory_without_a_network_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [DOOR, "status", str(tmp_path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert str(tmp_path) in done.stderr


def test_a_network_of_other_numbers_is_neither_changed_nor_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = LocalPlan(departments=1, districts=0, validators=1)
    create_local_network(tmp_path / "net", plan, int(time.time() * 1000))
    assert main(["up", str(tmp_path / "net"), "--departments", "1", "--validators", "2"]) == FAILED
    assert "--departments 1, --districts 0, --validators 1" in capsys.readouterr().err
    assert not (tmp_path / "net" / "run").exists()


def build_health(member: str, height: int, app_hash: str, *, stalled: bool = False) -> Health:
    return Health(member, True, 1, height, height - 1, app_hash, "", stalled=stalled)


def test_nodes_are_together_only_if_they_agree_and_blocks_come() -> None:
    first, second = build_health("a", 8, "00"), build_health("b", 8, "00")
    assert is_together([first, second, build_health("c", 9, "11")])
    assert not is_together([first, replace(second, stalled=True)])
    other = replace(second, app_hash="11")
    assert not is_together([first, other, build_health("c", 9, "11")])
    assert find_differing([first, other, build_health("c", 9, "11")]) == ["a", "b"]


@pytest.mark.engine
def test_a_directory_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("mine", encoding="utf-8")
    assert Network(tmp_path).call("up", expected=FAILED) is None
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]
