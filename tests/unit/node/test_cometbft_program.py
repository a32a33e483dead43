"""The CometBFT program, its log and its view of the network, each by what a real one said."""

import json
import os
from pathlib import Path

import pytest

from tests.testkit.cometbft_home import build_genesis
from zhenglian_ledger.canonical import serialise
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_node.engines.cometbft import child_log
from zhenglian_node.engines.cometbft.child_log import ChildLog
from zhenglian_node.engines.cometbft.genesis_check import verify_cometbft_genesis
from zhenglian_node.engines.cometbft.home import build_cometbft_genesis
from zhenglian_node.engines.cometbft.network_view import NetworkView, PeerView, parse_peers
from zhenglian_node.engines.cometbft.program import is_supported, verify_program


@pytest.mark.parametrize("version", ["0.39.4", "v0.39.5", "0.39.4+abcdef", "0.39.10-rc1"])
def test_the_line_and_its_later_patches_are_supported(version: str) -> None:
    assert is_supported(version)


@pytest.mark.parametrize(
    "version", ["0.39.3", "0.40.0", "0.38.25", "1.0.1", "0.39", "", "0.39.x", "0.39.四", "0.39.²"]
)
def test_other_lines_faulty_patches_and_words_are_not(version: str) -> None:
    assert not is_supported(version)


def write_program(directory: Path, says: str) -> str:
    program = directory / "cometbft"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return str(program)


def test_the_program_is_asked_for_its_version(tmp_path: Path) -> None:
    assert verify_program(write_program(tmp_path, "0.39.4")) == "0.39.4"


@pytest.mark.parametrize("says", ["0.38.25", "hello", ""])
def test_another_version_is_refused_by_name(tmp_path: Path, says: str) -> None:
    with pytest.raises(StoreError) as caught:
        verify_program(write_program(tmp_path, says))
    assert caught.value.code == Code.ENGINE_OTHER_VERSION
    assert caught.value.fields == {"expected": "0.39.4", "found": says or "-"}


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        verify_program(str(tmp_path / "cometbft"))
    assert caught.value.code == Code.ENGINE_MISSING
    assert str(tmp_path) in caught.value.en


# --- its log


def test_only_what_this_run_wrote_is_read_and_each_line_once(tmp_path: Path) -> None:
    path = tmp_path / "cometbft.log"
    path.write_text("an earlier run failed\n")
    log = ChildLog(path)
    writer = log.open()
    assert log.read_new() == []
    os.write(writer, b"one\ntwo\nhal")
    assert log.read_new() == ["one", "two"]
    os.write(writer, b"f\n")
    assert log.read_new() == ["half"]
    assert log.read_new() == []
    assert log.read_tail() == ["one", "two", "half"]
    os.close(writer)


def test_a_full_log_is_put_aside_under_its_writers_hands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_log, "MAX_LOG", 100)
    (tmp_path / "cometbft.log.1").write_text("put aside earlier")
    (tmp_path / "cometbft.log.1").chmod(0o644)
    log = ChildLog(tmp_path / "cometbft.log")
    writer = log.open()
    os.write(writer, b"x" * 120 + b"\n")
    assert log.read_new() == ["x" * 120]
    os.write(writer, b"after\n")
    assert log.read_new() == ["after"]
    assert (tmp_path / "cometbft.log").read_bytes() == b"after\n"
    aside = (tmp_path / "cometbft.log.1").stat()
    assert (aside.st_size, aside.st_mode & 0o777) == (121, 0o600)
    os.close(writer)


def test_a_log_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert ChildLog(tmp_path / "cometbft.log").read_new() == []


# --- its view of the network

PEER = {
    "node_address": f"{'ab' * 20}@10.0.0.2:26656",
    "peer_state": {"round_state": {"height": "18", "round": 0}},
}


def test_a_peer_that_works_on_a_height_has_the_one_before() -> None:
    state = json.loads(json.dumps({"peers": [PEER]}))
    assert parse_peers(state) == (PeerView(b"\xab" * 20, "10.0.0.2:26656", 17),)
    assert NetworkView(parse_peers(state)).greatest_height == 17


@pytest.mark.parametrize(
    "wrong",
    [
        {"node_address": "zz@1"}, {"peer_state": None}, {"peer_state": {"round_state": {}}},
        {"peer_state": {"round_state": {"height": "?"}}}, {"node_address": 7},
    ],
)  # fmt: skip
def test_a_peer_that_cannot_be_read_is_left_out(wrong: dict[str, object]) -> None:
    assert parse_peers({"peers": [PEER | wrong]}) == ()
    assert parse_peers({"peers": None}) == ()


def test_a_network_of_nobody_has_no_height() -> None:
    assert NetworkView().greatest_height == 0


# --- its genesis


def test_cometbfts_genesis_must_name_our_ledger() -> None:
    ours, theirs = build_genesis(1), build_genesis(1, genesis_ms=1_700_000_000_000)
    verify_cometbft_genesis(build_cometbft_genesis(ours), serialise(ours))
    edited = build_cometbft_genesis(ours).replace('"max_gas": "-1"', '"max_gas": "1"')
    for text in (
        build_cometbft_genesis(theirs),
        edited,
        "{}",
        "[]",
        "no JSON",
        '{"chain_id": 1, "app_state": 2}',
    ):
        with pytest.raises(StoreError) as caught:
            verify_cometbft_genesis(text, serialise(ours))
        assert caught.value.code == Code.GENESIS_MISMATCH
