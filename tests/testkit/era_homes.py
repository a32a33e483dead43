"""Homes of a new era, made as operators make them: by the commands of `zhenglian-node`, on stopped nodes."""

import json
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.testkit.ledger_objects import compute_seed
from tests.testkit.node_home import SandboxHome, build_ca, find_free_port
from zhenglian_ledger.certificates import format_certificate_pem, format_private_key_pem
from zhenglian_ledger.keys import derive_p256_key
from zhenglian_node.cli import main
from zhenglian_node.cli.network.commands import BINARY_VARIABLE
from zhenglian_node.config import read_config


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def verify(self) -> None:
        """It ended well; fails with its own words."""
        assert self.code == 0, self.err

    @property
    def result(self) -> dict[str, Any]:
        """What the command printed with --json; fails with its own words if it did not end well."""
        self.verify()
        found: dict[str, Any] = json.loads(self.out.splitlines()[-1])
        return found


def run_node_command(*arguments: str | Path, binary: str = "cometbft") -> Ran:
    """A command of `zhenglian-node`, in this process."""
    out, err = StringIO(), StringIO()
    environment = {BINARY_VARIABLE: binary}
    with (
        patch.dict(os.environ, environment),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main([str(argument) for argument in arguments])
    code = ended.value.code or 0
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def request_node(directory: Path, member: str, *, is_validator: bool = True) -> Path:
    """A member of the sandbox makes the keys of a node, under the CA it has; returns its request."""
    directory.mkdir(parents=True)
    certificate, key = directory / "ca.pem", directory / "ca.key.pem"
    certificate.write_bytes(format_certificate_pem(build_ca(member)))
    key.write_bytes(format_private_key_pem(derive_p256_key(compute_seed(f"{member}-ca"))))
    passphrase = directory / "passphrase"
    passphrase.write_text("sandbox\n", encoding="utf-8")
    run_node_command(
        "request", "--out", directory / "made", "--member", member, "--name", member, "--tier", "MUNICIPAL",
        "--address", f"127.0.0.1:{find_free_port()}", "--api", f"127.0.0.1:{find_free_port()}",
        *(["--validator"] if is_validator else []), "--passphrase-file", passphrase,
        "--ca-certificate", certificate, "--ca-key", key, "--json",
    ).verify()  # fmt: skip
    return directory / "made" / "request.json"


def draft(former: Path, directory: Path, *requests: Path) -> tuple[Path, Path, str]:
    """The era file that goes on from the home `former`, the list of nodes, and the digest."""
    era, peers = directory / "era.json", directory / "peers.json"
    ran = run_node_command(
        "era", "draft", "--home", former, "--out", era, "--peers-out", peers, "--reason", "联网",
        *(part for request in requests for part in ("--request", request)), "--json",
    )  # fmt: skip
    return era, peers, ran.result["era_digest"]


def join(
    request: Path, store: Path, peers: Path, former: SandboxHome, binary: str = "cometbft"
) -> SandboxHome:
    """The home of a node of the era, around a copy of the store."""
    home = request.parent / "node"
    arguments = ("--home", home, "--store", store, "--peers", peers, "--json")
    run_node_command("era", "join", *arguments, binary=binary).verify()
    config = read_config(home)
    return SandboxHome(config, former.chain_id, config.listen, former.clients)
