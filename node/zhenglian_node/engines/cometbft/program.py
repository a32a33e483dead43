"""The CometBFT program: that it is there, and that it is of the line this node is written for."""

import subprocess
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import StoreError

LINE: Final = (0, 39)
"""Blocks are judged alike within a line: 0.40 computes another median time."""

LEAST_PATCH: Final = 4
EXPECTED: Final = "0.39.4"

_SECONDS: Final = 20.0


def verify_program(binary: str) -> str:
    """The version of the program, which this node can run.

    Raises StoreError: ENGINE_MISSING, ENGINE_OTHER_VERSION.
    """
    found = read_version(binary)
    if not is_supported(found):
        raise StoreError(Code.ENGINE_OTHER_VERSION, expected=EXPECTED, found=found[:80] or "-")
    return found


def read_version(binary: str) -> str:
    """What `cometbft version` says, one line; raises StoreError(ENGINE_MISSING) if nothing runs."""
    try:
        said = subprocess.run(  # noqa: S603  the configured program
            [binary, "version"], capture_output=True, timeout=_SECONDS, check=False, text=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StoreError(Code.ENGINE_MISSING, path=binary) from error
    return said.stdout.strip().partition("\n")[0]


def is_supported(version: str) -> bool:
    """Whether `version` ("0.39.4", "v0.39.5+commit") is of the line, with its known faults mended."""
    numbers = version.removeprefix("v").partition("+")[0].partition("-")[0].split(".")
    if len(numbers) != 3 or not all(number.isascii() and number.isdigit() for number in numbers):
        return False
    major, minor, patch = map(int, numbers)
    return (major, minor) == LINE and patch >= LEAST_PATCH
