"""The way in and the one way out.

An unsupported platform stops before anything native is loaded; every error becomes a sentence in two
languages and an exit code of one table.
"""

import sys
import traceback
from collections.abc import Sequence
from typing import Final

from zhenglian_ledger.codes import Code
from zhenglian_ledger.errors import Denied, StoreError, ZhenglianError
from zhenglian_node.cli.exits import compute_exit
from zhenglian_node.cli.output import output

SUPPORTED_PLATFORM: Final = "linux"
SUPPORTED_VERSIONS: Final = ((3, 11), (3, 12))
SUPPORTED: Final = "Linux, CPython 3.11-3.12"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        verify_platform(sys.platform, sys.implementation.name, sys.version_info[:2])
        from zhenglian_node.cli.commands import app  # noqa: PLC0415  not on any platform

        app(arguments, prog_name="zhenglian-node")
    except ZhenglianError as error:
        output.fail(error)
        sys.exit(compute_exit(error.code))
    except ImportError as error:
        missing = StoreError(Code.PLATFORM_UNSUPPORTED, found=f"{error.name} ({SUPPORTED}, zhenglian[node])")
        output.fail(missing)
        sys.exit(compute_exit(missing.code))
    except Exception:  # noqa: BLE001  the last line of defence
        from zhenglian_node.logs import mask_text  # noqa: PLC0415

        fault = Denied(Code.INTERNAL)
        output.complain(mask_text(traceback.format_exc()))
        output.fail(fault)
        sys.exit(compute_exit(fault.code))


def verify_platform(platform: str, implementation: str, version: tuple[int, ...]) -> None:
    """A node can run here.

    Raises StoreError(PLATFORM_UNSUPPORTED) saying what was found and what is supported.
    """
    if platform != SUPPORTED_PLATFORM or implementation != "cpython" or version not in SUPPORTED_VERSIONS:
        found = f"{platform}, {implementation} {'.'.join(map(str, version))} ({SUPPORTED})"
        raise StoreError(Code.PLATFORM_UNSUPPORTED, found=found)
