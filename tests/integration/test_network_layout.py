"""The way to a network, by the operator's own commands: every member in a directory that no other ever sees.

What passes between them is what the commands say is public: requests one way, genesis and peers the other.
"""

import json
import os
import pty
import select
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import zhenglian
from tests.testkit.cometbft_binary import find_cometbft
from tests.testkit.node_process import build_command, build_environment
from zhenglian import Assurance, build
from zhenglian_node.cli.entry import main
from zhenglian_node.cli.network.local import draw_base_port

MEMBERS: Final = ("centre", "department-01", "department-02", "district-310101")
TIERS: Final = dict(zip(MEMBERS, ("MUNICIPAL", "DEPARTMENT", "DEPARTMENT", "DISTRICT"), strict=True))
EXISTS, UNUSABLE = 73, 65
START_SECONDS: Final = 120.0


class Consortium:
    """Four members, each in a directory of its own, and a table on which they put what they pass on."""

    def __init__(self, root: Path) -> None:
        """Nothing has been made."""
        self.root = root
        self.table = root / "table"
        self.table.mkdir()

    def get(self, member: str) -> Path:
        """The member's own directory."""
        return self.root / member

    def request(self, member: str, port: int) -> None:
        """The member makes its keys and puts its request on the table."""
        own = self.get(member)
        own.mkdir()
        (own / "words").write_text(f"the passphrase of {member}\n", encoding="utf-8")
        run(
            "request", "--out", str(own / "made"), "--member", member, "--name", f"单位 {member}",
            "--tier", TIERS[member], "--address", f"127.0.0.1:{port}", "--api", f"127.0.0.1:{port + 1}",
            "--votes", "--validator", "--passphrase-file", str(own / "words"),
        )  # fmt: skip
        (self.table / f"{member}.json").write_bytes((own / "made/request.json").read_bytes())

    def assemble(self) -> str:
        """Genesis and peers lie on the table; the digest, as it is read out to everybody."""
        requests = [str(self.table / f"{member}.json") for member in MEMBERS]
        said = run(
            "network", "assemble", *requests, "--name", "example", "--out", str(self.table), "--json"
        ).stdout
        digest: str = json.loads(said)["genesis_digest"]
        return digest

    def accept(self, member: str, *options: str, genesis: Path | None = None) -> Path:
        """The member's home is finished."""
        home = self.get(member) / "made/node"
        run("accept", str(genesis or self.table / "genesis.json"), "--home", str(home), *options)
        return home


class Said(NamedTuple):
    """What a command printed."""

    stdout: str
    stderr: str


