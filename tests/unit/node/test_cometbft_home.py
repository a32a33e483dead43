"""CometBFT's files: the real program reads in them what we meant; one genesis of ours gives one of its."""

import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.testkit.cometbft_binary import find_cometbft
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.cometbft.validators import compute_address
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.genesis import DEFAULT_PARAMETERS, compute_genesis_digest
from zhenglian_node.config import CometBftConfig, build_cometbft_config
from zhenglian_node.engines.cometbft.home import (
    FIRST_STATE,
    Era,
    Peer,
    build_cometbft_genesis,
    format_config_toml,
    format_node_key,
    format_validator_key,
    read_node_public_key,
    read_validator_public_key,
)
from zhenglian_proto.v1.state_pb2 import Genesis, GenesisValidator

SEED = bytes(range(32))
NODE_ID = "56475aa75463474c0285df5dbf2bcab73da65135"  # what `cometbft show-node-id` says of SEED
PUBLIC_KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="  # what `cometbft show-validator` says of it
PEER = Peer("00" * 20, "127.0.0.1:1")


def build_genesis(**fields: int) -> Genesis:
    key = ed25519.compute_public_key(SEED)
    genesis = Genesis(
        name="example",
        genesis_time_ms=1_767_225_600_007,
        parameters=DEFAULT_PARAMETERS,
        validators=[GenesisValidator(public_key=key, member="centre")],
    )
    for name, value in fields.items():
        setattr(genesis.parameters, name, value)
    return genesis


def write_home(home: Path) -> CometBftConfig:
    files = build_cometbft_config(home)
    files.config.parent.mkdir(parents=True)
    files.validator_state.parent.mkdir()
    files.node_key.write_text(format_node_key(SEED), encoding="utf-8")
    files.validator_key.write_text(format_validator_key(SEED), encoding="utf-8")
    files.validator_state.write_text(FIRST_STATE, encoding="utf-8")
    files.genesis.write_text(build_cometbft_genesis(build_genesis()), encoding="utf-8")
    files.config.write_text(format_config_toml("名 name", "127.0.0.1:0", [PEER]), encoding="utf-8")
    return files


def test_keys_are_those_that_cometbft_says_they_are() -> None:
    assert compute_address(ed25519.compute_public_key(SEED)).hex() == NODE_ID
    key = json.loads(format_validator_key(SEED))
    assert (key["address"], key["pub_key"]["value"]) == (NODE_ID.upper(), PUBLIC_KEY)


def test_a_key_file_reads_back() -> None:
    public_key = ed25519.compute_public_key(SEED)
    assert read_node_public_key(format_node_key(SEED)) == public_key
    assert read_validator_public_key(format_validator_key(SEED)) == public_key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"priv_key": 1}',
        format_node_key(SEED).replace("Ed25519", "Secp256k1"),
        format_node_key(SEED).replace("AAEC", "AAED"),
        format_node_key(SEED).replace("AAEC", ""),
    ],
    ids=["empty", "list", "no key", "no object", "another type", "two halves differ", "too short"],
)
def test_a_damaged_key_file_is_named(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        read_node_public_key(text)
    assert (caught.value.code, caught.value.fields["field"]) == (Code.CONFIG_INVALID, "node_key.json")


@pytest.mark.engine
def test_cometbft_reads_our_files(tmp_path: Path) -> None:
    files = write_home(tmp_path)

    def ask(*arguments: str) -> str:
        command = [find_cometbft(), *arguments, "--home", str(files.home)]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout.strip()

    assert ask("show-node-id") == NODE_ID
    assert json.loads(ask("show-validator"))["value"] == PUBLIC_KEY


def test_the_same_genesis_gives_the_same_text_and_another_digest_another() -> None:
    text = build_cometbft_genesis(build_genesis())
    assert text == build_cometbft_genesis(build_genesis())
    fields = json.loads(text)
    digest = compute_genesis_digest(serialise(build_genesis())).hex()
    assert fields["app_state"] == {"genesis_digest": digest}
    assert fields["chain_id"] == f"example-{digest[:8]}"
    assert fields["genesis_time"] == "2026-01-01T00:00:00.007Z"
    assert (fields["initial_height"], fields["app_hash"]) == ("1", "")
    assert [each["power"] for each in fields["validators"]] == ["1"]
    assert build_cometbft_genesis(build_genesis(max_children=101)) != text


def test_block_bytes_follow_our_parameters_and_bound_evidence() -> None:
    params = json.loads(build_cometbft_genesis(build_genesis(max_block_bytes=50_000)))["consensus_params"]
    assert params["block"]["max_bytes"] == params["evidence"]["max_bytes"] == "50000"


def test_a_later_era_has_its_own_first_height_time_and_validators() -> None:
    other = GenesisValidator(public_key=ed25519.compute_public_key(bytes(32)), member="department-01")
    first, later = (
        json.loads(build_cometbft_genesis(build_genesis(), era))
        for era in (None, Era(91, 1_767_312_000_000, (other,)))
    )
    assert (later["initial_height"], later["genesis_time"]) == ("91", "2026-01-02T00:00:00.000Z")
    assert [each["name"] for each in later["validators"]] == ["department-01"]
    assert (later["chain_id"], later["app_state"]) == (first["chain_id"], first["app_state"])


def test_the_configuration_names_its_peers_and_opens_no_other_port() -> None:
    config = tomllib.loads(format_config_toml("centre", "0.0.0.0:26656", [PEER, Peer("11" * 20, "b:2")]))
    assert config["p2p"]["laddr"] == "tcp://0.0.0.0:26656"
    assert config["p2p"]["persistent_peers"] == f"{'00' * 20}@127.0.0.1:1,{'11' * 20}@b:2"
    assert config["proxy_app"].startswith("unix://")
    assert config["rpc"]["laddr"].startswith("unix://")
    assert (config["instrumentation"]["prometheus"], config["p2p"]["pex"]) == (False, False)
    assert config["filter_peers"] is True


def test_metrics_are_shown_on_loopback_alone() -> None:
    config = tomllib.loads(format_config_toml("centre", "0.0.0.0:1", [], metrics_port=9_101))
    assert config["instrumentation"] == {"prometheus": True, "prometheus_listen_addr": "127.0.0.1:9101"}
