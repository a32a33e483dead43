"""status, trust show, trust export: what is trusted is shown, each node is judged, and trust is handed on."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.testkit.chain_kit import ProvenChain
from tests.testkit.chain_node import ChainNode, build_trust
from tests.testkit.ledger_objects import HUANGPU_COUNTER, MARKET_OFFICE, compute_id, issue_licence
from zhenglian_ledger.trustfile import format_trust_file, parse_trust_file
from zhenglian_sdk.cli.entry import app
from zhenglian_sdk.cli.exits import Exit
from zhenglian_sdk.client.client import AsyncClient
from zhenglian_sdk.client.trust import TrustStore, read_trust_store

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
Prepare = Callable[[list[ChainNode]], None]
CONFIG = """
system = "huangpu-counter"
key_file = "sign.key.json"
trust_file = "trust.json"
state_dir = "state"
[node]
target = "node.example:7443"
[[more_nodes]]
target = "node.third.example:7443"
[tls]
certificate = "system.pem"
key = "system.key.pem"
roots = ["ca.pem"]
"""


class World:
    """A chain, a configuration that trusts its genesis, and nodes that exist while a command runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.chain = ProvenChain()
        self.chain.accept(MARKET_OFFICE, issue_licence())
        (directory / "trust.json").write_text(format_trust_file(build_trust(self.chain)), encoding="utf-8")
        (directory / "agency.toml").write_text(CONFIG, encoding="utf-8")
        self.prepare: Prepare = lambda _nodes: None
        self.chains = [self.chain, self.chain]

    def open_trust(self) -> TrustStore:
        store = read_trust_store(self.directory / "trust.json", self.directory / "state")
        store._now_ms = lambda: self.chain.now_ms + 5_000
        return store

    async def connect(self, _config: Path) -> AsyncClient:
        nodes = [ChainNode(chain, self.directory) for chain in self.chains]
        for node in nodes:
            await node.__aenter__()
        self.prepare(nodes)
        client = nodes[0].build_client(HUANGPU_COUNTER, second=nodes[1], trust=self.open_trust())
        close = client.close

        async def close_all() -> None:
            await close()
            for node in nodes:
                await node.stop()

        client.close = close_all  # type: ignore[method-assign]
        return client

    def run(self, *words: str | Path, expect: int = Exit.OK) -> Result:
        config = self.directory / "agency.toml"
        arguments = [*map(str, words), "--config", str(config)]
        result = CliRunner(env={"ZHENGLIAN_LANG": None}).invoke(app, arguments, obj=self.connect)
        assert result.exit_code == expect, (result.output, result.exception)
        return result

    def ask(self, *words: str | Path, expect: int = Exit.OK) -> Any:
        return json.loads(self.run(*words, "--json", expect=expect).stdout)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_status_shows_what_is_trusted_and_judges_every_node(world: World) -> None:
    world.chain.change_validators(*NUMBERS[4:])
    world.chain.pass_block()
    world.chain.pass_block()
    said = world.ask("status")
    newest = world.chain.light_block(world.chain.head.height + 1)
    assert said["trusted"]["height"] == newest.signed_header.header.height
    assert said["trusted"]["validators"] == [
        each.pub_key.ed25519.hex() for each in newest.validator_set.validators
    ]
    assert [node["sound"] for node in said["nodes"]] == [True, True]
    shown = world.run("status").output
    assert "2/2 个节点的回答经核验无误" in shown
    assert "2 of 2 nodes answer, verified" in shown


def test_a_node_that_is_away_is_told_and_ends_nothing(world: World) -> None:
    def drop(nodes: list[ChainNode]) -> None:
        nodes[0].drop = {"GetStatus"}

    world.prepare = drop
    first, second = world.ask("status")["nodes"]
    assert (first["fault"], first["code"], second["sound"]) == ("UNREACHABLE", "NODE_UNREACHABLE", True)

    def drop_both(nodes: list[ChainNode]) -> None:
        for node in nodes:
            node.drop = {"GetStatus"}

    world.prepare = drop_both
    assert world.ask("status", expect=Exit.UNAVAILABLE)["error"] == "NODE_UNREACHABLE"


