"""The vault's store: whole or not at all, unreadable without its key, and never silently wrong."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, InvalidInput, StoreError, ZhenglianError
from zhenglian_proto.v1.vault_pb2 import StoreHeader
from zhenglian_sdk.content import compute_digests
from zhenglian_sdk.vault.frames import FRAME_SIZE, SEALED_FRAME_SIZE, TAG_SIZE
from zhenglian_sdk.vault.store import VaultStore

KEY = b"\x07" * 32
RECORD, OTHER = b"\x01" * 32, b"\x02" * 32
SALT = b"\x03" * 32
SIZES = [0, 1, FRAME_SIZE - 1, FRAME_SIZE, FRAME_SIZE + 1, 2 * FRAME_SIZE, 5_000_000]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VaultStore]:
    opened = VaultStore(tmp_path / "store", KEY)
    yield opened
    opened.close()


def build_header(content: bytes, record: bytes = RECORD, salt: bytes = SALT) -> StoreHeader:
    digests = compute_digests([content], salt)
    return StoreHeader(
        record=record, salt=salt, sha256=digests.sha256, sm3=digests.sm3, media_type="application/pdf"
    )


def put(store: VaultStore, content: bytes, header: StoreHeader | None = None, step: int = 100_003) -> None:
    """Store `content` in pieces that fit no frame."""
    with store.begin(header or build_header(content)) as writing:
        for start in range(0, len(content), step):
            writing.write(content[start : start + step])
        writing.finish()


def read(store: VaultStore, record: bytes = RECORD) -> bytes:
    with store.open(record) as stored:
        return b"".join(stored.read_pieces())


def get_code(act: Callable[[], object]) -> Code:
    with pytest.raises(ZhenglianError) as caught:
        act()
    return caught.value.code


def get_files(store: VaultStore) -> tuple[Path, Path]:
    folder = store.get_folder(RECORD)
    return folder / "metadata", folder / "content"


@pytest.mark.parametrize("size", SIZES)
def test_what_was_stored_is_read_back_with_its_header(store: VaultStore, size: int) -> None:
    content = secrets.token_bytes(size)
    put(store, content)
    with store.open(RECORD) as stored:
        header = stored.header
        pieces = list(stored.read_pieces())
        assert len(pieces) == stored.piece_count
    assert b"".join(pieces) == content
    assert (header.record, header.salt, header.size, header.media_type) == (
        RECORD,
        SALT,
        size,
        "application/pdf",
    )
    assert max(map(len, pieces)) <= FRAME_SIZE


def test_a_file_that_carries_its_own_seal_has_no_salt(store: VaultStore) -> None:
    put(store, b"sealed", build_header(b"sealed", salt=b""))
    with store.open(RECORD) as stored:
        assert stored.header.salt == b""
        assert list(stored.read_pieces()) == [b"sealed"]


def test_neither_content_nor_salt_nor_digest_lies_on_the_disk(store: VaultStore, tmp_path: Path) -> None:
    content = b"a plain sentence " * 10_000
    put(store, content)
    disk = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert b"plain sentence" not in disk
    assert SALT not in disk
    assert compute_digests([content], SALT).sha256 not in disk
    assert KEY not in disk


def test_only_the_owner_may_look(store: VaultStore, tmp_path: Path) -> None:
    put(store, b"x")
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "store").rglob("*")}
    assert modes == {0}


@pytest.mark.parametrize("size", [1, FRAME_SIZE + 1])
def test_one_flipped_byte_anywhere_is_corruption(store: VaultStore, size: int) -> None:
    put(store, secrets.token_bytes(size))
    for path in get_files(store):
        whole = path.read_bytes()
        places = {*range(min(len(whole), 200)), *range(len(whole) - 40, len(whole)), SEALED_FRAME_SIZE - 1}
        for place in sorted(places & set(range(len(whole)))):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED, (path.name, place)
        path.write_bytes(whole)
    assert len(read(store)) == size


@pytest.mark.parametrize("cut", [1, TAG_SIZE, TAG_SIZE + 1, SEALED_FRAME_SIZE, None])
def test_a_truncated_file_is_corruption(store: VaultStore, cut: int | None) -> None:
    put(store, secrets.token_bytes(3 * FRAME_SIZE))
    for path in get_files(store):
        whole = path.read_bytes()
        path.write_bytes(whole[:-cut] if cut else b"")
        assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED
        path.write_bytes(whole)
        path.write_bytes(whole + b"\x00")
        assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED
        path.write_bytes(whole)


def test_swapped_repeated_and_dropped_frames_are_corruption(store: VaultStore) -> None:
    put(store, bytes(4 * FRAME_SIZE))  # the frames differ in nothing but their place
    _, path = get_files(store)
    whole = path.read_bytes()
    frames = [whole[start : start + SEALED_FRAME_SIZE] for start in range(0, len(whole), SEALED_FRAME_SIZE)]
    for order in ([1, 0, 2, 3], [0, 1, 3, 2], [0, 0, 2, 3], [0, 1, 2, 2], [3, 1, 2, 0], [1, 2, 3], [0, 1, 2]):
        path.write_bytes(b"".join(frames[place] for place in order))
        assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED, order
    path.write_bytes(whole)
    assert read(store) == bytes(4 * FRAME_SIZE)


def test_pieces_before_the_damage_are_true_and_none_comes_after(store: VaultStore) -> None:
    content = secrets.token_bytes(3 * FRAME_SIZE)
    put(store, content)
    _, path = get_files(store)
    whole = bytearray(path.read_bytes())
    whole[SEALED_FRAME_SIZE + 5] ^= 1
    path.write_bytes(whole)
    with store.open(RECORD) as stored:
        pieces = stored.read_pieces()
        assert next(pieces) == content[:FRAME_SIZE]
        assert get_code(lambda: next(pieces)) == Code.VAULT_CORRUPTED
        assert list(pieces) == []


def test_a_file_moved_to_another_record_is_corruption(store: VaultStore) -> None:
    put(store, b"one")
    put(store, b"two", build_header(b"two", OTHER))
    mine, others = store.get_folder(RECORD), store.get_folder(OTHER)
    for name in ("metadata", "content"):
        (mine / name).write_bytes((others / name).read_bytes())
    assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED


def test_a_missing_half_is_corruption(store: VaultStore) -> None:
    put(store, b"x")
    for path in get_files(store):
        whole = path.read_bytes()
        path.unlink()
        assert get_code(lambda: read(store)) == Code.VAULT_CORRUPTED
        path.write_bytes(whole)


def test_what_is_not_there_is_said_not_to_be(store: VaultStore) -> None:
    assert get_code(lambda: read(store)) == Code.VAULT_NO_FILE
    assert get_code(lambda: store.purge(RECORD)) == Code.VAULT_NO_FILE


@pytest.mark.parametrize("field", ["sha256", "sm3"])
def test_content_that_is_not_what_the_digests_say_is_not_stored(store: VaultStore, field: str) -> None:
    header = build_header(b"this")
    setattr(header, field, b"\x00" * 32)
    assert get_code(lambda: put(store, b"this", header)) == Code.FILE_DIGEST_MISMATCH
    assert get_code(lambda: read(store)) == Code.VAULT_NO_FILE


def test_a_salt_belongs_to_the_digests(store: VaultStore) -> None:
    header = build_header(b"this")
    header.salt = b"\x04" * 32
    assert get_code(lambda: put(store, b"this", header)) == Code.FILE_DIGEST_MISMATCH


def test_storing_the_same_again_changes_nothing(store: VaultStore) -> None:
    put(store, b"this")
    before = [path.read_bytes() for path in get_files(store)]
    put(store, b"this")
    assert [path.read_bytes() for path in get_files(store)] == before


def test_another_file_under_the_same_record_is_refused(store: VaultStore) -> None:
    put(store, b"this")
    assert get_code(lambda: put(store, b"that")) == Code.VAULT_OTHER_FILE
    assert read(store) == b"this"


def test_of_two_that_are_written_at_once_the_first_to_finish_stays(store: VaultStore) -> None:
    with store.begin(build_header(b"this")) as first, store.begin(build_header(b"that")) as second:
        first.write(b"this")
        second.write(b"that")
        first.finish()
        assert get_code(second.finish) == Code.VAULT_OTHER_FILE
    assert read(store) == b"this"


def test_what_is_left_unfinished_leaves_nothing(store: VaultStore, tmp_path: Path) -> None:
    with store.begin(build_header(b"this")) as writing:
        writing.write(b"thi")
    assert get_code(lambda: read(store)) == Code.VAULT_NO_FILE
    assert list((tmp_path / "store" / "new").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [{"record": b"\x01"}, {"salt": b"\x01"}, {"sha256": b""}, {"sm3": b"\x01" * 31}],
    ids=lambda change: next(iter(change)),
)
def test_a_header_out_of_form_is_refused(store: VaultStore, change: dict[str, bytes]) -> None:
    header = build_header(b"this")
    for field, value in change.items():
        setattr(header, field, value)
    with pytest.raises(InvalidInput) as caught:
        store.begin(header)
    assert (caught.value.code, caught.value.fields["what"]) == (Code.WRONG_LENGTH, next(iter(change)))


@pytest.mark.parametrize("media_type", ["a" * 128, "表格", "a\nb"])
def test_a_media_type_is_short_printable_ascii(store: VaultStore, media_type: str) -> None:
    header = build_header(b"this")
    header.media_type = media_type
    with pytest.raises(Denied) as caught:
        store.begin(header)
    assert caught.value.code == Code.BAD_REQUEST


def test_purging_takes_content_and_salt_and_leaves_room_for_a_new_file(
    store: VaultStore, tmp_path: Path
) -> None:
    put(store, b"this")
    store.purge(RECORD)
    assert get_code(lambda: read(store)) == Code.VAULT_NO_FILE
    assert [path for path in (tmp_path / "store").rglob("*") if path.name in ("content", "metadata")] == []
    put(store, b"that")
    assert read(store) == b"that"


def test_purging_destroys_what_the_keys_came_from_before_the_file(store: VaultStore, tmp_path: Path) -> None:
    """A hard link stands for whoever still holds the old blocks."""
    put(store, b"this")
    metadata, _ = get_files(store)
    kept = tmp_path / "kept"
    os.link(metadata, kept)
    store.purge(RECORD)
    assert set(kept.read_bytes()) == {0}


def test_a_store_is_open_once(store: VaultStore, tmp_path: Path) -> None:
    assert get_code(lambda: VaultStore(tmp_path / "store", KEY)) == Code.STORE_LOCKED
    store.close()
    again = VaultStore(tmp_path / "store", KEY)
    assert get_code(lambda: VaultStore(tmp_path / "store", KEY)) == Code.STORE_LOCKED
    again.close()


def test_another_key_is_told_apart_from_damage(store: VaultStore, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(StoreError) as caught:
        VaultStore(tmp_path / "store", b"\x08" * 32)
    assert caught.value.fields == {"field": "content_key_file"}


CRASH = """
import os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.unit.sdk.test_vault_store import KEY, build_header, put
from zhenglian_sdk.vault.store import VaultStore
store = VaultStore(Path({root!r}), KEY)
rename = Path.rename
def die(path, target):
    if {after}:
        rename(path, target)
    os._exit(9)
Path.rename = die
put(store, b"this" * 50_000)
"""


@pytest.mark.parametrize("after", [False, True], ids=["before the rename", "after the rename"])
def test_a_crash_leaves_the_whole_file_or_none(tmp_path: Path, *, after: bool) -> None:
    root = tmp_path / "store"
    code = CRASH.format(tests=str(Path(__file__).parents[3]), root=str(root), after=after)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(p).resolve()) for p in sys.path if p)}
    died = subprocess.run([sys.executable, "-c", code], env=environment, check=False, capture_output=True)
    assert died.returncode == 9, died.stderr.decode()
    assert len(list((root / "new").iterdir())) == (0 if after else 1)
    store = VaultStore(root, KEY)
    assert list((root / "new").iterdir()) == []
    if after:
        assert read(store) == b"this" * 50_000
    else:
        assert get_code(lambda: read(store)) == Code.VAULT_NO_FILE
        put(store, b"this" * 50_000)
        assert read(store) == b"this" * 50_000
    store.close()
