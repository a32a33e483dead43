"""The demo on a network that runs already: five members, four validators, a genesis without the story.

The network is brought up and taken down as a reader does it; the story is the one told on a network of its
own, and then told again.
"""

import json
import socket
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from story import world
from story.home import read_home
from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.told_story import (
    Told,
    get_chapter,
    read_next_steps,
    run,
    tell,
    verify_files,
    verify_numbers,
)
from zhenglian_ledger.genesis_text import parse_genesis_text

MEMBERS: Final = ["centre", "department-01", "department-02", "district-310101", "district-310104"]
ADMITTED: Final = [member.zh for member in world.MEMBERS if member.id not in MEMBERS]
NEXT_STEPS: Final = 5
SETTLING_S: Final = 60.0

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("network") / "net"
    size = ("--departments", "2", "--districts", "2", "--validators", "4")
    try:
        done = manage("up", folder, *size, ZHENGLIAN_COMETBFT=find_cometbft())
        assert done["together"], done
        yield folder
    finally:
        manage("down", folder)


@pytest.fixture(scope="module")
def told(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(tmp_path_factory.mktemp("told"), "--network", network)


def manage(command: str, folder: Path, *options: str, **variables: str) -> dict[str, Any]:
    program = (sys.executable, "-m", "local_network")
    done = run(*program, command, folder, *options, "--json", seconds=300, **variables)
    assert done.stdout, done.stderr
    fields: dict[str, Any] = json.loads(done.stdout)
    return fields


def read_members(network: Path) -> dict[str, dict[str, Any]]:
    fields = json.loads((network / "network.json").read_text(encoding="utf-8"))
    return {member["id"]: member for member in fields["members"]}


def read_agency(told: Told, system: str) -> dict[str, Any]:
    return tomllib.loads((told.home / "systems" / system / "agency.toml").read_text(encoding="utf-8"))


def test_the_numbers_are_those_of_the_story_on_a_network_of_its_own(told: Told) -> None:
    verify_numbers(told)


def test_every_fetched_file_is_the_one_recorded_and_vaults_keep_nothing_readable(told: Told) -> None:
    verify_files(told)


def test_nothing_of_the_story_stands_in_the_networks_genesis(network: Path, told: Told) -> None:
    assert sorted(read_members(network)) == MEMBERS
    text = (network / "genesis.json").read_text(encoding="utf-8")
    genesis = parse_genesis_text(text)
    assert b"centre-office" in genesis
    assert not any(each.id.encode() in genesis for each in (*world.UNITS, *world.SYSTEMS))
    assert (told.home / "genesis.json").read_text(encoding="utf-8") == text


def test_members_are_admitted_by_vote_and_the_count_is_shown(told: Told) -> None:
    shown = get_chapter(told, "成员经表决加入")
    assert len(ADMITTED) == 6
    for name in ADMITTED:
        assert f"{name}：5 个成员中 4 票赞成，准予加入" in shown
    assert shown.count("准予加入") == len(ADMITTED)


def test_admitted_members_keep_their_offline_keys_beside_the_others(network: Path, told: Told) -> None:
    names = {folder.name for folder in (network / "members").iterdir()}
    assert names == {*MEMBERS, *(member.id for member in world.MEMBERS)}
    assert not (told.home / "members").exists()
    for name in ("ca.key.pem", "recovery.key.json", "passphrase"):
        assert (network / "members" / world.AUDIT / name).stat().st_mode & 0o077 == 0


def test_every_desk_asks_its_own_members_node_and_has_another_members(network: Path, told: Told) -> None:
    listens = {member: fields["listen"] for member, fields in read_members(network).items()}
    for system, own in (
        (world.XUHUI_COUNTER, "district-310104"),
        (world.PUTUO_COUNTER, "centre"),  # Putuo was admitted without a node
        (world.AUDITOR, "centre"),
    ):
        config = read_agency(told, system)
        assert config["node"]["target"] == listens[own]
        assert config["second_node"]["target"] in set(listens.values()) - {listens[own]}


def test_the_storys_programs_have_ended_and_the_network_goes_on(network: Path, told: Told) -> None:
    addresses = read_home(told.home).addresses
    for name in world.SERVED:
        host, _, port = addresses[name].rpartition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)), timeout=5)
    assert manage("status", network)["together"]


def test_all_nodes_have_the_same_app_hash(network: Path, told: Told) -> None:
    deadline = time.monotonic() + SETTLING_S
    while True:
        nodes = manage("status", network)["nodes"]
        if len({node["provable_height"] for node in nodes}) == 1 or time.monotonic() > deadline:
            break
    assert [node["member"] for node in nodes] == MEMBERS
    assert {node["provable_height"] for node in nodes} == {nodes[0]["provable_height"]}
    assert nodes[0]["provable_height"] >= told.summary["height"] > 1
    assert len({node["app_hash"] for node in nodes}) == 1


@pytest.mark.parametrize("number", range(NEXT_STEPS))
def test_every_next_step_can_be_taken(told: Told, number: int) -> None:
    lines = read_next_steps(told)
    assert len(lines) == NEXT_STEPS
    done = run("bash", "-c", lines[number])
    assert done.returncode == 0, f"{lines[number]}\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"


def test_it_can_be_told_again_under_new_numbers(network: Path, told: Told, tmp_path: Path) -> None:
    again = tell(tmp_path / "again", "--network", network)
    verify_numbers(again)
    assert "故事中的成员均已在网络中" in get_chapter(again, "成员经表决加入")
    assert "登记办件 PT-KBFD-0001" in told.screen
    assert "登记办件 PT-KBFD-0002" in again.screen
    assert "PT-KBFD-0001" not in again.screen


def test_when_the_network_is_down_the_story_says_so(network: Path, told: Told, tmp_path: Path) -> None:
    assert told.summary["height"] > 1
    assert manage("down", network) == {"stopped": MEMBERS, "killed": []}
    assert not any(node["pid"] for node in manage("status", network)["nodes"])
    done = run(sys.executable, "-m", "story", "--network", network, "--home", tmp_path / "home")
    assert done.returncode == 1
    assert f"请先运行 scripts/network up {network}" in done.stderr
    assert not done.stdout, "no chapter is begun"
    assert not (tmp_path / "home").exists()