def test_any_command_says_which_node_was_wrong_though_another_answered(world: World) -> None:
    def bend(method: str, reply: Any) -> Any:
        if method == "GetRecord":
            reply.record.entry.path.pop()
        return reply

    def lie(nodes: list[ChainNode]) -> None:
        nodes[0].lie = bend

    world.prepare = lie
    result = world.run("verify", compute_id("licence").hex(), "--json")
    said = json.loads(result.stdout)
    assert said["state"] == "VALID"
    assert "所示证明不成立（PROOF_TRUNCATED_PATH）" in result.stderr
    assert f"shows what cannot be true (PROOF_TRUNCATED_PATH); {said['node']} answered" in result.stderr


def test_a_node_that_lies_is_told_and_ends_the_command_with_its_code(world: World) -> None:
    def swap(method: str, reply: Any) -> Any:
        if method == "GetStatus":
            reply.anchor.light_block.signed_header.header.app_hash = bytes(32)
        return reply

    def lie(nodes: list[ChainNode]) -> None:
        nodes[1].lie = swap

    world.prepare = lie
    said = world.ask("status", expect=Exit.UNPROVEN)
    assert [node["fault"] for node in said["nodes"]] == [None, "LYING"]
    assert said["error"] == "PROOF_WRONG_HEADER"
    assert "所示证明不成立" in world.run("status", expect=Exit.UNPROVEN).output


def test_two_histories_are_told_and_from_then_on_nothing_else(world: World) -> None:
    other = ProvenChain()
    other.accept(MARKET_OFFICE, issue_licence())
    for chain, wait in ((world.chain, 1), (other, 2)):
        chain.wait(wait)
        chain.pass_block()
        chain.pass_block()
    world.chains = [world.chain, other]
    assert world.ask("status", expect=Exit.UNPROVEN)["error"] == "PROOF_FORK"
    world.chains = [world.chain, world.chain]
    assert world.ask("status", expect=Exit.UNPROVEN)["error"] == "PROOF_FORK"
    said = world.ask("trust", "show", expect=Exit.UNPROVEN)
    assert said["error"] == "PROOF_FORK"
    exported = world.ask("trust", "export", world.directory / "new.json", expect=Exit.UNPROVEN)
    assert exported["error"]["name"] == "PROOF_FORK"
    assert not (world.directory / "new.json").exists()


def test_trust_is_exported_shown_with_one_digest_and_begins_there_elsewhere(world: World) -> None:
    for first in range(1, 5):
        world.chain.change_validators(*NUMBERS[first : first + 4])
    world.chain.pass_block()
    file = world.directory / "for-another.json"
    said = world.ask("trust", "export", file)
    text = file.read_text(encoding="utf-8")
    trust = parse_trust_file(text)
    assert said["digest"] == sha256(file.read_bytes()).hexdigest()
    assert said["height"] == trust.anchor.height == world.chain.head.height + 1
    assert len(trust.validators) == 4
    grouped = " ".join(said["digest"][at : at + 8] for at in range(0, 64, 8))
    assert grouped in world.run("trust", "show", file).output
    assert world.ask("trust", "show", file)["digest"] == said["digest"]
    (world.directory / "trust.json").write_text(text, encoding="utf-8")
    world.chain.change_validators(*NUMBERS[:4])
    world.chain.pass_block()
    world.chain.pass_block()
    status = world.ask("status")
    assert status["trusted"]["height"] > trust.anchor.height
    assert world.ask("trust", "show")["trusted"]["height"] == status["trusted"]["height"]


def test_no_file_is_overwritten_and_a_lie_is_not_exported(world: World) -> None:
    file = world.directory / "trust.json"
    before = file.read_bytes()
    world.run("trust", "export", file, expect=Exit.DATA)
    assert file.read_bytes() == before

    def lie(nodes: list[ChainNode]) -> None:
        for node in nodes:
            node.drop = {"GetStatus"}

    world.prepare = lie
    world.run("trust", "export", world.directory / "new.json", expect=Exit.UNAVAILABLE)
    assert not (world.directory / "new.json").exists()


def test_the_trust_file_alone_is_shown_before_any_node_was_asked(world: World) -> None:
    said = world.ask("trust", "show")
    assert (said["height"], said["trusted"]["height"], said["trusted"]["validators"]) == (0, 0, [])
    shown = world.run("trust", "show").output
    assert "文件摘要" in shown
    assert "digest of the file" in shown


def test_a_configuration_with_more_nodes_shows_them(world: World) -> None:
    assert world.ask("config", "show")["more_nodes"] == "node.third.example:7443"
