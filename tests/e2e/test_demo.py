"""The demo is told once, as a reader tells it; its numbers, files and next steps are then looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from story import people, world
from story.acts.refusals import TRIALS
from story.home import read_home
from zhenglian_ledger import rows
from zhenglian_node.app.format import get_head
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_sdk.content import compute_file_digests
from zhenglian_sdk.sidecar import read_sidecar

REPOSITORY = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join(str(REPOSITORY / part) for part in ("proto", "ledger", "node", "sdk", "scripts"))
ENVIRONMENT = os.environ | {"PYTHONPATH": PATH}
NEXT_STEPS = 6

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Told(NamedTuple):
    """A story that was told: its folder, its numbers, and what was on the screen."""

    home: Path
    summary: dict[str, Any]
    screen: str


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo")
    home, summary = folder / "home", folder / "summary.json"
    done = subprocess.run(
        [sys.executable, "-m", "story", "--home", str(home), "--json", str(summary)],
        cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr
    return Told(home, json.loads(summary.read_text(encoding="utf-8")), done.stdout)


def get_fetched(home: Path) -> list[Path]:
    """Fetched files; what the story altered itself to see it refused is not one."""
    found = home.glob("systems/*/received/*.pdf")
    return sorted(path for path in found if path.name != "altered.pdf")


def test_the_numbers_are_complete_and_fit_together(told: Told) -> None:
    summary = told.summary
    assert set(summary) == {
        "licences", "materials", "cases", "grants", "uses", "refusals", "documents_fetched", "plan",
        "lying_node_caught", "trace_complete", "app_hash", "height",
    }  # fmt: skip
    assert summary["licences"] == 2_048 + 5  # the stock, four issued in Xuhui, one corrected
    assert summary["materials"] == 5 + 1 + 1
    assert summary["cases"] == 5
    assert summary["grants"] == 4 + 3 + 1 + 2 + 2  # two more to go beyond
    assert summary["documents_fetched"] == len(get_fetched(told.home)) == 10
    assert summary["uses"] == 2 * summary["documents_fetched"] + 1  # opened and relied on; one was shown
    assert summary["refusals"] == told.screen.split("■ 拒绝")[1].split("■")[0].count("✗")
    assert summary["refusals"] == len(TRIALS) >= 30


def test_the_plan_has_every_verdict(told: Told) -> None:
    plan = told.summary["plan"]
    assert set(plan) == {"exempt", "needs_grant", "obtain_from_issuer", "may_follow", "must_submit"}
    assert all(count >= 1 for count in plan.values())
    assert sum(plan.values()) == 8


def test_the_lies_were_caught_and_the_traces_complete(told: Told) -> None:
    assert told.summary["lying_node_caught"] is True
    assert told.summary["trace_complete"] is True


def test_the_summary_names_the_state_of_the_store(told: Told) -> None:
    store = LevelDbStore(told.home / "node" / "store")
    try:
        head = get_head(store)
    finally:
        store.close()
    assert head is not None
    assert (told.summary["app_hash"], told.summary["height"]) == (head.app_hash.hex(), head.height)


def test_the_story_is_shown_chinese_first_and_ends_with_the_plan(told: Told) -> None:
    for heading in ("材料", "来源", "免交方式", "结论", "依据"):
        assert heading in told.screen.split("■ 结果")[1]
    assert "在承诺办结日前到期" in told.screen
    for zh in ("徐汇", "普陀", "施工许可", "异议", "审计"):
        assert zh in told.screen


def test_after_the_fetches_nothing_is_left_to_hand_in_but_the_floor_plan(told: Told) -> None:
    line = next(line for line in told.screen.splitlines() if "再次查询免交方案" in line)
    assert "须提交的只剩：经营场所平面图" in line


def test_every_refusal_is_shown_with_its_code(told: Told) -> None:
    shown = told.screen.split("■ 拒绝")[1].split("■")[0]
    for trial in TRIALS:
        assert trial.zh in shown
        assert f"✗ {trial.expected.value} {trial.expected.name} " in shown


def test_every_fetched_file_is_the_one_recorded(told: Told) -> None:
    for path in get_fetched(told.home):
        sidecar = read_sidecar(path)
        digests = compute_file_digests(path, sidecar.salt)
        assert (digests.sha256, digests.sm3) == (sidecar.sha256, sidecar.sm3)
        assert path.read_bytes().startswith(b"%PDF")


def test_vaults_keep_nothing_readable(told: Told) -> None:
    for vault in world.VAULTS:
        files = [path for path in (told.home / "systems" / vault / "store").rglob("*") if path.is_file()]
        assert len(files) > 2
        assert not any(b"PDF" in path.read_bytes() for path in files)


def test_no_identity_number_or_name_is_on_the_ledger(told: Told) -> None:
    parties = (*people.COMPANIES, *people.PERSONS, people.FIRST_SHOP, people.SECOND_SHOP)
    secrets = [text.encode() for party in parties for text in (party.zh, party.number)]
    store = LevelDbStore(told.home / "node" / "store")
    try:
        leaves = [
            leaf for log in (rows.REGISTRY, rows.ACCESS) for _, leaf in store.scan(rows.entry_key(log, 0)[:2])
        ]
    finally:
        store.close()
    assert len(leaves) > 2_000
    assert not any(secret in leaf for leaf in leaves for secret in secrets)


def test_systems_have_keys_that_only_their_owner_reads(told: Told) -> None:
    home = read_home(told.home)
    for system in world.SYSTEMS:
        for name in ("sign.key.json", "passphrase", "tls.key.pem", "actor.key"):
            assert (home.get_system(system.id) / name).stat().st_mode & 0o077 == 0


def test_there_are_next_steps(told: Told) -> None:
    lines = (told.home / "next-steps.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == NEXT_STEPS
    assert all(line in told.screen for line in lines)


@pytest.mark.parametrize("number", range(NEXT_STEPS))
def test_every_next_step_can_be_taken(told: Told, number: int) -> None:
    line = (told.home / "next-steps.txt").read_text(encoding="utf-8").splitlines()[number]
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"


def test_a_second_story_does_not_write_over_the_first(told: Told) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "story", "--home", str(told.home)],
        cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "目录不为空" in done.stderr
    assert "--home 另选一个目录" in done.stderr
    assert "delete it first" in done.stderr
    assert not done.stdout, "no chapter is begun"


def read_readme() -> str:
    return (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs_as_it_stands(told: Told, tmp_path: Path) -> None:
    code = read_readme().split("```python\n")[1].split("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    (tmp_path / "demo").symlink_to(told.home)
    (tmp_path / "window.py").write_text(code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "story", "reopen", "demo", sys.executable, "window.py"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "材料 | 来源 | 免交方式 | 结论 | 依据" in done.stdout


def test_the_plan_in_the_readme_is_the_one_on_the_screen(told: Told) -> None:
    lines = [line for line in read_readme().splitlines() if line.startswith("| ") and line.count("|") == 6]
    shown = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[:9]]
    ending = told.screen.split("■ 结果")[1]
    for row in shown:
        assert any(all(cell in line for cell in row) for line in ending.splitlines()), row
