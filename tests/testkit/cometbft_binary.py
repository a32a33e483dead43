"""The real CometBFT for tests: found, never built here: a test run needs no network and no minutes."""

import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

GET_COMETBFT: Final = Path(__file__).resolve().parents[2] / "scripts" / "get-cometbft"
REQUIRE_VARIABLE: Final = "REQUIRE_ENGINE"


def find_cometbft() -> str:
    """The path of the verified binary; without one the test is skipped, or fails where REQUIRE_ENGINE=1."""
    path = _look()
    if not path and os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail("no CometBFT: run scripts/get-cometbft")
    if not path:
        pytest.skip("no CometBFT: scripts/get-cometbft builds it")
    return path


@cache
def _look() -> str:
    found = subprocess.run([GET_COMETBFT, "--find"], check=False, stdout=subprocess.PIPE, text=True)
    return found.stdout.removesuffix("\n")
