"""Sidecars: beside their file, whole or not at all, and refused when out of form."""

import json
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.json_text import encode_json
from zhenglian_sdk.sidecar import Sidecar, format_sidecar, parse_sidecar, read_sidecar, write_sidecar

SIDECAR = Sidecar(record=b"\x01" * 32, salt=b"\x02" * 32, sha256=b"\x03" * 32, sm3=b"\x04" * 32)
UNSALTED = Sidecar(record=b"\x01" * 32, salt=b"", sha256=b"\x03" * 32, sm3=b"\x04" * 32)


@pytest.mark.parametrize("sidecar", [SIDECAR, UNSALTED])
def test_a_sidecar_lies_beside_its_file_and_reads_back(tmp_path: Path, sidecar: Sidecar) -> None:
    file = tmp_path / "营业执照.ofd"
    assert write_sidecar(file, sidecar) == tmp_path / "营业执照.ofd.zl.json"
    assert read_sidecar(file) == sidecar


def test_writing_again_replaces_it_and_leaves_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    write_sidecar(file, SIDECAR)
    write_sidecar(file, UNSALTED)
    assert read_sidecar(file) == UNSALTED
    assert [path.name for path in tmp_path.iterdir()] == ["a.pdf.zl.json"]


def test_a_failed_write_keeps_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    write_sidecar(file, SIDECAR)
    with pytest.raises(InvalidInput):
        write_sidecar(file, Sidecar(record=b"", salt=b"", sha256=b"", sm3=b""))
    assert read_sidecar(file) == SIDECAR


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("record", "00"),
        ("salt", "00" * 16),
        ("sha256", 1),
        ("sm3", None),
        ("format", ""),
        ("version", 9),
        ("x", "y"),
    ],
)
def test_a_field_out_of_form_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_sidecar(encode_json(json.loads(format_sidecar(SIDECAR)) | {field: value}))
    assert caught.value.code == Code.SIDECAR_INVALID
    assert caught.value.fields == {"field": field}


def test_no_sidecar_and_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_sidecar(tmp_path / "a.pdf")
    assert caught.value.code == Code.FILE_NOT_FOUND
    (tmp_path / "a.pdf.zl.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput) as caught:
        read_sidecar(tmp_path / "a.pdf")
    assert caught.value.code == Code.SIDECAR_INVALID
