"""The wheel as a stranger installs it: the base is the SDK alone, complete without the node's packages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.packaging, pytest.mark.slow, pytest.mark.timeout(300)]

IMPORT_EVERYTHING = """
import importlib, pkgutil
import zhenglian, zhenglian_sdk, zhenglian_ledger, zhenglian_proto
for package in (zhenglian, zhenglian_sdk, zhenglian_ledger, zhenglian_proto):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(zhenglian.__file__)
"""


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run outside this repository's import path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


def _run_well(*command: str | Path) -> str:
    run = _run(*command)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree without fetching anything."""
    out = tmp_path_factory.mktemp("dist")
    _run_well(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT)
    [built] = out.glob("zhenglian-*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the locked base dependencies and the wheel."""
    directory = tmp_path_factory.mktemp("base")
    _run_well(sys.executable, "-m", "venv", directory)
    pip: list[str | Path] = [
        directory / "bin/python",
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "install",
    ]
    lock = ROOT / "requirements/sdk.txt"
    _run_well(*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock)
    _run_well(*pip, "--no-deps", "--no-index", wheel)
    return directory


def test_the_base_install_imports_every_module_of_the_sdk(environment: Path) -> None:
    where = _run_well(environment / "bin/python", "-I", "-c", IMPORT_EVERYTHING)
    assert Path(where.strip()).is_relative_to(environment)


def test_the_base_install_carries_no_database(environment: Path) -> None:
    run = _run(environment / "bin/python", "-I", "-c", "import plyvel")
    assert "ModuleNotFoundError" in run.stderr


@pytest.mark.parametrize("command", ["zhenglian", "zhenglian-vault", "zhenglian-identity"])
def test_the_base_commands_explain_themselves(environment: Path, command: str) -> None:
    assert "Usage" in _run_well(environment / f"bin/{command}", "--help")


def test_types_travel_with_the_wheel(environment: Path) -> None:
    [site] = environment.glob("lib/python3.*/site-packages")
    for package in ("zhenglian", "zhenglian_sdk", "zhenglian_ledger", "zhenglian_proto"):
        assert (site / package / "py.typed").is_file()
