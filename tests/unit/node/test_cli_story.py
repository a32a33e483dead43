"""The operator's way from nothing to a node that can run, by the command line; and the wrong turns on it."""

import json
import logging
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import structlog

from tests.testkit.ledger_objects import CENTRE, CENTRE_OFFICE
from tests.testkit.node_home import build_channel_operations, build_genesis
from zhenglian_ledger import rows
from zhenglian_ledger.certificates import compute_transport_key_id, parse_certificate, parse_certificate_pem
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.trustfile import parse_trust_file
from zhenglian_node.cli import main
from zhenglian_node.cli.exits import Exit
from zhenglian_node.cli.keys import PASSPHRASE_VARIABLE
from zhenglian_node.config import read_config
from zhenglian_node.storage.leveldb import LevelDbStore


class Run(NamedTuple):
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Run]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Runs the command line in this process; `run` configures logging, which is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level

    def run(*arguments: object) -> Run:
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        code = caught.value.code
        return Run(code if isinstance(code, int) else 0, said.out, said.err)

    yield run
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


class World(NamedTuple):
    """A directory with a passphrase, a validator key and a reviewed genesis."""

    path: Path
    passphrase: Path
    key: Path
    genesis: Path
    home: Path

    def init(self, *more: object) -> list[object]:
        """The arguments that make the home."""
        return [
            "init", "--home", self.home, "--genesis", self.genesis, "--validator-key", self.key,
            "--passphrase-file", self.passphrase, *more,
        ]  # fmt: skip


@pytest.fixture
def world(tmp_path: Path, command: Command) -> World:
    world = World(
        tmp_path, tmp_path / "passphrase", tmp_path / "v.json", tmp_path / "genesis.json", tmp_path / "home"
    )
    world.passphrase.write_text("correct horse\n", encoding="utf-8")
    made = command(
        "genesis", "key", "--member", CENTRE, "--out", world.key, "--passphrase-file", world.passphrase
    )
    assert made.code == Exit.OK, made.err
    draft = json.loads(format_genesis(build_genesis(build_channel_operations(), 1_700_000_000_000)))
    for name in ("validators", "rules_digest", "parameters"):
        del draft[name]
    (tmp_path / "draft.json").write_text(json.dumps(draft), encoding="utf-8")
    built = command(
        "genesis", "build", "--draft", tmp_path / "draft.json", "--out", world.genesis,
        "--validator-key", world.key, "--member", CENTRE,
    )  # fmt: skip
    assert built.code == Exit.OK, built.err
    return world


def test_a_home_is_made_from_a_reviewed_genesis(world: World, command: Command) -> None:
    made = command(*world.init("--listen", "127.0.0.1:0"))
    assert made.code == Exit.OK, made.err
    shown = json.loads(command("genesis", "show", world.genesis, "--json").out)
    trust = parse_trust_file((world.home / "trust.json").read_text(encoding="utf-8"))
    assert trust.anchor.chain_id == shown["chain_id"]
    assert trust.genesis_digest.hex() == shown["genesis_digest"]
    assert shown["genesis_digest"] in made.out
    assert read_config(world.home).listen == "127.0.0.1:0"


def test_secrets_are_their_owners_alone(world: World, command: Command) -> None:
    command(*world.init())
    for name in ("validator.key.json", "tls/node.key.pem"):
        assert stat.S_IMODE((world.home / name).stat().st_mode) == 0o600


@pytest.mark.parametrize("is_there", [False, True])
def test_a_home_and_its_store_are_their_owners_alone(
    world: World,
    command: Command,
    is_there: bool,  # noqa: FBT001  a case
) -> None:
    if is_there:
        world.home.mkdir(0o755)
    assert command(*world.init()).code == Exit.OK
    assert command("rebuild", "--home", world.home).code == Exit.OK
    for name in (".", "tls", "store", "store.old"):
        assert stat.S_IMODE((world.home / name).stat().st_mode) == 0o700, name


def test_the_nodes_request_is_answered_by_its_members_ca(world: World, command: Command) -> None:
    command(*world.init())
    ca, leaf = world.path / "ca", world.home / "tls" / "node.crt.pem"
    assert command("ca", "init", "--member", CENTRE, "--out", ca).code == Exit.OK
    issued = command(
        "ca", "issue", "--ca", ca, "--name", "node", "--request", world.home / "tls" / "node.csr.pem",
        "--out", leaf, "--dns", "node.example", "--ip", "127.0.0.1",
    )  # fmt: skip
    assert issued.code == Exit.OK, issued.err
    der = parse_certificate_pem(leaf.read_bytes())
    assert compute_transport_key_id(der).hex() in issued.out
    authority = parse_certificate(parse_certificate_pem((ca / "ca.crt.pem").read_bytes()))
    parse_certificate(der).verify_directly_issued_by(authority)


