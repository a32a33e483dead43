"""An agency's configuration: every field by name, paths beside the file, the passphrase from one place."""

from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.keyfile import KdfCost, read_key_header, seal_key
from zhenglian_proto.v1.batch_pb2 import SUITE_ED25519, SUITE_X25519
from zhenglian_proto.v1.members_pb2 import KEY_USAGE_ENCRYPT, KEY_USAGE_SIGN, KeyUsage
from zhenglian_sdk.agency import Endpoint, read_agency_config

MINIMAL = """
system = "market-office"
key_file = "sign.key.json"
trust_file = "/etc/zhenglian/trust.json"
state_dir = "state"
[node]
target = "node.example:7443"
[tls]
certificate = "system.pem"
key = "system.key.pem"
roots = ["ca-1.pem", "ca-2.pem"]
"""
FULL = (
    'passphrase_file = "passphrase"\nactor_key_file = "actor.key"\nrecipient_key_file = "recipient.json"\n'
    + MINIMAL
    + """
[second_node]
target = "node.other.example:7443"
server_name = "node-2"
[[more_nodes]]
target = "node.third.example:7443"
[[more_nodes]]
target = "node.fourth.example:7443"
server_name = "node-4"
[gateway]
target = "gateway.example:7444"
[vaults]
market = "market-vault"
"""
)


def write(directory: Path, text: str) -> Path:
    path = directory / "agency.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_minimal_configuration_names_one_node_and_what_is_trusted(tmp_path: Path) -> None:
    config = read_agency_config(write(tmp_path, MINIMAL))
    assert config.node == Endpoint("node.example:7443")
    assert (config.second_node, config.gateway, config.actor_key_file) == (None, None, None)
    assert config.key_file == tmp_path / "sign.key.json"
    assert config.trust_file == Path("/etc/zhenglian/trust.json")
    assert config.tls.roots == (tmp_path / "ca-1.pem", tmp_path / "ca-2.pem")
    assert config.read_actor_key() is None
    assert (config.vaults, config.read_recipient_key()) == ({}, None)


def test_nodes_are_asked_in_their_order_and_none_is_named_twice(tmp_path: Path) -> None:
    assert read_agency_config(write(tmp_path, MINIMAL)).nodes == (Endpoint("node.example:7443"),)
    nodes = read_agency_config(write(tmp_path, FULL)).nodes
    assert [endpoint.target.split(".")[1] for endpoint in nodes] == [
        "example:7443",
        "other",
        "third",
        "fourth",
    ]
    assert nodes[3].server_name == "node-4"
    for twice in ("node.example:7443", "node.third.example:7443"):
        with pytest.raises(StoreError) as caught:
            read_agency_config(write(tmp_path, FULL.replace("node.fourth.example:7443", twice)))
        assert caught.value.fields["field"] == "more_nodes"
    with pytest.raises(StoreError) as caught:
        read_agency_config(write(tmp_path, MINIMAL + '[second_node]\ntarget = "node.example:7443"\n'))
    assert caught.value.fields["field"] == "second_node"


def test_a_full_one_names_the_second_node_gateway_and_keys(tmp_path: Path) -> None:
    (tmp_path / "actor.key").write_text("07" * 32 + "\n", encoding="utf-8")
    config = read_agency_config(write(tmp_path, FULL))
    assert config.second_node == Endpoint("node.other.example:7443", "node-2")
    assert config.gateway == Endpoint("gateway.example:7444")
    assert config.read_actor_key() == b"\x07" * 32
    assert config.vaults == {"market": "market-vault"}
    assert config.recipient_key_file == tmp_path / "recipient.json"


@pytest.mark.parametrize("usage", [KEY_USAGE_ENCRYPT, KEY_USAGE_SIGN])
def test_the_recipient_key_is_the_public_one_of_an_x25519_key_file(tmp_path: Path, usage: KeyUsage) -> None:
    suite = SUITE_X25519 if usage == KEY_USAGE_ENCRYPT else SUITE_ED25519
    sealed = seal_key(
        bytes(32), suite=suite, usage=usage, owner="x", passphrase="x", salt=bytes(16), nonce=bytes(12),
        cost=KdfCost(n=2),
    )  # fmt: skip
    (tmp_path / "recipient.json").write_text(sealed, encoding="utf-8")
    config = read_agency_config(write(tmp_path, FULL))
    if usage == KEY_USAGE_ENCRYPT:
        assert config.read_recipient_key() == read_key_header(sealed).public_key
        return
    with pytest.raises(InvalidInput) as caught:
        config.read_recipient_key()
    assert caught.value.code == Code.KEY_FILE_INVALID


def test_a_vault_must_be_a_system(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        read_agency_config(write(tmp_path, FULL.replace('"market-vault"', "7")))
    assert caught.value.fields["field"] == "vaults.market"


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('system = "market-office"', "system"),
        ('target = "node.example:7443"', "node.target"),
        ('state_dir = "state"', "state_dir"),
        ('roots = ["ca-1.pem", "ca-2.pem"]', "tls.roots"),
    ],
)
def test_a_missing_field_is_named(tmp_path: Path, line: str, field: str) -> None:
    with pytest.raises(StoreError) as caught:
        read_agency_config(write(tmp_path, MINIMAL.replace(line, "")))
    assert (caught.value.code, caught.value.fields["field"]) == (Code.CONFIG_INVALID, field)


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        read_agency_config(write(tmp_path, 'verify_proofs = "no"\n' + MINIMAL))
    assert caught.value.fields["field"] == "verify_proofs"


def test_the_passphrase_comes_as_given_then_from_its_file_then_the_environment_then_by_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ZHENGLIAN_PASSPHRASE", raising=False)
    (tmp_path / "passphrase").write_text("from the file\n", encoding="utf-8")
    full, minimal = read_agency_config(write(tmp_path, FULL)), read_agency_config(write(tmp_path, MINIMAL))
    assert full.read_passphrase("given") == "given"
    assert full.read_passphrase(lambda: "asked") == "from the file"
    assert minimal.read_passphrase(lambda: "asked") == "asked"
    with pytest.raises(StoreError):
        minimal.read_passphrase()
    monkeypatch.setenv("ZHENGLIAN_PASSPHRASE", "from the environment")
    assert minimal.read_passphrase(lambda: "asked") == "from the environment"


def test_an_actor_key_of_another_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "actor.key").write_text("07" * 16, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        read_agency_config(write(tmp_path, FULL)).read_actor_key()
    assert caught.value.fields["field"] == "actor_key_file"
