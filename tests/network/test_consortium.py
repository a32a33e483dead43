"""The whole consortium on one machine: a centre, two departments, sixteen districts, seven validators."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from benchmarks.network.processes import compute_memory, find_children
from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.network import Network
from tests.testkit.network_office import open_desk
from tests.testkit.newcomer import DAY_MS, compute_now_ms
from zhenglian_proto.v1.types_pb2 import KIND_PROPOSAL
from zhenglian_sdk.builders import governance

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(300)]

DOOR: Final = Path(__file__).resolve().parents[2] / "scripts" / "network"
SIZE: Final = ("--departments", "2", "--districts", "16", "--validators", "7")
NODES: Final = 19
VALIDATORS: Final = 7
MOST_MEMORY: Final = 6 << 30
DISTRICT: Final = "district-310115"


def call(command: str, directory: Path, *options: str) -> Any:
    """What a command of the door prints with --json."""
    done = subprocess.run(
        [DOOR, command, str(directory), "--json", *options],
        check=False, capture_output=True, text=True, timeout=280,
        env=os.environ | {"ZHENGLIAN_COMETBFT": find_cometbft()},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Where the network lies; none of it runs afterwards."""
    made = tmp_path / "consortium"
    try:
        yield made
    finally:
        if made.exists():
            call("down", made)


def find_processes(directory: Path) -> list[str]:
    """The command lines of all processes that name the directory."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            found += [line] if str(directory) in line else []
    return found


def test_nineteen_nodes_agree_and_prove_at_each_what_was_submitted_at_one(directory: Path) -> None:
    said = call("up", directory, *SIZE)
    heights = [node["height"] for node in said["nodes"]]
    assert len(heights) == NODES
    assert max(heights) - min(heights) <= 2
    assert sum(node["validator"] for node in said["nodes"]) == VALIDATORS

    with Network(directory) as network:
        district = next(node for node in network.nodes if node.member == DISTRICT)
        assert not district.is_validator
        change = governance.remove_node(bytes.fromhex(read_node_id(directory, DISTRICT)))
        proposing = governance.propose(change, reason="测试", valid_until=compute_now_ms() + DAY_MS)
        proposal = proposing.propose
        with open_desk(district, [district]) as office:
            receipt = office.submit([proposing]).raise_for_refusals()
        network.verify_agreement()
        for node in network.nodes:
            with open_desk(district, [node]) as client:
                found = client.get_object(KIND_PROPOSAL, proposal.id)
                assert found is not None, node.member
                assert found.message == proposal
                shown = client.get_receipt(receipt.nonce)
                assert shown is not None, node.member
                assert (shown.height, shown.batch_index) == (receipt.height, receipt.batch_index)
                assert client.answered_by == node.config.listen

    processes = [pid for node in said["nodes"] for pid in (node["pid"], *find_children(node["pid"]))]
    assert len(processes) == 2 * NODES
    assert sum(compute_memory(pid) for pid in processes) < MOST_MEMORY

    assert call("down", directory)["killed"] == []
    assert find_processes(directory) == []


def read_node_id(directory: Path, member: str) -> str:
    """The id of the member's node, in hex."""
    members = json.loads((directory / "network.json").read_text(encoding="utf-8"))["members"]
    return str(next(each["node_id"] for each in members if each["id"] == member))
