"""Accepting a genesis: a member finds in it what it asked for and nothing in its name that it did not."""

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from tests.testkit.network_requests import build_public_key, build_request, build_requests
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.certificates import format_certificate_pem
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.join_request import JoinRequest
from zhenglian_ledger.keyfile import KdfCost
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_node.cli.doctor.examination import examine
from zhenglian_node.cli.doctor.findings import Mark
from zhenglian_node.cli.exits import compute_exit
from zhenglian_node.cli.files import create_file
from zhenglian_node.cli.network.acceptance import (
    AcceptPlan,
    Proposal,
    accept,
    compute_listen,
    verify_contained,
    verify_peers,
)
from zhenglian_node.cli.network.assembly import assemble
from zhenglian_node.cli.network.commands import accept_command, describe_content
from zhenglian_node.cli.network.member_keys import Folders, RequestPlan, create_member
from zhenglian_node.cli.network.peers import PeersFile, format_peers
from zhenglian_node.cli.network.sheets import BACKUP, README, SHEET
from zhenglian_node.cli.network.units import UNIT
from zhenglian_node.cli.resync import resync
from zhenglian_node.config import FILE_NAME, read_config
from zhenglian_node.engines.cometbft.home import build_cometbft_genesis
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519
from zhenglian_proto.v1.governance_pb2 import NetworkNode
from zhenglian_proto.v1.members_pb2 import (
    KEY_USAGE_RECOVERY,
    TIER_DEPARTMENT,
    Key,
    KeyOperation,
    Member,
    Unit,
)
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_proto.v1.state_pb2 import Genesis, GenesisValidator

NOW: Final = 1_767_225_600_000
OWN: Final = "department-09"


