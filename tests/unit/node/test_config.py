"""node.toml: what is written reads back, what is left out has its usual value, what is wrong is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.config import (
    FILE_NAME,
    CometBftConfig,
    Limits,
    NodeConfig,
    TlsFiles,
    ValidatorFiles,
    format_config,
    parse_config,
    read_config,
)

HOME = Path("/srv/node")
LEAST = """
listen = "127.0.0.1:7443"
[tls]
certificate = "tls/node.crt.pem"
key = "/etc/node.key.pem"
[validator]
key = "validator.key.json"
"""


def test_the_least_file_gives_the_usual_values() -> None:
    config = parse_config(LEAST, HOME)
    assert config == NodeConfig(
        home=HOME,
        listen="127.0.0.1:7443",
        tls=TlsFiles(HOME / "tls/node.crt.pem", Path("/etc/node.key.pem")),
        validator=ValidatorFiles(HOME / "validator.key.json", None),
    )
    assert (config.engine, config.heartbeat_ms, config.reflection) == ("solo", 10_000, False)


def test_what_is_written_reads_back() -> None:
    config = replace(
        parse_config(LEAST, HOME),
        listen="[::]:0",
        validator=ValidatorFiles(HOME / "a.json", Path('/run/a "quoted" \\ name')),
        heartbeat_ms=500,
        log_level="debug",
        reflection=True,
        metrics_port=9_100,
        limits=Limits(1, 2, 1 << 20, 4),
    )
    assert parse_config(format_config(config), HOME) == config


NETWORK = LEAST.split("[validator]", maxsplit=1)[0].replace("listen", 'engine = "cometbft"\nlisten', 1)


def test_a_network_s_node_has_its_cometbft_below_its_home_and_no_key_of_a_solo_validator() -> None:
    config = parse_config(NETWORK, HOME)
    assert (config.engine, config.validator) == ("cometbft", None)
    assert config.cometbft == CometBftConfig(HOME / "cometbft", "cometbft", 0)
    assert config.cometbft.validator_key == HOME / "cometbft/config/priv_validator_key.json"


def test_a_network_s_node_is_written_and_reads_back() -> None:
    written = replace(
        parse_config(NETWORK, HOME), cometbft=CometBftConfig(HOME / "cometbft", "/opt/cometbft", 9_101)
    )
    assert parse_config(format_config(written), HOME) == written


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (NETWORK + '[validator]\nkey = "validator.key.json"\n', "validator"),
        (NETWORK + "[cometbft]\nmetrics_port = 65536\n", "cometbft.metrics_port"),
        (NETWORK + "[cometbft]\nother = 1\n", "cometbft.other"),
        (LEAST + "[cometbft]\nmetrics_port = 0\n", "cometbft"),
        (LEAST.split("[validator]", maxsplit=1)[0], "validator"),
    ],
    ids=["solo key", "port", "unknown", "solo with CometBFT", "solo without key"],
)
def test_one_engine_s_table_is_refused_for_the_other(text: str, field: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse_config(text, HOME)
    assert (caught.value.code, caught.value.fields["field"]) == (Code.CONFIG_INVALID, field)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ('listen = "127.0.0.1"', "listen"),
        ('listen = ":7443"', "listen"),
        ('listen = "127.0.0.1:70000"', "listen"),
        ('listen = "127.0.0.1:\\uff17\\uff14"', "listen"),  # full-width digits
        ('listen = "::1:7443"', "listen"),
        ("listen = 7443", "listen"),
        ('engine = "magic"', "engine"),
        ("heartbeat_ms = 99", "heartbeat_ms"),
        ("heartbeat_ms = 1.5", "heartbeat_ms"),
        ("heartbeat_ms = true", "heartbeat_ms"),
        ('log_level = "loud"', "log_level"),
        ("reflection = 1", "reflection"),
        ("metrics_port = 65536", "metrics_port"),
        ("surprise = 1", "surprise"),
    ],
)
def test_a_wrong_field_is_named(line: str, field: str) -> None:
    name = line.split(" = ", maxsplit=1)[0]
    text = line + LEAST if name != "listen" else line + LEAST.replace('listen = "127.0.0.1:7443"', "")
    with pytest.raises(StoreError) as caught:
        parse_config(text, HOME)
    assert (caught.value.code, caught.value.fields["field"]) == (Code.CONFIG_INVALID, field)


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("[limits]\ncall_seconds = 0", "limits.call_seconds"),
        ("[limits]\nwaiting_bytes = 1", "limits.waiting_bytes"),
        ("[limits]\nother = 1", "limits.other"),
    ],
)
def test_a_wrong_limit_is_named(table: str, field: str) -> None:
    with pytest.raises(StoreError) as caught:
        parse_config(LEAST + table, HOME)
    assert caught.value.fields["field"] == field


@pytest.mark.parametrize("gone", ["certificate", "key"])
def test_a_missing_file_name_is_named(gone: str) -> None:
    tls = LEAST.split("[validator]", maxsplit=1)[0].splitlines()
    text = "\n".join(line for line in tls if not line.startswith(f"{gone} "))
    with pytest.raises(StoreError) as caught:
        parse_config(text, HOME)
    assert caught.value.fields["field"] == f"tls.{gone}"


def test_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(StoreError) as caught:
        parse_config("listen = ", HOME)
    assert caught.value.code == Code.CONFIG_INVALID


def test_a_home_without_a_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        read_config(tmp_path)
    assert caught.value.fields["field"] == str(tmp_path / FILE_NAME)
