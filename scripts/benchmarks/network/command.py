"""`python -m benchmarks network`: chosen parts in one order, then the table, the JSON and the plot."""

import asyncio
import shutil
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from benchmarks.calibrate import build_calibrations, calibrate
from benchmarks.network.cluster import Cluster
from benchmarks.network.contents import register
from benchmarks.network.figures import compute_percentile
from benchmarks.network.plot import Point, draw_plot
from benchmarks.network.runs import (
    QUICK,
    Size,
    measure_bulk,
    measure_city,
    measure_clients,
    measure_kvstore,
    measure_single,
    run_bulk,
    run_single,
)
from benchmarks.report import Figure, cost, print_table, rate, scale_rates, write_json
from benchmarks.sandbox import use_two_cores
from zhenglian_node.cli.machine import read_socket_buffer

PARTS: Final = ("kvstore", "single", "clients", "bulk", "city", "scaling")
"""In the order in which they run; the first four share one network of four validators.

Bulk comes last: what it writes, the stores compact in the time of whatever follows.
"""

VALIDATORS: Final = 4
GET_COMETBFT: Final = Path(__file__).resolve().parents[2] / "get-cometbft"
SHARED: Final = "all nodes and their clients share these cores; a node alone on a machine does better"


def main(arguments: Sequence[str]) -> None:
    """Measure, print the table, and write the JSON and the plot where they are wanted."""
    chosen = _read_arguments(arguments)
    console = Console(width=140)
    binary = find_cometbft()
    cores = use_two_cores()
    first = calibrate(quick=chosen.quick)
    with TemporaryDirectory(prefix="zhenglian-bench-") as folder:
        measuring = _Measuring(Path(folder), binary, QUICK if chosen.quick else Size(), console)
        asyncio.run(measuring.run(chosen.parts, profiled=chosen.profile))
    last = calibrate(quick=chosen.quick)
    verifications = (first.verifications + last.verifications) / 2
    figures = [*build_calibrations(first, last), *scale_rates(measuring.figures, verifications)]
    print_table(figures, console)
    notes = [SHARED, f"a socket holds {read_socket_buffer():,} B (net.core.wmem_default)"]
    console.print("\n".join(notes))
    if chosen.json is not None:
        conditions: dict[str, object] = {
            "cores": cores,
            "quick": chosen.quick,
            "profiled": chosen.profile,
            "notes": notes,
        }
        write_json(figures, conditions, chosen.json)
    if chosen.plot is not None:
        notes += [f"{cores} cores, {verifications:,.0f} Ed25519 verifications a second of one core"]
        chosen.plot.write_text(draw_plot(measuring.points, notes), encoding="utf-8")


def find_cometbft() -> str:
    """The engine's program; ends this one where it was not built."""
    found = subprocess.run([GET_COMETBFT, "--find"], check=False, stdout=subprocess.PIPE, text=True)
    if found.returncode:
        sys.exit("no CometBFT: run scripts/get-cometbft")
    return found.stdout.removesuffix("\n")


class _Measuring:
    """One run of the command: what it has found so far."""

    def __init__(self, folder: Path, binary: str, size: Size, console: Console) -> None:
        self.figures: list[Figure] = []
        self.points: list[Point] = []
        self._folder, self._binary, self._size, self._console = folder, binary, size, console

    async def run(self, parts: set[str], *, profiled: bool) -> None:
        """The figures of all chosen parts are there."""
        if parts & {"kvstore", "bulk", "clients", "single"}:
            await self._measure_four(parts, profiled=profiled)
        if "city" in parts:
            await self._measure_city()
        if "scaling" in parts:
            for validators in self._size.scaled:
                await self._measure_scaling(validators)

    async def _measure_four(self, parts: set[str], *, profiled: bool) -> None:
        cluster, size = self._create("four", VALIDATORS, VALIDATORS), self._size
        cluster.profile = self._folder / "profile.txt" if profiled else None
        kvstore = None
        if "kvstore" in parts:
            found, kvstore = await measure_kvstore(cluster, self._binary, self._folder / "kvstore", size)
            self.figures += found
        if parts & {"bulk", "clients", "single"}:
            async with _Running(cluster):
                if "single" in parts:
                    self.figures += await measure_single(cluster, size)
                if "clients" in parts:
                    self.figures += await measure_clients(cluster, size)
                if "bulk" in parts:
                    self.figures += await measure_bulk(cluster, size, kvstore)
            if cluster.profile is not None:
                self._console.print(
                    cluster.profile.read_text(encoding="utf-8"), markup=False, highlight=False
                )
        shutil.rmtree(cluster.root)

    async def _measure_city(self) -> None:
        cluster = self._create("city", *self._size.city)
        async with _Running(cluster):
            self.figures += await measure_city(cluster, self._size)
        shutil.rmtree(cluster.root)

    async def _measure_scaling(self, validators: int) -> None:
        cluster, size = self._create(f"scaling-{validators}", validators, validators), self._size
        async with _Running(cluster):
            milliseconds = await run_single(cluster, size.scaled_calls, size.pause_s)
            clients = await cluster.connect_all(cluster.validators, validators)
            bulk = await run_bulk(cluster, clients, size.scaled_records, size.in_flight)
        shutil.rmtree(cluster.root)
        point = Point(validators, bulk.rate, compute_percentile(milliseconds, 50))
        self.points.append(point)
        name = f"{validators} validators" if validators > 1 else "1 validator"
        self.figures += [
            rate("scaling", f"{name}, licences in bulk", "records/s", point.records),
            cost("scaling", f"{name}, submit to verified proof, p50", "ms", point.milliseconds),
        ]

    def _create(self, name: str, nodes: int, validators: int) -> Cluster:
        self._console.print(f"… {nodes} nodes, {validators} validators", highlight=False)
        return Cluster.create(self._folder / name, self._binary, nodes, validators)


class _Running:
    """A network that runs, and knows its licence type, inside the context."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def __aenter__(self) -> None:
        try:
            self._cluster.start()
            await register(self._cluster)
        except BaseException:
            await self._cluster.stop()
            raise

    async def __aexit__(self, *_: object) -> None:
        await self._cluster.stop()


def _read_arguments(arguments: Sequence[str]) -> Namespace:
    parser = ArgumentParser(prog="bench network", description="Measures a network on this machine.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small counts and networks, a minute in all")
    parser.add_argument(
        "--profile", action="store_true", help="profile the first node; slows what it measures"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw `scaling` as SVG into FILE")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    chosen.parts = set(chosen.parts or PARTS)
    if chosen.plot is not None and "scaling" not in chosen.parts:
        parser.error("--plot draws what `scaling` measures")
    return chosen
