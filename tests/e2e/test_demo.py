"""The demo is told once, as a reader tells it; its numbers, files and next steps are then looked at."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from story import people, world
from story.home import read_home
from story.tally import USES
from tests.testkit.told_story import (
    ENVIRONMENT,
    REPOSITORY,
    Told,
    get_chapter,
    read_next_steps,
    run,
    tell,
    verify_files,
    verify_numbers,
)
from zhenglian_ledger import rows
from zhenglian_ledger.leaves import decode_entry
from zhenglian_node.app.format import get_head
from zhenglian_node.storage.leveldb import LevelDbStore
from zhenglian_proto.v1.operation_pb2 import Operation

NEXT_STEPS = 6

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return tell(tmp_path_factory.mktemp("demo"))


def test_the_numbers_are_complete_and_fit_what_was_shown(told: Told) -> None:
    verify_numbers(told)


def test_the_desks_counted_what_the_logs_hold(told: Told) -> None:
    store = LevelDbStore(told.home / "node" / "store")
    counted: Counter[str] = Counter()
    try:
        for log in (rows.REGISTRY, rows.ACCESS):
            for _, leaf in store.scan(rows.entry_key(log, 0)[:2]):
                entry = decode_entry(leaf)
                if not entry.code:
                    counted[Operation.FromString(entry.operation).WhichOneof("kind") or ""] += 1
    finally:
        store.close()
    for name, kinds in (
        ("licences", ["issue_licence"]),
        ("materials", ["collect_material"]),
        ("cases", ["open_case"]),
        ("grants", ["give_grant"]),
        ("uses", USES),
    ):
        assert told.summary[name] == sum(counted[kind] for kind in kinds), name


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
        assert heading in get_chapter(told, "结果")
    assert "在承诺办结日前到期" in told.screen
    for zh in ("徐汇", "普陀", "施工许可", "异议", "审计"):
        assert zh in told.screen


def test_after_the_fetches_nothing_is_left_to_hand_in_but_the_floor_plan(told: Told) -> None:
    line = next(line for line in told.screen.splitlines() if "再次查询免交方案" in line)
    assert "须提交的只剩：经营场所平面图" in line


def test_every_fetched_file_is_the_one_recorded_and_vaults_keep_nothing_readable(told: Told) -> None:
    verify_files(told)


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
    lines = read_next_steps(told)
    assert len(lines) == NEXT_STEPS
    assert all(line in told.screen for line in lines)


@pytest.mark.parametrize("number", range(NEXT_STEPS))
def test_every_next_step_can_be_taken(told: Told, number: int) -> None:
    line = read_next_steps(told)[number]
    done = run("bash", "-c", line)
    assert done.returncode == 0, f"{line}\n{done.stdout[-2_000:]}\n{done.stderr[-2_000:]}"


def test_a_second_story_does_not_write_over_the_first(told: Told) -> None:
    done = run(sys.executable, "-m", "story", "--home", told.home)
    assert done.returncode == 1
    assert "目录不为空" in done.stderr
    assert "--home 另选一个目录" in done.stderr
    assert "delete it first" in done.stderr
    assert not done.stdout, "no chapter is begun"


def test_a_folder_without_a_network_is_said_to_be_none(tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "story", "--network", tmp_path, "--home", tmp_path / "home")
    assert done.returncode == 1
    assert f"请先运行 scripts/network up {tmp_path}" in done.stderr
    assert not done.stdout, "no chapter is begun"
    assert not (tmp_path / "home").exists()


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
    ending = get_chapter(told, "结果")
    for row in shown:
        assert any(all(cell in line for cell in row) for line in ending.splitlines()), row