def run(*arguments: str, expected: int = 0) -> Said:
    """One command of an operator, without a terminal, in this process: two dozen starts are worth sparing."""
    out, err = StringIO(), StringIO()
    with (
        Path(os.devnull).open(encoding="ascii") as nobody,
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        patch.setattr(sys, "stdin", nobody)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
    said = Said(out.getvalue(), err.getvalue())
    assert (ended.value.code or 0) == expected, said
    return said


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """All requests are made and put together; nobody has accepted yet."""
    consortium = Consortium(tmp_path_factory.mktemp("consortium"))
    base = draw_base_port(len(MEMBERS))
    for number, member in enumerate(MEMBERS):
        consortium.request(member, base + 4 * number)
    consortium.assemble()
    return consortium


def read_digest(consortium: Consortium) -> str:
    said = run("genesis", "show", str(consortium.table / "genesis.json"), "--json").stdout
    digest: str = json.loads(said)["genesis_digest"]
    return digest


def collect_secrets(directory: Path) -> list[bytes]:
    """Every secret in a member's directory, in each form in which it could be copied."""
    secrets = []
    for path in directory.rglob("*"):
        if path.name in ("node_key.json", "priv_validator_key.json"):
            value = json.loads(path.read_text(encoding="utf-8"))["priv_key"]["value"]
            seed = b64decode(value)[:32]
            secrets += [value.encode(), seed, seed.hex().encode()]
        elif path.name.endswith(".key.json"):
            secrets.append(json.loads(path.read_text(encoding="utf-8"))["ciphertext"].encode())
        elif path.name.endswith(".key.pem"):
            secrets += path.read_bytes().splitlines()[1:-1]
        elif path.name in ("passphrase", "actor.key", "words"):
            secrets.append(path.read_bytes().strip())
    return secrets


def test_no_secret_is_anywhere_but_with_the_member_that_made_it(consortium: Consortium) -> None:
    everything = {path: path.read_bytes() for path in consortium.root.rglob("*") if path.is_file()}
    for member in MEMBERS:
        secrets = collect_secrets(consortium.get(member))
        assert len(secrets) >= 15
        for path, data in everything.items():
            if not path.is_relative_to(consortium.get(member)):
                assert not any(secret in data for secret in secrets), path
        public = everything[consortium.get(member) / "made/request.json"]
        assert not any(secret in public for secret in secrets)


def test_the_table_holds_requests_a_genesis_and_peers_and_nothing_else(consortium: Consortium) -> None:
    names = {path.name for path in consortium.table.iterdir()}
    assert names >= {"genesis.json", "peers.json", *(f"{member}.json" for member in MEMBERS)}
    assert all(path.suffix == ".json" for path in consortium.table.iterdir())


def test_without_a_terminal_nothing_is_agreed_by_itself(consortium: Consortium) -> None:
    home = consortium.get("centre") / "made/node"
    said = run("accept", str(consortium.table / "genesis.json"), "--home", str(home), expected=UNUSABLE)
    assert "--digest" in said.stderr
    assert not (home / "node.toml").exists()


def test_another_digest_than_the_agreed_one_is_refused(consortium: Consortium) -> None:
    home = consortium.get("centre") / "made/node"
    said = run(
        "accept", str(consortium.table / "genesis.json"), "--home", str(home), "--digest", "00" * 32,
        expected=UNUSABLE,
    )  # fmt: skip
    assert "GENESIS_NOT_AGREED" in said.stderr
    assert read_digest(consortium) in said.stderr
    assert not (home / "node.toml").exists()
    assert not (home / "store").exists()


@pytest.mark.parametrize("field", ["name", "transport_ca"])
def test_a_genesis_that_says_something_else_of_us_is_refused(
    consortium: Consortium, tmp_path: Path, field: str
) -> None:
    fields = json.loads((consortium.table / "genesis.json").read_text(encoding="utf-8"))
    entries = [each["put_member"] for each in fields["operations"] if "put_member" in each]
    own, other = (next(each for each in entries if each["id"] == name) for name in MEMBERS[:2])
    own[field] = other[field]
    genesis, peers = tmp_path / "genesis.json", tmp_path / "peers.json"
    genesis.write_text(json.dumps(fields), encoding="utf-8")
    digest = json.loads(run("genesis", "show", str(genesis), "--json").stdout)["genesis_digest"]
    listed = json.loads((consortium.table / "peers.json").read_text(encoding="utf-8"))
    text = json.dumps(listed | {"genesis_digest": digest}, sort_keys=True, indent=2, ensure_ascii=False)
    peers.write_text(text + "\n", encoding="utf-8")
    home = consortium.get("centre") / "made/node"
    said = run("accept", str(genesis), "--home", str(home), "--yes", expected=UNUSABLE)
    assert "JOIN_REQUEST_CHANGED" in said.stderr
    assert not (home / "node.toml").exists()


def test_a_request_is_made_once(consortium: Consortium) -> None:
    own = consortium.get("centre")
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    said = run(
        "request", "--out", str(own / "made"), "--member", "centre", "--name", "again", "--tier", "MUNICIPAL",
        "--address", "a:1", "--api", "a:2", "--passphrase-file", str(own / "words"), expected=EXISTS,
    )  # fmt: skip
    assert "ALREADY_INITIALISED" in said.stderr
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


@pytest.mark.timeout(240)
def test_at_a_terminal_the_digest_s_first_digits_are_asked_for(
    consortium: Consortium, tmp_path: Path
) -> None:
    digest = read_digest(consortium)
    home = tmp_path / "node"
    subprocess.run(["cp", "-r", str(consortium.get("district-310101") / "made/node"), str(home)], check=True)
    for answer in ("0" * 16, "", digest[:15]):
        code, said = answer_at_terminal(consortium, home, answer)
        assert code == UNUSABLE
        assert not (home / "node.toml").exists()
    before, _, _ = said.partition("GENESIS_NOT_AGREED")
    assert all(member in before for member in MEMBERS)
    assert "put_member 4" in before
    assert digest[:8] not in before
    code, said = answer_at_terminal(consortium, home, digest[:16])
    assert (code, digest in said) == (0, True)
    assert (home / "node.toml").exists()


def answer_at_terminal(consortium: Consortium, home: Path, answer: str) -> tuple[int, str]:
    """`accept` with somebody at the keyboard; the exit code and what was on the screen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        build_command("accept", str(consortium.table / "genesis.json"), "--home", str(home)),
        stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=build_environment(),
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=100)
    os.close(ours)
    return process.returncode, said.decode()


@contextmanager
def running(homes: Sequence[Path]) -> Iterator[None]:
    """The nodes in all homes answer."""
    with ExitStack() as stack:
        for process in [stack.enter_context(start(home)) for home in homes]:
            assert process.stdout is not None
            readable, _, _ = select.select([process.stdout], [], [], START_SECONDS)
            assert readable, "no answer in time"
            assert process.stdout.readline(), "a node has ended"
        yield


@contextmanager
def start(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The home's node runs."""
    with (
        (home / "node.log").open("ab") as log,
        subprocess.Popen(
            build_command("run", "--home", str(home), "--json"),
            stdout=subprocess.PIPE, stderr=log, env=build_environment(),
        ) as process,
    ):  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def carry_to_office(consortium: Consortium, member: str) -> Path:
    """What `accept` says to carry has been carried; the office's configuration."""
    made = consortium.get(member) / "made"
    for name in ("trust.json", "agency.toml", "authorities.pem"):
        (made / "office" / name).write_bytes((made / "node" / name).read_bytes())
    return made / "office/agency.toml"


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_four_members_that_accepted_commit_a_batch_and_any_of_them_proves_it(consortium: Consortium) -> None:
    digest = read_digest(consortium)
    binary = find_cometbft()
    homes = [consortium.accept(member, "--digest", digest, "--cometbft", binary) for member in MEMBERS]
    test_no_secret_is_anywhere_but_with_the_member_that_made_it(consortium)
    with running(homes):
        rule = build.put_rule("law-1", "电子证照管理办法", valid=build.interval("2020-01-01"))
        with zhenglian.connect(carry_to_office(consortium, "centre")) as centre:
            receipt = centre.submit([rule]).raise_for_refusals()
            assert receipt.assurance is Assurance.PROVEN
        with zhenglian.connect(carry_to_office(consortium, "district-310101")) as district:
            again = district.submit([build.put_rule("law-2", "办法", valid=build.interval("2020-01-01"))])
            assert again.batch_index > receipt.batch_index
            assert not again.is_accepted
