"""The door to the consensus engine: it builds once, believes no binary unseen, and says what is wrong."""

import os
import re
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

import pytest

DOOR: Final = Path(__file__).resolve().parents[2] / "scripts" / "get-cometbft"
VERSION: Final = "0.39.4"
SUM: Final = "h1:Bm7xbN18VfNueEd7cZumACbvVE+Lf9N58sz3oBOVPbw="
UNSUPPORTED: Final = 69
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")


def engine(*, version: str = VERSION, module_version: str = f"v{VERSION}", module_sum: str = SUM) -> str:
    """A program with the build information of a CometBFT, that answers `version`."""
    return (
        f"#!/bin/sh\n[ $1 = version ] && echo {version}\nexit 0\n"
        "path\tgithub.com/cometbft/cometbft/cmd/cometbft\n"
        f"mod\tgithub.com/cometbft/cometbft\t{module_version}\t{module_sum}\n"
    )


class Said(NamedTuple):
    """How the door ended, and what it printed."""

    code: int
    out: str
    err: str


class Door(NamedTuple):
    """The script in a world of its own: an empty home and tools, and a Go that a test wrote."""

    path: Path

    @property
    def binary(self) -> Path:
        return self.path / "tools" / f"cometbft-{VERSION}" / "cometbft"

    @property
    def builds(self) -> list[str]:
        """What Go was asked to build, one line a time."""
        log = self.path / "builds"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def put(self, name: str, text: str) -> Path:
        """A program of that name."""
        program = self.path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        return program

    def put_go(self, made: str, version: str = "1.26.8") -> None:
        """A Go whose every build is the program `made`."""
        (self.path / "made").write_text(made, encoding="utf-8")
        self.put(
            "go",
            f"#!/bin/sh\n[ $1 = version ] && echo go version go{version} linux/amd64 && exit 0\n"
            f'echo "$@" >> {self.path}/builds\n'
            f'cp {self.path}/made "$GOBIN/cometbft" && chmod +x "$GOBIN/cometbft"\n',
        )

    def open(self, *arguments: str, **environment: str) -> Said:
        """Run the script."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ZHENGLIAN")}
        done = subprocess.run(
            [DOOR, *arguments], check=False, capture_output=True, text=True, timeout=20,
            env=kept | {
                "PATH": f"{self.path}/bin:/usr/bin:/bin", "HOME": str(self.path),
                "ZHENGLIAN_TOOLS": str(self.path / "tools"), **environment,
            },
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def verify_refused(said: Said) -> None:
    """Nothing on standard output; the last complaint is one sentence in both languages."""
    assert (said.code, said.out) == (UNSUPPORTED, ""), said
    chinese, _, english = said.err.splitlines()[-1].partition(" / ")
    assert CHINESE.search(chinese), said.err
    assert english.endswith("."), said.err
    assert not CHINESE.search(english), said.err


def test_looking_finds_nothing_says_nothing_and_leaves_nothing(door: Door) -> None:
    assert door.open("--find") == Said(1, "", "")
    assert list(door.path.iterdir()) == []


def test_the_engine_is_built_once_with_its_version_spelt_out(door: Door) -> None:
    door.put_go(engine())
    first, second, look = door.open(), door.open(), door.open("--find")
    assert (first.code, first.out) == (0, f"{door.binary}\n")
    assert (second, look) == (Said(0, first.out, ""), Said(0, first.out, ""))
    assert door.builds == [f"install github.com/cometbft/cometbft/cmd/cometbft@v{VERSION}"]


def test_two_doors_at_once_build_once(door: Door) -> None:
    door.put_go(engine())
    environment = os.environ | {
        "PATH": f"{door.path}/bin:/usr/bin:/bin",
        "ZHENGLIAN_TOOLS": str(door.path / "tools"),
    }
    both = [subprocess.Popen([DOOR], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=20)[0] for process in both] == [f"{door.binary}\n"] * 2
    assert len(door.builds) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        engine(version="0.39.3"),
        engine(module_version="v0.39.3"),
        engine(module_sum="h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        "#!/bin/sh\necho 0.39.4\n",
    ],
    ids=["version", "module version", "module hash", "no build information"],
)
def test_a_wrong_binary_is_refused_whoever_made_it(door: Door, wrong: str) -> None:
    named = str(door.put("named", wrong))
    verify_refused(door.open(ZHENGLIAN_COMETBFT=named))
    assert door.open("--find", ZHENGLIAN_COMETBFT=named).out == ""
    door.put_go(wrong)
    verify_refused(door.open())
    assert not door.binary.exists()
    assert [each.name for each in (door.path / "tools").iterdir()] == ["cometbft.lock"]


def test_a_binary_that_was_changed_is_built_again(door: Door) -> None:
    door.put_go(engine())
    door.open()
    door.binary.write_text(engine(version="0.39.3"), encoding="utf-8")
    assert door.open("--find").code == 1
    assert door.open().code == 0
    assert len(door.builds) == 2


def test_another_binary_may_be_named(door: Door) -> None:
    named = door.put("mine", engine())
    assert door.open(ZHENGLIAN_COMETBFT=str(named)) == Said(0, f"{named}\n", "")
    assert door.builds == []


def test_a_build_that_fails_says_why(door: Door) -> None:
    door.put("go", "#!/bin/sh\n[ $1 = version ] && echo go version go1.26.8 linux/amd64 && exit\nexit 1\n")
    verify_refused(door.open())


def test_the_build_does_not_ask_for_whatever_is_newest() -> None:
    assert "@latest" not in DOOR.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [("--build",), ("--find", "again")])
def test_an_unknown_argument_is_a_wrong_call(door: Door, arguments: tuple[str, ...]) -> None:
    assert door.open(*arguments).code == 2
