"""A network on one machine: its members, its ports, and what tools and offices find where."""

import json
import stat
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_node.cli.network.local import (
    DISTRICTS,
    PORTS,
    PORTS_PER_NODE,
    LocalPlan,
    build_members,
    create_local_network,
    draw_base_port,
)
from zhenglian_node.config import read_config
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX
from zhenglian_sdk.agency import read_agency_config

NOW = 1_767_225_600_000


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("network") / "new"
    genesis = create_local_network(directory, LocalPlan(2, 2, 4, base_port=21_000), NOW)
    assert genesis.mode == MODE_SANDBOX
    return directory


def test_members_are_the_centre_departments_and_districts_in_the_standard_s_order() -> None:
    members = build_members(2, 16)
    assert [member.id for member in members[:4]] == [
        "centre",
        "department-01",
        "department-02",
        "district-310101",
    ]
    assert (len(members), len(DISTRICTS), members[-1].name) == (19, 16, "崇明区")


def test_every_member_has_a_home_an_office_and_keys_of_its_own(network: Path) -> None:
    fields = json.loads((network / "network.json").read_text(encoding="utf-8"))
    assert [member["id"] for member in fields["members"]][-1] == "district-310104"
    assert [member["validator"] for member in fields["members"]] == [True] * 4 + [False]
    for member in fields["members"]:
        config = read_config(network / member["home"])
        assert config.listen == member["listen"]
        assert (network / "members" / member["id"] / "recovery.key.json").exists()


def test_every_office_asks_its_own_node_first_and_another_member_s_second(network: Path) -> None:
    fields = json.loads((network / "network.json").read_text(encoding="utf-8"))
    nodes = {member["system"]: member["listen"] for member in fields["members"]}
    for member in fields["members"]:
        config = read_agency_config(network / member["agency"])
        assert config.system == member["system"]
        assert config.node.target == member["listen"]
        assert config.second_node is not None
        assert config.second_node.target in set(nodes.values()) - {config.node.target}
        for path in (config.trust_file, config.key_file, config.tls.certificate, *config.tls.roots):
            assert path.exists(), path
        assert config.read_actor_key() is not None
        assert config.read_passphrase()


def test_genesis_lets_in_every_node_and_registers_every_key(network: Path) -> None:
    text = json.loads((network / "genesis.json").read_text(encoding="utf-8"))
    kinds = [next(iter(operation)) for operation in text["operations"]]
    assert (kinds.count("put_node"), kinds.count("key"), kinds.count("put_region")) == (5, 15, 17)
    assert kinds[-1] in Operation.DESCRIPTOR.fields_by_name


def test_what_is_secret_is_its_owner_s_alone(network: Path) -> None:
    secret = ("node_key.json", "priv_validator_key.json", "passphrase", "actor.key")
    for path in network.rglob("*"):
        if path.name in secret or path.name.endswith((".key.json", ".key.pem")):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for folder in ("nodes/centre", "members/centre", "systems/centre-office"):
        assert stat.S_IMODE((network / folder).stat().st_mode) == 0o700


def test_a_directory_that_holds_anything_is_left_alone(network: Path) -> None:
    before = sorted(network.rglob("*"))
    with pytest.raises(StoreError) as caught:
        create_local_network(network, LocalPlan(0, 0, 1), NOW)
    assert caught.value.code == Code.ALREADY_INITIALISED
    assert sorted(network.rglob("*")) == before


@pytest.mark.parametrize("plan", [LocalPlan(1, 1, 4), LocalPlan(1, 17, 1), LocalPlan(1, 1, 0)])
def test_a_network_that_cannot_be_is_refused_before_anything_is_made(tmp_path: Path, plan: LocalPlan) -> None:
    with pytest.raises(InvalidInput):
        create_local_network(tmp_path / "new", plan, NOW)
    assert not (tmp_path / "new").exists()


def test_drawn_ports_lie_below_those_of_outgoing_connections() -> None:
    base = draw_base_port(19)
    assert base in PORTS
    assert base + 19 * PORTS_PER_NODE <= PORTS.stop
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()
    assert int(ephemeral[0]) >= PORTS.stop
