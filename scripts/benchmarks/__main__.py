"""`python -m benchmarks`: chosen measurements in one order, then the table."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from benchmarks.calibrate import build_calibrations, calibrate
from benchmarks.network import command
from benchmarks.report import Figure, print_table, scale_rates, write_json
from benchmarks.runs import (
    QUICK,
    Size,
    measure_bulk,
    measure_disk,
    measure_plan,
    measure_read,
    measure_single,
    measure_uses,
)
from benchmarks.sandbox import Sandbox, compute_disk_bytes, use_two_cores

CALLS: Final = {"uses": measure_uses, "single": measure_single, "read": measure_read, "plan": measure_plan}
NAMES: Final = ("calibrate", "bulk", "disk", *CALLS)
"""In the order in which they run: disk tells what bulk wrote, and the rest run on a ledger that holds it."""


def main() -> None:
    """Measure, print the table, and write the JSON where one is wanted; `network` measures a network."""
    if sys.argv[1:2] == ["network"]:
        command.main(sys.argv[2:])
        return
    chosen = _read_arguments()
    console = Console(width=140)
    cores = use_two_cores()
    first = calibrate(quick=chosen.quick)
    with TemporaryDirectory(prefix="zhenglian-bench-") as folder:
        profile = Path(folder) / "profile.txt" if chosen.profile else None
        sandbox = Sandbox.create(Path(folder) / "home", profile=profile)
        figures = asyncio.run(_measure(sandbox, chosen))
        if profile is not None:
            console.print(profile.read_text(encoding="utf-8"), markup=False, highlight=False)
    last = calibrate(quick=chosen.quick)
    verifications = (first.verifications + last.verifications) / 2
    figures = [*build_calibrations(first, last), *scale_rates(figures, verifications)]
    print_table(figures, console)
    if chosen.json is not None:
        conditions: dict[str, object] = {
            "cores": cores,
            "quick": chosen.quick,
            "profiled": chosen.profile,
            "licences": sandbox.issued,
        }
        write_json(figures, conditions, chosen.json)


def _read_arguments() -> Namespace:
    parser = ArgumentParser(
        prog="bench",
        description="Measures what the README states.",
        epilog="bench network --help: four and more nodes.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small counts, a few seconds in all")
    parser.add_argument(
        "--profile", action="store_true", help="profile the thread that makes blocks, in bulk"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    chosen.names = set(chosen.names or NAMES)
    return chosen


async def _measure(sandbox: Sandbox, chosen: Namespace) -> list[Figure]:
    size = QUICK if chosen.quick else Size()
    figures: list[Figure] = []
    try:
        if chosen.names & {"bulk", "disk"} or chosen.profile:
            figures += await _measure_bulk(sandbox, chosen, size)
        if chosen.names & set(CALLS):
            figures += await _measure_calls(sandbox, chosen, size)
    finally:
        await sandbox.stop()
    return figures


async def _measure_bulk(sandbox: Sandbox, chosen: Namespace, size: Size) -> list[Figure]:
    empty = compute_disk_bytes(sandbox.store)
    sandbox.start()
    figures = await measure_bulk(sandbox, size)
    await sandbox.stop()
    sandbox.profile = None
    if "bulk" not in chosen.names:
        figures = []
    return [*figures, *(measure_disk(sandbox, empty) if "disk" in chosen.names else ())]


async def _measure_calls(sandbox: Sandbox, chosen: Namespace, size: Size) -> list[Figure]:
    sandbox.start()
    figures: list[Figure] = []
    for name, measure in CALLS.items():
        if name in chosen.names:
            figures += await measure(sandbox, size)
    return figures


if __name__ == "__main__":
    main()
