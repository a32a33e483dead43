"""The door of the repository: where it cannot open, one sentence says so at once, and nothing is left."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

import pytest

BOOTSTRAP: Final = Path(__file__).resolve().parents[2] / "scripts" / "bootstrap"
UNSUPPORTED: Final = 69
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")

WRONG_PYTHON: Final = f"""#!/bin/sh
# A CPython that works and is of another version: it runs the question it is asked.
exec {sys.executable} -I -c 'import sys; sys.version_info = (3, 10, 12); exec(sys.argv[1])' "$3"
"""
NO_PYTHON: Final = "#!/bin/sh\nexit 127\n"


class Door(NamedTuple):
    """The script in a world of its own: a PATH that begins with `tools`, a home, a place for its work."""

    path: Path

    @property
    def tools(self) -> Path:
        """The directory of the programs a test puts in the place of others."""
        return self.path / "tools"

    def put(self, name: str, text: str) -> Path:
        """A program of that name comes first on the PATH."""
        self.tools.mkdir(exist_ok=True)
        program = self.tools / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        return program

    def open(self, **environment: str) -> "Said":
        """Run the script; it is stopped when it takes ten seconds."""
        ours = ("ZHENGLIAN", "PYENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        began = time.monotonic()
        done = subprocess.run(
            [BOOTSTRAP], check=False, capture_output=True, text=True, timeout=10,
            env=kept | {
                "PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(self.path),
                "ZHENGLIAN_VENV": str(self.path / "venv"), **environment,
            },
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr, time.monotonic() - began)


class Said(NamedTuple):
    """How it ended, what it printed, and how long it took."""

    code: int
    out: str
    err: str
    seconds: float


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def verify_refused(door: Door, **environment: str) -> None:
    """One sentence in both languages, exit code 69, nothing made, within a second (the best of three)."""
    said = [door.open(**environment) for _ in range(3)]
    for each in said:
        assert (each.code, each.out) == (UNSUPPORTED, ""), each
        (line,) = each.err.splitlines()
        chinese, _, english = line.partition(" / ")
        assert CHINESE.search(chinese), line
        assert english.endswith("."), line
        assert not CHINESE.search(english), line
        assert "3.11" in chinese, line
        assert "3.11" in english, line
    assert min(each.seconds for each in said) < 1
    assert not (door.path / "venv").exists()


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Darwin", "arm64"), ("Darwin", "x86_64"), ("Linux", "aarch64"), ("MINGW64", "x86_64")],
)
def test_an_unsupported_platform_is_refused(door: Door, system: str, machine: str) -> None:
    door.put("uname", f'#!/bin/sh\n[ "$1" = -s ] && echo {system} || echo {machine}\n')
    verify_refused(door)


@pytest.mark.parametrize("text", [WRONG_PYTHON, NO_PYTHON], ids=["another version", "does not run"])
def test_a_python_that_will_not_do_is_refused_and_no_other_is_taken(door: Door, text: str) -> None:
    verify_refused(door, ZHENGLIAN_PYTHON=str(door.put("python-of-mine", text)))


def test_a_python_that_is_not_there_is_refused(door: Door) -> None:
    verify_refused(door, ZHENGLIAN_PYTHON=str(door.path / "nowhere" / "python3.11"))


def test_the_question_is_one_that_the_supported_python_answers(door: Door) -> None:
    """The wrong version is refused for its version: the same program with the right one is found usable."""
    program = door.put("python-of-mine", WRONG_PYTHON.replace("(3, 10, 12)", "(3, 11, 9)"))
    question = re.search(r"probe='(.*?)'\n", BOOTSTRAP.read_text(encoding="utf-8"), re.DOTALL)
    assert question is not None
    answered = subprocess.run(
        [program, "-I", "-c", question[1]], check=False, capture_output=True, timeout=10
    )
    assert answered.returncode == 0, answered.stderr