def assemble_example(requests: list[JoinRequest]) -> tuple[Genesis, PeersFile]:
    return assemble(requests, "example", NOW)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A member has made its keys, and genesis and peers have come back to it."""
    folders = Folders(tmp_path / "node", tmp_path / "member", tmp_path / "office")
    plan = RequestPlan(
        member=OWN, name="部门九", tier=TIER_DEPARTMENT, p2p="127.0.0.1:20009", api="127.0.0.1:20010",
        passphrase="p", now_ms=NOW, votes=True, is_validator=True, cost=KdfCost(n=2),
    )  # fmt: skip
    genesis, peers = assemble_example([*build_requests(3), create_member(folders, plan)])
    (tmp_path / "genesis.json").write_text(format_genesis(genesis), encoding="utf-8")
    (tmp_path / "peers.json").write_text(format_peers(peers), encoding="utf-8")
    return folders.node


def plan(home: Path) -> AcceptPlan:
    return AcceptPlan(home.parent / "genesis.json", home.parent / "peers.json", binary="/opt/cometbft")


def agree(_proposal: Proposal) -> None:
    """Whatever is shown is wanted."""


def list_files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def test_an_accepted_home_holds_everything_a_node_needs(home: Path) -> None:
    config = accept(home, plan(home), agree)
    assert read_config(home) == config
    assert {
        "node.toml", "genesis.json", "peers.json", "trust.json", "authorities.pem", "agency.toml",
        "README.md", "SHEET.md", "zhenglian-node.service", "store/CURRENT", "outbox", "tls/node.crt.pem",
        "cometbft/config/config.toml", "cometbft/config/genesis.json",
    } <= list_files(home)  # fmt: skip
    assert config.cometbft is not None
    engine = tomllib.loads(config.cometbft.config.read_text(encoding="utf-8"))
    assert len(engine["p2p"]["persistent_peers"].split(",")) == 3
    assert engine["p2p"]["laddr"] == "tcp://127.0.0.1:20009"
    assert parse_trust_file(config.trust.read_text(encoding="utf-8")).anchor.height == 0


def test_keys_lie_in_directories_of_their_owner_alone(home: Path) -> None:
    config = accept(home, plan(home), agree)
    for folder in ("", "tls", "store", "outbox", "cometbft", "cometbft/config", "cometbft/data"):
        assert (config.home / folder).stat().st_mode & 0o777 == 0o700, folder


def test_what_the_sheet_says_to_back_up_brings_the_node_back(home: Path, tmp_path: Path) -> None:
    config = accept(home, plan(home), agree)
    sheet = (home / README).read_text(encoding="utf-8")
    back = tmp_path / "back"
    for name in (*BACKUP, "cometbft/data/priv_validator_state.json"):
        assert f"`{name}`" in sheet
        (back / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if name.endswith("/") else shutil.copy)(home / name, back / name)
    assert f"zhenglian-node resync --home {config.home.resolve()}" in sheet
    resync(read_config(back))
    found = {check.name: finding for check, finding in examine(read_config(back))}
    wrong = [name for name, finding in found.items() if finding.mark in (Mark.WARN, Mark.FAIL)]
    assert set(wrong) <= {"files", "peers", "clock", "program"}  # a machine without them
    assert found["store"].mark is Mark.OK


def test_the_sheet_s_titles_stand_alone(home: Path) -> None:
    accept(home, plan(home), agree)
    lines = (home / SHEET).read_text(encoding="utf-8").splitlines()
    titles = [number for number, line in enumerate(lines) if line.startswith("## ")]
    assert all(lines[number - 1] == "" == lines[number + 1] for number in titles)


def test_the_unit_tries_again_for_ever_but_not_after_what_somebody_must_look_at(home: Path) -> None:
    accept(home, plan(home), agree)
    lines = (home / UNIT).read_text(encoding="utf-8").splitlines()
    assert {"RestartSec=15", "StartLimitIntervalSec=0", "Restart=always"} <= set(lines)
    (prevented,) = (line.partition("=")[2].split() for line in lines if line.startswith("RestartPrevent"))
    assert prevented == ["2", "65", "66", "73", "76", "77", "78"]
    for code in (Code.APP_HASH_DIFFERS, Code.VALIDATOR_STATE_UNSAFE, Code.GENESIS_NOT_AGREED):
        assert str(int(compute_exit(code))) in prevented
    for code in (Code.DISK_LOW, Code.PORT_TAKEN, Code.STORE_LOCKED, Code.ENGINE_ENDED, Code.CONSENSUS_FAILED):
        assert str(int(compute_exit(code))) not in prevented


@pytest.mark.parametrize(("own", "expected"), [(0, 27_001), (27_500, 27_500)])
def test_a_metrics_port_brings_cometbfts_along(home: Path, own: int, expected: int) -> None:
    accept_command(
        genesis=home.parent / "genesis.json",
        home=home,
        yes=True,
        metrics_port=27_000,
        cometbft_metrics_port=own,
    )
    config = read_config(home)
    assert config.cometbft is not None
    assert (config.metrics_port, config.cometbft.metrics_port) == (27_000, expected)
    engine = tomllib.loads(config.cometbft.config.read_text(encoding="utf-8"))["instrumentation"]
    assert engine == {"prometheus": True, "prometheus_listen_addr": f"127.0.0.1:{expected}"}


def test_what_stands_in_a_genesis_is_counted_and_unusual_parameters_are_shown(home: Path) -> None:
    seen: list[Proposal] = []
    accept(home, plan(home), seen.append)
    genesis = seen[0].genesis
    kinds, unusual = describe_content(genesis).values()
    assert "put_member 4" in str(kinds)
    assert unusual == ("无", "none")
    genesis.parameters.max_children = 7
    assert list(describe_content(genesis).values())[1] == "max_children = 7 (100)"


def test_the_engine_s_genesis_follows_from_ours(home: Path) -> None:
    seen: list[Proposal] = []
    config = accept(home, plan(home), seen.append)
    assert config.cometbft is not None
    assert config.cometbft.genesis.read_text(encoding="utf-8") == build_cometbft_genesis(seen[0].genesis)


def test_who_does_not_agree_has_changed_nothing(home: Path) -> None:
    def refuse(proposal: Proposal) -> None:
        raise InvalidInput(Code.GENESIS_NOT_AGREED, found=proposal.digest.hex())

    before = list_files(home)
    with pytest.raises(InvalidInput):
        accept(home, plan(home), refuse)
    assert list_files(home) == before
    accept(home, plan(home), agree)


def test_a_finished_home_is_never_overwritten_and_an_unfinished_one_is_finished(home: Path) -> None:
    accept(home, plan(home), agree)
    with pytest.raises(StoreError) as caught:
        accept(home, plan(home), agree)
    assert caught.value.code == Code.ALREADY_INITIALISED
    (home / FILE_NAME).unlink()
    accept(home, plan(home), agree)


def test_keys_that_are_not_the_request_s_are_refused(home: Path) -> None:
    config, other = plan(home), home.parent / "other"
    folders = Folders(other / "node", other / "member", other / "office")
    create_member(
        folders,
        RequestPlan(
            member=OWN, name="九", tier=TIER_DEPARTMENT, p2p="a:1", api="a:2", passphrase="p", now_ms=NOW,
            cost=KdfCost(n=2),
        ),
    )  # fmt: skip
    key = "cometbft/config/priv_validator_key.json"
    (home / key).write_bytes((folders.node / key).read_bytes())
    with pytest.raises(StoreError) as caught:
        accept(home, config, agree)
    assert caught.value.fields["field"] == str(home / key)


def test_peers_of_another_genesis_are_refused(home: Path) -> None:
    _, peers = assemble_example(build_requests())
    (home.parent / "peers.json").write_text(format_peers(peers), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        accept(home, plan(home), agree)
    assert caught.value.fields["field"] == "genesis_digest"


def test_who_joins_later_need_not_stand_in_genesis(home: Path) -> None:
    genesis, peers = assemble_example(build_requests())
    (home.parent / "genesis.json").write_text(format_genesis(genesis), encoding="utf-8")
    (home.parent / "peers.json").write_text(format_peers(peers), encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        accept(home, plan(home), agree)
    assert caught.value.code == Code.JOIN_REQUEST_CHANGED
    config = accept(home, replace(plan(home), is_joining=True), agree)
    assert config.cometbft is not None
    engine = tomllib.loads(config.cometbft.config.read_text(encoding="utf-8"))
    assert len(engine["p2p"]["persistent_peers"].split(",")) == 4


def _rename(genesis: Genesis) -> None:
    for number, data in enumerate(genesis.operations):
        operation = Operation.FromString(data)
        if operation.put_member.id == "department-01":
            operation.put_member.name = "another"
            genesis.operations[number] = serialise(operation)


def _drop_office(genesis: Genesis) -> None:
    kept = [
        data for data in genesis.operations
        if Operation.FromString(data).put_system.id != "department-01-office"
    ]  # fmt: skip
    del genesis.operations[:]
    genesis.operations.extend(kept)


def _add(operation: Operation) -> Callable[[Genesis], None]:
    return lambda genesis: genesis.operations.append(serialise(operation))


def _drop_validator(genesis: Genesis) -> None:
    del genesis.validators[0]


def _add_validator(genesis: Genesis) -> None:
    genesis.validators.append(GenesisValidator(public_key=bytes(32), member="department-01"))


_RECOVERY = Key(suite=SUITE_ED25519, public_key=build_public_key("thief"), usage=KEY_USAGE_RECOVERY)
_KEY = KeyOperation(body=KeyOperation.Body(member="department-01", sequence=4, add=_RECOVERY))
_CHANGES: Final[dict[str, Callable[[Genesis], None]]] = {
    "another name": _rename,
    "no office": _drop_office,
    "a key more": _add(Operation(key=_KEY)),
    "a node more": _add(Operation(put_node=NetworkNode(node_id=bytes(20), member="department-01"))),
    "a second entry": _add(Operation(put_member=Member(id="department-01", name="b", tier=TIER_DEPARTMENT))),
    "its unit under another": _add(Operation(put_unit=Unit(id="department-01", member="department-02"))),
    "no validator": _drop_validator,
    "a validator more": _add_validator,
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES.keys())
def test_a_member_of_whom_genesis_says_something_else_refuses_it(change: Callable[[Genesis], None]) -> None:
    requests = build_requests()
    genesis, _ = assemble_example(requests)
    verify_contained(requests[0], genesis)
    change(genesis)
    with pytest.raises(InvalidInput) as caught:
        verify_contained(requests[0], genesis)
    assert caught.value.code == Code.JOIN_REQUEST_CHANGED
    verify_contained(requests[2], genesis)


def test_another_member_s_further_systems_do_not_concern_us() -> None:
    requests = build_requests()
    genesis, _ = assemble_example(requests)
    _add(Operation(put_unit=Unit(id="more", member="department-01")))(genesis)
    verify_contained(requests[0], genesis)


def test_a_node_that_genesis_does_not_know_and_a_wrong_address_of_ours_are_refused() -> None:
    requests = build_requests()
    genesis, peers = assemble_example(requests)
    verify_peers(requests[0], peers, genesis)
    moved = replace(requests[0], p2p="elsewhere:1")
    stranger = replace(peers, peers=(*peers.peers, replace(peers.peers[0], node_id=bytes(20))))
    for request, listed in ((moved, peers), (requests[0], stranger)):
        with pytest.raises(InvalidInput) as caught:
            verify_peers(request, listed, genesis)
        assert caught.value.code == Code.PEERS_INVALID


@pytest.mark.parametrize(
    ("address", "bind", "expected"),
    [
        ("127.0.0.1:1", "", "127.0.0.1:1"),
        ("localhost:2", "", "localhost:2"),
        ("node.example:3", "", "0.0.0.0:3"),
        ("node.example:3", "10.0.0.7", "10.0.0.7:3"),
    ],
)
def test_a_node_listens_where_it_can_be_reached(address: str, bind: str, expected: str) -> None:
    assert compute_listen(address, bind) == expected


def test_a_member_with_a_ca_of_its_own_gets_requests_instead_of_certificates(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    folders = Folders(tmp_path / "node", tmp_path / "member", tmp_path / "office")
    create_file(certificate, format_certificate_pem(build_request(1).transport_ca))
    plan = RequestPlan(
        member="department-01", name="一", tier=TIER_DEPARTMENT, p2p="a:1", api="a:2", passphrase="p",
        now_ms=NOW, ca_certificate=certificate, cost=KdfCost(n=2),
    )  # fmt: skip
    request = create_member(folders, plan)
    assert request.transport_ca == build_request(1).transport_ca
    assert (folders.node / "tls/node.csr.pem").exists()
    assert (folders.office / "tls.csr.pem").exists()
    assert not list(tmp_path.rglob("ca.key.pem"))
