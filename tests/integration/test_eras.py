"""Eras with real processes: a solo ledger becomes a network's, and a network begins anew after a disaster."""

import json
import shutil
import time
from pathlib import Path

import pytest

import zhenglian
from tests.testkit.agency_home import write_agency
from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.era_homes import draft, join, request_node, run_node_command
from tests.testkit.ledger_objects import (
    CENTRE,
    HUANGPU,
    MARKET,
    MARKET_OFFICE,
    compute_id,
    issue_licence,
)
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from zhenglian import Assurance, Code, State
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.json_text import encode_json
from zhenglian_node.cli.exits import Exit
from zhenglian_node.cli.supervision import run_node
from zhenglian_proto.v1.operation_pb2 import Operation
from zhenglian_sdk.client.sync import Client

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def open_client(directory: Path, home: SandboxHome, *, trust: Path | None = None) -> Client:
    """The market bureau's client; its trust file is the one it has, unless it is handed another."""
    held = directory / "trust.json"
    kept = held.read_bytes() if held.exists() else None
    config = write_agency(directory, home, MARKET_OFFICE)
    if trust is not None:
        held.write_bytes(trust.read_bytes())
    elif kept is not None:
        held.write_bytes(kept)
    return zhenglian.connect(config)


def record(client: Client, *names: str) -> None:
    client.submit([Operation(issue_licence=issue_licence(name)) for name in names]).raise_for_refusals()


def verify_all(client: Client, *names: str) -> None:
    for name in names:
        answer = client.verify(compute_id(name))
        assert (answer.state, answer.assurance) == (State.VALID, Assurance.PROVEN), answer


def open_early(directory: Path, home: SandboxHome, *, trust: Path | None = None) -> Client:
    """As `open_client`, once the network has made a block: before the first nothing is provable."""
    client = open_client(directory, home, trust=trust)
    deadline = time.monotonic() + 60
    while True:
        try:
            client.verify(compute_id("nothing"))
        except zhenglian.ZhenglianError as error:
            if error.code is not Code.NOTHING_PROVEN or time.monotonic() > deadline:
                client.close()
                raise
            time.sleep(0.05)
        else:
            return client


def verify_sound(home: SandboxHome) -> None:
    for depth in ("--quick", "--full"):
        ran = run_node_command("fsck", "--home", home.config.home, depth)
        assert (ran.code, ran.err) == (Exit.OK, ""), ran.out


def verify_refused(era: Path, home: SandboxHome, code: Code, *arguments: str) -> None:
    ran = run_node_command("era", "begin", era, "--home", home.config.home, "--json", *arguments)
    assert ran.code != Exit.OK
    assert code.name in ran.err


def alter(era: Path, **changes: object) -> Path:
    """Another era file, which lies."""
    path = era.with_name(f"{'-'.join(changes)}.json")
    path.write_text(encode_json(json.loads(era.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return path


def test_a_solo_ledger_goes_on_as_a_network_and_a_network_after_a_disaster(tmp_path: Path) -> None:
    solo, agency = SandboxHome.create(tmp_path / "solo"), tmp_path / "agency"
    with NodeProcess(solo) as node, open_client(agency, solo) as client:
        record(client, "first", "second")
        verify_all(client, "first", "second")
        assert node.is_running
    # drafted and agreed on while nothing runs
    request = request_node(tmp_path / "centre", CENTRE)
    era, peers, digest = draft(solo.config.home, tmp_path, request)
    for field in ("previous_header_hash", "previous_app_hash"):
        verify_refused(alter(era, **{field: "00" * 32}), solo, Code.ERA_INVALID, "--yes")
    verify_refused(alter(era, first_height=99), solo, Code.ERA_INVALID, "--yes")
    verify_refused(alter(era, reason="another"), solo, Code.ERA_INVALID, "--digest", digest)
    begun = run_node_command("era", "begin", era, "--home", solo.config.home, "--digest", digest, "--json")
    assert begun.result["era_digest"] == digest
    with pytest.raises(StoreError) as refused:
        run_node(solo.config, lambda _: None)
    assert refused.value.code is Code.CONFIG_INVALID
    verify_sound(solo)
    # one node with a copy of the store
    home = join(request, solo.config.store, peers, solo, find_cometbft())
    with NodeProcess(home):
        with pytest.raises(zhenglian.ZhenglianError) as caught, open_early(agency, home) as client:
            client.verify(compute_id("first"))
        assert caught.value.code in (Code.PROOF_WRONG_HEADER, Code.PROOF_NOT_ENOUGH_POWER)
        with open_early(agency, home, trust=home.config.trust) as client:
            verify_all(client, "first", "second")
            record(client, "third")
            verify_all(client, "first", "third")
    verify_sound(home)
    # after a disaster the network begins anew, with what the store holds
    again, _, digest = draft_restart(home, tmp_path / "again")
    begun = run_node_command("era", "begin", again, "--home", home.config.home, "--digest", digest, "--json")
    assert begun.result["era"] == 2
    with NodeProcess(home):
        with open_early(agency, home, trust=home.config.trust) as client:
            verify_all(client, "first", "third")
            record(client, "fourth")
            verify_all(client, "second", "fourth")
        with (
            pytest.raises(zhenglian.ZhenglianError) as caught,
            open_client(agency, solo, trust=tmp_path / "solo" / "home" / "trust.json"),
        ):
            pass
        assert caught.value.code is Code.TRUST_NOT_CONTINUED
    verify_sound(home)


def test_two_members_go_on_together_and_a_third_node_comes_later(tmp_path: Path) -> None:
    solo = SandboxHome.create(tmp_path / "solo")
    with NodeProcess(solo), open_client(tmp_path / "before", solo) as client:
        record(client, "first")
    members = {MARKET: True, HUANGPU: True, CENTRE: False}
    requests = [request_node(tmp_path / name, name, is_validator=votes) for name, votes in members.items()]
    era, peers, digest = draft(solo.config.home, tmp_path, *requests)
    run_node_command("era", "begin", era, "--home", solo.config.home, "--digest", digest).verify()
    homes = [join(request, solo.config.store, peers, solo, find_cometbft()) for request in requests]
    with NodeProcess(homes[0]) as first, NodeProcess(homes[1]) as second:
        with open_early(tmp_path / "one", homes[0]) as client:
            verify_all(client, "first")
            record(client, "second")
        second.kill()
        second.start()
        with open_early(tmp_path / "two", homes[1]) as client:
            record(client, "third")
            verify_all(client, "first", "second", "third")
        with NodeProcess(homes[2]), open_early(tmp_path / "three", homes[2]) as client:
            record(client, "fourth")
            verify_all(client, "first", "second", "third", "fourth")
        assert first.is_running
    for home in homes:
        verify_sound(home)


def draft_restart(home: SandboxHome, directory: Path) -> tuple[Path, Path, str]:
    """The next era of a network's node, under the validator it has."""
    directory.mkdir()
    era = home.config.home / "era.json"
    validators = json.loads(era.read_text(encoding="utf-8"))["validators"]
    ran = run_node_command(
        "era", "draft", "--home", home.config.home, "--out", directory / "era.json", "--reason", "重启",
        *(part for each in validators for part in ("--validator", f"{each['member']}={each['public_key']}")),
        "--json",
    )  # fmt: skip
    shutil.copy(home.config.peers, directory / "peers.json")
    return directory / "era.json", directory / "peers.json", ran.result["era_digest"]
