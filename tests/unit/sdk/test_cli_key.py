"""Key files and configuration: secrets stay where they are, and mistakes are named."""

import json
import stat
from pathlib import Path

import pytest

from tests.testkit.cli_client import MemoryClient, run_cli
from zhenglian_ledger.keyfile import open_key
from zhenglian_proto.v1 import batch_pb2
from zhenglian_sdk.cli.exits import Exit

NEW = ("key", "new", "--owner", "huangpu-office")


@pytest.mark.parametrize(
    ("usage", "suite"),
    [
        ("sign", batch_pb2.SUITE_ED25519),
        ("recovery", batch_pb2.SUITE_ED25519),
        ("encrypt", batch_pb2.SUITE_X25519),
        ("transport", batch_pb2.SUITE_P256),
    ],
)
def test_a_new_key_is_sealed_under_the_passphrase_of_the_environment(
    tmp_path: Path, usage: str, suite: int
) -> None:
    path = tmp_path / "sign.key.json"
    env = {"ZHENGLIAN_PASSPHRASE": "open sesame"}
    result = run_cli(MemoryClient(), *NEW, path, "--usage", usage, "--json", env=env)
    assert result.exit_code == Exit.OK, result.output
    key = open_key(path.read_text(encoding="utf-8"), "open sesame")
    assert (key.suite, key.owner) == (suite, "huangpu-office")
    assert json.loads(result.stdout)["key"] == key.key_id.hex()
    assert key.seed.hex() not in result.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_passphrase_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("from a file\n", encoding="utf-8")
    path = tmp_path / "sign.key.json"
    result = run_cli(MemoryClient(), *NEW, path, "--passphrase-file", tmp_path / "passphrase")
    assert result.exit_code == Exit.OK
    assert open_key(path.read_text(encoding="utf-8"), "from a file").owner == "huangpu-office"


def test_without_a_passphrase_there_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "sign.key.json"
    assert run_cli(MemoryClient(), *NEW, path).exit_code == Exit.DATA
    assert not path.exists()


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sign.key.json"
    path.write_text("precious", encoding="utf-8")
    assert run_cli(MemoryClient(), *NEW, path, env={"ZHENGLIAN_PASSPHRASE": "x"}).exit_code == Exit.DATA
    assert path.read_text(encoding="utf-8") == "precious"


def test_a_directory_that_is_not_there_is_an_input_that_cannot_be_used(tmp_path: Path) -> None:
    result = run_cli(MemoryClient(), *NEW, tmp_path / "none" / "key.json", env={"ZHENGLIAN_PASSPHRASE": "x"})
    assert result.exit_code == Exit.DATA


def test_a_configuration_that_is_not_there_is_missing_and_one_that_is_wrong_is_named(tmp_path: Path) -> None:
    path = tmp_path / "agency.toml"
    for command in ("show", "check"):
        assert run_cli(MemoryClient(), "config", command, "--config", path).exit_code == Exit.INPUT
    path.write_text('system = "x"\n', encoding="utf-8")
    assert run_cli(MemoryClient(), "config", "show", "--config", path).exit_code == Exit.CONFIG
    result = run_cli(MemoryClient(), "config", "check", "--config", path, "--json")
    assert result.exit_code == Exit.CONFIG
    said = json.loads(result.stdout)
    assert (said["passed"], said["checks"][0]["detail"]) == (False, "CONFIG_INVALID")
