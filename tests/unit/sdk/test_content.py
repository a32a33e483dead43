"""Content digests: published vectors, the salted form, and that size does not matter to memory."""

import io
from hashlib import new, sha256
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import InvalidInput
from zhenglian_sdk.content import (
    CHUNK_SIZE,
    ContentHasher,
    compute_digests,
    compute_file_digests,
    compute_stream_digests,
)

SALT = bytes(range(32))


def test_unsalted_digests_are_the_published_ones() -> None:
    digests = compute_digests([b"abc"])
    # FIPS 180-4 and GB/T 32905 examples for "abc"
    assert digests.sha256.hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digests.sm3.hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert (digests.size, digests.salted) == (3, False)


def test_salted_digests_are_tag_zero_salt_file() -> None:
    digests = compute_digests([b"ab", b"c"], SALT)
    preimage = b"zl/file/v1\x00" + SALT + b"abc"
    assert digests.sha256 == sha256(preimage).digest()
    assert digests.sm3 == new("sm3", preimage).digest()
    assert (digests.size, digests.salted) == (3, True)


class _Endless(io.RawIOBase):
    """A stream of zeros that remembers the largest piece asked for."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.left = size
        self.largest = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "the whole stream was asked for at once"
        self.largest = max(self.largest, size)
        piece = bytes(min(size, self.left))
        self.left -= len(piece)
        return piece


def test_a_stream_of_any_size_is_read_in_bounded_pieces() -> None:
    size = 9 * CHUNK_SIZE + 17
    stream = _Endless(size)
    digests = compute_stream_digests(stream, SALT)  # type: ignore[arg-type]
    assert stream.largest == CHUNK_SIZE
    assert digests == compute_digests([bytes(size)], SALT)


def test_a_file_hashes_like_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "证照.ofd"
    path.write_bytes(b"x" * (CHUNK_SIZE + 1))
    assert compute_file_digests(path, SALT) == compute_digests([b"x" * (CHUNK_SIZE + 1)], SALT)


def test_recorded_content_matches_only_both_digests_and_the_salting() -> None:
    digests = compute_digests([b"abc"], SALT)
    content = digests.to_content()
    assert digests.is_content(content)
    content.sm3 = bytes(32)
    assert not digests.is_content(content)
    unsalted = digests.to_content()
    unsalted.salted = False
    assert not digests.is_content(unsalted)


def test_a_short_salt_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        ContentHasher(b"short")
    assert caught.value.code == Code.WRONG_LENGTH
    with pytest.raises(InvalidInput) as caught:
        compute_file_digests(tmp_path / "none")
    assert caught.value.code == Code.FILE_NOT_FOUND
