"""`scripts/bench` on small counts: every measurement runs to verified answers, the JSON has one shape.

No figure is compared with a clock: this machine may be busy.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.testkit.cometbft_binary import find_cometbft

FIGURE: Final = {"run", "name", "unit", "measured", "target", "ratio", "per_verification"}
RUNS: Final = {
    "calibrate": {"1/s"},
    "bulk": {"records/s", "µs/record", "MiB"},
    "disk": {"bytes"},
    "uses": {"uses/s"},
    "single": {"ms"},
    "read": {"ms"},
    "plan": {"ms"},
}
WITH_TARGET: Final = {"bulk", "single", "read", "plan"}


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path if entry)
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )


@pytest.mark.slow
def test_every_measurement_ends_in_figures_of_one_shape(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    done = run_bench("--quick", "--json", str(path))
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert document["conditions"]["quick"] is True
    assert document["conditions"]["licences"] > 0
    figures: list[dict[str, Any]] = document["figures"]
    assert all(set(figure) == FIGURE and figure["measured"] > 0 for figure in figures)
    assert {run: {f["unit"] for f in figures if f["run"] == run} for run in RUNS} == RUNS
    assert {figure["run"] for figure in figures if figure["target"] is not None} == WITH_TARGET
    assert all((figure["ratio"] is None) == (figure["target"] is None) for figure in figures)
    assert "ratio" in done.stdout


def test_a_measurement_nobody_knows_is_refused() -> None:
    done = run_bench("--quick", "speed")
    assert done.returncode == 2
    assert "known: calibrate, bulk" in done.stderr


@pytest.mark.engine
@pytest.mark.slow
def test_a_network_is_measured_beside_the_engines_own_application(tmp_path: Path) -> None:
    find_cometbft()
    path = tmp_path / "figures.json"
    done = run_bench("network", "--quick", "kvstore", "bulk", "single", "--json", str(path))
    assert done.returncode == 0, done.stderr
    figures = json.loads(path.read_text(encoding="utf-8"))["figures"]
    assert all(set(figure) == FIGURE and figure["measured"] > 0 for figure in figures)
    assert {figure["run"] for figure in figures} == {"calibrate", "kvstore", "bulk", "memory", "single"}
    assert {figure["target"] for figure in figures if figure["unit"] == "%"} == {20.0}


def test_a_plot_of_what_is_not_measured_is_refused(tmp_path: Path) -> None:
    done = run_bench("network", "kvstore", "--plot", str(tmp_path / "plot.svg"))
    assert done.returncode == 2
    assert "scaling" in done.stderr
