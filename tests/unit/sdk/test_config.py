"""Service configuration: relative to its file, complete, and nothing silently ignored."""

from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput, StoreError
from zhenglian_sdk.channel import TlsFiles
from zhenglian_sdk.config import read_config, take_passphrase, take_path, take_tls

TLS = '[tls]\ncertificate = "a.pem"\nkey = "/keys/a.key"\nroots = ["ca.pem", "cb.pem"]\n'


def write(directory: Path, text: str) -> Path:
    path = directory / "service.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    reader = read_config(write(tmp_path, 'log = "log/requests"\n' + TLS))
    assert take_path(reader, "log", tmp_path) == tmp_path / "log/requests"
    roots = (tmp_path / "ca.pem", tmp_path / "cb.pem")
    assert take_tls(reader, tmp_path) == TlsFiles(tmp_path / "a.pem", Path("/keys/a.key"), roots)
    reader.finish()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (TLS.replace("roots", "root"), "tls.roots"),
        (TLS.replace('["ca.pem", "cb.pem"]', "[]"), "tls.roots"),
        (TLS.replace('"ca.pem"', "1"), "tls.roots.0"),
        (TLS + "extra = 1\n", "tls.extra"),
        ("", "tls"),
    ],
)
def test_a_field_out_of_form_is_named(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(StoreError) as caught:
        take_tls(read_config(write(tmp_path, text)), tmp_path)
    assert caught.value.code == Code.CONFIG_INVALID
    assert caught.value.fields == {"field": field}


def test_a_leftover_field_and_broken_toml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        read_config(write(tmp_path, "surplus = 1\n")).finish()
    assert caught.value.fields == {"field": "surplus"}
    with pytest.raises(StoreError):
        read_config(write(tmp_path, "= 1"))
    with pytest.raises(InvalidInput) as missing:
        read_config(tmp_path / "none.toml")
    assert missing.value.code == Code.FILE_NOT_FOUND


def test_the_passphrase_comes_from_its_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("from file\n", encoding="utf-8")
    with_file = read_config(write(tmp_path, 'passphrase_file = "secret"\n'))
    assert take_passphrase(with_file, tmp_path) == "from file"
    without = read_config(write(tmp_path, ""))
    monkeypatch.setenv("ZHENGLIAN_PASSPHRASE", "from environment")
    assert take_passphrase(without, tmp_path) == "from environment"
    monkeypatch.delenv("ZHENGLIAN_PASSPHRASE")
    with pytest.raises(StoreError):
        take_passphrase(without, tmp_path)