def test_a_systems_leaf_is_issued_with_a_fresh_key(world: World, command: Command) -> None:
    ca, key = world.path / "ca", world.path / "s.key.pem"
    command("ca", "init", "--member", CENTRE, "--out", ca)
    issue = [
        "ca", "issue", "--ca", ca, "--name", CENTRE_OFFICE, "--key-out", key, "--out", world.path / "s.pem",
    ]  # fmt: skip
    assert command(*issue).code == Exit.OK
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert command(*issue).code == Exit.EXISTS  # never over a key that may be in use
    assert command("ca", "issue", "--ca", ca, "--name", "x", "--out", world.path / "x").code == Exit.DATA


def test_a_fresh_store_is_sound_and_can_be_rebuilt(world: World, command: Command) -> None:
    command(*world.init())
    for check in ("--quick", "--full"):
        assert command("fsck", "--home", world.home, check).code == Exit.OK
    assert command("rebuild", "--home", world.home).code == Exit.OK
    assert command("fsck", "--home", world.home, "--full").code == Exit.OK


def test_a_home_is_made_once(world: World, command: Command) -> None:
    command(*world.init())
    again = command(*world.init())
    assert again.code == Exit.EXISTS
    assert "[ALREADY_INITIALISED]" in again.err
    assert len(again.err.splitlines()) == 2


def test_an_init_that_stopped_half_way_is_simply_repeated(world: World, command: Command) -> None:
    command(*world.init())
    (world.home / "node.toml").unlink()
    assert command(*world.init()).code == Exit.OK


def test_another_validators_key_is_refused(world: World, command: Command) -> None:
    other = world.path / "other.json"
    command("genesis", "key", "--member", CENTRE, "--out", other, "--passphrase-file", world.passphrase)
    refused = command(*world._replace(key=other).init())
    assert refused.code == Exit.CONFIG
    assert not world.home.exists()


