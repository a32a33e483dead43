"""What this machine does without us, at this very hour: other programs may be running on it."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

import plyvel

from benchmarks.report import Figure
from zhenglian_ledger.crypto.ed25519 import compute_public_key, is_signature_valid, sign

VALUE: Final = bytes(range(200))
BATCH: Final = 1_000
PARTS: Final = 10


class Calibration(NamedTuple):
    """Rates a second of one core: Ed25519 verifications and SHA-256 of 200 B, LevelDB puts of 200 B.

    `synced_puts` are synced one by one, `batched_puts` in synced batches of a thousand.
    """

    verifications: float
    hashes: float
    synced_puts: float
    batched_puts: float


def calibrate(*, quick: bool) -> Calibration:
    """The rates of about two seconds of work, or of a tenth of it."""
    scale = 1 if quick else 10
    with TemporaryDirectory(prefix="zhenglian-bench-") as folder:
        database = plyvel.DB(str(Path(folder) / "db"), create_if_missing=True)
        try:
            return Calibration(
                verifications=_measure_verifications(1_000 * scale),
                hashes=_measure(100_000 * scale, lambda _: sha256(VALUE).digest()),
                synced_puts=_measure(200 * scale, lambda n: database.put(_key(n), VALUE, sync=True)),
                batched_puts=BATCH * _measure(10 * scale, lambda n: _put_batch(database, n)),
            )
        finally:
            database.close()


def build_calibrations(first: Calibration, last: Calibration) -> list[Figure]:
    """Both calibrations as figures, each rate by its name."""
    names = {
        "verifications": "Ed25519 verifications of 200 B",
        "hashes": "SHA-256 of 200 B",
        "synced_puts": "LevelDB puts of 200 B, each synced",
        "batched_puts": "LevelDB puts of 200 B, synced by the thousand",
    }
    return [
        Figure("calibrate", f"{names[field]}, {when}", "1/s", getattr(calibration, field))
        for when, calibration in (("before", first), ("after", last))
        for field in Calibration._fields
    ]


def _measure_verifications(count: int) -> float:
    seed = bytes(range(32))
    public_key, signature = compute_public_key(seed), sign(seed, VALUE)
    return _measure(count, lambda _: is_signature_valid(public_key, VALUE, signature))


def _put_batch(database: "plyvel.DB", number: int) -> None:
    with database.write_batch(sync=True) as batch:
        for row in range(BATCH):
            batch.put(b"b" + _key(number * BATCH + row), VALUE)


def _measure(count: int, work: Callable[[int], object]) -> float:
    """The median rate of some parts, so that a moment's disturbance does not count."""
    part, rates = max(1, count // PARTS), []
    for first in range(0, part * PARTS, part):
        started = perf_counter()
        for number in range(first, first + part):
            work(number)
        rates.append(part / (perf_counter() - started))
    return median(rates)


def _key(number: int) -> bytes:
    return number.to_bytes(8, "big")
