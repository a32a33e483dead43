"""A newcomer is admitted by commands alone, over real channels: from its request to its first vote."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.testkit.agency_home import write_agency
from tests.testkit.assembly import OFFICES, build_representatives
from tests.testkit.ledger_kit import wrap
from tests.testkit.ledger_objects import CENTRE, CENTRE_OFFICE, MARKET_OFFICE
from tests.testkit.node_home import SandboxHome, build_ca
from tests.testkit.node_process import NodeProcess, build_command, build_environment
from zhenglian_ledger.certificates import format_certificate_pem
from zhenglian_node.cli.network.offices import build_agency_config
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.cli.exits import Exit

MEMBER = "department-09"
WORDS = "the newcomer's words"
ENTRIES = f"""
[[units]]
id = "{MEMBER}"
name = "市体育局"
member = "{MEMBER}"
level = "CITY"
region = "310000"
roles = ["REPRESENTATIVE", "RELYING", "ACCEPTING", "ISSUING"]

[[systems]]
id = "{MEMBER}-office"
name = "市体育局业务系统"
unit = "{MEMBER}"
kind = "BACK_OFFICE"
"""


class Network:
    """Offices of a sandbox, and the directory of a newcomer."""

    def __init__(self, node: NodeProcess, root: Path) -> None:
        self.node = node
        self.root = root
        self.joining = root / "joining"

    def ask(self, config: Path | None, *words: str | Path, expect: int = Exit.OK) -> Any:
        """What a command says to a program; it ends as expected."""
        named = [] if config is None else ["--config", str(config)]
        result = CliRunner().invoke(app, [*map(str, words), "--json", *named])
        assert result.exit_code == expect, result.output
        return json.loads(result.stdout)

    def get_config(self, office: str) -> Path:
        """The configuration of a member's office."""
        return write_agency(self.root / "agencies", self.node.home, office, node=self.node.address)

    def adopt(self, *proposals: str) -> None:
        """The members' offices vote, one after another, until all are adopted."""
        for office in OFFICES:
            voted = self.ask(self.get_config(office), "governance", "vote", *proposals, "approve")
            if all(each["standing"] == "ADOPTED" for each in voted["votes"]):
                return
        raise AssertionError("all approved and not all were adopted")

    def propose_newcomer(self) -> list[dict[str, Any]]:
        """What the centre's office proposes out of the request."""
        words = ("governance", "propose", "newcomer", "--reason", "入网 admission")
        asked = self.joining / "request.json"
        said = self.ask(self.get_config(CENTRE_OFFICE), *words, "--request", asked)
        proposals: list[dict[str, Any]] = said["proposals"]
        return proposals


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    extra = [wrap(unit) for unit in build_representatives()]
    with NodeProcess(SandboxHome.create(tmp_path / "node", extra=extra)) as node:
        yield Network(node, tmp_path)


def test_a_newcomer_is_admitted_by_commands_and_its_office_votes(network: Network) -> None:
    make_request(network)
    centre, market = network.get_config(CENTRE_OFFICE), network.get_config(MARKET_OFFICE)
    (first,) = network.propose_newcomer()
    network.adopt(first["proposal"])
    second = network.propose_newcomer()
    assert [each["change"]["kind"] for each in second] == ["add_recovery_key", "put_node"]
    network.adopt(*(each["proposal"] for each in second))

    entries = network.root / "newcomer.toml"
    entries.write_text(ENTRIES, encoding="utf-8")
    assert network.ask(centre, "registry", "apply", entries)["new"] == 2

    office = lay_office(network)
    signed = network.root / "keys.json"
    assert network.ask(market, "key", "sequence", MEMBER)["next_sequence"] == 1
    network.ask(
        None, "key", "sign", "--recovery", network.joining / "member" / "recovery.key.json",
        "--request", network.joining / "request.json", "--passphrase-file", network.root / "words",
        "--trust", network.node.home.config.trust, "--out", signed,
    )  # fmt: skip
    carried = network.ask(market, "key", "carry", signed)
    assert [each["usage"] for each in carried["keys"]] == ["SIGN", "TRANSPORT"]
    assert network.ask(centre, "key", "carry", signed)["keys"] == []

    (third,) = network.propose_newcomer()
    assert third["change"]["put_member"]["votes"]
    network.adopt(third["proposal"])
    assert network.propose_newcomer() == []

    proposal = network.ask(office, "governance", "propose", "parameters", "max_children=7", "--reason", "r")
    voted = network.ask(office, "governance", "vote", proposal["proposal"], "approve")
    assert voted["standing"] == "PENDING"
    shown = network.ask(market, "governance", "show", proposal["proposal"])
    assert (shown["proposer"], shown["approved"]) == (MEMBER, [MEMBER])
    network.ask(office, "governance", "vote", proposal["proposal"], "approve", expect=Exit.REFUSED)


def make_request(network: Network) -> None:
    """The newcomer's machine makes its keys and its request, with the node's own program."""
    (network.root / "words").write_text(WORDS + "\n", encoding="utf-8")
    command = build_command(
        "request", "--out", str(network.joining), "--member", MEMBER, "--name", "市体育局",
        "--tier", "DEPARTMENT", "--votes", "--address", "127.0.0.1:26656", "--api", "127.0.0.1:7443",
        "--passphrase-file", str(network.root / "words"),
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env=build_environment(), check=False)
    assert done.returncode == 0, done.stderr


def lay_office(network: Network) -> Path:
    """The newcomer's office has what it carries there: the trust file and the CA of the node that it asks."""
    office = network.joining / "office"
    (office / "trust.json").write_bytes(network.node.home.config.trust.read_bytes())
    (office / "authorities.pem").write_bytes(format_certificate_pem(build_ca(CENTRE)))
    config = office / "agency.toml"
    config.write_text(build_agency_config(f"{MEMBER}-office", network.node.address, ""), encoding="utf-8")
    return config