@pytest.mark.parametrize("source", ["file", "environment"])
def test_a_wrong_passphrase_makes_no_home(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    arguments = world.init()
    if source == "file":
        world.passphrase.write_text("battery staple\n", encoding="utf-8")
    else:
        arguments = arguments[:-2]
        monkeypatch.setenv(PASSPHRASE_VARIABLE, "battery staple")
    refused = command(*arguments)
    assert refused.code == Exit.DENIED
    assert "[WRONG_PASSPHRASE]" in refused.err
    assert not world.home.exists()


def test_a_home_is_made_without_the_passphrase_too(
    world: World, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    assert command(*world.init()[:-2]).code == Exit.OK
    validator = read_config(world.home).validator
    assert validator is not None
    assert validator.passphrase is None


@pytest.mark.parametrize("missing", ["passphrase", "certificate"])
def test_a_file_that_is_not_there_makes_no_home(world: World, command: Command, missing: str) -> None:
    more = ["--tls-certificate", world.path / "none.pem", "--tls-key", world.key]
    if missing == "passphrase":
        world.passphrase.unlink()
    refused = command(*world.init(*(more if missing == "certificate" else [])))
    assert refused.code == Exit.INPUT
    assert not world.home.exists()


def test_every_command_says_its_result_as_one_line_of_json(world: World, command: Command) -> None:
    home, ca, key = world.home, world.path / "ca", world.path / "second.json"
    files = ["--passphrase-file", world.passphrase]

    def ask(*arguments: object) -> dict[str, Any]:
        said = command(*arguments, "--json")
        (line,) = said.out.splitlines()
        assert said.code == Exit.OK, said.err
        fields: dict[str, Any] = json.loads(line)
        return fields

    shown = ask("genesis", "show", world.genesis)
    public_key = ask("genesis", "key", "--member", CENTRE, "--out", key, *files)["public_key"]
    assert json.loads(key.read_text(encoding="utf-8"))["public_key"] == public_key
    built = ask("genesis", "build", "--draft", world.genesis, "--out", world.path / "again.json")
    operations = len(json.loads(world.genesis.read_text(encoding="utf-8"))["operations"])
    assert built == shown | {"operations": operations}
    made = ask(*world.init())
    assert made == shown | {
        "trust_file": str(home / "trust.json"),
        "request": str(home / "tls" / "node.csr.pem"),
        "certificate": str(home / "tls" / "node.crt.pem"),
    }
    authority = ask("ca", "init", "--member", CENTRE, "--out", ca)["transport_ca"]
    assert bytes.fromhex(authority) == parse_certificate_pem((ca / "ca.crt.pem").read_bytes())
    issued = ask(
        "ca", "issue", "--ca", ca, "--name", "node", "--request", made["request"],
        "--out", made["certificate"],
    )  # fmt: skip
    leaf = parse_certificate_pem(Path(made["certificate"]).read_bytes())
    assert issued["key_id"] == compute_transport_key_id(leaf).hex()
    assert issued["public_key"].startswith("04")
    assert ask("fsck", "--home", home) == {"sound": True, "findings": []}
    assert ask("rebuild", "--home", home) == {"kept": str(home / "store.old")}


def test_findings_are_json_too_and_the_exit_code_stays(world: World, command: Command) -> None:
    command(*world.init())
    store = LevelDbStore(read_config(world.home).store)
    key, value = next(store.scan(rows.STATE))
    store.commit({key: value + b"\x01"})
    store.close()
    plain = command("fsck", "--home", world.home, "--full")
    said = command("fsck", "--home", world.home, "--full", "--json")
    assert (plain.code, said.code) == (Exit.STORE, Exit.STORE)
    assert plain.out
    assert json.loads(said.out) == {"sound": False, "findings": plain.out.splitlines()}


def test_a_genesis_with_a_refused_operation_makes_no_home(world: World, command: Command) -> None:
    fields = json.loads(world.genesis.read_text(encoding="utf-8"))
    fields["operations"].append(fields["operations"][-1])
    world.genesis.write_text(json.dumps(fields), encoding="utf-8")
    refused = command(*world.init())
    assert refused.code == Exit.DATA
    assert "[GENESIS_INVALID]" in refused.err
    assert not world.home.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda home: (home / "node.toml").write_text("listen = 5", encoding="utf-8"), Exit.CONFIG),
        (lambda home: (home / "validator.key.json").unlink(), Exit.CONFIG),
        (lambda home: (home / "genesis.json").write_text("{}", encoding="utf-8"), Exit.DATA),
        (lambda home: (home.parent / "passphrase").write_text("wrong", encoding="utf-8"), Exit.DENIED),
        (lambda home: (home / "store").rename(home / "elsewhere"), Exit.STORE),
    ],
    ids=["configuration", "no key", "genesis", "passphrase", "no store"],
)
def test_a_home_that_cannot_run_says_why_in_one_sentence(
    world: World, command: Command, change: Callable[[Path], object], code: Exit
) -> None:
    command(*world.init())
    change(world.home)
    refused = command("--lang", "en", "run", "--home", world.home)
    assert refused.code == code
    said, *advice = refused.err.splitlines()
    assert said.startswith("error [")
    assert [line.split(": ")[0] for line in advice] in ([], ["what to do"])


def test_a_changed_genesis_is_not_the_stores(world: World, command: Command) -> None:
    command(*world.init())
    path = world.home / "genesis.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(fields | {"genesis_time_ms": fields["genesis_time_ms"] + 1}), encoding="utf-8")
    refused = command("run", "--home", world.home)
    assert refused.code == Exit.STORE
    assert "[GENESIS_MISMATCH]" in refused.err


def test_a_node_without_its_certificate_does_not_start(world: World, command: Command) -> None:
    command(*world.init())
    refused = command("run", "--home", world.home)
    assert refused.code == Exit.CONFIG
    assert "tls.certificate" in refused.err


def test_a_node_that_does_not_run_has_no_status(world: World, command: Command) -> None:
    command(*world.init("--listen", "127.0.0.1:1"))
    command("ca", "init", "--member", CENTRE, "--out", world.path / "ca")
    command(
        "ca", "issue", "--ca", world.path / "ca", "--name", "node", "--ip", "127.0.0.1",
        "--request", world.home / "tls" / "node.csr.pem", "--out", world.home / "tls" / "node.crt.pem",
    )  # fmt: skip
    assert command("status", "--home", world.home).code == Exit.UNAVAILABLE
