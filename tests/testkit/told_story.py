"""The demo, told as a reader tells it: a process of its own, its numbers, its folder, what was on the screen.

What must be so wherever it is told, on a network of its own or on one that runs already, stands here.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

from story import world
from story.acts.refusals import TRIALS
from zhenglian_sdk.content import compute_file_digests
from zhenglian_sdk.sidecar import read_sidecar

REPOSITORY: Final = Path(__file__).resolve().parents[2]
_PATH: Final = os.pathsep.join(
    str(REPOSITORY / part) for part in ("proto", "ledger", "node", "sdk", "scripts")
)
ENVIRONMENT: Final = os.environ | {"PYTHONPATH": _PATH}

NUMBERS: Final = {
    "licences": 2_048 + 5,  # the stock, four issued in Xuhui, one corrected
    "materials": 5 + 1 + 1,
    "cases": 5 + 1,  # one more to try a grant outside its matter
    "grants": 4 + 3 + 1 + 2 + 2,  # two more to go beyond
    "documents_fetched": 10,
    "uses": 2 * 10 + 1,  # opened and relied on; one was shown
    "refusals": len(TRIALS),
    "plan": {"exempt": 4, "needs_grant": 1, "obtain_from_issuer": 1, "may_follow": 1, "must_submit": 1},
    "lying_node_caught": True,
    "trace_complete": True,
}
"""What every telling must sum up to; height and app hash are the ledger's own."""


class Told(NamedTuple):
    """A story that was told: its folder, its numbers, and what was on the screen."""

    home: Path
    summary: dict[str, Any]
    screen: str


def tell(folder: Path, *options: str | Path) -> Told:
    """The whole story, its home in `folder`, under the command line's own `options`."""
    folder.mkdir(exist_ok=True)
    home, summary = folder / "home", folder / "summary.json"
    done = run(sys.executable, "-m", "story", *options, "--home", home, "--json", summary, seconds=400)
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr
    return Told(home, json.loads(summary.read_text(encoding="utf-8")), done.stdout)


def run(*command: str | Path, seconds: int = 120, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a command did in the repository's folder, with environment `variables` besides the usual ones."""
    return subprocess.run(
        command, cwd=REPOSITORY, env=ENVIRONMENT | variables, capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip


def verify_numbers(told: Told) -> None:
    """The numbers are those of the story, complete, and they fit what was shown and what lies there."""
    rest = {name: value for name, value in told.summary.items() if name not in ("app_hash", "height")}
    assert rest == NUMBERS
    assert set(told.summary) == {*NUMBERS, "app_hash", "height"}
    assert len(get_fetched(told.home)) == NUMBERS["documents_fetched"]
    assert len(TRIALS) >= 30
    shown = get_chapter(told, "拒绝")
    assert shown.count("✗") == len(TRIALS)
    for trial in TRIALS:
        assert trial.zh in shown
        assert f"✗ {trial.expected.value} {trial.expected.name} " in shown


def verify_files(told: Told) -> None:
    """Every fetched file is the one recorded, and no vault keeps anything readable."""
    for path in get_fetched(told.home):
        sidecar = read_sidecar(path)
        digests = compute_file_digests(path, sidecar.salt)
        assert (digests.sha256, digests.sm3) == (sidecar.sha256, sidecar.sm3)
        assert path.read_bytes().startswith(b"%PDF")
    for vault in world.VAULTS:
        files = [path for path in (told.home / "systems" / vault / "store").rglob("*") if path.is_file()]
        assert len(files) > 2
        assert not any(b"PDF" in path.read_bytes() for path in files)


def get_chapter(told: Told, heading: str) -> str:
    """What was shown under the heading that begins so."""
    return told.screen.split(f"■ {heading}")[1].split("■")[0]


def get_fetched(home: Path) -> list[Path]:
    """Fetched files; what the story altered itself to see it refused is not one."""
    found = home.glob("systems/*/received/*.pdf")
    return sorted(path for path in found if path.name != "altered.pdf")


def read_next_steps(told: Told) -> list[str]:
    """The command lines that the story ends with."""
    return (told.home / "next-steps.txt").read_text(encoding="utf-8").splitlines()
