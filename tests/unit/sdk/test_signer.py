"""Signers: a key file and a seed in memory sign alike, and only signing keys sign."""

from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.crypto import ed25519
from zhenglian_ledger.errors import InvalidInput
from zhenglian_ledger.keyfile import KdfCost, seal_key
from zhenglian_ledger.keys import compute_key_id
from zhenglian_proto.v1 import batch_pb2, members_pb2
from zhenglian_sdk.signer import FileSigner, MemorySigner, Signer

SEED = b"\x05" * 32


def write_key(path: Path, suite: batch_pb2.Suite = batch_pb2.SUITE_ED25519) -> Path:
    path.write_text(
        seal_key(
            SEED,
            suite=suite,
            usage=members_pb2.KEY_USAGE_SIGN,
            owner="测试",
            passphrase="p",
            salt=bytes(16),
            nonce=bytes(12),
            cost=KdfCost(n=2),
        ),
        encoding="utf-8",
    )
    return path


def test_a_file_signer_signs_like_its_seed(tmp_path: Path) -> None:
    signers: list[Signer] = [FileSigner(write_key(tmp_path / "key.json"), "p"), MemorySigner(SEED)]
    public_key = ed25519.compute_public_key(SEED)
    for signer in signers:
        assert signer.suite == batch_pb2.SUITE_ED25519
        assert signer.key_id == compute_key_id(batch_pb2.SUITE_ED25519, public_key)
        assert ed25519.is_signature_valid(public_key, b"message", signer.sign(b"message"))


def test_what_cannot_sign_is_told(tmp_path: Path) -> None:
    key = write_key(tmp_path / "key.json")
    transport = write_key(tmp_path / "transport.json", batch_pb2.SUITE_P256)
    for path, passphrase, code in (
        (key, "q", Code.WRONG_PASSPHRASE),
        (tmp_path / "none.json", "p", Code.FILE_NOT_FOUND),
        (transport, "p", Code.SUITE_UNSUPPORTED),
    ):
        with pytest.raises(InvalidInput) as caught:
            FileSigner(path, passphrase)
        assert caught.value.code == code
