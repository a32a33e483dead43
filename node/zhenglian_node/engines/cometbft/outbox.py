"""Bundles on disk until every batch in them has its fate: one file a bundle.

What a killed process had taken in is sent again by the next. A power cut may lose what came last, for
nothing is synced here: whoever got no answer sends again, and only a committed batch was ever promised. A
file is named by number and content, so that an unfinished or damaged one tells itself.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

_SUFFIX: Final = ".bundle"
_NUMBER_DIGITS: Final = 20


class Outbox:
    """A directory of bundles, oldest first. One process at a time uses it."""

    def __init__(self, directory: Path, max_bytes: int = 128 << 20) -> None:
        """The directory exists, readable by this user alone; raises OSError."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._max_bytes = max_bytes
        self._files: dict[bytes, tuple[Path, int]] = {}  # digest → (file, size)
        self._bytes = 0
        self._next_number = 1

    def __len__(self) -> int:
        """Bundles that are kept."""
        return len(self._files)

    def load(self) -> list[bytes]:
        """The bundles that were kept, oldest first. Files that are none of them are gone."""
        kept = []
        self._files, self._bytes = {}, 0
        for path in sorted(self._directory.iterdir()):
            bundle = _read(path)
            digest = b"" if bundle is None else sha256(bundle).digest()
            if bundle is None or digest in self._files:
                with suppress(OSError):
                    path.unlink()
                continue
            self._files[digest] = (path, len(bundle))
            self._bytes += len(bundle)
            self._next_number = int(path.name.partition("-")[0]) + 1
            kept.append(bundle)
        return kept

    def put(self, bundle: bytes) -> bool:
        """The bundle is kept, whole or not at all; False if the outbox is full. Raises OSError."""
        digest = sha256(bundle).digest()
        if digest in self._files:
            return True
        if self._bytes + len(bundle) > self._max_bytes:
            return False
        path = self._directory / _build_name(self._next_number, digest)
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(bundle)
        unfinished.replace(path)
        self._files[digest] = (path, len(bundle))
        self._bytes += len(bundle)
        self._next_number += 1
        return True

    def remove(self, bundle: bytes) -> None:
        """The bundle is kept no longer; raises OSError."""
        path, size = self._files.pop(sha256(bundle).digest(), (None, 0))
        self._bytes -= size
        if path is not None:
            path.unlink(missing_ok=True)


def _build_name(number: int, digest: bytes) -> str:
    return f"{number:0{_NUMBER_DIGITS}d}-{digest.hex()}{_SUFFIX}"


def _read(path: Path) -> bytes | None:
    """The bundle in a file, or None unless the file is whole and bears its own name."""
    number, _, rest = path.name.partition("-")
    if not (len(number) == _NUMBER_DIGITS and set(number) <= set("0123456789") and path.is_file()):
        return None
    try:
        bundle = path.read_bytes()
    except OSError:
        return None
    return bundle if rest == sha256(bundle).hexdigest() + _SUFFIX else None
