"""Members decide over the real command line, channel and node: proposals, votes, and what follows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.testkit.agency_home import write_agency
from tests.testkit.assembly import OFFICES, build_representatives
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import CENTRE_OFFICE, MARKET, MARKET_OFFICE, PUDONG_OFFICE
from tests.testkit.node_home import SandboxHome
from tests.testkit.node_process import NodeProcess
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.cli.exits import Exit

VOTERS = [office for office in OFFICES if office != MARKET_OFFICE]


class Members:
    """Runs commands as any office of the sandbox."""

    def __init__(self, node: NodeProcess, directory: Path) -> None:
        self.node = node
        self.directory = directory

    def ask(self, office: str, *arguments: str, expect: int = Exit.OK) -> Any:
        """What `governance …` says to a program; it ends as expected."""
        config = write_agency(self.directory, self.node.home, office, node=self.node.address)
        words = ["governance", *arguments, "--json", "--config", str(config)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == expect, result.output
        return json.loads(result.stdout)

    def propose(self, *change: str) -> str:
        """The id of the centre's proposal."""
        made = self.ask(CENTRE_OFFICE, "propose", *change, "--reason", "演练 exercise")
        return str(made["proposal"])

    def vote(self, proposal: str, *offices: str, ballot: str = "approve") -> str:
        """How the proposal stands after these offices have voted."""
        return str([self.ask(office, "vote", proposal, ballot)["standing"] for office in offices][-1])


@pytest.fixture
def members(tmp_path: Path) -> Iterator[Members]:
    extra = [wrap(unit) for unit in build_representatives()]
    with NodeProcess(SandboxHome.create(tmp_path / "node", extra=extra)) as node:
        yield Members(node, tmp_path / "agencies")


def test_members_suspend_one_of_them_and_take_it_back(members: Members) -> None:
    suspension = members.propose("suspend", MARKET)
    assert members.ask(MARKET_OFFICE, "vote", suspension, "reject", expect=Exit.REFUSED)
    assert members.vote(suspension, *VOTERS[:3]) == "PENDING", "three of five are not more than two thirds"
    assert members.vote(suspension, VOTERS[3]) == "ADOPTED"
    network = members.ask(CENTRE_OFFICE, "network")
    assert {each["id"]: each["status"] for each in network["members"]}[MARKET] == "SUSPENDED"
    refused = CliRunner().invoke(
        app, ["governance", "list", "--config", str(_config(members, MARKET_OFFICE))]
    )
    assert refused.exit_code in (Exit.DENIED, Exit.UNAVAILABLE), "its channel is closed with it"
    assert members.vote(members.propose("resume", MARKET), *VOTERS[:3]) == "ADOPTED"
    assert members.ask(MARKET_OFFICE, "show", suspension)["standing"] == "ADOPTED"


def test_members_change_parameters_and_reject_a_node(members: Members) -> None:
    proposal = members.propose("parameters", "max_children=7")
    assert members.vote(proposal, *VOTERS) == "ADOPTED"
    assert members.ask(PUDONG_OFFICE, "network")["parameters"]["max_children"] == 7
    node = members.propose("node", "ab" * 20, "--member", MARKET)
    assert [each["proposal"] for each in members.ask(PUDONG_OFFICE, "list")["proposals"]] == [node]
    assert members.vote(node, *VOTERS[:2], ballot="reject") == "REJECTED"
    assert members.ask(PUDONG_OFFICE, "list")["proposals"] == []
    assert members.ask(PUDONG_OFFICE, "show", node, expect=Exit.NEGATIVE)["rejected"] == ["centre", "housing"]


def _config(members: Members, office: str) -> Path:
    return write_agency(members.directory, members.node.home, office, node=members.node.address)
