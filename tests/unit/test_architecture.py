"""The laws of the house, read off the files: rooms, sizes, names, docstrings, determinism, addresses."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("proto", "ledger", "node", "sdk")
MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = ast.Module | ast.ClassDef | Function


@cache
def _files() -> tuple[Path, ...]:
    """Everything that is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    names = {name.decode() for name in listed.split(b"\0") if name}
    return tuple(path for name in sorted(names) if (path := ROOT / name).is_file())


@cache
def _sources() -> tuple[tuple[str, ast.Module], ...]:
    """Every Python file a person writes, parsed, under its name from the root."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes()))
        for path in _files()
        if path.suffix == ".py" and "_pb2" not in path.name
    )


def _in_rooms() -> Iterator[tuple[str, ast.Module]]:
    """The sources a user or an operator meets."""
    return ((name, tree) for name, tree in _sources() if name.startswith((*ROOMS, "scripts")))


def _public(node: Documented, where: str) -> Iterator[tuple[str, Documented]]:
    """The public definitions at and below `node`; what stands inside a function is its own affair."""
    yield where, node
    if isinstance(node, Function):
        return
    for child in node.body:
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield from _public(child, f"{where}:{child.name}")


def _is_exempt(node: Documented) -> bool:
    """An overload and a setter speak through the definition beside them."""
    if not isinstance(node, Function):
        return False
    return any(ast.unparse(mark).endswith(("overload", ".setter")) for mark in node.decorator_list)


def test_no_file_grows_past_500_lines() -> None:
    long = [path for path in _files() if path.suffix == ".py" and "_pb2" not in path.name]
    assert [path for path in long if len(path.read_bytes().splitlines()) > MAX_FILE_LINES] == []


def test_no_function_grows_past_60_lines() -> None:
    assert [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION_LINES
    ] == []


def test_no_room_has_a_junk_drawer() -> None:
    drawers = re.compile(r"(^|/)(utils?|commons?|helpers?|misc)(/|\.py$)")
    assert [name for name, _ in _sources() if drawers.search(name)] == []


def test_the_rooms_themselves_are_no_packages() -> None:
    """An `__init__.py` there would shadow other distributions' top-level names."""
    assert [room for room in ROOMS if (ROOT / room / "__init__.py").exists()] == []


def test_every_public_name_has_a_docstring() -> None:
    assert [
        where
        for name, tree in _in_rooms()
        for where, node in _public(tree, name)
        if not _is_exempt(node) and ast.get_docstring(node) is None
    ] == []


def test_every_folder_of_tests_is_run_by_default() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run = tuple(f"{path}/" for path in configuration["tool"]["pytest"]["ini_options"]["testpaths"])
    tests = [name for name, _ in _sources() if Path(name).name.startswith("test_")]
    assert [name for name in tests if not name.startswith(run)] == []


def test_no_file_names_a_package_index() -> None:
    """Where packages come from is the machine's configuration, never the project's."""
    address = re.compile(
        rb"py"
        rb"pi\.org|python"
        rb"hosted\.org|--(extra-)?index"
        rb"-url|--find"
        rb"-links"
        rb"|PIP_(EXTRA_)?INDEX"
        rb"_URL|simple/?\s*#?\s*index|index"
        rb"-url\s*="
    )
    assert [path for path in _files() if address.search(path.read_bytes())] == []


NON_DETERMINISTIC_CALLS = {"open", "print", "input", "eval", "exec", "float", "hash"}
NON_DETERMINISTIC_METHODS = {"now", "utcnow", "today", "isdigit", "isdecimal", "isnumeric", "isalnum"}


def _is_non_deterministic(node: ast.AST) -> bool:
    """Floats, the machine's clock and files, randomised hashes and Unicode tables that grow with Python."""
    match node:
        case ast.Constant(value=float()) | ast.BinOp(op=ast.Div()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in NON_DETERMINISTIC_CALLS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in NON_DETERMINISTIC_METHODS
        case _:
            return False


@pytest.mark.parametrize("line", ["a = 1 / 2", "a = 0.5", "open(a)", "datetime.now(UTC)", "text.isdigit()"])
def test_an_impure_line_is_recognised(line: str) -> None:
    assert any(_is_non_deterministic(node) for node in ast.walk(ast.parse(line)))


def test_the_ledger_computes_the_same_on_every_machine() -> None:
    assert [
        f"{name}:{getattr(node, 'lineno', 0)}"
        for name, tree in _sources()
        if name.startswith("ledger/")
        for node in ast.walk(tree)
        if _is_non_deterministic(node)
    ] == []


VIOLATIONS = {
    "Rooms": ("sdk/zhenglian_sdk/__init__.py", "import zhenglian_node"),
    "The SDK's public face": ("sdk/zhenglian/__init__.py", "import zhenglian_node"),
    "Pure core": ("ledger/zhenglian_ledger/__init__.py", "import time"),
    "Node floors": ("node/zhenglian_node/storage/__init__.py", "import zhenglian_node.api"),
    "One file knows LevelDB": ("node/zhenglian_node/api/__init__.py", "import plyvel"),
    "One file knows the SM2 library": ("ledger/zhenglian_ledger/__init__.py", "import tongsuopy"),
}


def _lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(str(tree / room) for room in ROOMS),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=tree,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the rooms and their laws that a test may damage."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_rooms_keep_the_import_laws(tree: Path) -> None:
    run = _lint_imports(tree)
    assert run.returncode == 0, run.stdout + run.stderr


def test_a_planted_import_breaks_its_law(tree: Path) -> None:
    for file, line in VIOLATIONS.values():
        with (tree / file).open("a", encoding="utf-8") as source:
            source.write(f"\n{line}\n")
    run = _lint_imports(tree)
    assert run.returncode == 1, run.stdout + run.stderr
    broken = [line for line in run.stdout.splitlines() if " BROKEN" in line]
    assert [law for law in VIOLATIONS if not any(line.startswith(law) for line in broken)] == []


def test_a_new_floor_in_the_node_must_be_placed(tree: Path) -> None:
    (tree / "node/zhenglian_node/attic.py").write_text('"""Unplaced."""\n', encoding="utf-8")
    run = _lint_imports(tree)
    assert run.returncode == 1
    assert "attic" in run.stdout
