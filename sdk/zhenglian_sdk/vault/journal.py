"""What the vault has begun to release and still owes the ledger a word about: one small file a use.

A crash between the last byte and the close on the ledger would otherwise lose a release. So the beginning is
on disk before the first byte leaves, and RELEASED before the last piece does: where a crash leaves doubt, the
ledger is told that the file left.

| standing | means | becomes |
|---|---|---|
| BEGUN | pieces may have left, not all | RELEASED; NOT_RELEASED if damaged, or the opening's time is over |
| RELEASED, NOT_RELEASED | the ledger is to be told | SETTLED |
| SETTLED | the ledger knows, or has refused to hear it | forgotten when the opening's time is over |
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError
from zhenglian_ledger.json_text import encode_json, parse_json
from zhenglian_ledger.trustfile import MAX_TIME_MS
from zhenglian_sdk.files import read_text, sync_directory, write_atomically

FORMAT: Final = "zhenglian-release"
VERSION: Final = 1


class Standing(StrEnum):
    """How far a release has come."""

    BEGUN = "BEGUN"
    RELEASED = "RELEASED"
    NOT_RELEASED = "NOT_RELEASED"
    SETTLED = "SETTLED"


@dataclass(frozen=True, slots=True)
class Release:
    """One use that passed every condition: its record's digest as recorded, and until when it is served."""

    use: bytes
    sha256: bytes
    ends_ms: int
    standing: Standing

    def become(self, standing: Standing) -> "Release":
        """The same release, further on."""
        return replace(self, standing=standing)


class Journal:
    """The releases under way, in memory as on disk."""

    def __init__(self, folder: Path) -> None:
        """Read what is in `folder`, made if missing; raises StoreError(STORE_CORRUPTED) naming the file."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        for left in folder.glob(".*"):  # half-written: whatever it was about had not begun
            left.unlink()
        read = (_read(path) for path in sorted(folder.iterdir()))
        self._releases = {release.use: release for release in read}

    def get(self, use: bytes) -> Release | None:
        """The release of that use, or None."""
        return self._releases.get(use)

    def put(self, release: Release) -> None:
        """The release is on disk as it stands."""
        fields = {
            "format": FORMAT,
            "version": VERSION,
            "use": release.use.hex(),
            "sha256": release.sha256.hex(),
            "ends_ms": release.ends_ms,
            "standing": release.standing.value,
        }
        write_atomically(self._get_path(release.use), encode_json(fields).encode(), mode=0o600)
        self._releases[release.use] = release

    def forget(self, use: bytes) -> None:
        """Nothing is known of that use any more."""
        if self._releases.pop(use, None) is not None:
            self._get_path(use).unlink(missing_ok=True)
            sync_directory(self._folder)

    def __iter__(self) -> Iterator[Release]:
        """The releases that are known now."""
        return iter(list(self._releases.values()))

    def _get_path(self, use: bytes) -> Path:
        return self._folder / f"{use.hex()}.json"


def _read(path: Path) -> Release:
    reader = parse_json(read_text(path, Code.INPUT_INVALID), Code.INPUT_INVALID)
    wrong = StoreError(Code.STORE_CORRUPTED, what=path.name)
    reader.take_constant("format", FORMAT)
    reader.take_constant("version", VERSION)
    try:
        standing = Standing(reader.take_text("standing", 16))
    except ValueError as error:
        raise wrong from error
    release = Release(
        use=reader.take_bytes("use", [32]),
        sha256=reader.take_bytes("sha256", [32]),
        ends_ms=reader.take_integer("ends_ms", 0, MAX_TIME_MS),
        standing=standing,
    )
    reader.finish()
    if path.name != f"{release.use.hex()}.json":
        raise wrong
    return release
