"""Small local files and a city's genesis: what is too large or no text says so in a whole sentence."""

from pathlib import Path

import pytest

from tests.testkit.node_kit import build_genesis
from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_ledger.genesis import parse_genesis
from zhenglian_ledger.genesis_text import format_genesis
from zhenglian_ledger.json_text import MAX_TEXT
from zhenglian_proto.v1.state_pb2 import MODE_SANDBOX
from zhenglian_sdk import files
from zhenglian_sdk.files import read_genesis_text, read_text
from zhenglian_sdk.identity.service_config import read_genesis_mode


def test_a_genesis_of_a_city_is_read(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    text = format_genesis(parse_genesis(build_genesis()))
    path.write_text(text + " " * MAX_TEXT, encoding="utf-8")
    assert read_genesis_mode(path) == MODE_SANDBOX


def test_a_genesis_that_is_no_text_says_where(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_bytes(b"{\xff}")
    with pytest.raises(StoreError) as caught:
        read_genesis_text(path)
    assert caught.value.code == Code.GENESIS_INVALID
    assert caught.value.en == "the genesis is invalid: not UTF-8 at byte 1"
    assert "…" not in caught.value.zh


def test_a_genesis_beyond_every_city_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_GENESIS_BYTES", 8)
    path = tmp_path / "genesis.json"
    path.write_bytes(b"x" * 9)
    with pytest.raises(StoreError) as caught:
        read_genesis_text(path)
    assert caught.value.en == "the genesis is invalid: more than 8 bytes"


@pytest.mark.parametrize("data", [b"\xff", b"x" * (MAX_TEXT + 1)])
def test_any_other_file_is_small_and_text(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "agency.toml"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        read_text(path, Code.CONFIG_INVALID)
    assert caught.value.fields == {"field": "form"}


def test_a_missing_genesis_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_genesis_text(tmp_path / "none.json")
    assert caught.value.code == Code.FILE_NOT_FOUND
